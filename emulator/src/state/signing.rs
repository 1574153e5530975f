//! The key that signs the tokens, and JWTs by it.
//!
//! The key is the same in every emulator and public, as the account keys of Azure's own emulators are. Making one takes
//! either seconds in each debug build (the pure-Rust crates) or a large C library that takes longer to build than all
//! the rest (AWS-LC), and a token of an emulator is worth nothing anyway.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Map, Value, json};

use crate::error::Error;

/// PKCS #8, 2048 bits, by `openssl genpkey -algorithm RSA -outform DER`.
const PRIVATE_KEY: &[u8] = include_bytes!("signing_key.der");

/// The key that signs, and its public half as a JWK has it.
pub(crate) struct SigningKey {
    pair: RsaKeyPair,
    public: PublicKeyComponents<Vec<u8>>,
    pub(crate) id: String,
    pub(crate) modulus: String,
    pub(crate) exponent: String,
}

/// The signing key.
pub(crate) fn signing_key() -> Result<&'static SigningKey, Error> {
    static KEY: OnceLock<Result<SigningKey, String>> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::new().map_err(|error| error.to_string()))
        .as_ref()
        .map_err(|text| Error::Crypto(text.clone()))
}

impl SigningKey {
    fn new() -> Result<Self, ring::error::KeyRejected> {
        let pair = RsaKeyPair::from_pkcs8(PRIVATE_KEY)?;
        let public = PublicKeyComponents::<Vec<u8>>::from(pair.public_key());
        let modulus = URL_SAFE_NO_PAD.encode(&public.n);
        let exponent = URL_SAFE_NO_PAD.encode(&public.e);
        Ok(Self { pair, public, id: modulus.chars().take(27).collect(), modulus, exponent })
    }

    /// A JWT with these claims.
    pub(crate) fn sign(&self, claims: &Map<String, Value>) -> Result<String, Error> {
        let header = json!({"typ": "JWT", "alg": "RS256", "kid": self.id, "x5t": self.id});
        let part = |value: String| URL_SAFE_NO_PAD.encode(value);
        let signed = format!("{}.{}", part(header.to_string()), part(Value::from(claims.clone()).to_string()));
        let mut signature = vec![0; self.pair.public().modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .map_err(|error| Error::Crypto(error.to_string()))?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// The claims of a JWT that this key signed.
    pub(crate) fn verified_claims(&self, token: &str) -> Option<Map<String, Value>> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let json = |part: &str| -> Option<Value> { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok() };
        if json(header)?["alg"] != "RS256" {
            return None;
        }
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        self.public.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature).ok()?;
        match json(claims)? {
            Value::Object(claims) => Some(claims),
            _ => None,
        }
    }
}

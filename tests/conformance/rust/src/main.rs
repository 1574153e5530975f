//! The crate azure_identity as a driver. It knows IMDS at its own address, and no Azure Arc.

use std::collections::BTreeMap;
use std::io::{BufRead, Write, stdin, stdout};
use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use azure_identity::{ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId};
use tokio::runtime::{Builder, Runtime};

type Fields = BTreeMap<String, String>;

enum Stop {
    Error(String),
    Unsupported(String),
}

#[derive(Default)]
struct State {
    variables: Vec<String>,
    credential: Option<Arc<ManagedIdentityCredential>>,
}

fn main() {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut state = State::default();
    for line in stdin().lock().split(b'\n') {
        let line = String::from_utf8_lossy(&line.expect("standard input")).into_owned();
        if line == "exit" {
            return;
        }
        let answer = match perform(&line, &mut state, &runtime) {
            Ok(fields) => encode("ok", &fields),
            Err(Stop::Error(message)) => encode("error", &[("message", message)]),
            Err(Stop::Unsupported(message)) => encode("unsupported", &[("message", message)]),
        };
        let mut out = stdout().lock();
        writeln!(out, "{answer}").and_then(|()| out.flush()).expect("standard output");
    }
}

fn perform(line: &str, state: &mut State, runtime: &Runtime) -> Result<Vec<(&'static str, String)>, Stop> {
    let mut words = line.split('\t');
    let operation = words.next().unwrap_or_default();
    let mut fields = Fields::new();
    for word in words {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        fields.insert(decode(name)?, decode(value)?);
    }
    match operation {
        "client" => client(&fields, state).map(|()| Vec::new()),
        "token" => token(&fields, state, runtime),
        other => Err(Stop::Unsupported(format!("this client has no {other}"))),
    }
}

fn client(fields: &Fields, state: &mut State) -> Result<(), Stop> {
    refuse(fields, &["source", "endpoint", "client_id", "object_id", "resource_id"])?;
    for name in state.variables.drain(..) {
        // SAFETY: the only thread that reads the environment is this one.
        unsafe { std::env::remove_var(name) };
    }
    for (name, value) in fields.iter().filter_map(|(name, value)| Some((name.strip_prefix("env.")?, value))) {
        if name.is_empty() || value.contains('\0') {
            return Err(Stop::Unsupported("not a variable".into()));
        }
        // SAFETY: as above.
        unsafe { std::env::set_var(name, value) };
        state.variables.push(name.to_owned());
    }
    match (fields.get("source").map(String::as_str), fields.get("endpoint").map(String::as_str)) {
        (Some("himds"), _) => return Err(Stop::Unsupported("this client does not know Azure Arc".into())),
        (None | Some("imds"), None | Some("http://169.254.169.254")) => {}
        _ => return Err(Stop::Unsupported("this client has no other endpoint".into())),
    }
    let mut ids = [("client_id", UserAssignedId::ClientId as fn(String) -> UserAssignedId)].to_vec();
    ids.push(("object_id", UserAssignedId::ObjectId));
    ids.push(("resource_id", UserAssignedId::ResourceId));
    let mut given: Vec<UserAssignedId> =
        ids.into_iter().filter_map(|(name, id)| fields.get(name).map(|value| id(value.clone()))).collect();
    if given.len() > 1 {
        return Err(Stop::Unsupported("this client cannot say two identities".into()));
    }
    let options = ManagedIdentityCredentialOptions { user_assigned_id: given.pop(), ..Default::default() };
    state.credential =
        Some(ManagedIdentityCredential::new(Some(options)).map_err(|error| Stop::Error(error.to_string()))?);
    Ok(())
}

fn token(fields: &Fields, state: &State, runtime: &Runtime) -> Result<Vec<(&'static str, String)>, Stop> {
    refuse(fields, &["resource"])?;
    let credential = state.credential.as_ref().ok_or_else(|| Stop::Error("there is no client".into()))?;
    let resource = fields.get("resource").cloned().unwrap_or_default();
    let scope = if resource.ends_with("/.default") { resource } else { resource + "/.default" };
    let found = runtime.block_on(credential.get_token(&[&scope], None));
    let token = found.map_err(|error| Stop::Error(format!("{error} {error:?}")))?;
    let expires = token.expires_on.unix_timestamp().to_string();
    Ok(vec![("secret", token.token.secret().to_owned()), ("expires_on", expires)])
}

fn refuse(fields: &Fields, known: &[&str]) -> Result<(), Stop> {
    let unknown = fields.keys().find(|name| !known.contains(&name.as_str()) && !name.starts_with("env."));
    let ignored = |name: &&String| *name == "token_dir" && fields.get("source").is_some_and(|source| source == "himds");
    match unknown.filter(|name| !ignored(name)) {
        Some(name) => Err(Stop::Unsupported(format!("this client has no {name}"))),
        None => Ok(()),
    }
}

fn decode(text: &str) -> Result<String, Stop> {
    let bytes = text.as_bytes();
    let (mut decoded, mut index) = (Vec::new(), 0);
    while index < bytes.len() {
        let pair = (bytes[index] == b'%').then(|| text.get(index + 1..index + 3)).flatten();
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                index += 3;
            }
            None => {
                decoded.push(bytes[index]);
                index += 1;
            }
        }
    }
    String::from_utf8(decoded).map_err(|_| Stop::Unsupported("no text of this language can be that".into()))
}

fn encode(status: &str, fields: &[(&str, String)]) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._~-".contains(byte);
    let escaped = |byte: &u8| if plain(byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") };
    let words = fields.iter().map(|(name, value)| format!("\t{name}={}", value.bytes().map(|b| escaped(&b)).collect::<String>()));
    std::iter::once(status.to_owned()).chain(words).collect()
}

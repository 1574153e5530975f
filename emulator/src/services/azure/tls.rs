//! HTTPS: a certificate authority made at start, a certificate signed by it, and ports that use it.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    SanType,
};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::error::Error;
use crate::http::listener::Listener;
use crate::state::directory::{Access, Directory, Trust};

/// An authority that clients are told to trust, and its one certificate.
pub(crate) struct Authority {
    directory: Directory,
    name: OsString,
    certificate: File,
    /// Keeps the private directory until the end, if there is one.
    _private: Option<TempDir>,
    server: Arc<ServerConfig>,
}

impl Authority {
    /// A new authority, with a certificate for loopback and these names; its own goes into `file`.
    pub(crate) fn new(names: &[&str], file: Option<&Path>) -> Result<Self, Error> {
        let (pem, server) = certificates(names).map_err(|error| Error::Crypto(error.to_string()))?;
        let (file, private) = match file {
            Some(file) => (file.to_owned(), None),
            None => {
                let private =
                    TempDir::with_prefix("himds-emulator-ca-").map_err(Error::io("cannot make a directory"))?;
                (private.path().join("ca.pem"), Some(private))
            }
        };
        let failed = |what: &str| Error::io(format!("cannot {what} {}", file.display()));
        let name = file.file_name().ok_or_else(|| failed("write")(io::ErrorKind::IsADirectory.into()))?.to_owned();
        let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let directory = Directory::open(parent, Trust::Sticky)
            .map_err(Error::io(format!("cannot use the directory of {}", file.display())))?;
        let access = Access { mode: 0o644, group: None, owner: None };
        let certificate = directory.replace(&name, pem.as_bytes(), access).map_err(failed("write"))?;
        Ok(Self { directory, name, certificate, _private: private, server: Arc::new(server) })
    }

    /// The PEM file to trust.
    pub(crate) fn file(&self) -> PathBuf {
        self.directory.path().join(&self.name)
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        // Its key ends with the process, so the certificate is of no more use.
        self.directory.remove_if(&self.name, &self.certificate);
    }
}

fn certificates(names: &[&str]) -> Result<(String, ServerConfig), Box<dyn std::error::Error>> {
    let authority_key = KeyPair::generate()?;
    let mut authority = CertificateParams::default();
    authority.distinguished_name.push(DnType::CommonName, "himds-emulator authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    let authority_certificate = authority.self_signed(&authority_key)?;
    let issuer = Issuer::new(authority, authority_key);

    let key = KeyPair::generate()?;
    let mut server = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())?;
    server.distinguished_name.push(DnType::CommonName, "himds-emulator");
    for address in [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)] {
        server.subject_alt_names.push(SanType::IpAddress(address));
    }
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // Python's strict verification wants to know which key signed it.
    server.use_authority_key_identifier_extension = true;
    let certificate = server.signed_by(&key, &issuer)?;

    let private = PrivateKeyDer::try_from(key.serialize_der())?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)?;
    Ok((authority_certificate.pem(), config))
}

/// A listening HTTPS port.
pub(crate) struct SecurePort {
    listener: Listener,
    acceptor: TlsAcceptor,
}

impl SecurePort {
    /// Binds the address; it listens from then on.
    pub(crate) fn bind(authority: &Authority, address: IpAddr, port: u16) -> Result<Self, Error> {
        let acceptor = TlsAcceptor::from(Arc::clone(&authority.server));
        Ok(Self { listener: Listener::bind(address, port)?, acceptor })
    }

    /// `https://address:port`, the port that was taken.
    pub(crate) fn url(&self) -> String {
        format!("https://{}", self.listener.address())
    }

    /// Serves until the runtime ends.
    pub(crate) async fn serve(self, router: Router) {
        loop {
            tokio::spawn(connection(self.listener.accept().await, self.acceptor.clone(), router.clone()));
        }
    }
}

async fn connection(stream: TcpStream, acceptor: TlsAcceptor, router: Router) {
    // If a client does not trust the certificate, or goes away, its own error says so.
    let Ok(stream) = acceptor.accept(stream).await else { return };
    let service = TowerToHyperService::new(router);
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

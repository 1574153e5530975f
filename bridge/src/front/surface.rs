//! What a listener answers to.

use himds::Identity;
use zeroize::Zeroizing;

/// What is served on one listener, and on whose word.
#[derive(Clone)]
pub struct Surface {
    /// The port that it listens on: a `Host` of loopback and this port is right.
    pub port: u16,
    /// Whose token a request without a selector gets.
    pub identity: Identity,
    /// Whether Cloud Shell's POST is answered.
    pub cloud_shell: bool,
    /// With a secret the surface is App Service's, without one it is IMDS's.
    pub secret: Option<Zeroizing<String>>,
}

impl Surface {
    /// The metadata service of a VM.
    pub fn imds(port: u16, identity: Identity) -> Self {
        Surface { port, identity, cloud_shell: false, secret: None }
    }

    /// App Service's endpoint, for requests that bring the secret.
    pub fn app_service(port: u16, identity: Identity, secret: Zeroizing<String>) -> Self {
        Surface { port, identity, cloud_shell: false, secret: Some(secret) }
    }

    /// Also answers the POST that Cloud Shell's clients send: `/oauth2/token`, below the secret if there is one.
    #[must_use]
    pub fn with_cloud_shell(mut self, on: bool) -> Self {
        self.cloud_shell = on;
        self
    }
}

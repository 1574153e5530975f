//! Starts the front for a command.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;

use himds::Source;
use tokio::net::TcpSocket;
use zeroize::Zeroizing;

use super::options::Options;
use super::peers::Peers;
use super::tree_policy::TreePolicy;
use crate::front::{ConnectionLimits, Core, Front, Machine, Surface, listen};

/// Connections that may wait to be accepted. Hundreds of children may connect at once.
const BACKLOG: u32 = 4096;

/// The core, shared by whatever fronts are started.
pub(crate) struct Serving {
    pub(crate) core: Rc<Machine>,
    source: Option<Source>,
}

impl Serving {
    pub(crate) fn new(options: &Options) -> Self {
        let client = options.client.clone();
        let source = client.clone().build().ok().and_then(|client| client.source());
        let core = Machine::new(move |identity| client.clone().identity(identity).build());
        Serving { core: Rc::new(core), source }
    }

    /// Answers as IMDS does, to the connections that `peers` has. Gives the address of the listener.
    #[cfg(target_os = "linux")]
    pub(crate) fn imds(&self, options: &Options, peers: &Arc<Peers>) -> io::Result<SocketAddr> {
        let surface = |port| Surface::imds(port, options.identity.clone());
        self.start(options, surface, Some(Arc::clone(peers)))
    }

    /// Answers as App Service does, to those who have the secret.
    pub(crate) fn app_service(&self, options: &Options, secret: &Zeroizing<String>) -> io::Result<SocketAddr> {
        let surface = |port| Surface::app_service(port, options.identity.clone(), secret.clone());
        self.start(options, surface, None)
    }

    fn start(
        &self,
        options: &Options,
        surface: impl FnOnce(u16) -> Surface,
        peers: Option<Arc<Peers>>,
    ) -> io::Result<SocketAddr> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let listener = socket.listen(BACKLOG)?;
        let address = listener.local_addr()?;
        let surface = surface(address.port()).with_cloud_shell(options.cloud_shell);
        let front = Front::new(surface, Rc::clone(&self.core), self.source, TreePolicy::new(options, peers));
        tokio::task::spawn_local(listen(listener, Rc::new(front), ConnectionLimits::default()));
        Ok(address)
    }

    /// Fetches the metadata ahead of need: some clients wait no longer than 200 ms for it.
    #[cfg(target_os = "linux")]
    pub(crate) fn prefetch(&self) {
        let core = Rc::clone(&self.core);
        tokio::task::spawn_local(async move { drop(core.instance().await) });
    }

    /// The variables of `--set-env`, each with a token.
    pub(crate) async fn tokens(&self, options: &Options) -> Result<Vec<(String, Zeroizing<String>)>, String> {
        let mut variables = Vec::new();
        for (name, resource) in &options.set_env {
            match self.core.token(resource, &options.identity, false).await {
                Ok(issued) => variables.push((name.clone(), issued.secret)),
                Err(error) => {
                    let hint = error.hint().map_or_else(String::new, |hint| format!(". {hint}"));
                    return Err(format!("no token for {name}: {error}{hint}"));
                }
            }
        }
        Ok(variables)
    }
}

/// A secret that cannot be guessed: 256 random bits in hexadecimal.
pub(crate) fn secret() -> Result<Zeroizing<String>, String> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    getrandom::fill(bytes.as_mut()).map_err(|error| format!("cannot get random numbers: {error}"))?;
    Ok(Zeroizing::new(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
}

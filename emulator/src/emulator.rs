//! The running emulator, as a library holds it.

use std::panic::Location;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc;
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use crate::config::file::Config;
use crate::error::Error;
use crate::expectation::{Expectation, Times};
use crate::faults::fault::Fault;
use crate::http::request::Service;
use crate::serve::connection::Port;
use crate::services::azure::ports::Azure;
use crate::services::azure::tls::Authority;
use crate::state::log::RequestRecord;
use crate::state::shared::{Addresses, Shared};
use crate::state::signing::signing_key;

/// A running HIMDS and IMDS. Dropping it ends them and removes what they wrote.
///
/// It runs on a thread of its own, so it serves blocking tests and asynchronous ones alike.
pub struct Emulator {
    state: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Emulator {
    /// Starts serving; when this returns, both ports take connections.
    ///
    /// # Errors
    /// When the configuration is impossible, a port is unavailable or the token directory cannot be made.
    pub fn start(config: Config) -> Result<Self, Error> {
        signing_key()?;
        let state = Arc::new(Shared::new(config)?);
        let (stop, stopped) = oneshot::channel();
        let (report, started) = mpsc::channel();
        let of_thread = Arc::clone(&state);
        let thread = std::thread::Builder::new()
            .name("himds-emulator".into())
            .spawn(move || run(&of_thread, stopped, &report))
            .map_err(Error::io("cannot start a thread"))?;
        let mut emulator = Self { state, stop: Some(stop), thread: Some(thread) };
        match started.recv() {
            Ok(Ok(())) => Ok(emulator),
            Ok(Err(error)) => Err(error),
            Err(_) => {
                emulator.end();
                Err(Error::Invalid("the emulator's thread ended at once".into()))
            }
        }
    }

    /// Base URL of HIMDS, without a slash at the end; empty if it is not served.
    pub fn himds_url(&self) -> String {
        self.addresses().himds.unwrap_or_default()
    }

    /// Base URL of IMDS, without a slash at the end; empty if it is not served.
    pub fn imds_url(&self) -> String {
        self.addresses().imds.unwrap_or_default()
    }

    /// Where the key files go.
    pub fn token_dir(&self) -> PathBuf {
        PathBuf::from(self.addresses().token_dir)
    }

    /// All addresses at once.
    pub fn addresses(&self) -> Addresses {
        self.state.addresses.get().cloned().unwrap_or_default()
    }

    /// The requests seen so far. The admin path's own are not among them.
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.state.log.all()
    }

    /// Forgets the requests seen so far.
    pub fn clear_requests(&self) {
        self.state.log.clear();
    }

    /// Expects so many requests from now until the guard is dropped, which panics if there were more or fewer.
    ///
    /// ```
    /// # let emulator = himds_emulator::Emulator::start(himds_emulator::Config::default())?;
    /// use himds_emulator::Stage;
    /// let _no_second = emulator.expect(0).matching(|request| request.stage == Stage::Key);
    /// // ... let the client under test try ...
    /// # Ok::<(), himds_emulator::Error>(())
    /// ```
    #[track_caller]
    pub fn expect(&self, times: impl Into<Times>) -> Expectation<'_> {
        Expectation::new(&self.state.log, times.into(), Location::caller())
    }

    /// Adds a fault behind those that are still to be used.
    ///
    /// # Errors
    /// What is wrong with the fault.
    pub fn push_fault(&self, fault: Fault) -> Result<(), Error> {
        self.state.faults.push(fault).map_err(Error::Invalid)
    }

    /// The faults that are still to be used.
    pub fn faults(&self) -> Vec<Fault> {
        self.state.faults.all()
    }

    /// Forgets the faults that are still to be used.
    pub fn clear_faults(&self) {
        self.state.faults.clear();
    }

    /// Makes the services forget the tokens that they keep, so that the next request gets a new one.
    pub fn clear_tokens(&self) {
        self.state.tokens.clear();
    }

    /// Every key and token issued so far, so that a test can search outputs for them.
    pub fn secrets(&self) -> Vec<String> {
        self.state.secrets.all()
    }

    fn end(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of that thread has been printed already, and there is nothing to undo.
            let _ = thread.join();
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.end();
    }
}

fn run(state: &Arc<Shared>, stopped: oneshot::Receiver<()>, report: &mpsc::Sender<Result<(), Error>>) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = report.send(Err(Error::io("cannot start the runtime")(error)));
            return;
        }
    };
    // Connections that are open end with the runtime.
    runtime.block_on(async {
        match listen(state) {
            Ok(_authority) => {
                if report.send(Ok(())).is_ok() {
                    let _ = stopped.await;
                }
            }
            Err(error) => drop(report.send(Err(error))),
        }
    });
}

/// Binds the ports and starts to serve them. What is returned keeps a file that must last as long as they do.
fn listen(state: &Arc<Shared>) -> Result<Option<Authority>, Error> {
    let numbers = Arc::new(AtomicU64::new(0));
    let (himds, imds) = (&state.config.himds, &state.config.imds);
    let himds = himds.enabled.then(|| Port::bind(Service::Himds, himds.address, himds.port)).transpose()?;
    let imds = imds.enabled.then(|| Port::bind(Service::Imds, imds.address, imds.port)).transpose()?;
    let azure = state.config.azure.enabled.then(|| Azure::bind(&state.config.azure)).transpose()?;
    let token_dir =
        state.key_files.lock().expect("no panic under this lock").directory().to_string_lossy().into_owned();
    let addresses = Addresses {
        himds: himds.as_ref().map(Port::url),
        imds: imds.as_ref().map(Port::url),
        token_dir,
        arm: azure.as_ref().map(|azure| azure.arm.url()),
        vault: azure.as_ref().map(|azure| azure.vault.url()),
        ca_file: azure.as_ref().map(|azure| azure.authority.file().to_string_lossy().into_owned()),
    };
    // Set once, here, before anything is served.
    let _ = state.addresses.set(addresses);
    for port in [himds, imds].into_iter().flatten() {
        tokio::spawn(port.serve(Arc::clone(state), Arc::clone(&numbers)));
    }
    Ok(azure.map(|azure| azure.serve(state)))
}

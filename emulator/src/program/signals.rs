//! The signals that end the program, or the command that it runs.

#[cfg(unix)]
pub(crate) use unix::Signals;

#[cfg(not(unix))]
pub(crate) use elsewhere::Signals;

#[cfg(unix)]
mod unix {
    use tokio::signal::unix::{Signal, SignalKind, signal};

    pub(crate) struct Signals {
        interrupt: Signal,
        /// Caught so that it does not end the emulator before the command; nobody waits for it.
        _quit: Option<Signal>,
        terminate: Signal,
        hangup: Signal,
    }

    impl Signals {
        /// Listens from now on.
        pub(crate) fn listen(command: bool) -> std::io::Result<Self> {
            Ok(Self {
                interrupt: signal(SignalKind::interrupt())?,
                _quit: command.then(|| signal(SignalKind::quit())).transpose()?,
                terminate: signal(SignalKind::terminate())?,
                hangup: signal(SignalKind::hangup())?,
            })
        }

        /// A request to end the emulator, which runs no command.
        pub(crate) async fn end(&mut self) {
            tokio::select! {
                _ = self.interrupt.recv() => {}
                _ = self.terminate.recv() => {}
                _ = self.hangup.recv() => {}
            }
        }

        /// A request to end the command. Ctrl+C is not one, since the terminal sends it to the command too.
        pub(crate) async fn end_of_command(&mut self) {
            tokio::select! {
                _ = self.terminate.recv() => {}
                _ = self.hangup.recv() => {}
            }
        }
    }
}

#[cfg(not(unix))]
mod elsewhere {
    pub(crate) struct Signals;

    impl Signals {
        pub(crate) fn listen(_command: bool) -> std::io::Result<Self> {
            Ok(Self)
        }

        pub(crate) async fn end(&mut self) {
            let _ = tokio::signal::ctrl_c().await;
        }

        /// Never comes: the console sends Ctrl+C to the command too.
        pub(crate) async fn end_of_command(&mut self) {
            while tokio::signal::ctrl_c().await.is_ok() {}
            std::future::pending().await
        }
    }
}

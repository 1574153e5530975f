//! The supervisor: serves, is the command's parent, and ends when the last of its descendants has ended.

use std::ffi::OsStr;
use std::io::{self, Write as _};
use std::os::fd::{AsFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, mpsc};

use rustix::process::{Resource, Rlimit, getpid, getrlimit, set_child_subreaper, setrlimit};
use tokio::io::AsyncReadExt as _;
use tokio::io::unix::AsyncFd;
use tokio::sync::oneshot;

use super::connect::Connector;
use super::control::News;
use super::spawn::{NotStarted, Prepared};
use super::sys::process::{
    Change, InheritedSignals, SignalSet, Whose, close_inherited, next_change, next_signal, watched,
};
use crate::exec::environment;
use crate::exec::failure::{FAILED, cannot_run, say};
use crate::exec::options::{Mode, Options};
use crate::exec::peers::Peers;
use crate::exec::serving::{Serving, secret};
use crate::words::words;

/// Runs in the child process until everything is over.
pub(crate) fn supervise(options: &Options, control: UnixStream, signals: InheritedSignals) {
    let inherited = inherited(&control);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let mut news = control;
    let served = runtime.and_then(|runtime| {
        let work = Supervisor { options, signals, inherited, news: news.try_clone()? };
        tokio::task::LocalSet::new().block_on(&runtime, work.run())
    });
    if let Err(error) = served {
        say(&format!("cannot serve: {}", words(&error)));
        tell(&mut news, News::Exited(FAILED));
    }
}

/// Tells the foreground process. If it has ended there is nobody to tell, and its end is seen elsewhere.
fn tell(news: &mut UnixStream, what: News) {
    let _ = news.write_all(&what.to_bytes());
}

/// Descriptors that our caller left open: for the command, not for us.
fn inherited(control: &UnixStream) -> Vec<RawFd> {
    use std::os::fd::AsRawFd as _;
    let Ok(entries) = std::fs::read_dir("/proc/self/fd") else {
        return Vec::new();
    };
    let open: Vec<RawFd> = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    // The directory's own descriptor is among them, and closed by now.
    let still_open = |descriptor: &RawFd| std::fs::symlink_metadata(format!("/proc/self/fd/{descriptor}")).is_ok();
    open.into_iter().filter(|fd| *fd > 2 && *fd != control.as_raw_fd()).filter(still_open).collect()
}

struct Supervisor<'a> {
    options: &'a Options,
    signals: InheritedSignals,
    inherited: Vec<RawFd>,
    news: UnixStream,
}

impl Supervisor<'_> {
    async fn run(mut self) -> io::Result<()> {
        set_child_subreaper(Some(getpid()))?;
        let children = watched(SignalSet::only(libc::SIGCHLD).descriptor()?)?;
        let serving = Serving::new(self.options);
        let command = match self.start(&serving).await {
            Ok(command) => command,
            Err((status, problem)) => {
                say(&problem);
                tell(&mut self.news, News::Exited(status));
                return Ok(());
            }
        };
        self.let_go(true);
        raise_descriptor_limit();
        if !self.options.no_metadata {
            serving.prefetch();
        }
        self.watch(command, &children).await
    }

    /// Starts the command in whichever mode it can be; the exit status and the problem if it does not run.
    async fn start(&self, serving: &Serving) -> Result<i32, (i32, String)> {
        let failed = |problem: String| (FAILED, problem);
        let tokens = serving.tokens(self.options).await.map_err(failed)?;
        let tokens: Vec<(String, String)> =
            tokens.into_iter().map(|(name, token)| (name, token.as_str().to_owned())).collect();
        if self.options.mode != Mode::Env {
            match self.start_connect(serving, tokens.clone()).await.map_err(|error| failed(words(&error)))? {
                Ok(command) => {
                    self.verbose("mode connect: requests to 169.254.169.254 are answered");
                    return Ok(command);
                }
                Err(NotStarted::Command(error)) => return Err(self.cannot_run(&error)),
                Err(NotStarted::NoWay(why)) if self.options.mode == Mode::Connect => {
                    return Err(failed(format!("mode connect is not possible here: {why}. Try --mode env")));
                }
                Err(NotStarted::NoWay(why)) => self.verbose(&format!("mode connect is not possible here: {why}")),
            }
        }
        let secret = secret().map_err(failed)?;
        let address = serving.app_service(self.options, &secret).map_err(|error| failed(words(&error)))?;
        let variables = environment::env(self.options, address, &secret);
        self.verbose(&format!("mode env: the variables point to {address}"));
        let command = self.prepared(variables, tokens).map_err(|error| failed(words(&error)))?;
        command.start().map_err(|error| self.cannot_run(&error))
    }

    /// Starts the command on a thread that has the filter. Another, which must not have it, answers what it tells.
    async fn start_connect(
        &self,
        serving: &Serving,
        tokens: Vec<(String, String)>,
    ) -> io::Result<Result<i32, NotStarted>> {
        let peers = Arc::new(Peers::default());
        let listener = serving.imds(self.options, &peers)?;
        let command = self.prepared(environment::connect(self.options), tokens)?;
        let (filter, installed) = mpsc::channel();
        thread("himds-connect", move || {
            if let Ok(descriptor) = installed.recv() {
                Connector::new(descriptor, listener, peers).run();
            }
        })?;
        let (send, started) = oneshot::channel();
        // Both receivers live until they have what is sent; a thread that could not is seen by the probe of the start.
        thread("himds-start", move || {
            let on_filter = move |descriptor| drop(filter.send(descriptor));
            drop(send.send(command.start_filtered(listener, on_filter)));
        })?;
        started.await.map_err(|_| io::Error::other("the thread that starts the command has failed"))
    }

    fn prepared(&self, variables: Vec<(&'static str, String)>, tokens: Vec<(String, String)>) -> io::Result<Prepared> {
        let variables = variables.into_iter().map(|(name, value)| (name.to_owned(), value));
        Ok(Prepared::new(&self.options.command, variables.chain(tokens), self.signals, self.news.try_clone()?))
    }

    /// The error alone does not say it: a directory of PATH that may not be searched makes "permission denied" of a
    /// command that is nowhere.
    fn cannot_run(&self, error: &io::Error) -> (i32, String) {
        let program = &self.options.command[0];
        let denied = error.kind() == io::ErrorKind::PermissionDenied;
        let nowhere = denied && !program.as_encoded_bytes().contains(&b'/') && !is_in_path(program);
        if nowhere { cannot_run(program, &io::ErrorKind::NotFound.into()) } else { cannot_run(program, error) }
    }

    fn verbose(&self, text: &str) {
        if self.options.verbose {
            say(text);
        }
    }

    /// Lets go of what is the command's: a reader of its output must see it end.
    fn let_go(&mut self, keep_stderr: bool) {
        close_inherited(&std::mem::take(&mut self.inherited));
        let Ok(null) = std::fs::File::options().read(true).write(true).open("/dev/null") else {
            return;
        };
        let _ = rustix::stdio::dup2_stdin(&null);
        let _ = rustix::stdio::dup2_stdout(&null);
        if !keep_stderr {
            let _ = rustix::stdio::dup2_stderr(&null);
        }
    }

    /// Tells of the command, reaps what is orphaned, and returns when nobody is left.
    async fn watch(&mut self, command: i32, children: &AsyncFd<OwnedFd>) -> io::Result<()> {
        let foreground = self.news.try_clone()?;
        foreground.set_nonblocking(true)?;
        let mut foreground = tokio::net::UnixStream::from_std(foreground)?;
        let mut ended = false;
        loop {
            let mut guard = tokio::select! {
                guard = children.readable() => guard?,
                _ = foreground.read_u8() => break,
            };
            while next_signal(children.get_ref().as_fd()).is_some() {}
            guard.clear_ready();
            ended = ended || self.look(command)?;
        }
        if !ended {
            // The foreground process was killed: nobody wants more tokens given.
            return Ok(());
        }
        // It has the status and is gone. What is left of the tree runs in the background, and is still served.
        self.let_go(self.options.verbose);
        loop {
            match next_change(Whose::Any, false, false) {
                Ok(Some(_)) => {}
                Ok(None) => {
                    let mut guard = children.readable().await?;
                    while next_signal(children.get_ref().as_fd()).is_some() {}
                    guard.clear_ready();
                }
                Err(error) if error.raw_os_error() == Some(libc::ECHILD) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    /// Tells what has become of the command, and reaps others. Whether the command has ended; it is not reaped: until
    /// the foreground process has ended too, its pid must stay taken.
    fn look(&mut self, command: i32) -> io::Result<bool> {
        if let Some((_, Change::Stopped)) = next_change(Whose::Child(command), true, true)? {
            next_change(Whose::Child(command), true, false)?;
            tell(&mut self.news, News::Stopped);
        }
        while let Some((pid, change)) = next_change(Whose::Any, false, true)? {
            match change {
                Change::Exited(status) if pid == command => tell(&mut self.news, News::Exited(status)),
                Change::Killed(signal) if pid == command => tell(&mut self.news, News::Killed(signal)),
                _ => {
                    next_change(Whose::Child(pid), false, false)?;
                    continue;
                }
            }
            return Ok(true);
        }
        Ok(false)
    }
}

/// Each connection of the tree takes a descriptor of ours, and the command has the limit that it was to have by now. If it
/// cannot be raised, there are fewer connections at once.
fn raise_descriptor_limit() {
    /// Anybody on this machine may connect to us and say nothing: with more, that would cost too much memory.
    const MOST: u64 = 16 * 1024;
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.map_or(MOST, |maximum| maximum.min(MOST));
    if limit.current.is_some_and(|current| current < most) {
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(most), maximum: limit.maximum });
    }
}

/// Whether a directory of PATH has a file of this name.
fn is_in_path(program: &OsStr) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

fn thread(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    std::thread::Builder::new().name(name.into()).spawn(work).map(drop)
}

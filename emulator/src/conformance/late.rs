//! A service that starts late: its port refuses connections until a call has run for some time, and again after that call.

use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// The service during one call: it starts after a time, and is gone when dropped.
pub(crate) struct LateService {
    at: SocketAddr,
    running: Option<(Sender<()>, JoinHandle<()>)>,
}

impl LateService {
    /// Serves at this port of 127.0.0.1 from `after` on; what comes is passed on to `service`.
    pub(crate) fn start(port: u16, service: SocketAddr, after: Duration) -> Self {
        let at = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let (stop, stopped) = channel();
        let thread = thread::spawn(move || {
            if stopped.recv_timeout(after) == Err(RecvTimeoutError::Timeout) {
                // A port that cannot be opened leaves the client without an answer, which its scenario notices.
                let _ = serve(at, service, &stopped);
            }
        });
        Self { at, running: Some((stop, thread)) }
    }
}

impl Drop for LateService {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            drop(stop);
            // Ends the accept in which the thread may wait.
            let _ = TcpStream::connect(self.at);
            let _ = thread.join();
        }
    }
}

fn serve(at: SocketAddr, service: SocketAddr, stopped: &Receiver<()>) -> io::Result<()> {
    let listener = TcpListener::bind(at)?;
    let running = || stopped.try_recv() != Err(TryRecvError::Disconnected);
    // A stop before the bind is seen here; a later one connects, and is seen after the accept.
    while running() {
        let (client, _) = listener.accept()?;
        if running() {
            thread::spawn(move || pass_on(&client, service));
        }
    }
    Ok(())
}

fn pass_on(client: &TcpStream, service: SocketAddr) -> io::Result<()> {
    let service = TcpStream::connect(service)?;
    let (mut requests, mut to_service) = (client.try_clone()?, service.try_clone()?);
    thread::spawn(move || {
        let _ = io::copy(&mut requests, &mut to_service);
        to_service.shutdown(Shutdown::Write)
    });
    io::copy(&mut &service, &mut &*client)?;
    client.shutdown(Shutdown::Write)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

    #[test]
    fn it_serves_until_it_is_dropped() {
        let service = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let target = service.local_addr().unwrap();
        let ports = super::super::ports::Ports::open().unwrap();
        let port = ports.late;
        for _ in 0..3 {
            drop(LateService::start(port, target, Duration::from_secs(3600)));
            assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err(), "it has not started yet");
            let late = LateService::start(port, target, Duration::ZERO);
            let mut client = loop {
                if let Ok(client) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) {
                    break client;
                }
            };
            client.write_all(b"question").unwrap();
            client.shutdown(Shutdown::Write).unwrap();
            let (mut server, _) = service.accept().unwrap();
            let (mut question, mut answer) = (String::new(), String::new());
            server.read_to_string(&mut question).unwrap();
            server.write_all(b"answer").unwrap();
            drop(server);
            client.read_to_string(&mut answer).unwrap();
            assert_eq!((question.as_str(), answer.as_str()), ("question", "answer"));
            drop(late);
            assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err(), "it has gone");
        }
    }
}

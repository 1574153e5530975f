//! A client's request handed on to the agent, and the agent's answer handed back.

use std::fs::File;
use std::sync::mpsc::Sender;
use std::time::Duration;

use axum::http::header::{AUTHORIZATION, CONNECTION, HOST, WWW_AUTHENTICATE};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1 as client;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use super::event::ImpostorEvent;

/// Between attempts to reach an agent that is still restarting.
const AGENT_PAUSE: Duration = Duration::from_millis(20);

/// One client's connection to the agent.
#[derive(Clone)]
pub(super) struct Relay {
    pub(super) agent: Authority,
    pub(super) close_after_challenge: bool,
    pub(super) connection: u64,
    pub(super) events: Sender<ImpostorEvent>,
}

impl Relay {
    /// The agent's answer to a client's request.
    pub(super) async fn answer(self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let connection = self.connection;
        let key = brings_a_key(request.headers());
        if key {
            self.tell(ImpostorEvent::Key { connection });
        }
        let Ok(mut response) = self.ask_agent(request).await else {
            self.tell(ImpostorEvent::AgentFailed { connection });
            let mut failed = Response::default();
            *failed.status_mut() = StatusCode::BAD_GATEWAY;
            return failed;
        };
        let status = response.status().as_u16();
        let challenge = response.headers().get(WWW_AUTHENTICATE);
        self.tell(if key {
            ImpostorEvent::Token { connection, obtained: has_token(response.body()), status }
        } else if let Some(challenge) = challenge.filter(|_| status == 401) {
            let key_file = key_file(challenge);
            let readable = key_file.as_ref().is_some_and(|file| File::open(file).is_ok());
            ImpostorEvent::Challenge { connection, key_file, readable }
        } else {
            ImpostorEvent::Answer { connection, status }
        });
        if status == 401 && self.close_after_challenge {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response.map(Full::new)
    }

    async fn ask_agent(&self, request: Request<Incoming>) -> Result<Response<Bytes>, Box<dyn std::error::Error>> {
        let (mut parts, _body) = request.into_parts();
        parts.headers.remove(CONNECTION);
        parts.headers.insert(HOST, HeaderValue::from_str(self.agent.as_str())?);
        let (mut sender, connection) = client::handshake(TokioIo::new(self.connect().await?)).await?;
        tokio::spawn(connection);
        let (mut parts, body) =
            sender.send_request(Request::from_parts(parts, Empty::<Bytes>::new())).await?.into_parts();
        parts.headers.remove(CONNECTION);
        Ok(Response::from_parts(parts, body.collect().await?.to_bytes()))
    }

    /// Connects to the agent, which may be on its way back to the port that was taken from it.
    async fn connect(&self) -> std::io::Result<TcpStream> {
        let address = (self.agent.host().trim_matches(['[', ']']), self.agent.port_u16().unwrap_or(80));
        let mut told = false;
        loop {
            match TcpStream::connect(address).await {
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {}
                done => return done,
            }
            if !told {
                self.tell(ImpostorEvent::AgentAwaited { connection: self.connection });
                told = true;
            }
            tokio::time::sleep(AGENT_PAUSE).await;
        }
    }

    fn tell(&self, event: ImpostorEvent) {
        // Nobody may be interested any more.
        let _ = self.events.send(event);
    }
}

fn brings_a_key(headers: &HeaderMap) -> bool {
    let value = headers.get(AUTHORIZATION).map_or(&[][..], HeaderValue::as_bytes);
    value.iter().position(|byte| *byte == b' ').is_some_and(|blank| !value[blank..].trim_ascii().is_empty())
}

fn key_file(challenge: &HeaderValue) -> Option<String> {
    let (_, path) = challenge.to_str().ok()?.split_once("realm=")?;
    Some(path.trim_matches('"').to_owned())
}

fn has_token(body: &[u8]) -> bool {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    body["access_token"].as_str().is_some_and(|token| !token.is_empty())
}

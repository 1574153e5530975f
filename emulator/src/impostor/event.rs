//! What the impostor achieved, step by step.

use std::net::SocketAddr;

use serde::Serialize;

/// Something that happened. It never holds a key or a token, only whether one came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ImpostorEvent {
    /// It listens.
    Listening {
        /// Where.
        address: SocketAddr,
    },
    /// A client connected.
    Connected {
        /// Counted from 0.
        connection: u64,
    },
    /// It stopped listening, so that the agent can have its port back. Connections stay.
    PortReleased,
    /// Nobody listens at the agent's address yet; it tries until the client goes away.
    AgentAwaited {
        /// The client's connection.
        connection: u64,
    },
    /// The agent's challenge went on to the client.
    Challenge {
        /// The client's connection.
        connection: u64,
        /// The key file that it names.
        key_file: Option<String>,
        /// Whether this process can read that file by itself. If so, there was nothing to gain: run it as another user.
        readable: bool,
    },
    /// The client sent a key: the attack succeeded.
    Key {
        /// The client's connection.
        connection: u64,
    },
    /// The agent's answer to that key.
    Token {
        /// The client's connection.
        connection: u64,
        /// Whether it was a token.
        obtained: bool,
        /// The answer's status.
        status: u16,
    },
    /// Any other answer of the agent went on to the client.
    Answer {
        /// The client's connection.
        connection: u64,
        /// The answer's status.
        status: u16,
    },
    /// The agent broke the connection; the client got a 502.
    AgentFailed {
        /// The client's connection.
        connection: u64,
    },
    /// The client's connection ended.
    Closed {
        /// The client's connection.
        connection: u64,
    },
}

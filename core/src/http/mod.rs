//! One request, and another: sending, retrying, classifying, redacting.

pub(crate) mod answer;
pub(crate) mod attempt;
mod connection;
pub(crate) mod date;
pub(crate) mod meaning;
mod peer_check;
pub(crate) mod probe;
pub(crate) mod prose;
mod rebuilt;
pub(crate) mod recognise;
pub(crate) mod redact;
pub(crate) mod retry;
pub(crate) mod scrub;
pub(crate) mod seams;
pub(crate) mod session;
pub(crate) mod skeleton;
pub(crate) mod transport;
pub(crate) mod words;

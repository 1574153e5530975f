//! A connection and the exchanges on it: from the listening port to an answer, whole or broken by a fault.

pub(crate) mod admin;
pub(crate) mod connection;
pub(crate) mod exchange;

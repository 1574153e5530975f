//! The scenarios that are built in.

include!(concat!(env!("OUT_DIR"), "/scenarios.rs"));

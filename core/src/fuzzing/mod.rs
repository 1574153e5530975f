//! What the fuzz targets, the properties and the simulations reach inside for: pure functions, and a client on fakes.
//! Not a part of the API, and compiled with the feature `fuzzing` alone.

#![allow(missing_docs, reason = "for this repository's own tests")]

mod answer;
mod rules;
mod simulation;

pub use answer::Answer;
pub use rules::{
    Cache, Cached, Failed, Next, Tries, challenge, drop_in, endpoint, error, expiry, key_file_content, key_file_name,
    token,
};
pub use simulation::{Service, Time, WALL, hurried, simulated};

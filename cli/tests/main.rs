//! The command's tests as one program, which is linked once.

mod answers;
mod common;
mod exec;
mod failures;
mod git_credential;
mod interrupt;
mod texts;
mod token_file;

//! What the scripts of all shells take from the table.

use crate::arguments::{Command, Opt, Values};
use crate::common;

/// Every option that the subcommand takes, --help last.
pub(super) fn options(command: &Command) -> impl Iterator<Item = Opt> {
    command.options.iter().chain(command.common(common::OPTIONS)).copied().chain([Opt::switch("help", "show help")])
}

/// What the operand may be.
pub(super) fn operand(command: &Command) -> Values {
    command.operand.map_or(Values::Of(&[]), |operand| operand.values)
}

/// In single quotes, for the shells in which a quote inside cannot be escaped.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

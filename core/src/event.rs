//! `tracing` events, which cost nothing if the feature is off. No event carries a secret.

/// A debug event, with `tracing`'s own syntax.
macro_rules! event {
    ($($argument:tt)*) => {
        #[cfg(feature = "tracing")]
        tracing::debug!(target: "himds", $($argument)*);
    };
}

pub(crate) use event;

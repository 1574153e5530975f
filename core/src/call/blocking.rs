//! Driving a call on the caller's own thread.

use std::cell::Cell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use tokio::runtime::{Builder, Handle};
use tokio::task::coop::poll_proceed;
use tokio::time::timeout;

use crate::cancel::Interrupt;
use crate::os::cause::no_socket;
use crate::{Error, Kind};

/// Runs the future on a runtime of its own, made for it and gone afterwards: so no thread is started, no descriptor
/// stays, and a `fork` inherits nothing. *invalid_argument* if this thread is already driving a tokio runtime,
/// *transport* if the system gives no descriptor: then the future was not begun.
///
/// The interrupt asks from outside the runtime, between two polls of the future.
pub(crate) fn block_on<T>(interrupt: Option<&Interrupt>, call: impl Future<Output = T>) -> Result<T, Error> {
    match Handle::try_current() {
        Err(error) if error.is_thread_local_destroyed() => return Err(thread_ends()),
        Ok(_) if is_driving_a_runtime() => return Err(inside_runtime()),
        _ => {}
    }
    #[cfg(unix)]
    let _sigpipe = crate::os::sigpipe::SigpipeGuard::new();
    let runtime =
        Builder::new_current_thread().enable_io().enable_time().build().map_err(|error| no_socket((&error).into()))?;
    // What the check above cannot see (an `unconstrained` future, a destructor that a runtime's end runs) still must not
    // unwind into the caller. A panic of the call itself is a bug: the bindings catch it, and say so.
    let begun = Cell::new(false);
    let mut call = pin!(call);
    loop {
        let turn = catch_unwind(AssertUnwindSafe(|| {
            runtime.block_on(async {
                begun.set(true);
                match interrupt {
                    None => Ok(call.as_mut().await),
                    Some(interrupt) => timeout(interrupt.interval, call.as_mut()).await.map_err(|_| interrupt),
                }
            })
        }));
        match turn {
            Ok(Ok(output)) => return Ok(output),
            Ok(Err(interrupt)) => suspended(|| interrupt.ask()),
            Err(bug) if begun.get() => resume_unwind(bug),
            Err(_) => {
                // To drop it as usual would panic once more.
                runtime.shutdown_background();
                return Err(inside_runtime());
            }
        }
    }
}

thread_local! {
    static SUSPENDED: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread has a call that stands still until the present one returns: to wait for it would be for ever.
pub(crate) fn is_above_a_suspended_call() -> bool {
    SUSPENDED.get()
}

/// Runs `ask` in the midst of a call.
pub(crate) fn suspended(ask: impl FnOnce()) {
    let before = SUSPENDED.replace(true);
    let panicked = catch_unwind(AssertUnwindSafe(ask));
    SUSPENDED.set(before);
    if let Err(panic) = panicked {
        resume_unwind(panic);
    }
}

fn inside_runtime() -> Error {
    Error::new(Kind::InvalidArgument, "a blocking call was made on a thread that drives a tokio runtime")
        .with_hint("Use the call that ends in `_async` there, or wrap this one in `tokio::task::spawn_blocking`.")
}

fn thread_ends() -> Error {
    Error::new(Kind::InvalidArgument, "a call that needs the service was made while its thread was ending").with_hint(
        "Make it before the thread's destructors run, or on another thread. A cached token is still available.",
    )
}

/// Whether tokio would refuse to block here. A runtime's handle is present in `spawn_blocking` too, where
/// blocking is right; what only driven futures have is a bounded budget. That is drained, and given back when the permits
/// drop.
fn is_driving_a_runtime() -> bool {
    /// More than tokio's budget of a single poll, 128.
    const ENOUGH: usize = 256;
    let mut context = Context::from_waker(Waker::noop());
    let mut permits = Vec::with_capacity(ENOUGH);
    for _ in 0..ENOUGH {
        match poll_proceed(&mut context) {
            Poll::Ready(permit) => permits.push(permit),
            Poll::Pending => {
                // Each permit restores what it found: the first one, dropped last, restores all.
                while permits.pop().is_some() {}
                return true;
            }
        }
    }
    while permits.pop().is_some() {}
    false
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "what a caller may do")]
mod tests {
    use super::*;

    fn call() -> Result<u32, Error> {
        block_on(None, async { 7 })
    }

    #[test]
    fn blocking_is_refused_where_tokio_would_panic_and_nowhere_else() {
        assert_eq!(call().unwrap(), 7);
        let runtime = Builder::new_current_thread().build().unwrap();
        {
            let _entered = runtime.enter();
            assert_eq!(call().unwrap(), 7);
        }
        runtime.block_on(async {
            assert_eq!(call().unwrap_err().kind(), Kind::InvalidArgument);
            assert_eq!(call().unwrap_err().kind(), Kind::InvalidArgument, "the budget was given back");
            assert!(tokio::task::coop::has_budget_remaining());
            assert_eq!(tokio::task::spawn_blocking(call).await.unwrap().unwrap(), 7);
        });
    }

    #[test]
    fn what_the_check_cannot_see_is_refused_too() {
        struct AsksWhenDropped(std::sync::mpsc::Sender<Result<u32, Error>>);
        impl Drop for AsksWhenDropped {
            fn drop(&mut self) {
                self.0.send(call()).unwrap();
            }
        }
        let runtime = Builder::new_current_thread().build().unwrap();
        let (answers, answer) = std::sync::mpsc::channel();
        runtime.block_on(async {
            let unconstrained = tokio::task::unconstrained(async { call() }).await;
            assert_eq!(unconstrained.unwrap_err().kind(), Kind::InvalidArgument);
            let asks = AsksWhenDropped(answers);
            tokio::spawn(async move {
                let _asks = asks;
                std::future::pending::<()>().await;
            });
            tokio::task::yield_now().await;
        });
        drop(runtime);
        let answer = answer.recv().unwrap();
        assert!(answer.is_ok() || answer.unwrap_err().kind() == Kind::InvalidArgument, "but never a panic");
    }

    /// On Linux, where a thread's destructors run in a known order.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_thread_that_ends_is_told_so() {
        struct AsksAtTheEnd(std::cell::RefCell<Option<std::sync::mpsc::Sender<Result<u32, Error>>>>);
        impl Drop for AsksAtTheEnd {
            fn drop(&mut self) {
                if let Some(answers) = self.0.take() {
                    answers.send(call()).unwrap();
                }
            }
        }
        thread_local!(static END: AsksAtTheEnd = const { AsksAtTheEnd(std::cell::RefCell::new(None)) });
        let (answers, answer) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            // Made before tokio's own, so it goes after it.
            END.with(|end| end.0.replace(Some(answers)));
            call().unwrap();
        });
        thread.join().unwrap();
        let error = answer.recv().unwrap().unwrap_err();
        assert!(error.message().contains("thread was ending"), "{error}");
    }

    #[test]
    fn what_an_interrupt_asks_may_block() {
        let interrupt = Interrupt::new(std::time::Duration::from_millis(1), || {
            assert!(is_above_a_suspended_call());
            call().unwrap() == 7
        });
        block_on(Some(&interrupt), interrupt.handle.cancelled()).unwrap();
        assert!(!is_above_a_suspended_call());
        let bug = Interrupt::new(std::time::Duration::from_millis(1), || resume_unwind(Box::new("bug")));
        let call = || block_on(Some(&bug), std::future::pending::<()>());
        assert!(catch_unwind(AssertUnwindSafe(call)).is_err());
        assert!(!is_above_a_suspended_call());
    }

    #[test]
    fn a_bug_does_not_pass_for_a_mistake_of_the_caller() {
        let bug = std::panic::catch_unwind(|| block_on(None, async { resume_unwind(Box::new("bug")) as u32 }));
        assert_eq!(bug.unwrap_err().downcast_ref(), Some(&"bug"));
    }
}

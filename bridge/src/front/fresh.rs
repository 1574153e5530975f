//! A document that is kept, so that it can be answered at once, and fetched again in the background.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use himds::{Error, Kind};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

/// A kept document older than this is answered once more, and fetched again meanwhile.
const FRESH_FOR: Duration = Duration::from_secs(60);
/// Who asks before the first document is here waits no longer: one client gives up after 200 ms.
const LONGEST_WAIT: Duration = Duration::from_millis(150);

pub(crate) struct Fresh<T>(Rc<Inner<T>>);

struct Inner<T> {
    kept: RefCell<Option<(Instant, Rc<T>)>>,
    /// Why the last fetch failed, for those who wait for it.
    failed: RefCell<Option<Error>>,
    fetching: Cell<bool>,
    done: Notify,
}

impl<T: 'static> Fresh<T> {
    pub(crate) fn new() -> Self {
        Fresh(Rc::new(Inner {
            kept: RefCell::new(None),
            failed: RefCell::new(None),
            fetching: Cell::new(false),
            done: Notify::new(),
        }))
    }

    /// The kept document; the first one as soon as it has been fetched, *timeout* where that takes too long.
    pub(crate) async fn get<F>(&self, fetch: impl FnOnce() -> F) -> Result<Rc<T>, Error>
    where
        F: Future<Output = Result<T, Error>> + 'static,
    {
        let kept = self.0.kept.borrow().clone();
        let done = self.0.done.notified();
        match kept {
            Some((since, document)) => {
                if since.elapsed() > FRESH_FOR {
                    self.start(fetch);
                }
                return Ok(document);
            }
            None => self.start(fetch),
        }
        let late = || Error::new(Kind::Timeout, "the machine's metadata has not arrived yet");
        timeout(LONGEST_WAIT, done).await.map_err(|_| late())?;
        let kept = self.0.kept.borrow().clone();
        kept.map(|(_, document)| document).ok_or_else(|| self.0.failed.borrow().clone().unwrap_or_else(late))
    }

    fn start<F>(&self, fetch: impl FnOnce() -> F)
    where
        F: Future<Output = Result<T, Error>> + 'static,
    {
        if self.0.fetching.replace(true) {
            return;
        }
        let (inner, fetch) = (Rc::clone(&self.0), fetch());
        tokio::task::spawn_local(async move {
            match fetch.await {
                Ok(document) => *inner.kept.borrow_mut() = Some((Instant::now(), Rc::new(document))),
                Err(error) => *inner.failed.borrow_mut() = Some(error),
            }
            inner.fetching.set(false);
            inner.done.notify_waiters();
        });
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    fn on_a_paused_clock(test: impl Future<Output = ()>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        tokio::task::LocalSet::new().block_on(&runtime, test);
    }

    #[test]
    fn the_first_is_waited_for_and_then_all_are_answered_at_once() {
        on_a_paused_clock(async {
            let document = Fresh::new();
            let first = document.get(|| async {
                tokio::time::sleep(Duration::from_millis(100)).await;
                Ok(1)
            });
            assert_eq!(*first.await.unwrap(), 1);
            assert_eq!(*document.get(|| ready(Ok(2))).await.unwrap(), 1, "it is still fresh");
            tokio::time::advance(FRESH_FOR + Duration::from_secs(1)).await;
            assert_eq!(*document.get(|| ready(Ok(3))).await.unwrap(), 1, "the old one, at once");
            tokio::task::yield_now().await;
            assert_eq!(*document.get(|| ready(Ok(4))).await.unwrap(), 3);
        });
    }

    #[test]
    fn who_waits_is_answered_within_the_limit() {
        on_a_paused_clock(async {
            let document = Fresh::<u8>::new();
            let start = Instant::now();
            assert_eq!(document.get(pending).await.unwrap_err().kind(), Kind::Timeout);
            assert!(start.elapsed() < Duration::from_millis(200));
        });
    }

    #[test]
    fn a_failure_is_told_and_tried_again() {
        on_a_paused_clock(async {
            let document = Fresh::new();
            let failed = document.get(|| ready(Err(Error::new(Kind::Unavailable, "x")))).await;
            assert_eq!(failed.unwrap_err().kind(), Kind::Unavailable);
            assert_eq!(*document.get(|| ready(Ok(1))).await.unwrap(), 1);
        });
    }
}

//! When a token is kept, shared and renewed. Knows no client and no file; asks through `protocol` and `http`.
//!
//! How one request for a resource ends, and what the calls that wait for it do then:
//!
//! | outcome | when | a waiter |
//! |---|---|---|
//! | `Token` | the service gave one | takes it |
//! | `Error` | a final error | returns it |
//! | `CutShort` | the leader was cancelled, or its deadline ended first | leads, if it has more time than the leader had |
//! | `Nothing` | the leader was dropped or panicked, or its early refresh failed | begins again |

pub(crate) mod acquire;
pub(crate) mod single_flight;
pub(crate) mod store;

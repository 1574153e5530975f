//! The faults that are still to be used, and what is checked before one is taken in.

use std::sync::Mutex;

use super::fault::Fault;
use super::key_fault::KeyFault;
use super::presets;
use crate::http::request::{Service, Stage};

/// What can be said about a fault before it is used.
pub(crate) fn check(fault: &Fault) -> Result<(), String> {
    if let Some(name) = &fault.preset {
        presets::find(name)
            .ok_or_else(|| format!("unknown preset {name:?}; the presets are {}", presets::NAMES.join(", ")))?;
    }
    fault.check()
}

/// As [`check`], for one that comes over the admin path, which every user of the machine can use.
pub(crate) fn check_at_run_time(fault: &Fault) -> Result<(), String> {
    check(fault)?;
    fault.key.as_ref().map_or(Ok(()), KeyFault::check_at_run_time)
}

/// The faults that are still to be used.
#[derive(Debug, Default)]
pub(crate) struct FaultQueue(Mutex<Queue>);

#[derive(Debug, Default)]
struct Queue {
    faults: Vec<Fault>,
    numbered: usize,
}

impl FaultQueue {
    pub(crate) fn push(&self, fault: Fault) -> Result<(), String> {
        check(&fault)?;
        let mut queue = self.0.lock().expect("no panic under this lock");
        let mut fault = presets::resolve(fault);
        fault.name.get_or_insert_with(|| format!("fault {}", queue.numbered));
        fault.count.get_or_insert(1);
        queue.numbered += 1;
        queue.faults.push(fault);
        Ok(())
    }

    /// The fault for a request of this stage, or for a new connection, which has none yet.
    pub(crate) fn take(&self, service: Service, stage: Option<Stage>) -> Option<Fault> {
        let mut queue = self.0.lock().expect("no panic under this lock");
        let fitting = |fault: &Fault| fault.fits(service, stage);
        // Requests that a fault lets pass go on to the next fault.
        let mut position = None;
        for (index, fault) in queue.faults.iter_mut().enumerate().filter(|(_, fault)| fitting(fault)) {
            if fault.skip == 0 {
                position = Some(index);
                break;
            }
            fault.skip -= 1;
        }
        let position = position?;
        let taken = queue.faults[position].clone();
        match queue.faults[position].count {
            Some(0) => {}
            Some(1) | None => drop(queue.faults.remove(position)),
            Some(left) => queue.faults[position].count = Some(left - 1),
        }
        Some(taken)
    }

    pub(crate) fn all(&self) -> Vec<Fault> {
        self.0.lock().expect("no panic under this lock").faults.clone()
    }

    pub(crate) fn clear(&self) {
        self.0.lock().expect("no panic under this lock").faults.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::fault::On;

    #[test]
    fn faults_are_used_up_in_order() {
        let queue = FaultQueue::default();
        let fault = |on, skip, count, status| Fault { on, skip, count, status: Some(status), ..Fault::default() };
        queue.push(fault(On::Challenge, 1, Some(2), 503)).unwrap();
        queue.push(fault(On::Token, 0, None, 429)).unwrap();
        queue.push(fault(On::Any, 0, Some(0), 500)).unwrap();
        let take = |stage| queue.take(Service::Himds, Some(stage)).and_then(|fault| fault.status);
        assert_eq!(take(Stage::Challenge), Some(429), "the first lets one pass, so the second serves it");
        assert_eq!(take(Stage::Challenge), Some(503));
        assert_eq!(take(Stage::Metadata), Some(500));
        assert_eq!(take(Stage::Challenge), Some(503));
        assert_eq!(take(Stage::Challenge), Some(500));
        assert!(queue.take(Service::Himds, None).is_none());
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "preset = \"nope\"",
            "key = { mode = \"9\" }",
            "key = { mode = \"10000\" }",
            "on = \"connect\"",
            "service = \"imds\"\non = \"challenge\"",
            "service = \"imds\"\non = \"key\"",
        ] {
            let fault: Fault = toml::from_str(text).unwrap();
            assert!(check(&fault).is_err(), "{text}");
        }
        assert!(toml::from_str::<Fault>("statsu = 1").is_err());
    }
}

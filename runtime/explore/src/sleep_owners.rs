//! Finding out which guest has begun a sleep.

use weft::machine::{Action, Observation, ObservedThread};
use weft::timeline::TimelineNames;

/// The calls of host functions by guests since an explorer last looked. Sleeps that guests have begun
/// meanwhile were begun in some of them.
#[derive(Debug, Default)]
pub(crate) struct HostCalls {
    /// For each call, the host function's number and the thread of the guest.
    calls: Vec<(u32, ObservedThread)>,
}

impl HostCalls {
    /// Adds an observation, if it is such a call.
    pub(crate) fn add(&mut self, observation: &Observation) {
        if let Action::Called { host_function: Some(function), .. } = observation.action
            && let Some(thread) = observation.thread
        {
            self.calls.push((function, thread));
        }
    }

    /// Returns the name of the guest that has begun each of these many sleeps, as far as it is known. The
    /// sleeps are in the order in which they were begun.
    pub(crate) fn owners(&self, sleeps: usize, names: &TimelineNames) -> Vec<Option<String>> {
        let Some(((function, first), rest)) = self.calls.split_first() else {
            return vec![None; sleeps];
        };
        let of_thread = |thread: &ObservedThread| {
            let name = format!("thread {} of {}", thread.thread, names.instance(thread.instance));
            match thread.function {
                Some(function) => format!("{name} ({})", names.function(function)),
                None => name,
            }
        };
        if rest.iter().all(|(_, thread)| thread == first) {
            return vec![Some(of_thread(first)); sleeps];
        }
        // Each call of the same function has begun one.
        if self.calls.len() == sleeps && rest.iter().all(|(other, _)| other == function) {
            return self.calls.iter().map(|(_, thread)| Some(of_thread(thread))).collect();
        }
        let is_of_one = rest.iter().all(|(_, thread)| thread.instance == first.instance);
        vec![is_of_one.then(|| format!("instance {}", names.instance(first.instance))); sleeps]
    }
}

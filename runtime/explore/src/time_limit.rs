//! The time of an exploration: when no run is begun any longer, and stopping the runs under way.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::run::Run;

/// The part of the time that the runs under way have for their ends after it, as a divisor.
const LAST_PART: u32 = 10;

/// The time after which stores are interrupted again: a run may drive several calls.
const AGAIN: Duration = Duration::from_millis(10);

/// The moments at which the time of an exploration, or of a part of it, is over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimeLimit {
    /// The moment from which on no run is begun.
    last_begin: Option<Instant>,
    /// The moment at which the runs under way are stopped.
    last_end: Option<Instant>,
}

impl TimeLimit {
    /// Creates the limit of what has begun at a moment. Without a time, it is never over.
    pub(crate) fn new(begun: Instant, time: Option<Duration>) -> Self {
        let after = |time: Duration| begun.checked_add(time);
        let with_last_part = |time: Duration| time.saturating_add(time / LAST_PART);
        Self {
            last_begin: time.and_then(after),
            last_end: time.map(with_last_part).and_then(after),
        }
    }

    /// Returns `true` if no run is begun any longer.
    pub(crate) fn is_over(&self) -> bool {
        self.last_begin.is_some_and(is_past)
    }
}

/// Returns `true` if a moment has come.
pub(crate) fn is_past(moment: Instant) -> bool {
    Instant::now() >= moment
}

/// A watch over the runs that are under way: it interrupts their stores when the time is over.
///
/// An explorer looks at the time whenever it has control. A guest that a host function calls, or that
/// runs in a method of its store, spins without the explorer: a thread interrupts its store.
#[derive(Debug)]
pub(crate) struct Watch {
    /// The moment at which runs are stopped.
    pub(crate) deadline: Option<Instant>,
    watched: Mutex<Watched>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Watched {
    runs: Vec<Run>,
    /// `true` if no run is made any longer.
    is_over: bool,
}

impl Watch {
    /// Does work that makes runs, and watches these runs meanwhile.
    pub(crate) fn during<R>(limit: TimeLimit, work: impl FnOnce(&Self) -> R) -> R {
        let watch =
            Self { deadline: limit.last_end, watched: Mutex::default(), changed: Condvar::new() };
        let Some(deadline) = watch.deadline else { return work(&watch) };
        std::thread::scope(|scope| {
            // The explorer looks at the time without this thread, too.
            let _ = std::thread::Builder::new().spawn_scoped(scope, || watch.keep(deadline));
            let _over = Over(&watch);
            work(&watch)
        })
    }

    /// Watches a run until the result is dropped.
    pub(crate) fn begin(&self, run: &Run) -> WatchedRun<'_> {
        if self.deadline.is_some() {
            self.watched().runs.push(run.clone());
        }
        WatchedRun { watch: self, run: run.clone() }
    }

    /// Interrupts stores from the deadline until the work is over.
    fn keep(&self, deadline: Instant) {
        let mut watched = self.watched();
        while !watched.is_over {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let runs = watched.runs.clone();
                // Code that is woken may do anything.
                drop(watched);
                runs.iter().for_each(Run::interrupt);
                watched = self.watched();
                if watched.is_over {
                    return;
                }
            }
            let time = if left.is_zero() { AGAIN } else { left };
            let waited = self.changed.wait_timeout(watched, time);
            watched = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn watched(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A run that is watched while this exists.
pub(crate) struct WatchedRun<'w> {
    watch: &'w Watch,
    run: Run,
}

impl Drop for WatchedRun<'_> {
    fn drop(&mut self) {
        self.watch.watched().runs.retain(|run| !run.is(&self.run));
    }
}

/// A guard that ends the watching thread, also if the work panics.
struct Over<'w>(&'w Watch);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.watched().is_over = true;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_have_a_tenth_of_the_time_for_their_ends() {
        let begun = Instant::now();
        let limit = TimeLimit::new(begun, Some(Duration::from_secs(10)));
        assert_eq!(limit.last_begin, Some(begun + Duration::from_secs(10)));
        assert_eq!(limit.last_end, Some(begun + Duration::from_secs(11)));
        assert!(!limit.is_over() && TimeLimit::new(begun, Some(Duration::ZERO)).is_over());
    }

    #[test]
    fn without_a_time_and_after_more_than_all_time_nothing_is_over() {
        for time in [None, Some(Duration::MAX)] {
            let limit = TimeLimit::new(Instant::now(), time);
            assert!(!limit.is_over() && limit.last_end.is_none());
        }
    }

    #[test]
    fn a_panic_ends_the_watch() {
        let limit = TimeLimit::new(Instant::now(), Some(Duration::from_hours(1)));
        let panicked = std::panic::catch_unwind(|| {
            Watch::during(limit, |_| std::panic::resume_unwind(Box::new("it is over")))
        });
        let message = panicked.err().and_then(|it| it.downcast_ref::<&str>().copied());
        assert_eq!(message, Some("it is over"));
    }
}

//! The timelines of several stores, in one file.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use weft::component::{Store, WaitingTask};
use weft::engine::wasmi::Wasmi;
use weft::timeline::Timeline;
use weft_explore::timeline::TimelineReport;

use crate::failure::Failure;

use super::file::TimelineFile;

/// The largest number of stores that are kept.
const MAX_STORES: usize = 1000;

/// The timelines of several stores. Those that have ended have at most as many events together as
/// the file keeps. Those that record share this number once more, as far as possible.
#[derive(Debug)]
pub(crate) struct StoreTimelines {
    file: TimelineFile,
    /// The number of stores that have begun.
    begun: AtomicU64,
    ended: Mutex<EndedStores>,
}

/// The stores that have ended.
#[derive(Debug, Default)]
struct EndedStores {
    kept: VecDeque<(String, Timeline)>,
    /// The number of those that have ended.
    count: u64,
    num_events: usize,
}

impl StoreTimelines {
    /// Creates an empty collection for a file.
    pub(crate) fn new(file: TimelineFile) -> Self {
        Self { file, begun: AtomicU64::new(0), ended: Mutex::default() }
    }

    fn ended(&self) -> MutexGuard<'_, EndedStores> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns an empty timeline for a store that begins. The more stores record, the shorter it is.
    pub(crate) fn begin(&self) -> Timeline {
        self.begun.fetch_add(1, Ordering::Relaxed);
        let recording = self.file.timelines().saturating_sub(self.ended().kept.len());
        self.file.timeline(self.file.capacity / (recording + 1))
    }

    /// Lets a store record.
    pub(crate) fn record<T: 'static>(&self, store: &mut Store<Wasmi, T>) {
        // A new store can record.
        let _ = store.record_timeline(self.begin());
    }

    /// Keeps what a store has recorded, and forgets the oldest ones if there is no room.
    pub(crate) fn end<T: 'static>(&self, store: &mut Store<Wasmi, T>) {
        if let Some(timeline) = store.take_timeline() {
            self.keep(|number| format!("store {number}"), timeline);
        }
    }

    /// Keeps the timeline of a store. `name` returns its name, from its number in the order of ends.
    pub(crate) fn keep(&self, name: impl FnOnce(u64) -> String, timeline: Timeline) {
        let mut ended = self.ended();
        ended.count += 1;
        let name = name(ended.count);
        ended.num_events += timeline.events().len();
        ended.kept.push_back((name, timeline));
        while ended.num_events > self.file.capacity || ended.kept.len() > MAX_STORES {
            let Some((_, oldest)) = ended.kept.pop_front() else { break };
            ended.num_events -= oldest.events().len();
        }
    }

    /// Writes the timelines of the stores that have ended. `outcome` has lines about the end.
    ///
    /// # Errors
    ///
    /// The file can't be written.
    pub(crate) fn write(
        &self,
        title: &str,
        outcome: &str,
        waiting: &[WaitingTask],
    ) -> Result<(), Failure> {
        let ended = self.ended();
        let forgotten = ended.count - ended.kept.len() as u64;
        let begun = self.begun.load(Ordering::Relaxed);
        let outcome = [
            outcome.to_owned(),
            left_out(forgotten, "earlier store is", "earlier stores are"),
            left_out(
                begun.saturating_sub(ended.count),
                "store that did not end is",
                "stores that did not end are",
            ),
        ];
        let outcome = outcome.concat();
        let stores = ended.kept.iter().map(|(name, timeline)| (name.as_str(), timeline));
        let report = TimelineReport::of_stores(stores).with_title(title).with_outcome(&outcome);
        self.file.write(&report.with_waiting(waiting))
    }
}

/// Returns a line with a number of stores that the file lacks.
fn left_out(number: u64, one: &str, several: &str) -> String {
    match number {
        0 => String::new(),
        1 => format!("one {one} left out\n"),
        _ => format!("{number} {several} left out\n"),
    }
}

//! The timeline of a machine with the host extensions.

use alloc::boxed::Box;

use crate::chooser::Chooser;
use crate::host::ExtendedMachine;
use crate::limits::Heap;

use super::recording::Timeline;

impl<C: Chooser> ExtendedMachine<Heap, C> {
    /// Records into `timeline` what happens from now on, until it is
    /// [taken](Self::take_timeline). A timeline that was recorded until now is dropped.
    ///
    /// The machine makes the records of all calls at once while it records.
    ///
    /// ```
    /// # use weft_core as weft;
    /// use weft::host::ExtendedMachine;
    /// use weft::limits::Heap;
    /// use weft::timeline::Timeline;
    ///
    /// let mut machine = ExtendedMachine::<Heap>::default();
    /// machine.record_timeline(Timeline::new(1000));
    /// machine.new_instance()?;
    /// let timeline = machine.take_timeline().unwrap();
    /// assert_eq!(timeline.events().len(), 1);
    ///
    /// machine.new_instance()?;
    /// assert!(machine.timeline().is_none());
    /// # Ok::<(), weft::error::Error>(())
    /// ```
    pub fn record_timeline(&mut self, timeline: Timeline) {
        self.hooks_mut().observer = Some(Box::new(timeline));
        self.set_eager(true);
    }

    /// Returns the timeline that is recorded.
    pub fn timeline(&self) -> Option<&Timeline> {
        self.hooks().observer.as_deref()
    }

    /// Returns the timeline that is recorded, to add names to it.
    pub fn timeline_mut(&mut self) -> Option<&mut Timeline> {
        self.hooks_mut().observer.as_deref_mut()
    }

    /// Finishes the recording, and returns the timeline.
    ///
    /// From now on, the records of calls are put off again, unless the host
    /// [wants otherwise](crate::machine::Machine::set_eager).
    pub fn take_timeline(&mut self) -> Option<Timeline> {
        let timeline = self.hooks_mut().observer.take().map(|timeline| *timeline);
        if timeline.is_some() {
            self.set_eager(false);
        }
        timeline
    }
}

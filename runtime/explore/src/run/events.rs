//! The host events of a run.

use std::task::Waker;
use std::time::Duration;

use crate::footprint::{Footprint, Process};
use crate::virtual_clock::Looks;

use super::{Candidate, Run, RunState};

/// A host future that the schedule makes ready.
#[derive(Debug)]
pub(crate) struct WaitingEvent {
    name: String,
    /// The time at which it is ready, if it is a timer.
    deadline: Option<Duration>,
    /// `None` before the future is polled.
    waker: Option<Waker>,
    /// The number of times that a guest has asked for it.
    looks: Looks,
}

impl WaitingEvent {
    /// Returns `true` if it is a timer whose time is over.
    fn is_over(&self, now: Duration) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= now)
    }
}

impl Run {
    /// Lets a host event happen: its future is ready.
    pub(crate) fn fire(&self, event: u64) {
        let mut state = self.state();
        let fired = state.events.remove(&event);
        state.clock.forget_dropped();
        if let Some(deadline) = fired.as_ref().and_then(|it| it.deadline) {
            state.clock.go_on_to(deadline);
        }
        drop(state);
        if let Some(waker) = fired.and_then(|it| it.waker) {
            waker.wake();
        }
    }
}

impl RunState {
    /// Adds a host event. It can happen after it was polled. If it is the sleep of a guest, it goes on
    /// with the looks at one that the guest has dropped, and that would have ended at the same time.
    pub(crate) fn add_event(
        &mut self,
        name: String,
        time: Option<Duration>,
        is_of_guest: bool,
    ) -> u64 {
        let event = self.next_event;
        self.next_event += 1;
        let deadline = time.map(|time| self.clock.now().saturating_add(time));
        let looks = match deadline {
            Some(deadline) if is_of_guest => {
                self.new_sleeps.push(event);
                self.clock.dropped_looks(deadline)
            }
            _ => Looks::default(),
        };
        self.events.insert(event, WaitingEvent { name, deadline, waker: None, looks });
        event
    }

    /// Waits for an event: `waker` is woken when it happens. Returns `true` if it has happened, and
    /// the wakers that are no longer needed: they may own events, and have to be dropped without
    /// the lock. If the event is the sleep of a guest (`is_of_guest`), the guest may ask for it again
    /// and again, and gets on: this takes time as looks at the clock do.
    pub(crate) fn poll_event(
        &mut self,
        event: u64,
        waker: Waker,
        is_of_guest: bool,
    ) -> (bool, [Option<Waker>; 2]) {
        if is_of_guest {
            self.touch(Footprint::add_host);
        }
        let Some(waiting) = self.events.get_mut(&event) else {
            return (true, [Some(waker), None]);
        };
        let is_asked_for = is_of_guest && self.clock.ask(&mut waiting.looks);
        let takes_time = is_asked_for || self.clock.is_watched();
        match waiting.deadline {
            // A guest has looked again and again until the time was over.
            Some(deadline) if takes_time && deadline <= self.clock.now() => {
                self.clock.go_on_to(deadline);
                let ended = self.events.remove(&event);
                (true, [Some(waker), ended.and_then(|it| it.waker)])
            }
            _ => (false, [waiting.waker.replace(waker), None]),
        }
    }

    /// Returns the number of guests' sleeps that were begun since an explorer last looked.
    pub(crate) const fn num_new_sleeps(&self) -> usize {
        self.new_sleeps.len()
    }

    /// Adds the guests that have begun these sleeps to their names, as far as they are known.
    pub(crate) fn name_new_sleeps(&mut self, owners: Vec<Option<String>>) {
        for (event, owner) in std::mem::take(&mut self.new_sleeps).iter().zip(owners) {
            if let (Some(sleep), Some(owner)) = (self.events.get_mut(event), owner) {
                sleep.name = format!("{} of {owner}", sleep.name);
            }
        }
    }

    /// Forgets an event that nobody waits for, and returns it.
    pub(crate) fn remove_event(&mut self, event: u64) -> Option<WaitingEvent> {
        let removed = self.events.remove(&event)?;
        if let Some(deadline) = removed.deadline {
            self.clock.drop_sleep(deadline, removed.looks);
        }
        Some(removed)
    }

    /// Returns the events that can happen next: those that are polled. Of the timers, these are only
    /// those that end first, and only if their time has come or the clock can go on. If looks have
    /// passed the times of several timers, they still end in the order of their times.
    pub(super) fn ready_events(&self, is_idle: bool) -> Vec<Candidate> {
        let polled = || self.events.iter().filter(|(_, event)| event.waker.is_some());
        let first = polled().filter_map(|(_, event)| event.deadline).min();
        let goes_on = is_idle || self.bounds.slow_guests;
        let can_end = |event: &WaitingEvent| {
            event.deadline == first && (goes_on || event.is_over(self.clock.now()))
        };
        polled()
            .filter(|(_, event)| event.deadline.is_none() || can_end(event))
            .map(|(number, event)| Candidate {
                process: Process::Event(*number),
                name: event.name.clone(),
            })
            .collect()
    }
}

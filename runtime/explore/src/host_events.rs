//! The host's events: futures that the schedule makes ready, and a virtual clock.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use weft::chooser::Choice;
use weft::component::Clock;

use crate::footprint::Footprint;
use crate::run::Run;

/// The host's side of a run: what it waits for happens when the schedule says so.
///
/// It can be cloned into host functions.
///
/// # Example
///
/// ```
/// # use std::time::Duration;
/// # use weft::component::Linker;
/// # use weft::engine::wasmi::Wasmi;
/// # weft_explore::explore(|explorer| {
/// let mut linker: Linker<Wasmi> = Linker::new();
/// let events = explorer.host_events();
/// // It returns after a second, which takes no time. Other events may happen before it.
/// linker.typed_async_function("fetch", move |_, (number,): (u32,)| {
///     let events = events.clone();
///     async move {
///         events.note(format!("fetch {number}"));
///         events.sleep(Duration::from_secs(1)).await;
///         Ok(number + 1)
///     }
/// });
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct HostEvents {
    run: Run,
}

impl HostEvents {
    pub(crate) const fn new(run: Run) -> Self {
        Self { run }
    }

    /// Returns a future that is ready when the schedule says so: at any time after it was polled.
    /// Its `name` is shown with the schedule.
    #[must_use]
    pub fn ready(&self, name: impl Into<String>) -> ScheduledEvent {
        self.event(name.into(), None, false)
    }

    /// Returns a future that is ready after `time` on the virtual clock.
    ///
    /// The clock stands still while a guest can go on, unless guests are
    /// [slow](crate::Exploration::slow_guests). Then it goes on to the timer that is due first, or
    /// another event happens before that: the schedule decides it. Timers of the same time end in
    /// every order.
    #[must_use]
    pub fn sleep(&self, time: Duration) -> ScheduledEvent {
        self.event(format!("a timer of {time:?}"), Some(time), false)
    }

    /// Returns the sleep of a guest, as [`sleep`](Self::sleep) does. A guest that asks again and
    /// again whether it is over gets on.
    #[cfg(feature = "wasi")]
    pub(crate) fn sleep_of_guest(&self, time: Duration) -> ScheduledEvent {
        // It depends on the time at which it begins.
        self.touch_host();
        self.event(format!("a timer of {time:?}"), Some(time), true)
    }

    /// Says that the current step depends on the host.
    #[cfg(feature = "wasi")]
    pub(crate) fn touch_host(&self) {
        self.run.state().touch(Footprint::add_host);
    }

    fn event(&self, name: String, time: Option<Duration>, is_of_guest: bool) -> ScheduledEvent {
        let number = self.run.state().add_event(name, time, is_of_guest);
        ScheduledEvent { run: self.run.clone(), number, is_of_guest }
    }

    /// Returns the time of the virtual clock, from the beginning of the run.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.run.state().clock.now()
    }

    /// Returns the time of the virtual clock for a guest that asks for it, as [`now`](Self::now) does,
    /// so that a guest gets on that asks again and again until a moment has come, and does not
    /// sleep: after 100 looks without a timer that ends, each takes a millisecond. If the guest yields
    /// between two looks, each is a [step](crate::Exploration::max_steps) of its own.
    ///
    /// Other times of such a guest are not explored, so that the exploration has the bound
    /// [`Looks`](crate::Bound::Looks).
    ///
    /// ```
    /// # use std::time::Duration;
    /// use weft_explore::Bound;
    ///
    /// let explored = weft_explore::explore(|explorer| {
    ///     let events = explorer.host_events();
    ///     let mut looks = 0;
    ///     while events.look_at_clock() < Duration::from_secs(1) {
    ///         looks += 1;
    ///     }
    ///     (looks, events.now())
    /// });
    /// assert!(explored.results().eq([&(1099, Duration::from_secs(1))]));
    /// assert_eq!(explored.bound(), Some(Bound::Looks));
    /// ```
    #[must_use]
    pub fn look_at_clock(&self) -> Duration {
        let mut state = self.run.state();
        state.touch(Footprint::add_host);
        state.clock.look();
        state.clock.now()
    }

    /// Lets the schedule choose one of `count` possibilities of the host, from 0. Each is explored.
    ///
    /// # Example
    ///
    /// ```
    /// let explored = weft_explore::explore(|explorer| explorer.host_events().choose(3));
    /// assert_eq!(explored.outcomes().len(), 3);
    /// ```
    #[must_use]
    pub fn choose(&self, count: u32) -> u32 {
        match count {
            0 | 1 => 0,
            // A replay of another run has no answer, and is stopped after it.
            _ => Some(self.run.state().choose(Choice::Host, count))
                .filter(|chosen| *chosen < count)
                .unwrap_or(0),
        }
    }

    /// Adds a text to the outcome of the run. Runs with other texts, or with the same texts in
    /// another order, have different outcomes.
    pub fn note(&self, text: impl Into<String>) {
        let mut state = self.run.state();
        state.touch(Footprint::add_host);
        state.notes.push(text.into());
    }
}

impl Clock for HostEvents {
    type Sleep = ScheduledEvent;

    fn sleep(&self, time: Duration) -> ScheduledEvent {
        Self::sleep(self, time)
    }
}

/// A future that is ready when the schedule says so.
pub struct ScheduledEvent {
    run: Run,
    number: u64,
    /// `true` if it is the sleep of a guest.
    is_of_guest: bool,
}

impl Future for ScheduledEvent {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let waker = context.waker().clone();
        let (has_happened, unneeded) =
            self.run.state().poll_event(self.number, waker, self.is_of_guest);
        drop(unneeded);
        if has_happened { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for ScheduledEvent {
    fn drop(&mut self) {
        // The waker may own what has a host event of its own, so it is dropped without the lock.
        let removed = self.run.state().remove_event(self.number);
        drop(removed);
    }
}

impl fmt::Debug for ScheduledEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScheduledEvent").field("number", &self.number).finish_non_exhaustive()
    }
}

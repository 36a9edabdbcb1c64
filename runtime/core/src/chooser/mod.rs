//! The decisions that the spec leaves open.
//!
//! The reference decides them by `random.choice`, `random.randint` or `DETERMINISTIC_PROFILE`. The
//! machine asks its [`Chooser`], and so does code that lowers floats. The same answers and the same
//! inputs give the same run.
//!
//! ```
//! # use weft_core as weft;
//! use weft::chooser::Seeded;
//! use weft::machine::Machine;
//!
//! weft::limits! {
//!     struct Small { ..MachineSizes::SMALL }
//! }
//!
//! // Threads run in an order that depends on the seed alone.
//! let machine: Machine<Small, Seeded> = Machine::new(Seeded::new(7));
//! # let _ = machine;
//! ```
//!
//! | chooser | answers |
//! |---|---|
//! | [`FirstInFirstOut`] | always 0: the thread or event that has waited longest |
//! | [`LastInFirstOut`] | the last one: the thread or event that came last |
//! | [`DeterministicProfile`] | those of the reference if `DETERMINISTIC_PROFILE` is set |
//! | [`Seeded`] | any, from a seed |
//! | [`Replaying`] | those of a list of numbers |
//! | [`Recording`] | those of another chooser, which it records as a [`Schedule`] (feature `alloc`) |
//! | [`ScheduleReplay`] | those of a [`Schedule`]: it refuses to answer another question (feature `alloc`) |
//! | [`Exhaustive`] | in each run others, until all are tried (feature `alloc`) |
//!
//! A [`Schedule`] is a small text that can be kept in a file, read and edited.

use core::fmt;
use core::str::FromStr;

use crate::error::Error;

mod exhaustive;
mod recording;
mod replaying;
mod schedule;
mod seeded;

#[cfg(feature = "alloc")]
pub use exhaustive::Exhaustive;
#[cfg(feature = "alloc")]
pub use recording::Recording;
pub use replaying::Replaying;
#[cfg(feature = "alloc")]
pub use replaying::{ReplayMismatch, ScheduleReplay};
pub use schedule::Chosen;
#[cfg(feature = "alloc")]
pub use schedule::{Schedule, ScheduleError, ScheduleLineError};
pub use seeded::Seeded;

/// The answer of a chooser that refuses to choose, which is
/// [`Error::ChoiceRefused`]. No decision has that many
/// possibilities.
pub const REFUSED: u32 = u32::MAX;

/// A decision that the spec leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Choice {
    /// `Store.tick`: the ready thread that runs. The threads are in the order of their instances'
    /// turns. Within an instance, they are about in the order in which they began to wait.
    Tick,
    /// `canon_lift`: the ready thread of the callee's instance that runs while a call of a
    /// function that isn't `async` has not resolved. The threads are in the order of
    /// [`Tick`](Self::Tick).
    SyncCall,
    /// `Task.request_cancellation`: the ready thread of the callee's instance that runs. The
    /// threads are in the order of [`Tick`](Self::Tick).
    Cancellation,
    /// `Task.request_cancellation`: after one thread has run, none (0) or another one (1) runs.
    CancellationGoesOn,
    /// `Task.enter_implicit_thread`: a task that may enter, while others still wait to, queues up
    /// after them (0) or goes ahead (1).
    Enter,
    /// `Thread.yield_`: a thread that yields lets others run (0) or goes on (1). This is also for
    /// a thread that returned `yield` to its callback loop.
    Yield,
    /// `WaitableSet.wait`: a thread that waits on a set that has an event gets the event at once
    /// (0) or lets others run first (1). This is also for a thread that returned `wait` to its
    /// callback loop.
    Wait,
    /// `WaitableSet.get_pending_event`: the event of a set that is delivered. The events are in
    /// the order in which they came.
    Event,
    /// `End.cancel`: a read or write that is cancelled while the host has the other end is over
    /// at once (0) or when the host says so (1), even if the read or write is the host's own.
    HostCopyCancelled,
    /// `canon_thread_spawn_ref` and `canon_thread_spawn_indirect`: a thread is made (0) or not
    /// (1).
    Spawn,
    /// `canon_error_context_new`: the debug message is kept (0) or dropped (1).
    DebugMessage,
    /// `random_nan_bits`: the bits that a NaN is lowered as. They are those of the canonical NaN
    /// (0), or have another sign, or another payload. The machine lowers nothing: code that does
    /// asks with [`NanBits::choose`](crate::abi::NanBits::choose).
    NanBits,
    /// A decision of the host, such as which of its futures is ready first. The machine never asks
    /// for it: a host asks that wants its own decisions to be in a schedule.
    Host,
}

impl Choice {
    /// All decisions.
    pub const ALL: [Self; 13] = [
        Self::Tick,
        Self::SyncCall,
        Self::Cancellation,
        Self::CancellationGoesOn,
        Self::Enter,
        Self::Yield,
        Self::Wait,
        Self::Event,
        Self::HostCopyCancelled,
        Self::Spawn,
        Self::DebugMessage,
        Self::NanBits,
        Self::Host,
    ];
}

/// A text that names no decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("expected the name of a decision, such as `tick` or `wait`")]
pub struct UnknownChoice;

impl FromStr for Choice {
    type Err = UnknownChoice;

    fn from_str(text: &str) -> Result<Self, UnknownChoice> {
        Self::ALL.into_iter().find(|choice| choice.name() == text).ok_or(UnknownChoice)
    }
}

impl Choice {
    /// Returns the name of the decision in a [`Schedule`] and in errors.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tick => "tick",
            Self::SyncCall => "sync-call",
            Self::Cancellation => "cancellation",
            Self::CancellationGoesOn => "cancellation-goes-on",
            Self::Enter => "enter",
            Self::Yield => "yield",
            Self::Wait => "wait",
            Self::Event => "event",
            Self::HostCopyCancelled => "host-copy-cancelled",
            Self::Spawn => "spawn",
            Self::DebugMessage => "debug-message",
            Self::NanBits => "nan-bits",
            Self::Host => "host",
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A chooser, which decides what the spec leaves open.
///
/// It is asked only if there are two possibilities or more.
///
/// ```
/// # use weft_core as weft;
/// use weft::chooser::{Choice, Chooser};
///
/// /// Lets a thread that yields go on, and takes the first possibility otherwise.
/// struct NeverYields;
///
/// impl Chooser for NeverYields {
///     fn choose(&mut self, choice: Choice, _: u32) -> u32 {
///         match choice {
///             Choice::Yield => 1,
///             _ => 0,
///         }
///     }
/// }
/// ```
pub trait Chooser {
    /// Returns one of the `count` possibilities of `choice`, from 0.
    ///
    /// [`REFUSED`] is [`Error::ChoiceRefused`], and any other
    /// number is [`Error::ChoiceOutOfRange`]. The current
    /// call has to be [given up](crate::machine::Machine::trapped) then.
    fn choose(&mut self, choice: Choice, count: u32) -> u32;

    /// Returns one of the `count` possibilities of `choice`, from 0, as [`choose`](Self::choose)
    /// does. The possibility `covering` leads to every schedule that the others lead to, by later
    /// decisions. A chooser that tries all schedules need not try the others.
    ///
    /// This is asked if a thread yields, or waits for an event that is there, after
    /// [`tick`](crate::machine::Machine::tick) has resumed it: it can let others run first, and be
    /// the next one.
    fn choose_covered(&mut self, choice: Choice, count: u32, covering: u32) -> u32 {
        let _ = covering;
        self.choose(choice, count)
    }
}

/// Returns the possibility that a chooser has returned, if it exists.
pub(crate) const fn check_choice(choice: Choice, count: u32, chosen: u32) -> Result<u32, Error> {
    match chosen {
        _ if chosen < count => Ok(chosen),
        REFUSED => Err(Error::ChoiceRefused { choice, count }),
        _ => Err(Error::ChoiceOutOfRange { choice, chosen, count }),
    }
}

impl<C: Chooser + ?Sized> Chooser for &mut C {
    fn choose(&mut self, choice: Choice, count: u32) -> u32 {
        (**self).choose(choice, count)
    }

    fn choose_covered(&mut self, choice: Choice, count: u32, covering: u32) -> u32 {
        (**self).choose_covered(choice, count, covering)
    }
}

/// A chooser that always takes the first possibility: deterministic and fair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FirstInFirstOut;

#[cfg(feature = "alloc")]
impl<C: Chooser + ?Sized> Chooser for alloc::boxed::Box<C> {
    fn choose(&mut self, choice: Choice, count: u32) -> u32 {
        (**self).choose(choice, count)
    }

    fn choose_covered(&mut self, choice: Choice, count: u32, covering: u32) -> u32 {
        (**self).choose_covered(choice, count, covering)
    }
}

impl Chooser for FirstInFirstOut {
    fn choose(&mut self, _: Choice, _: u32) -> u32 {
        0
    }
}

/// A chooser that takes the last of the threads or events, and otherwise the first possibility.
///
/// Each eighth time it takes the first thread or event. Otherwise, a thread that yields until
/// something happens would always come last, and the others would wait for ever. A decision takes
/// the machine a time that grows with the number of threads or events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct LastInFirstOut {
    decisions: u8,
}

impl LastInFirstOut {
    /// Creates the chooser.
    #[must_use]
    pub const fn new() -> Self {
        Self { decisions: 0 }
    }
}

impl Chooser for LastInFirstOut {
    fn choose(&mut self, choice: Choice, count: u32) -> u32 {
        match choice {
            Choice::Tick | Choice::SyncCall | Choice::Cancellation | Choice::Event => {
                self.decisions = (self.decisions + 1) % 8;
                if self.decisions == 0 { 0 } else { count.saturating_sub(1) }
            }
            _ => 0,
        }
    }
}

/// The chooser of the reference if `DETERMINISTIC_PROFILE` is set. If that leaves a decision
/// open, too, it takes the first possibility.
///
/// It differs from [`FirstInFirstOut`] in three ways: a thread that waits lets others run even if
/// there is an event for it, no threads are spawned, and debug messages are dropped. With both,
/// NaNs are canonical.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DeterministicProfile;

impl Chooser for DeterministicProfile {
    fn choose(&mut self, choice: Choice, _: u32) -> u32 {
        u32::from(matches!(choice, Choice::Wait | Choice::Spawn | Choice::DebugMessage))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_decision_has_a_name_of_its_own() {
        for choice in Choice::ALL {
            assert_eq!(choice.name().parse(), Ok(choice));
        }
        assert_eq!("tock".parse::<Choice>(), Err(UnknownChoice));
    }

    #[test]
    fn the_last_thread_or_event_is_taken_and_the_first_of_the_others() {
        let mut last = LastInFirstOut::new();
        let chosen = Choice::ALL.map(|choice| last.choose(choice, 3));
        assert_eq!(chosen, [2, 2, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0]);
        let events = [(); 8].map(|()| last.choose(Choice::Event, 3));
        assert_eq!(events, [2, 2, 2, 0, 2, 2, 2, 2]);
    }
}

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
//! | [`DeterministicProfile`] | those of the reference if `DETERMINISTIC_PROFILE` is set |
//! | [`Seeded`] | any, from a seed |
//! | [`Replaying`] | those of a list |
//! | [`Recording`] | those of another chooser, which it records (feature `alloc`) |

use core::fmt;

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
}

impl Choice {
    /// All decisions.
    pub const ALL: [Self; 12] = [
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
    ];
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
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
        })
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
/// /// Lets the thread that began to wait last run first.
/// struct LastInFirstOut;
///
/// impl Chooser for LastInFirstOut {
///     fn choose(&mut self, choice: Choice, count: u32) -> u32 {
///         match choice {
///             Choice::Tick | Choice::SyncCall => count - 1,
///             _ => 0,
///         }
///     }
/// }
/// ```
pub trait Chooser {
    /// Returns one of the `count` possibilities of `choice`, from 0.
    ///
    /// Any other number is [`Error::ChoiceOutOfRange`](crate::error::Error::ChoiceOutOfRange),
    /// and the current call has to be [given up](crate::machine::Machine::trapped).
    fn choose(&mut self, choice: Choice, count: u32) -> u32;
}

impl<C: Chooser + ?Sized> Chooser for &mut C {
    fn choose(&mut self, choice: Choice, count: u32) -> u32 {
        (**self).choose(choice, count)
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
}

impl Chooser for FirstInFirstOut {
    fn choose(&mut self, _: Choice, _: u32) -> u32 {
        0
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

/// A chooser that takes any possibility, by a seed. The same seed leads to the same answers on
/// every platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Seeded {
    state: u64,
}

impl Seeded {
    /// Creates the chooser of this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }
}

impl Chooser for Seeded {
    fn choose(&mut self, _: Choice, count: u32) -> u32 {
        // SplitMix64 (Steele, Lea and Flood, 2014); the high half scaled to the range.
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let scaled = ((mixed >> 32) * u64::from(count)) >> 32;
        u32::try_from(scaled).unwrap_or(0)
    }
}

/// A chooser that answers with a list, in its order, and with 0 after its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Replaying<'a> {
    choices: &'a [u32],
    asked: usize,
}

impl<'a> Replaying<'a> {
    /// Creates a chooser that answers with `choices`.
    #[must_use]
    pub const fn new(choices: &'a [u32]) -> Self {
        Self { choices, asked: 0 }
    }

    /// Returns the number of decisions so far. The number is greater than the length of the list if
    /// this run asks for more decisions than the list has.
    #[must_use]
    pub const fn asked(&self) -> usize {
        self.asked
    }
}

impl Chooser for Replaying<'_> {
    fn choose(&mut self, _: Choice, _: u32) -> u32 {
        let choice = self.choices.get(self.asked).copied().unwrap_or(0);
        self.asked += 1;
        choice
    }
}

#[cfg(feature = "alloc")]
pub use recording::{Chosen, Recording};

#[cfg(feature = "alloc")]
mod recording {
    use alloc::vec::Vec;

    use super::{Choice, Chooser};

    /// A decision that was made.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct Chosen {
        /// The decision.
        pub choice: Choice,
        /// The number of possibilities.
        pub count: u32,
        /// The number of the chosen one, from 0.
        pub chosen: u32,
    }

    /// A chooser that answers as another one does, and records the answers.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct Recording<C> {
        chooser: C,
        chosen: Vec<Chosen>,
    }

    impl<C> Recording<C> {
        /// Creates a chooser that records the answers of `chooser`.
        pub const fn new(chooser: C) -> Self {
            Self { chooser, chosen: Vec::new() }
        }

        /// Returns the answers so far.
        pub fn chosen(&self) -> &[Chosen] {
            &self.chosen
        }
    }

    impl<C: Chooser> Chooser for Recording<C> {
        fn choose(&mut self, choice: Choice, count: u32) -> u32 {
            let chosen = self.chooser.choose(choice, count);
            self.chosen.push(Chosen { choice, count, chosen });
            chosen
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_reaches_every_possibility_and_only_those() {
        for count in 1..20 {
            let mut seeded = Seeded::new(7);
            let mut seen = [false; 20];
            for _ in 0..2000 {
                let chosen = seeded.choose(Choice::Tick, count);
                assert!(chosen < count);
                seen[chosen as usize] = true;
            }
            assert_eq!(seen.iter().filter(|seen| **seen).count(), count as usize);
        }
    }

    #[test]
    fn a_list_is_replayed_and_runs_out() {
        let mut replaying = Replaying::new(&[2, 1]);
        let answers = [(); 3].map(|()| replaying.choose(Choice::Event, 3));
        assert_eq!((answers, replaying.asked()), ([2, 1, 0], 3));
    }

    #[test]
    #[cfg(feature = "alloc")]
    fn the_recorded_choices_are_those_that_were_made() {
        let mut recording = Recording::new(Replaying::new(&[1]));
        recording.choose(Choice::Yield, 2);
        recording.choose(Choice::Tick, 5);
        let expected = [
            Chosen { choice: Choice::Yield, count: 2, chosen: 1 },
            Chosen { choice: Choice::Tick, count: 5, chosen: 0 },
        ];
        assert_eq!(recording.chosen(), expected);
    }
}

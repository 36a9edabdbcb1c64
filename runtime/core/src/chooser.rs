//! The decisions that the spec leaves open, all through one door.
//!
//! Where the reference says `random.choice`, `random.randint` or `DETERMINISTIC_PROFILE`, the
//! machine asks its [`Chooser`], and so does who lowers floats. The same answers and the same inputs give the same run.
//!
//! | chooser | what it answers |
//! |---|---|
//! | [`FirstInFirstOut`] | 0: whoever has waited longest, and what a user would expect |
//! | [`DeterministicProfile`] | what the reference does where `DETERMINISTIC_PROFILE` is set |
//! | [`Seeded`] | anything, from a seed |
//! | [`Replaying`] | what a list says |
//! | [`Recording`] | what another one says, and remembers it (feature `alloc`) |

use core::fmt;

/// A decision that the spec leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Choice {
    /// `Store.tick`: which ready thread runs; in the order of their instances' turns, and in
    /// each about in the order in which they began to wait.
    Tick,
    /// `canon_lift`: while a call of a function that isn't `async` has not resolved, which ready
    /// thread of the callee's instance runs; ordered as for [`Tick`](Self::Tick).
    SyncCall,
    /// `Task.request_cancellation`: which ready thread of the callee's instance runs; ordered
    /// as for [`Tick`](Self::Tick).
    Cancellation,
    /// `Task.request_cancellation`: whether, after one, no further thread runs (0) or one
    /// does (1).
    CancellationGoesOn,
    /// `Task.enter_implicit_thread`: whether a task that may enter, while others still wait to,
    /// queues up behind them (0) or goes ahead (1).
    Enter,
    /// `Thread.yield_`: whether a thread that yields lets others run (0) or goes on (1); also
    /// of one that returned `yield` to its callback loop.
    Yield,
    /// `WaitableSet.wait`: whether a thread that waits on a set which has an event gets it at
    /// once (0) or lets others run first (1); also of one that returned `wait` to its callback
    /// loop.
    Wait,
    /// `WaitableSet.get_pending_event`: which of a set's events is delivered, in the order in
    /// which they came.
    Event,
    /// `End.cancel`: whether a read or write that is cancelled while the host has the other end
    /// is over at once (0) or when the host says so (1).
    HostCopyCancelled,
    /// `canon_thread_spawn_ref` and `canon_thread_spawn_indirect`: whether a thread is made (0) or
    /// none (1).
    Spawn,
    /// `canon_error_context_new`: whether the debug message is kept (0) or dropped (1).
    DebugMessage,
    /// `random_nan_bits`: what a NaN is lowered as; the canonical one (0), or another sign, or
    /// another payload. The machine lowers nothing: whoever does asks with
    /// [`NanBits::choose`](crate::abi::NanBits::choose).
    NanBits,
}

impl Choice {
    /// Every decision.
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

/// Who decides what the spec leaves open.
///
/// It is asked only where there are two possibilities or more.
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
    /// One of the `count` possibilities of `choice`, from 0. Any other number is
    /// [`Error::ChoiceOutOfRange`](crate::error::Error::ChoiceOutOfRange), and what was under way
    /// then is [given up](crate::machine::Machine::trapped).
    fn choose(&mut self, choice: Choice, count: u32) -> u32;
}

impl<C: Chooser + ?Sized> Chooser for &mut C {
    fn choose(&mut self, choice: Choice, count: u32) -> u32 {
        (**self).choose(choice, count)
    }
}

/// Always the first possibility: deterministic, fair, and what a user would expect.
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

/// What the reference does where `DETERMINISTIC_PROFILE` is set, and the first possibility where
/// that leaves the decision open, too.
///
/// It differs from [`FirstInFirstOut`] in three ways: a thread that waits lets others run even
/// if there is an event for it, no threads are spawned, and debug messages are dropped. NaNs are
/// the canonical ones with either.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DeterministicProfile;

impl Chooser for DeterministicProfile {
    fn choose(&mut self, choice: Choice, _: u32) -> u32 {
        u32::from(matches!(choice, Choice::Wait | Choice::Spawn | Choice::DebugMessage))
    }
}

/// Any possibility, decided by a seed: the same seed gives the same answers, on every platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Seeded {
    state: u64,
}

impl Seeded {
    /// The chooser of this seed.
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

/// What a list says, in its order; 0 behind its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Replaying<'a> {
    choices: &'a [u32],
    asked: usize,
}

impl<'a> Replaying<'a> {
    /// The chooser that answers with `choices`.
    #[must_use]
    pub const fn new(choices: &'a [u32]) -> Self {
        Self { choices, asked: 0 }
    }

    /// How often it was asked; more than the list is long if the run was another one.
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
        /// What was to be decided.
        pub choice: Choice,
        /// How many possibilities there were.
        pub count: u32,
        /// Which one it was, from 0.
        pub chosen: u32,
    }

    /// Answers as another chooser does, and remembers the answers.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct Recording<C> {
        chooser: C,
        chosen: Vec<Chosen>,
    }

    impl<C> Recording<C> {
        /// Records what `chooser` answers.
        pub const fn new(chooser: C) -> Self {
            Self { chooser, chosen: Vec::new() }
        }

        /// The answers so far.
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
    fn a_seed_reaches_every_possibility_and_no_other() {
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
    fn what_was_recorded_is_what_was_chosen() {
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

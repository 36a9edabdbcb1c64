//! The operations on host threads.

use proptest::prelude::*;

/// The keys of values.
pub(super) const KEYS: u32 = 5;

/// An operation. Threads are numbered from the first, including those that are forgotten.
#[derive(Clone, Copy, Debug)]
pub(super) enum Doing {
    Spawn {
        instance: usize,
        parent: Option<usize>,
    },
    JoinBegin {
        thread: usize,
        joiner: Option<usize>,
    },
    JoinCancel {
        thread: usize,
    },
    JoinEnd {
        thread: usize,
    },
    /// Its task is asked to cancel, and accepts that or returns; then it ends. Its call is dropped
    /// before or after that.
    End {
        thread: usize,
        accepts: bool,
        is_dropped_early: bool,
    },
    /// All threads of an instance fail.
    Fail {
        instance: usize,
        by_trap: bool,
    },
    CleanUp,
    Set {
        thread: usize,
        key: u32,
        destructor: Option<u32>,
    },
    Remove {
        thread: usize,
        key: u32,
    },
    /// The host takes the next value whose destructor must run.
    Destroy,
}

pub(super) fn doing() -> impl Strategy<Value = Doing> {
    let thread = 0..16_usize;
    let maybe = prop::option::of(thread.clone());
    let key = 0..KEYS;
    prop_oneof![
        4 => (0..2_usize, maybe.clone())
            .prop_map(|(instance, parent)| Doing::Spawn { instance, parent }),
        5 => (thread.clone(), maybe)
            .prop_map(|(thread, joiner)| Doing::JoinBegin { thread, joiner }),
        1 => thread.clone().prop_map(|thread| Doing::JoinCancel { thread }),
        3 => thread.clone().prop_map(|thread| Doing::JoinEnd { thread }),
        3 => (thread.clone(), any::<(bool, bool)>()).prop_map(|(thread, (accepts, early))| {
            Doing::End { thread, accepts, is_dropped_early: early }
        }),
        1 => (0..2_usize, any::<bool>())
            .prop_map(|(instance, by_trap)| Doing::Fail { instance, by_trap }),
        2 => Just(Doing::CleanUp),
        4 => (thread.clone(), key.clone(), prop::option::of(0..9_u32))
            .prop_map(|(thread, key, destructor)| Doing::Set { thread, key, destructor }),
        1 => (thread, key).prop_map(|(thread, key)| Doing::Remove { thread, key }),
        3 => Just(Doing::Destroy),
    ]
}

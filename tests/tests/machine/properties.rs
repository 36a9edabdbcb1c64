//! All operations in any order: nothing panics, nothing is lost, and the same input has the same
//! results.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use weft_core::builtin::Builtin;
use weft_core::chooser::{Choice, Chooser, Replaying, Seeded};
use weft_core::host::limits::ExtensionLimits;
use weft_core::trap::{Layer, Rule};

use crate::operations::{DOINGS, Doing, MORE_DOINGS, Operation};
use crate::player::RandomPlayer;

weft_core::limits! {
    /// Limits so small that tables are sometimes full.
    pub(crate) struct Tight {
        instances: 3, functions: 300, types: 12, handles: 10, thread_indices: 5, tasks: 7,
        threads: 8, waitables: 16, waitable_sets: 3, resources: 4, lends: 3, error_contexts: 3,
        frames: 9, held_frames: 7, message_bytes: 4,
    }
}

/// A recorder of the choices of another chooser.
struct Noting<C> {
    chooser: C,
    chosen: Vec<u32>,
}

impl<C: Chooser> Chooser for Noting<C> {
    fn choose(&mut self, choice: Choice, count: u32) -> u32 {
        let chosen = self.chooser.choose(choice, count);
        self.chosen.push(chosen);
        chosen
    }
}

fn doing() -> impl Strategy<Value = Doing> {
    (0..DOINGS.len() + MORE_DOINGS.len())
        .prop_map(|it| DOINGS.into_iter().chain(MORE_DOINGS).nth(it).unwrap())
}

fn operation() -> impl Strategy<Value = Operation> {
    // Handles are small numbers.
    (doing(), 0..52_u8, 0..9_u8, 0..10_u8).prop_map(|(doing, a, b, c)| Operation { doing, a, b, c })
}

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    vec(operation(), 0..160)
}

fn play<L: ExtensionLimits, C: Chooser>(
    chooser: C,
    operations: &[Operation],
    is_obedient: bool,
) -> RandomPlayer<L, C> {
    let mut player = RandomPlayer::new(chooser, is_obedient);
    for operation in operations {
        player.play(*operation);
    }
    player
}

/// Returns a configuration with this number of cases, which are not saved on failure.
fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Defines the properties for one kind of storage.
macro_rules! properties {
    ($storage:ty) => {
        use super::*;

        proptest! {
            #![proptest_config(config(300))]

            #[test]
            fn an_obedient_host_finds_no_errors_and_leaves_nothing(
                seed: u64,
                operations in operations(),
            ) {
                play::<$storage, _>(Seeded::new(seed), &operations, true).clean_up();
            }

            #[test]
            fn a_wild_host_gets_errors_and_leaves_nothing(
                seed: u64,
                operations in operations(),
            ) {
                play::<$storage, _>(Seeded::new(seed), &operations, false).clean_up();
            }
        }

        proptest! {
            #![proptest_config(config(60))]

            #[test]
            fn the_same_choices_give_the_same_trace(seed: u64, operations in operations()) {
                let noting = Noting { chooser: Seeded::new(seed), chosen: Vec::new() };
                let first = play::<$storage, _>(noting, &operations, true);
                let chosen = &first.machine.chooser().chosen;
                let second = play::<$storage, _>(Replaying::new(chosen), &operations, true);
                prop_assert_eq!(&first.trace, &second.trace);
                prop_assert_eq!(second.machine.chooser().asked(), chosen.len());
                prop_assert_eq!(format!("{:?}", first.machine), format!("{:?}", second.machine));
            }
        }
    };
}

mod bounded {
    properties!(Tight);
}

#[cfg(feature = "alloc")]
mod heap {
    use weft_core::limits::Heap;

    properties!(Heap);

    proptest! {
        #![proptest_config(config(60))]

        #[test]
        fn arrays_and_growing_tables_give_the_same_trace_until_one_is_full(
            seed: u64,
            operations in operations(),
        ) {
            let growing = play::<Heap, _>(Seeded::new(seed), &operations, true);
            let bounded = play::<Tight, _>(Seeded::new(seed), &operations, true);
            let is_full = bounded.trace.iter().position(|line| line.contains("Full("));
            let same = is_full.unwrap_or(bounded.trace.len());
            prop_assert_eq!(&growing.trace[..same], &bounded.trace[..same]);
        }
    }
}

/// Draws operations from a seed.
fn drawn(seed: u64) -> Vec<Operation> {
    let mut seeded = Seeded::new(seed);
    let mut draw = |count| u8::try_from(seeded.choose(Choice::Host, count)).unwrap();
    let doings: Vec<Doing> = DOINGS.into_iter().chain(MORE_DOINGS).collect();
    let count = u32::try_from(doings.len()).unwrap();
    let mut operation = |_| {
        let doing = doings[usize::from(draw(count))];
        Operation { doing, a: draw(52), b: draw(9), c: draw(10) }
    };
    (0..160).map(&mut operation).collect()
}

#[test]
fn an_obedient_host_and_its_guests_reach_everything() {
    let mut seen = BTreeSet::new();
    for seed in 0..600 {
        let mut player = play::<Tight, _>(Seeded::new(seed), &drawn(seed), true);
        player.clean_up();
        seen.append(&mut player.seen);
    }
    let steps = [
        "CallFunction",
        "CallDestructor",
        "CallCallback",
        "CallPostReturn",
        "CallStartFunction",
        "CallHost",
        "CancelHost",
        "DropHostResource",
        "Return",
        "CheckBuffer",
        "Copy",
        "LoadDebugMessage",
        "StoreDebugMessage",
        "FindStartFunction",
        "Resume",
        "ReturnToHost",
    ];
    let rules = Rule::ALL.into_iter().filter(|rule| rule.layer() == Layer::Machine);
    let rules = rules.filter(|rule| seen.contains(rule.id())).count();
    let steps = steps.into_iter().chain(["held"]);
    let wanted = steps.chain(Builtin::ALL.map(Builtin::name));
    let missing: Vec<_> = wanted.filter(|it| !seen.contains(*it)).collect();
    assert_eq!(missing, [""; 0]);
    assert!(rules >= 25, "{rules} rules are broken");
}

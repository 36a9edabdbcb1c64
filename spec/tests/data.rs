//! The committed data loads, and it is complete.

#![expect(clippy::panic, reason = "a test that cannot load its data has failed")]

use std::collections::BTreeSet;
use std::path::Path;

use weft_spec::{DATA, Spec, load};

fn spec() -> Spec {
    load(Path::new(DATA)).unwrap_or_else(|report| panic!("{report}"))
}

#[test]
fn the_committed_data_loads_without_a_problem() {
    let spec = spec();
    assert_eq!(spec.builtins.len(), 47);
    assert_eq!(spec.definitions.len(), 2);
    assert_eq!(spec.value_types.len(), 28);
}

#[test]
fn every_trap_is_raised_by_a_guard_a_builtin_a_packing_or_the_embedding() {
    let spec = spec();
    let mut raised: BTreeSet<&str> = BTreeSet::new();
    raised.extend(spec.guards.iter().flat_map(|guard| &guard.traps).map(|trap| trap.as_str()));
    raised.extend(spec.builtins.iter().flat_map(|b| &b.traps).map(|trap| trap.as_str()));
    raised.extend(spec.packings.iter().filter_map(|packing| packing.trap.as_deref()));
    let unused: Vec<&str> =
        spec.traps.iter().map(|trap| trap.id.as_str()).filter(|id| !raised.contains(id)).collect();
    // Raised outside built-ins: at the end of a lifted function, and by the embedding.
    assert_eq!(unused, ["cannot-enter-component-instance", "deadlock", "no-async-result"]);
}

#[test]
fn every_guard_is_shared_by_at_least_two_builtins() {
    let spec = spec();
    for guard in &spec.guards {
        let users = spec.builtins.iter().filter(|b| b.guards.iter().any(|g| **g == *guard.name));
        assert!(users.count() >= 2, "{} is not shared", *guard.name);
    }
}

#[test]
fn a_builtin_lists_each_trap_once_and_its_milestone() {
    let spec = spec();
    let join = spec.builtin("waitable.join").unwrap();
    let traps: Vec<&str> = spec.traps_of(join).iter().map(|trap| trap.id.as_str()).collect();
    assert_eq!(
        traps,
        [
            "cannot-leave-component-instance",
            "unknown-handle-index",
            "handle-wrong-type",
            "waitable-sync-and-async"
        ]
    );
    assert_eq!(spec.since(join), "wasi-0.3");
    assert_eq!(spec.since(spec.builtin("resource.new").unwrap()), "wasi-0.2");
    assert_eq!(join.operation(), "join");
    assert_eq!(spec.families().len(), 10);
}

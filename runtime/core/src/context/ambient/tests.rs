//! Contexts of a thread: nesting, leaving in any order, other threads, and stores.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;

use super::*;
use crate::context::ContextKey;
use crate::host::ExtendedMachine;

#[derive(ContextKey)]
#[context_key(value = u64, crate = crate)]
struct UserId;

fn with(user: u64) -> AsyncContext<Heap> {
    let mut context = AsyncContext::new();
    context.set::<UserId>(user).unwrap();
    context
}

fn user() -> Option<u64> {
    ambient_context(|context| context?.get::<UserId>())
}

#[test]
fn a_scope_ends_with_its_guard_and_the_outer_one_is_unchanged() {
    assert!(ambient_context(|context| context.is_none()));
    let outer = AmbientContextScope::enter(with(1));
    {
        let _inner = AmbientContextScope::enter_empty();
        assert_eq!(user(), None);
        ambient_context(|context| context.unwrap().set::<UserId>(2)).unwrap();
        assert_eq!(user(), Some(2));
    }
    assert_eq!(user(), Some(1));
    drop(outer);
    assert!(ambient_context(|context| context.is_none()));
}

#[test]
fn a_scope_that_is_left_early_ends_those_inside_of_it() {
    let outer = AmbientContextScope::enter(with(1));
    let inner = AmbientContextScope::enter(with(2));
    drop(outer);
    assert_eq!(user(), None);
    let next = AmbientContextScope::enter(with(3));
    drop(next);
    drop(inner);
    assert_eq!(user(), None);
}

#[test]
fn a_scope_is_left_by_a_panic() {
    let panicked = catch_unwind(|| {
        let _scope = AmbientContextScope::enter(with(1));
        resume_unwind(std::boxed::Box::new("a panic"));
    });
    assert!(panicked.is_err());
    assert_eq!(user(), None);
}

#[test]
fn a_panic_in_a_closure_leaves_the_context_in_place() {
    let _scope = AmbientContextScope::enter(with(1));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        ambient_context(|_| resume_unwind(std::boxed::Box::new("a panic")))
    }));
    assert!(panicked.is_err());
    assert_eq!(user(), Some(1));
}

#[test]
fn a_closure_may_enter_scopes_of_its_own() {
    let _scope = AmbientContextScope::enter(with(1));
    ambient_context(|_| {
        let _inner = AmbientContextScope::enter(with(2));
        assert_eq!(user(), Some(2));
    });
    assert_eq!(user(), Some(1));
}

#[test]
fn a_guard_whose_scope_has_ended_ends_no_other() {
    let outer = AmbientContextScope::enter(with(1));
    let inner = AmbientContextScope::enter(with(2));
    drop(outer);
    let _first = AmbientContextScope::enter(with(3));
    let _second = AmbientContextScope::enter(with(4));
    drop(inner);
    assert_eq!(user(), Some(4));
}

#[test]
fn a_scope_that_is_left_while_its_context_is_lent_has_ended() {
    let outer = AmbientContextScope::enter(with(1));
    let inner = AmbientContextScope::enter(with(2));
    ambient_context(|context| {
        drop(inner);
        assert_eq!(context.unwrap().get::<UserId>(), Some(2), "it is there as long as it is lent");
    });
    assert_eq!(user(), Some(1));
    drop(outer);
    assert!(ambient_context(|context| context.is_none()));
}

#[test]
fn a_scope_outlives_the_closure_that_entered_it() {
    let outer = AmbientContextScope::enter(with(1));
    let inner = ambient_context(|context| {
        context.unwrap().set::<UserId>(2).unwrap();
        AmbientContextScope::enter(with(3))
    });
    assert_eq!(user(), Some(3));
    drop(inner);
    assert_eq!(user(), Some(2));
    drop(outer);
    assert!(ambient_context(|context| context.is_none()));
}

#[test]
fn another_thread_has_contexts_of_its_own() {
    let _scope = AmbientContextScope::enter(with(1));
    thread::spawn(|| assert_eq!(user(), None)).join().unwrap();
}

#[test]
fn contexts_of_a_store_and_a_thread_are_passed_only_on_request() {
    let mut machine = ExtendedMachine::<Heap>::default();
    assert!(AsyncContextScope::enter_ambient(&mut machine).unwrap().contexts().current().is_some());
    let _ambient = AmbientContextScope::enter(with(1));
    assert_eq!(machine.contexts().current(), None);
    let mut scope = AsyncContextScope::enter_ambient(&mut machine).unwrap();
    scope.contexts().set::<UserId>(2).unwrap();
    assert_eq!(user(), Some(1));
    {
        let _current = AmbientContextScope::enter_current(&mut scope).unwrap();
        assert_eq!(user(), Some(2));
    }
    assert_eq!(user(), Some(1));
}

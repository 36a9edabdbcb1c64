//! Chains of errors: their owners, and the end of each chain.

use std::fmt;

use proptest::collection::vec;
use proptest::prelude::*;
use weft_core::error::{Error, ExtensionError, MachineError};
use weft_core::error_context::{ErrorContextId, ErrorSeverity};
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::Table;

use crate::guests::GuestMachine;

fn a_source_lives_as_long_as_its_error<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let [first, second, third] =
        ["a", "b", "c"].map(|it| world.machine.error_contexts().create_simple(it).unwrap());
    assert_eq!(world.machine.error_contexts().set_source(first, second), Ok(()));
    assert_eq!(world.machine.error_contexts().set_source(second, third), Ok(()));
    assert_eq!(world.machine.error_contexts().set_source(second, third), Ok(()), "as it is");
    for held in [third, second] {
        world.machine.error_contexts().drop(held).unwrap();
        assert_eq!(world.machine.error_contexts().drop(held), Err(MachineError::NotHeld.into()));
    }
    assert_eq!(world.machine.error_contexts().source(first), Ok(Some(second)));
    assert_eq!(
        world.machine.error_contexts().stack_trace(first).unwrap().to_string(),
        "error: a\ncaused by: error: b\ncaused by: error: c"
    );
    world.machine.error_contexts().drop(first).unwrap();
    for gone in [first, second, third] {
        let unknown = Err(Error::Unknown(Table::ErrorContexts));
        assert_eq!(world.machine.error_contexts().message(gone), unknown);
    }
    world.clean_up();
}

fn a_replaced_source_is_dropped<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let [first, second, third] =
        ["a", "b", "c"].map(|it| world.machine.error_contexts().create_simple(it).unwrap());
    world.machine.error_contexts().set_source(first, second).unwrap();
    world.machine.error_contexts().drop(second).unwrap();
    assert_eq!(world.machine.error_contexts().set_source(first, third), Ok(()));
    let unknown = Err(Error::Unknown(Table::ErrorContexts));
    assert_eq!(world.machine.error_contexts().message(second), unknown);
    assert_eq!(world.machine.error_contexts().set_source(first, None), Ok(()));
    assert_eq!(world.machine.error_contexts().source(first), Ok(None));
    assert_eq!(world.machine.error_contexts().message(third), Ok("c"), "the host holds it");
    world.machine.error_contexts().drop(third).unwrap();
    world.machine.error_contexts().drop(first).unwrap();
    world.clean_up();
}

fn no_error_is_among_its_own_sources<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let [first, second, third] =
        ["a", "b", "c"].map(|it| world.machine.error_contexts().create_simple(it).unwrap());
    world.machine.error_contexts().set_source(first, second).unwrap();
    world.machine.error_contexts().set_source(second, third).unwrap();
    for (error, source) in [(first, first), (third, first), (third, second), (second, first)] {
        assert_eq!(
            world.machine.error_contexts().set_source(error, source),
            Err(ExtensionError::SourceCycle.into())
        );
    }
    assert_eq!(world.machine.error_contexts().source(third), Ok(None));
    for error in [third, second, first] {
        world.machine.error_contexts().drop(error).unwrap();
    }
    world.clean_up();
}

/// An error with a chain of sources.
#[derive(Debug)]
struct Behind(Option<Box<Self>>, &'static str);

impl Behind {
    fn with(sources: u32) -> Self {
        (0..sources).fold(Self(None, "at last"), |source, _| Self(Some(Box::new(source)), "so"))
    }
}

impl fmt::Display for Behind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.1)
    }
}

impl std::error::Error for Behind {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.as_ref().map(|source| &**source as _)
    }
}

/// An error that returns itself as its source.
#[derive(Debug)]
struct Endless;

impl fmt::Display for Endless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("endless")
    }
}

impl std::error::Error for Endless {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(self)
    }
}

fn a_rust_error_keeps_its_sources<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let made = world
        .machine
        .error_contexts()
        .create_from(&Behind::with(2), ErrorSeverity::Critical)
        .unwrap();
    assert_eq!(
        world.machine.error_contexts().stack_trace(made).unwrap().to_string(),
        "critical: so\ncaused by: critical: so\ncaused by: critical: at last"
    );
    assert_eq!(world.machine.count_of(Table::ErrorContexts), 3);
    world.machine.error_contexts().drop(made).unwrap();
    assert_eq!(world.machine.count_of(Table::ErrorContexts), 0);
    world.clean_up();
}

fn an_endless_rust_error_is_refused_and_leaves_nothing<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let refused = world.machine.error_contexts().create_from(&Endless, ErrorSeverity::Info);
    let full = Error::Full(Table::ErrorContexts);
    assert!(
        [full, Error::Extension(ExtensionError::TooManySources { max: 128 })]
            .contains(&refused.unwrap_err())
    );
    for table in [Table::ErrorContexts, Table::ErrorRecords] {
        assert_eq!(world.machine.count_of(table), 0);
    }
    world.clean_up();
}

on_each_storage! {
    a_source_lives_as_long_as_its_error,
    a_replaced_source_is_dropped,
    no_error_is_among_its_own_sources,
    a_rust_error_keeps_its_sources,
    an_endless_rust_error_is_refused_and_leaves_nothing,
}

#[cfg(feature = "alloc")]
#[test]
fn all_followed_sources_are_present() {
    let mut world = GuestMachine::<weft_core::limits::Heap>::new();
    let made = world
        .machine
        .error_contexts()
        .create_from(&Behind::with(128), ErrorSeverity::Info)
        .unwrap();
    let trace = world.machine.error_contexts().stack_trace(made).unwrap().to_string();
    assert_eq!(trace.lines().count(), 129);
    let refused =
        world.machine.error_contexts().create_from(&Behind::with(129), ErrorSeverity::Info);
    assert_eq!(refused, Err(ExtensionError::TooManySources { max: 128 }.into()));
    world.machine.error_contexts().drop(made).unwrap();
    world.clean_up();
}

/// The longest chains of these tests. A walk through the whole chain for each link would exceed the
/// time of the tests.
#[cfg(feature = "alloc")]
const LONG: usize = 20_000;

/// Sets chains of any length as the source of a new error in constant time, also if a task has
/// failed with the error.
#[cfg(feature = "alloc")]
#[test]
fn a_long_chain_takes_linear_time() {
    let mut world = GuestMachine::<weft_core::limits::Heap>::new();
    let mut newest: Option<ErrorContextId> = None;
    let mut tasks = Vec::new();
    for _ in 0..LONG {
        let error = world.machine.error_contexts().create_simple("again").unwrap();
        let task = world.machine.tasks().start().unwrap();
        world.machine.tasks().fail(task, error).unwrap();
        tasks.push(task);
        world.machine.error_contexts().set_source(error, newest).unwrap();
        if let Some(before) = newest.replace(error) {
            world.machine.error_contexts().drop(before).unwrap();
        }
    }
    // In the other direction, each error gets a new one as its source.
    let first = world.machine.error_contexts().create_simple("first").unwrap();
    let mut last = first;
    for _ in 0..LONG {
        let source = world.machine.error_contexts().create_simple("because").unwrap();
        world.machine.error_contexts().set_source(last, source).unwrap();
        world.machine.error_contexts().drop(source).unwrap();
        last = source;
    }
    let cycle = Err(ExtensionError::SourceCycle.into());
    assert_eq!(world.machine.error_contexts().set_source(last, first), cycle);
    let trace = world.machine.error_contexts().stack_trace(first).unwrap().to_string();
    assert_eq!(trace.lines().count(), LONG + 1);
    world.machine.error_contexts().drop(first).unwrap();
    world.machine.error_contexts().drop(newest.unwrap()).unwrap();
    for task in tasks {
        world.machine.tasks().drop(task).unwrap();
    }
    assert_eq!(world.machine.count_of(Table::ErrorRecords), 0);
    world.clean_up();
}

/// A model of errors that are each other's sources.
struct Model {
    is_held: Vec<bool>,
    sources: Vec<Option<usize>>,
}

impl Model {
    /// Returns true if an error exists: the host holds it, or it is the source of one that exists.
    fn is_there(&self, error: usize) -> bool {
        let is_source = |it: &usize| self.sources[*it] == Some(error);
        self.is_held[error] || (0..self.sources.len()).filter(is_source).any(|it| self.is_there(it))
    }

    /// Returns the number of errors in a trace.
    fn length(&self, error: usize) -> usize {
        1 + self.sources[error].map_or(0, |source| self.length(source))
    }

    fn is_behind(&self, error: usize, source: usize) -> bool {
        error == source || self.sources[source].is_some_and(|it| self.is_behind(error, it))
    }

    /// Returns the result of making `source` the source of `error`.
    fn set_source(&mut self, error: usize, source: Option<usize>) -> Result<(), Error> {
        if !self.is_there(error) || source.is_some_and(|it| !self.is_there(it)) {
            return Err(Error::Unknown(Table::ErrorContexts));
        }
        if source.is_some_and(|it| self.is_behind(error, it)) {
            return Err(ExtensionError::SourceCycle.into());
        }
        self.sources[error] = source;
        Ok(())
    }

    fn drop(&mut self, error: usize) -> Result<(), Error> {
        if !self.is_there(error) {
            return Err(Error::Unknown(Table::ErrorContexts));
        }
        let was_held = std::mem::take(&mut self.is_held[error]);
        if was_held { Ok(()) } else { Err(MachineError::NotHeld.into()) }
    }
}

/// Makes random errors each other's sources, drops some of them, and asserts that every trace ends
/// and that nothing is left.
fn traces_end<L: ExtensionLimits>(operations: &[(u8, u8, u8)]) {
    let mut world = GuestMachine::<L>::new();
    let mut model = Model { is_held: vec![true; 6], sources: vec![None; 6] };
    let errors: Vec<ErrorContextId> =
        (0..6).map(|_| world.machine.error_contexts().create_simple("e").unwrap()).collect();
    for (what, one, other) in operations {
        let [one, other] = [one, other].map(|it| usize::from(*it) % errors.len());
        let (error, source) = (errors[one], errors[other]);
        match what % 4 {
            0 | 1 => assert_eq!(
                world.machine.error_contexts().set_source(error, source),
                model.set_source(one, Some(other))
            ),
            2 => {
                assert_eq!(
                    world.machine.error_contexts().set_source(error, None),
                    model.set_source(one, None)
                );
            }
            _ => assert_eq!(world.machine.error_contexts().drop(error), model.drop(one)),
        }
        for (it, error) in errors.iter().enumerate() {
            let trace = world.machine.error_contexts().stack_trace(*error);
            let length = trace.map(|it| it.to_string().lines().count());
            let gone = Err(Error::Unknown(Table::ErrorContexts));
            assert_eq!(length, if model.is_there(it) { Ok(model.length(it)) } else { gone });
        }
    }
    for (error, is_held) in errors.into_iter().zip(model.is_held) {
        if is_held {
            world.machine.error_contexts().drop(error).unwrap();
        }
    }
    assert_eq!(world.machine.count_of(Table::ErrorContexts), 0);
    assert_eq!(world.machine.count_of(Table::ErrorRecords), 0);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn every_bounded_trace_ends(operations in vec(any::<(u8, u8, u8)>(), 0..60)) {
        traces_end::<crate::guests::Bounded>(&operations);
    }

    #[cfg(feature = "alloc")]
    #[test]
    fn every_growing_trace_ends(operations in vec(any::<(u8, u8, u8)>(), 0..60)) {
        traces_end::<weft_core::limits::Heap>(&operations);
    }
}

//! Streams with an end at the host.

use weft::abi::{Type, Val};
use weft::code::CopyResult::{self, Cancelled, Completed, Dropped};
use weft::component::{CallError, EndEvent, HandleProblem, Instance};
use weft::engine::wasmi::Wasmi;
use weft::error::{AbiError, Error, MachineError};
use weft::limit::BLOCKED;
use weft::machine::EndId;

use crate::linking::guests::has_streams;
use weft_tests::causes::chain;
use weft_tests::world::World;

/// Returns the result of a guest's read or write that ended like this.
const fn ended(result: CopyResult, count: u32) -> u32 {
    result.code() | count << 4
}

fn bytes(text: &str) -> Vec<Val> {
    text.bytes().map(Val::U8).collect()
}

fn stream(value: Option<Val>) -> EndId {
    match value {
        Some(Val::Stream(end)) => end,
        other => panic!("{other:?}"),
    }
}

/// Returns a guest with the readable end of a stream of bytes, and the host's writable end.
fn guest_reads() -> (World, Instance<Wasmi>, EndId) {
    let mut world = World::new();
    let instance = world.instance(&has_streams("u8"));
    let (theirs, ours) = world.store.new_stream(Some(&Type::U8)).unwrap();
    world.call(&instance, "take", &[Val::Stream(theirs)]);
    (world, instance, ours)
}

/// Returns a guest with the writable end of a stream of bytes, and the host's readable end.
fn guest_writes() -> (World, Instance<Wasmi>, EndId) {
    let mut world = World::new();
    let instance = world.instance(&has_streams("u8"));
    let ours = stream(world.call(&instance, "make", &[]));
    (world, instance, ours)
}

#[test]
fn a_guest_reads_from_a_pending_host_write() {
    let (mut world, instance, ours) = guest_reads();
    world.store.write(ours, bytes("hello")).unwrap();
    world.no_event();
    assert_eq!(world.number(&instance, "read", &[Val::U32(4)]), ended(Completed, 4));
    assert_eq!(world.number(&instance, "word", &[Val::U32(0)]), u32::from_le_bytes(*b"hell"));
    // The host's write has ended, although one value was not read.
    let left = EndEvent { end: ours, result: Completed, count: 4, values: bytes("o") };
    assert_eq!(world.event(), left);
}

#[test]
fn the_host_writes_to_a_guest_that_waits() {
    let (mut world, instance, ours) = guest_reads();
    assert_eq!(world.number(&instance, "read", &[Val::U32(4)]), BLOCKED);
    for (text, count) in [("ab", 2), ("cdef", 2)] {
        world.store.write(ours, bytes(text)).unwrap();
        let left = bytes(text.split_at(count).1);
        let count = u32::try_from(count).unwrap();
        let expected = EndEvent { end: ours, result: Completed, count, values: left };
        assert_eq!(world.event(), expected);
    }
    assert_eq!(world.number(&instance, "cancel-read", &[]), ended(Cancelled, 4));
    assert_eq!(world.number(&instance, "word", &[Val::U32(0)]), u32::from_le_bytes(*b"abcd"));
}

#[test]
fn the_host_reads_from_a_guest_in_both_orders() {
    for guest_first in [true, false] {
        let (mut world, instance, ours) = guest_writes();
        if guest_first {
            assert_eq!(world.number(&instance, "write", &[Val::U32(3)]), BLOCKED);
            world.store.read(ours, 8).unwrap();
            assert_eq!(world.number(&instance, "cancel-write", &[]), ended(Cancelled, 3));
        } else {
            world.store.read(ours, 8).unwrap();
            world.no_event();
            assert_eq!(world.number(&instance, "write", &[Val::U32(3)]), ended(Completed, 3));
        }
        let expected = EndEvent { end: ours, result: Completed, count: 3, values: bytes("abc") };
        assert_eq!(world.event(), expected);
    }
}

#[test]
fn empty_reads_and_writes_wait_for_the_other_side() {
    let (mut world, instance, ours) = guest_reads();
    world.store.write(ours, Vec::new()).unwrap();
    world.no_event();
    assert_eq!(world.number(&instance, "read", &[Val::U32(2)]), BLOCKED);
    let nothing = EndEvent { end: ours, result: Completed, count: 0, values: Vec::new() };
    assert_eq!(world.event(), nothing);
    world.store.write(ours, bytes("ab")).unwrap();
    assert_eq!(world.event().count, 2);
    assert_eq!(world.number(&instance, "cancel-read", &[]), ended(Cancelled, 2));
}

#[test]
fn a_waiting_end_learns_that_the_other_was_dropped() {
    let (mut world, instance, ours) = guest_reads();
    assert_eq!(world.number(&instance, "read", &[Val::U32(2)]), BLOCKED);
    world.store.drop_end(ours).unwrap();
    assert_eq!(world.number(&instance, "cancel-read", &[]), ended(Dropped, 0));

    let (mut world, instance, ours) = guest_reads();
    world.store.write(ours, bytes("abc")).unwrap();
    world.call(&instance, "drop-readable", &[]);
    let expected = EndEvent { end: ours, result: Dropped, count: 0, values: bytes("abc") };
    assert_eq!(world.event(), expected);
    let error = world.store.write(ours, bytes("abc")).unwrap_err();
    assert!(matches!(error, CallError::Error(Error::Machine(MachineError::EndBusy))), "{error}");
    world.store.drop_end(ours).unwrap();
}

#[test]
fn a_cancelled_host_read_returns_the_values_so_far() {
    let (mut world, instance, ours) = guest_writes();
    world.store.read(ours, 8).unwrap();
    let busy = world.store.drop_end(ours);
    assert_eq!(busy, Err(MachineError::EndBusy.into()));
    world.store.cancel_copy(ours).unwrap();
    let expected = EndEvent { end: ours, result: Cancelled, count: 0, values: Vec::new() };
    assert_eq!(world.event(), expected);
    let error = world.store.cancel_copy(ours).unwrap_err();
    assert!(matches!(error, CallError::Error(Error::Machine(MachineError::EndIdle))), "{error}");

    world.store.read(ours, 8).unwrap();
    assert_eq!(world.number(&instance, "write", &[Val::U32(3)]), ended(Completed, 3));
    world.store.cancel_copy(ours).unwrap();
    assert_eq!(world.event().values, bytes("abc"));
}

#[test]
fn the_host_streams_to_itself() {
    let mut world = World::new();
    let (readable, writable) = world.store.new_stream(Some(&Type::String)).unwrap();
    world.store.read(readable, 2).unwrap();
    world.store.write(writable, vec![Val::from("a"), Val::from("b"), Val::from("c")]).unwrap();
    let events: Vec<_> = std::iter::from_fn(|| world.store.next_end_event().unwrap()).collect();
    let expected = [
        EndEvent { end: writable, result: Completed, count: 2, values: vec![Val::from("c")] },
        EndEvent {
            end: readable,
            result: Completed,
            count: 2,
            values: vec![Val::from("a"), Val::from("b")],
        },
    ];
    assert_eq!(events, expected);
}

#[test]
fn elements_in_memory_are_lowered_by_realloc() {
    let mut world = World::new();
    let instance = world.instance(&has_streams("string"));
    let (theirs, ours) = world.store.new_stream(Some(&Type::String)).unwrap();
    world.call(&instance, "take", &[Val::Stream(theirs)]);
    assert_eq!(world.number(&instance, "read", &[Val::U32(2)]), BLOCKED);
    world.store.write(ours, vec![Val::from("one"), Val::from("other")]).unwrap();
    assert_eq!(world.event().count, 2);
    let second = world.number(&instance, "word", &[Val::U32(8)]);
    assert_eq!(world.number(&instance, "word", &[Val::U32(12)]), 5);
    let read = (second..second + 5).map(|at| world.number(&instance, "load", &[Val::U32(at)]));
    assert_eq!(read.collect::<Vec<_>>(), b"other".map(u32::from));
}

#[test]
fn a_stream_without_an_element_moves_counts_only() {
    let mut world = World::new();
    let instance = world.instance(&has_streams(""));
    let nothing = || Val::record([]);
    let ours = stream(world.call(&instance, "make", &[]));
    assert_eq!(world.store.element_type(ours), Ok(None));
    world.store.read(ours, 2).unwrap();
    assert_eq!(world.number(&instance, "write", &[Val::U32(3)]), ended(Completed, 2));
    assert_eq!(world.event().values, [nothing(), nothing()]);

    let (theirs, ours) = world.store.new_stream(None).unwrap();
    world.call(&instance, "take", &[Val::Stream(theirs)]);
    let error = world.store.write(ours, bytes("a")).unwrap_err();
    assert!(matches!(error, CallError::Error(Error::Abi(AbiError::ValueMismatch))), "{error}");
    world.store.write(ours, vec![nothing(), nothing()]).unwrap();
    assert_eq!(world.number(&instance, "read", &[Val::U32(1)]), ended(Completed, 1));
    assert_eq!(world.event().values, [nothing()]);
}

#[test]
fn foreign_ends_and_ends_of_other_types_are_refused() {
    let (mut world, instance, ours) = guest_reads();
    let (others, _) = world.store.new_stream(Some(&Type::U16)).unwrap();
    let (future, _) = world.store.new_future(Some(&Type::U8)).unwrap();
    let (busy, _) = world.store.new_stream(Some(&Type::U8)).unwrap();
    world.store.read(busy, 1).unwrap();
    let theirs = stream(world.call(&instance, "give", &[]));
    world.call(&instance, "take", &[Val::Stream(theirs)]);
    let cases = [
        (others, HandleProblem::OtherType),
        (future, HandleProblem::OtherType),
        (ours, HandleProblem::NotReadable),
        (busy, HandleProblem::Busy),
        (theirs, HandleProblem::NotHeld),
    ];
    for (end, problem) in cases {
        match world.try_call(&instance, "take", &[Val::Stream(end)]) {
            Err(CallError::Handle(error)) => assert_eq!(error.problem(), problem),
            other => panic!("{other:?}"),
        }
    }
    for result in [world.store.read(theirs, 1), world.store.cancel_copy(theirs)] {
        assert!(
            matches!(result, Err(CallError::Error(Error::Machine(MachineError::NotHeld)))),
            "{result:?}"
        );
    }
    assert_eq!(world.store.drop_end(theirs), Err(MachineError::NotHeld.into()));
    assert!(matches!(world.store.read(ours, 1), Err(CallError::OtherEnd)));
    assert!(matches!(world.store.write(others, Vec::new()), Err(CallError::OtherEnd)));
    let too_long = world.store.read(others, u32::MAX);
    assert!(matches!(
        too_long,
        Err(CallError::Error(Error::Machine(MachineError::BufferTooLong { .. })))
    ));
    // The end no longer exists.
    world.store.drop_end(others).unwrap();
    assert!(matches!(world.store.read(others, 1), Err(CallError::Error(Error::Unknown(_)))));
    assert_eq!(world.number(&instance, "read", &[Val::U32(1)]), BLOCKED);
}

#[test]
fn a_value_of_another_type_is_not_written() {
    let (mut world, instance, ours) = guest_reads();
    let error = world.store.write(ours, vec![Val::U8(1), Val::U16(2)]).unwrap_err();
    assert_eq!(
        chain(&error),
        "an argument or a value has the wrong type: at [1]: expected u8, found a u16"
    );
    world.store.write(ours, bytes("ab")).unwrap();
    assert_eq!(world.number(&instance, "read", &[Val::U32(2)]), ended(Completed, 2));
}

#[test]
fn an_invalid_value_of_a_guest_locks_it_down() {
    let mut world = World::new();
    let instance = world.instance(&has_streams("(option u8)"));
    let ours = stream(world.call(&instance, "make", &[]));
    // The "a" in its memory is not a valid case.
    assert_eq!(world.number(&instance, "write", &[Val::U32(1)]), BLOCKED);
    let error = world.store.read(ours, 1).unwrap_err();
    assert!(matches!(error, CallError::Trap(_)), "{error}");
    world.try_call(&instance, "write", &[Val::U32(1)]).unwrap_err();
    world.store.drop_end(ours).unwrap();
}

#[test]
fn a_value_that_cannot_be_lowered_is_returned() {
    let mut world = World::new();
    let text = has_streams("string").replace("(global.get $top)\n", "(unreachable)\n");
    let instance = world.instance(&text);
    let (theirs, ours) = world.store.new_stream(Some(&Type::String)).unwrap();
    world.call(&instance, "take", &[Val::Stream(theirs)]);
    let values = vec![Val::from("one"), Val::from("other"), Val::from("third")];
    world.store.write(ours, values.clone()).unwrap();
    let error = world.try_call(&instance, "read", &[Val::U32(2)]).unwrap_err();
    assert!(matches!(error, CallError::Core(_)), "{error}");
    world.store.cancel_copy(ours).unwrap();
    assert_eq!(world.event(), EndEvent { end: ours, result: Cancelled, count: 0, values });
}

/// Checks a stream of streams: an end is passed through another stream.
#[test]
fn ends_go_through_streams_and_return_to_the_host() {
    let mut world = World::new();
    let inner = Type::stream(Some(Type::U8), weft::builtin::TypeIndex(0)).unwrap();
    let (readable, writable) = world.store.new_stream(Some(&inner)).unwrap();
    let (sent, ours) = world.store.new_stream(Some(&Type::U8)).unwrap();
    let twice = vec![Val::Stream(sent), Val::Stream(sent)];
    match world.store.write(writable, twice) {
        Err(CallError::Handle(error)) => {
            assert_eq!((error.path(), error.problem()), ("[1]", HandleProblem::NotHeld));
        }
        other => panic!("{other:?}"),
    }
    world.store.write(writable, vec![Val::Stream(sent)]).unwrap();
    world.store.read(readable, 1).unwrap();
    while world.store.next_end_event().unwrap().is_some() {}
    world.store.read(sent, 1).unwrap();
    world.store.write(ours, bytes("a")).unwrap();
    let event = world.store.next_end_event().unwrap().unwrap();
    assert_eq!((event.end, event.result), (ours, Completed));
}

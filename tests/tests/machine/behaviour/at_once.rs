//! Reads, writes and polls that never wait, called without steps in between.

use weft_core::builtin::Outcome;
use weft_core::code::CopyResult::Completed;
use weft_core::code::EventCode;
use weft_core::core_value::CoreValue;
use weft_core::error::{Error, Failure, MachineError};
use weft_core::host::limits::ExtensionLimits;
use weft_core::limit::MAX_BUFFER_LENGTH;
use weft_core::machine::{AsyncCopy, AsyncCopyToken, CheckedCopy, Event, InstanceId};
use weft_core::trap::{CopyDirection, Trap};

use crate::calls::{ADDRESS, Call, OPTIONS, Of, STREAM, TEXT_STREAM, join, set_new, suspend};
use crate::guests::GuestMachine;
use crate::steps::{HOST, WAITS, ended, trap_of};

fn copy(of: Of, direction: CopyDirection, index: u32, length: u32) -> CheckedCopy {
    let Of { kind, ty } = of;
    let (options, address) = (OPTIONS, ADDRESS.into());
    CheckedCopy { kind, direction, ty, index, options, address, length }
}

fn read(of: Of, index: u32, length: u32) -> CheckedCopy {
    copy(of, CopyDirection::Read, index, length)
}

fn write(of: Of, index: u32, length: u32) -> CheckedCopy {
    copy(of, CopyDirection::Write, index, length)
}

fn token(copy: Result<AsyncCopy, Failure>) -> AsyncCopyToken {
    match copy {
        Ok(AsyncCopy::Moves(token)) => token,
        other => panic!("{other:?}"),
    }
}

fn returned<L: ExtensionLimits>(world: &mut GuestMachine<L>, call: &Call) -> Option<CoreValue> {
    match call.definition.call(&mut world.machine, &call.arguments) {
        Ok(Outcome::Return(value)) => value,
        other => panic!("{other:?}"),
    }
}

/// Creates two instances: one with the writable end of a stream, and one with the readable end.
fn two<L: ExtensionLimits>(of: Of, written: u32) -> (GuestMachine<L>, InstanceId, u32) {
    let mut world = GuestMachine::<L>::new();
    let (from, _) = world.running();
    let to = world.instance();
    let (readable, writable) = world.ends(of);
    let theirs = world.pass(of, from, readable, to);
    assert_eq!(world.get(of.write(writable, written)), WAITS);
    assert_eq!(world.step(suspend()), HOST);
    (world, to, theirs)
}

fn operations_that_never_wait_make_no_records<L: ExtensionLimits>() {
    let (mut world, to, theirs) = two::<L>(TEXT_STREAM, 7);
    let function = world.sync(to);
    assert_eq!(world.machine.invoke_deferred(function), Ok(true));
    let Some(CoreValue::I32(set)) = returned(&mut world, &set_new()) else { panic!() };
    assert_eq!(returned(&mut world, &join(theirs, set)), None);
    for (progress, count) in [(0, 3), (3, 4)] {
        let copy = token(world.machine.copy_async(&read(TEXT_STREAM, theirs, count)));
        assert_eq!((copy.options(), copy.address()), (OPTIONS, ADDRESS.into()));
        assert_eq!((copy.progress(), copy.count()), (progress, count));
        let packed = ended(TEXT_STREAM, Completed, count);
        assert_eq!(world.machine.copied_async(copy), Ok(packed));
    }
    assert_eq!(world.machine.poll_waitable_set(set), Ok(Event::NONE));
    let waits = world.machine.copy_async(&read(TEXT_STREAM, theirs, 1));
    assert_eq!(waits, Ok(AsyncCopy::Returns(WAITS)));
    let cancel = TEXT_STREAM.cancel_read(theirs);
    assert!(returned(&mut world, &cancel).is_some());
    assert_eq!(world.machine.poll_waitable_set(set), Ok(Event::NONE));
    assert_eq!(returned(&mut world, &TEXT_STREAM.drop_readable(theirs)), None);
    assert!(world.machine.has_deferred());
    assert_eq!(world.machine.deferred_returned(), Ok(true));
    world.clean_up();
}

fn the_first_operation_has_an_event<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    world.running();
    let (readable, writable) = world.ends(STREAM);
    let set = world.get(set_new());
    world.run(join(readable, set));
    let waits = world.machine.copy_async(&read(STREAM, readable, 5));
    assert_eq!(waits, Ok(AsyncCopy::Returns(WAITS)));
    let copy = token(world.machine.copy_async(&write(STREAM, writable, 2)));
    assert_eq!(world.machine.copied_async(copy), Ok(ended(STREAM, Completed, 2)));
    let payload = ended(STREAM, Completed, 2);
    let event = Event { code: EventCode::StreamRead, index: readable, payload };
    assert_eq!(world.machine.poll_waitable_set(set), Ok(event));
    assert_eq!(world.machine.poll_waitable_set(set), Ok(Event::NONE));
    world.clean_up();
}

fn nothing_happens_where_the_host_copies<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, _) = world.running();
    assert_eq!(world.step(suspend()), HOST);
    let (readable, writable) = world.host_ends(STREAM);
    let Of { kind, ty } = STREAM;
    let index = world.machine.lower_end(instance, kind, ty, readable).unwrap();
    world.host_copy(writable, 3);
    world.run_in(instance);
    let before = world.state();
    let copy = world.machine.copy_async(&read(STREAM, index, 3));
    assert_eq!((copy, world.state()), (Ok(AsyncCopy::WithHost), before));
    assert_eq!(world.get(STREAM.read(index, 3)), ended(STREAM, Completed, 3));
    world.clean_up();
}

fn a_rule_that_is_broken_is_a_trap_after_which_all_is_unwound<L: ExtensionLimits>() {
    let unwind = Failure::Error(MachineError::MustUnwind.into());
    let too_long = MAX_BUFFER_LENGTH + 1;
    for case in 0..4 {
        let mut world = GuestMachine::<L>::new();
        world.running();
        let (readable, _) = world.ends(STREAM);
        let (copy, expected) = match case {
            0 => (read(STREAM, 99, 1), Trap::UnknownHandleIndex { index: 99 }),
            1 => (read(TEXT_STREAM, readable, 1), Trap::ElementTypeMismatch { index: readable }),
            2 => (read(STREAM, readable, too_long), Trap::BufferTooLong),
            _ => {
                let waits = world.machine.copy_async(&read(STREAM, readable, 1));
                assert_eq!(waits, Ok(AsyncCopy::Returns(WAITS)));
                (read(STREAM, readable, 1), Trap::ConcurrentOperation)
            }
        };
        assert_eq!(trap_of(world.machine.copy_async(&copy)), expected);
        assert_eq!(world.machine.copy_async(&copy), Err(unwind));
        assert_eq!(world.machine.poll_waitable_set(1), Err(unwind));
        world.machine.trapped().unwrap();
        world.clean_up();
    }
    let mut world = GuestMachine::<L>::new();
    world.running();
    assert_eq!(trap_of(world.machine.poll_waitable_set(7)), Trap::UnknownHandleIndex { index: 7 });
    assert_eq!(world.machine.poll_waitable_set(7), Err(unwind));
    world.machine.trapped().unwrap();
    world.clean_up();
}

fn within_an_instance_only_numbers_move<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    world.running();
    let (readable, writable) = world.ends(TEXT_STREAM);
    let waits = world.machine.copy_async(&write(TEXT_STREAM, writable, 1));
    assert_eq!(waits, Ok(AsyncCopy::Returns(WAITS)));
    let copy = world.machine.copy_async(&read(TEXT_STREAM, readable, 1));
    assert_eq!(trap_of(copy), Trap::SameInstanceCopy);
    world.machine.trapped().unwrap();
    world.clean_up();
}

fn a_token_is_of_use_once_and_while_nothing_else_happens<L: ExtensionLimits>() {
    let other_step = Failure::Error(MachineError::OtherStep.into());
    let (mut world, to, theirs) = two::<L>(STREAM, 4);
    world.run_in(to);
    let copy = token(world.machine.copy_async(&read(STREAM, theirs, 4)));
    let again = world.machine.copy_async(&read(STREAM, theirs, 4));
    assert_eq!(again, Err(other_step));
    assert_eq!(world.machine.poll_waitable_set(1), Err(other_step));
    world.machine.trapped().unwrap();
    assert_eq!(world.machine.copied_async(copy), Err(other_step));
    world.clean_up();
}

fn a_call_without_a_running_guest_is_an_error<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let nobody = Failure::Error(Error::from(MachineError::NoCurrentThread));
    assert_eq!(world.machine.copy_async(&read(STREAM, 1, 1)), Err(nobody));
    assert_eq!(world.machine.poll_waitable_set(1), Err(nobody));
    world.clean_up();
}

on_each_storage!(
    operations_that_never_wait_make_no_records,
    the_first_operation_has_an_event,
    nothing_happens_where_the_host_copies,
    a_rule_that_is_broken_is_a_trap_after_which_all_is_unwound,
    within_an_instance_only_numbers_move,
    a_token_is_of_use_once_and_while_nothing_else_happens,
    a_call_without_a_running_guest_is_an_error,
);

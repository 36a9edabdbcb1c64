//! Reads and writes of streams and futures: the way in which they meet, and the number of values
//! that move.

use weft_core::builtin::{Outcome, TypeIndex};
use weft_core::code::CopyResult::{Completed, Dropped};
use weft_core::code::EventCode;
use weft_core::host::limits::ExtensionLimits;
use weft_core::limit::MAX_BUFFER_LENGTH;
use weft_core::machine::{Buffer, EndState, Event, HandleView, Step, ThreadState, WaitingOn};
use weft_core::trap::CopyDirection;

use crate::calls::{
    ADDRESS, BOTH, FUTURE, OPTIONS, STREAM, TEXT_STREAM, join, resume_later, set_new, set_poll,
    set_wait, suspend, thread_new, thread_yield,
};
use crate::guests::GuestMachine;
use crate::steps::{HOST, WAITS, back, back_with_event, ended, starts};

fn the_second_operation_moves_the_values_and_completes<L: ExtensionLimits>() {
    for of in BOTH {
        for reads_first in [true, false] {
            let mut world = GuestMachine::<L>::new();
            world.running();
            let (readable, writable) = world.ends(of);
            let set = world.get(set_new());
            let (first, second, end, code) = if reads_first {
                (
                    of.read(readable, 1),
                    of.write(writable, 1),
                    readable,
                    [EventCode::StreamRead, EventCode::FutureRead],
                )
            } else {
                (
                    of.write(writable, 1),
                    of.read(readable, 1),
                    writable,
                    [EventCode::StreamWrite, EventCode::FutureWrite],
                )
            };
            assert_eq!(world.get(first), WAITS);
            world.run(join(end, set));
            assert_eq!(world.event(set_poll(set)), Event::NONE);
            assert_eq!(world.get(second), ended(of, Completed, 1));
            assert_eq!(world.copies, [1]);
            let event = world.event(set_poll(set));
            let code = code[usize::from(of == FUTURE)];
            assert_eq!(event, Event { code, index: end, payload: ended(of, Completed, 1) });
            assert_eq!(world.event(set_poll(set)), Event::NONE);
            world.clean_up();
        }
    }
}

fn as_much_moves_as_both_have_room_for<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    world.running();
    let (readable, writable) = world.ends(STREAM);
    assert_eq!(world.get(STREAM.read(readable, 3)), WAITS);
    assert_eq!(world.get(STREAM.write(writable, 8)), ended(STREAM, Completed, 3));
    let set = world.get(set_new());
    world.run(join(readable, set));
    assert_eq!(world.event(set_wait(set)).payload, ended(STREAM, Completed, 3));

    assert_eq!(world.get(STREAM.write(writable, 3)), WAITS);
    assert_eq!(world.get(STREAM.read(readable, 8)), ended(STREAM, Completed, 3));
    assert_eq!(world.copies, [3, 3]);
    world.clean_up();
}

fn progress_grows_until_it_is_delivered<L: ExtensionLimits>() {
    for reads in [false, true] {
        let mut world = GuestMachine::<L>::new();
        world.running();
        let (readable, writable) = world.ends(STREAM);
        let (slow, fast) = if reads { (readable, writable) } else { (writable, readable) };
        let begin = |end, length| {
            if end == readable { STREAM.read(end, length) } else { STREAM.write(end, length) }
        };
        assert_eq!(world.get(begin(slow, 10)), WAITS);
        for length in [2, 3, 4] {
            assert_eq!(world.get(begin(fast, length)), ended(STREAM, Completed, length));
        }
        // One value is left, and it moves.
        assert_eq!(world.get(begin(fast, 5)), ended(STREAM, Completed, 1));
        // No value is left, although the event is not delivered yet.
        assert_eq!(world.get(begin(fast, 5)), WAITS);
        assert_eq!(world.copies, [2, 3, 4, 1]);
        let set = world.get(set_new());
        world.run(join(slow, set));
        assert_eq!(world.event(set_wait(set)).payload, ended(STREAM, Completed, 10));
        assert_eq!(world.get(begin(slow, 2)), ended(STREAM, Completed, 2));
        world.clean_up();
    }
}

fn a_buffer_that_is_delivered_half_full_is_taken_away<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    world.running();
    let (readable, writable) = world.ends(STREAM);
    assert_eq!(world.get(STREAM.read(readable, 10)), WAITS);
    assert_eq!(world.get(STREAM.write(writable, 2)), ended(STREAM, Completed, 2));
    let set = world.get(set_new());
    world.run(join(readable, set));
    assert_eq!(world.event(set_wait(set)).payload, ended(STREAM, Completed, 2));
    assert_eq!(world.get(STREAM.write(writable, 2)), WAITS);
    assert_eq!(world.copies, [2]);
    world.clean_up();
}

/// The state in which a read or write finds the other end: without an operation, or with one of
/// length 0 or more.
#[derive(Clone, Copy)]
enum First {
    Read(u32),
    Write(u32),
}

fn a_length_of_zero_asks_whether_the_other_side_is_ready<L: ExtensionLimits>() {
    use First::{Read, Write};
    // The first operation; the second; true if the second waits; true if the first now has an
    // event.
    let table = [
        (Read(0), Write(0), false, false),
        (Write(0), Read(0), true, true),
        (Read(0), Write(5), true, true),
        (Write(0), Read(5), true, true),
        (Read(5), Write(0), false, false),
        (Write(5), Read(0), false, false),
    ];
    for (first, second, waits, has_event) in table {
        let mut world = GuestMachine::<L>::new();
        let (instance, _) = world.running();
        let (readable, writable) = world.ends(STREAM);
        let call = |it| match it {
            Read(length) => STREAM.read(readable, length),
            Write(length) => STREAM.write(writable, length),
        };
        assert_eq!(world.get(call(first)), WAITS);
        let result = world.get(call(second));
        assert_eq!(result, if waits { WAITS } else { ended(STREAM, Completed, 0) });
        let end = if matches!(first, Read(_)) { readable } else { writable };
        let HandleView::End { waitable, .. } = world.view(instance, end) else { panic!() };
        assert_eq!(waitable.has_pending_event, has_event);
        let set = world.get(set_new());
        world.run(join(end, set));
        let event = world.event(set_poll(set));
        if has_event {
            assert_eq!(event.payload, ended(STREAM, Completed, 0));
        } else {
            assert_eq!(event, Event::NONE);
        }
        assert!(world.copies.is_empty());
        world.clean_up();
    }
}

fn a_zero_length_read_with_an_event_meets_no_write<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    world.running();
    let (readable, writable) = world.ends(STREAM);
    assert_eq!(world.get(STREAM.read(readable, 0)), WAITS);
    assert_eq!(world.get(STREAM.write(writable, 1)), WAITS);
    let cancelled = ended(STREAM, weft_core::code::CopyResult::Cancelled, 0);
    assert_eq!(world.get(STREAM.cancel_write(writable)), cancelled);
    assert_eq!(world.get(STREAM.write(writable, 0)), WAITS);
    assert_eq!(world.get(STREAM.cancel_read(readable)), cancelled);
    assert_eq!(world.get(STREAM.cancel_write(writable)), cancelled);
    world.run(STREAM.drop_readable(readable));
    world.run(STREAM.drop_writable(writable));
    world.clean_up();
}

fn without_async_a_read_or_write_blocks_its_thread<L: ExtensionLimits>() {
    for of in BOTH {
        for reads_first in [true, false] {
            let mut world = GuestMachine::<L>::new();
            let (instance, main) = world.running();
            let (readable, writable) = world.ends(of);
            let made = world.get(thread_new(1, 2));
            world.run(resume_later(made));
            let (first, second, end) = if reads_first {
                (of.sync_read(readable, 5), of.sync_write(writable, 2), readable)
            } else {
                (of.sync_write(writable, 5), of.sync_read(readable, 2), writable)
            };
            let moved = if of == STREAM { 2 } else { 1 };
            assert_eq!(world.step(first), HOST);
            let HandleView::End { id, waitable, state, .. } = world.view(instance, end) else {
                panic!();
            };
            assert!(waitable.has_sync_waiter);
            assert_eq!(state, EndState::Copying);
            let waiting = ThreadState::Waiting { on: WaitingOn::Copy(id), is_ready: false };
            assert_eq!(world.machine.thread_view(main).unwrap().state, waiting);
            let step = world.tick();
            starts(&step, (1, 2));
            assert_eq!(world.get(second), ended(of, Completed, moved));
            assert_eq!(world.exit(), HOST);
            let step = world.tick();
            assert_eq!(back(&step, main), u64::from(ended(of, Completed, moved)));
            let HandleView::End { waitable, .. } = world.view(instance, end) else { panic!() };
            assert!(!waitable.has_sync_waiter);
            world.clean_up();
        }
    }
}

fn between_instances_values_of_any_type_move<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (from, _) = world.running();
    let to = world.instance();
    let (readable, writable) = world.ends(TEXT_STREAM);
    let theirs = world.pass(TEXT_STREAM, from, readable, to);
    assert_eq!(world.get(TEXT_STREAM.write(writable, 7)), WAITS);
    assert_eq!(world.step(suspend()), HOST);

    let reader = world.run_in(to);
    assert_eq!(world.get(TEXT_STREAM.read(theirs, 3)), ended(TEXT_STREAM, Completed, 3));
    let call = TEXT_STREAM.read(theirs, 2);
    let outcome = call.definition.call(&mut world.machine, &call.arguments).unwrap();
    let Outcome::Suspend(Step::CheckBuffer(check)) = outcome else { panic!("{outcome:?}") };
    assert_eq!((check.thread(), check.ty()), (reader, TypeIndex(2)));
    assert_eq!(check.direction(), CopyDirection::Read);
    let (options, address) = (Some(OPTIONS), u64::from(ADDRESS));
    let offered = Buffer { options, address, length: 2, progress: 0 };
    assert_eq!(check.buffer(), offered);
    let Step::Copy(copy) = world.machine.buffer_checked(check).unwrap() else { panic!() };
    assert_eq!((copy.ty(), copy.count()), (TypeIndex(2), 2));
    assert_eq!((copy.readable().instance, copy.readable().buffer), (Some(to), offered));
    let written = Buffer { options, address, length: 7, progress: 3 };
    assert_eq!((copy.writable().instance, copy.writable().buffer), (Some(from), written));
    let step = world.machine.copied(copy).unwrap();
    assert_eq!(back(&step, reader), u64::from(ended(TEXT_STREAM, Completed, 2)));
    world.clean_up();
}

fn text_may_be_offered_within_an_instance_as_long_as_none_moves<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    world.running();
    let (readable, writable) = world.ends(TEXT_STREAM);
    assert_eq!(world.get(TEXT_STREAM.read(readable, 0)), WAITS);
    assert_eq!(world.get(TEXT_STREAM.write(writable, 0)), ended(TEXT_STREAM, Completed, 0));
    assert_eq!(world.get(TEXT_STREAM.write(writable, 3)), WAITS);
    world.clean_up();
}

fn the_longest_buffer_may_be_offered<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    world.running();
    let (readable, writable) = world.ends(STREAM);
    assert_eq!(world.get(STREAM.read(readable, MAX_BUFFER_LENGTH)), WAITS);
    let written = world.get(STREAM.write(writable, MAX_BUFFER_LENGTH));
    assert_eq!(written, ended(STREAM, Completed, MAX_BUFFER_LENGTH));
    assert_eq!(world.copies, [MAX_BUFFER_LENGTH]);
    world.clean_up();
}

fn a_buffer_of_length_zero_is_not_checked<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    world.running();
    let (readable, _) = world.ends(STREAM);
    let call = STREAM.read(readable, 0);
    let outcome = call.definition.call(&mut world.machine, &call.arguments).unwrap();
    assert!(matches!(outcome, Outcome::Suspend(Step::Resume { .. })), "{outcome:?}");
    world.clean_up();
}

fn a_thread_waiting_on_a_set_is_woken_by_a_copy<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (from, _) = world.running();
    let to = world.instance();
    let (readable, writable) = world.ends(STREAM);
    let theirs = world.pass(STREAM, from, readable, to);
    assert_eq!(world.step(thread_yield()), HOST);
    let reader = world.run_in(to);
    assert_eq!(world.get(STREAM.read(theirs, 4)), WAITS);
    let set = world.get(set_new());
    world.run(join(theirs, set));
    assert_eq!(world.step(set_wait(set)), HOST);
    assert_eq!(world.machine.ready_threads(), 1);
    let _ = world.tick();
    assert_eq!(world.get(STREAM.write(writable, 4)), ended(STREAM, Completed, 4));
    assert_eq!(world.machine.ready_threads(), 1);
    world.run(STREAM.drop_writable(writable));
    assert_eq!(world.step(suspend()), HOST);
    let step = world.tick();
    // One payload reports the values read and the end of the stream.
    let payload = ended(STREAM, Dropped, 4);
    let expected = Event { code: EventCode::StreamRead, index: theirs, payload };
    assert_eq!(back_with_event(&step, reader), expected);
    let HandleView::End { state, .. } = world.view(to, theirs) else { panic!() };
    assert_eq!(state, EndState::Done);
    world.clean_up();
}

on_each_storage!(
    the_second_operation_moves_the_values_and_completes,
    as_much_moves_as_both_have_room_for,
    progress_grows_until_it_is_delivered,
    a_buffer_that_is_delivered_half_full_is_taken_away,
    a_length_of_zero_asks_whether_the_other_side_is_ready,
    a_zero_length_read_with_an_event_meets_no_write,
    without_async_a_read_or_write_blocks_its_thread,
    between_instances_values_of_any_type_move,
    text_may_be_offered_within_an_instance_as_long_as_none_moves,
    the_longest_buffer_may_be_offered,
    a_buffer_of_length_zero_is_not_checked,
    a_thread_waiting_on_a_set_is_woken_by_a_copy,
);

//! Ends of streams and futures that the host holds, passed into instances and out of them.

use weft_core::code::CopyResult::{Cancelled, Completed, Dropped};
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::Table;
use weft_core::machine::{EndState, HandleView, Step};
use weft_core::trap::EndKind;

use crate::calls::{BOTH, FUTURE, STREAM, join, set_new, set_poll, set_wait, suspend};
use crate::guests::GuestMachine;
use crate::steps::{HOST, WAITS, back_with_event, ended};

fn a_guest_reads_from_the_host<L: ExtensionLimits>() {
    for of in BOTH {
        for guest_first in [true, false] {
            let mut world = GuestMachine::<L>::new();
            let (instance, _) = world.running();
            let (theirs, ours) = world.host_ends(of);
            let readable = world.machine.lower_end(instance, of.kind, of.ty, theirs).unwrap();
            if guest_first {
                assert_eq!(world.get(of.read(readable, 1)), WAITS);
                world.as_host(|world| world.host_copy(ours, 1));
                let set = world.get(set_new());
                world.run(join(readable, set));
                assert_eq!(world.event(set_poll(set)).payload, ended(of, Completed, 1));
            } else {
                world.as_host(|world| world.host_copy(ours, 1));
                assert_eq!(world.end_events(), []);
                assert_eq!(world.get(of.read(readable, 1)), ended(of, Completed, 1));
            }
            assert_eq!(world.end_events(), [(ours, ended(of, Completed, 1))]);
            assert_eq!(world.copies, [1]);
            world.clean_up();
        }
    }
}

fn the_host_reads_from_a_guest<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, _) = world.running();
    let (readable, writable) = world.ends(STREAM);
    let ours = world.lift_end(instance, STREAM, readable);
    assert_eq!(world.get(STREAM.write(writable, 6)), WAITS);
    for _ in 0..3 {
        world.as_host(|world| world.host_copy(ours, 2));
        assert_eq!(world.end_events(), [(ours, ended(STREAM, Completed, 2))]);
    }
    assert_eq!(world.get(STREAM.cancel_write(writable)), ended(STREAM, Cancelled, 6));
    world.run(STREAM.drop_writable(writable));
    assert_eq!(world.end_events(), [(ours, ended(STREAM, Dropped, 0))]);
    world.clean_up();
}

fn a_copy_names_the_hosts_buffer_by_its_number<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, _) = world.running();
    let (theirs, ours) = world.host_ends(STREAM);
    let readable = world.machine.lower_end(instance, STREAM.kind, STREAM.ty, theirs).unwrap();
    assert_eq!(world.get(STREAM.read(readable, 3)), WAITS);
    assert_eq!(world.step(suspend()), HOST);
    let Step::Copy(copy) = world.machine.host_copy(ours, 0xffff_ffff_ffff, 2).unwrap() else {
        panic!();
    };
    assert_eq!(copy.writable().instance, None);
    assert_eq!(copy.writable().end, ours);
    let buffer = copy.writable().buffer;
    assert_eq!((buffer.options, buffer.address), (None, 0xffff_ffff_ffff));
    assert_eq!((buffer.length, buffer.progress, copy.count()), (2, 0, 2));
    assert_eq!(copy.readable().instance, Some(instance));
    assert_eq!(world.machine.copied(copy), Ok(HOST));
    world.clean_up();
}

fn the_host_writes_to_itself<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    for of in BOTH {
        let (readable, writable) = world.host_ends(of);
        world.host_copy(readable, 1);
        world.host_copy(writable, 1);
        // The operation that came second has its event first.
        let expected = ended(of, Completed, 1);
        assert_eq!(world.end_events(), [(writable, expected), (readable, expected)]);
        world.machine.drop_host_end(readable).unwrap();
        world.machine.drop_host_end(writable).unwrap();
    }
    assert_eq!(world.machine.count_of(Table::Waitables), 0);
    world.clean_up();
}

fn the_host_cancels_its_reads_and_writes<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, _) = world.running();
    let (theirs, ours) = world.host_ends(STREAM);
    let readable = world.machine.lower_end(instance, STREAM.kind, STREAM.ty, theirs).unwrap();
    world.as_host(|world| world.host_copy(ours, 4));
    assert_eq!(world.get(STREAM.read(readable, 1)), ended(STREAM, Completed, 1));
    world.machine.cancel_host_copy(ours).unwrap();
    assert_eq!(world.end_events(), [(ours, ended(STREAM, Cancelled, 1))]);
    world.as_host(|world| world.host_copy(ours, 4));
    world.machine.cancel_host_copy(ours).unwrap();
    assert_eq!(world.end_events(), [(ours, ended(STREAM, Cancelled, 0))]);
    assert_eq!(world.get(STREAM.read(readable, 1)), WAITS);
    world.clean_up();
}

fn the_drop_of_a_host_end_is_reported_to_its_guest<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, main) = world.running();
    let (theirs, ours) = world.host_ends(FUTURE);
    let readable = world.machine.lower_end(instance, FUTURE.kind, FUTURE.ty, theirs).unwrap();
    assert_eq!(world.get(FUTURE.read(readable, 1)), WAITS);
    let set = world.get(set_new());
    world.run(join(readable, set));
    assert_eq!(world.step(set_wait(set)), HOST);
    world.machine.drop_host_end(ours).unwrap();
    let step = world.tick();
    assert_eq!(back_with_event(&step, main).payload, ended(FUTURE, Dropped, 0));
    world.clean_up();
}

fn an_end_that_moves_keeps_its_state<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, _) = world.running();
    let other = world.instance();
    let (readable, writable) = world.ends(STREAM);
    assert_eq!(world.get(STREAM.write(writable, 4)), WAITS);
    let id = world.lift_end(instance, STREAM, readable);
    assert_eq!(world.machine.handle_view(instance, readable), Ok(None));
    // The index that was freed is used first.
    assert_eq!(world.machine.lower_end(instance, STREAM.kind, STREAM.ty, id), Ok(readable));
    let HandleView::End { id: same, state, .. } = world.view(instance, readable) else { panic!() };
    assert_eq!((same, state), (id, EndState::Idle));
    assert_eq!(world.get(STREAM.read(readable, 9)), ended(STREAM, Completed, 4));

    // The drop of the writable end was not reported yet: the next read reports it.
    assert_eq!(world.get(STREAM.cancel_write(writable)), ended(STREAM, Cancelled, 4));
    world.run(STREAM.drop_writable(writable));
    let theirs = world.pass(STREAM, instance, readable, other);
    assert_eq!(world.step(suspend()), HOST);
    assert_eq!(world.end_events(), []);
    world.run_in(other);
    assert_eq!(world.get(STREAM.read(theirs, 1)), ended(STREAM, Dropped, 0));
    world.clean_up();
}

fn a_read_of_the_host_whose_values_are_bad_has_not_begun<L: ExtensionLimits>() {
    for is_nested in [false, true] {
        let mut world = GuestMachine::<L>::new();
        let (writer, _) = world.running();
        let (readable, writable) = world.ends(STREAM);
        let ours = world.lift_end(writer, STREAM, readable);
        assert_eq!(world.get(STREAM.write(writable, 4)), WAITS);
        assert_eq!(world.step(suspend()), HOST);
        let (caller, _) = world.running();
        if is_nested {
            let function = world.host_function(7);
            let _ = world.import(function);
        } else {
            assert_eq!(world.step(suspend()), HOST);
        }
        let step = world.machine.host_copy(ours, 0, 4).unwrap();
        assert!(matches!(step, Step::Copy(_)), "{step:?}");
        world.machine.lock_down_instance(writer).unwrap();
        world.machine.trapped().unwrap();
        assert_eq!(world.machine.is_locked_down(writer), Ok(true));
        assert_eq!(world.machine.is_locked_down(caller), Ok(false));
        assert_eq!(world.end_events(), []);
        let HandleView::End { state, .. } = world.machine.end_view(ours).unwrap() else { panic!() };
        assert_eq!(state, EndState::Idle);
        // The written values are no longer read.
        world.host_copy(ours, 4);
        assert!(world.copies.is_empty());
        world.clean_up();
    }
}

fn the_view_of_an_end_of_the_host<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (readable, writable) = world.host_ends(STREAM);
    world.host_copy(writable, 4);
    let HandleView::End { id, kind, state, .. } = world.machine.end_view(writable).unwrap() else {
        panic!();
    };
    assert_eq!((id, kind, state), (writable, EndKind::Stream, EndState::Copying));
    let HandleView::End { state, .. } = world.machine.end_view(readable).unwrap() else { panic!() };
    assert_eq!(state, EndState::Idle);
    world.clean_up();
}

on_each_storage!(
    a_guest_reads_from_the_host,
    the_host_reads_from_a_guest,
    a_copy_names_the_hosts_buffer_by_its_number,
    the_host_writes_to_itself,
    the_host_cancels_its_reads_and_writes,
    the_drop_of_a_host_end_is_reported_to_its_guest,
    an_end_that_moves_keeps_its_state,
    a_read_of_the_host_whose_values_are_bad_has_not_begun,
    the_view_of_an_end_of_the_host,
);

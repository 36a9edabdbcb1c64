//! Ends of streams and futures that the host serves.

use weft_core::code::CopyResult::{Cancelled, Completed, Dropped};
use weft_core::error::MachineError;
use weft_core::host::limits::ExtensionLimits;
use weft_core::id::InstanceId;
use weft_core::machine::AfterServed::{Drop, Offer, Withhold};
use weft_core::machine::{AfterServed, EndId, Step};

use crate::calls::{BOTH, FUTURE, STREAM, join, set_new, set_poll};
use crate::guests::GuestMachine;
use crate::steps::{HOST, WAITS, ended};

/// Creates a guest with the readable end of a stream whose writable end the host serves.
fn guest_reads<L: ExtensionLimits>() -> (GuestMachine<L>, InstanceId, u32, EndId) {
    let mut world = GuestMachine::<L>::new();
    let (instance, _) = world.running();
    let (theirs, ours) = world.host_ends(STREAM);
    assert_eq!(world.machine.serve_host_end(ours), Ok(false));
    let readable = world.machine.lower_end(instance, STREAM.kind, STREAM.ty, theirs).unwrap();
    (world, instance, readable, ours)
}

fn script<L: ExtensionLimits>(world: &mut GuestMachine<L>, copies: &[(u32, AfterServed)]) {
    world.served.extend(copies);
}

fn offer<L: ExtensionLimits>(world: &mut GuestMachine<L>, end: EndId) {
    world.as_host(|world| {
        let step = world.machine.offer_served_end(end);
        assert_eq!(world.answer(step), Ok(HOST));
    });
}

fn a_guest_reads_as_much_as_there_is<L: ExtensionLimits>() {
    let (mut world, _, readable, ours) = guest_reads::<L>();
    script(&mut world, &[(4, Offer), (3, Withhold)]);
    assert_eq!(world.get(STREAM.read(readable, 4)), ended(STREAM, Completed, 4));
    assert_eq!(world.get(STREAM.read(readable, 9)), ended(STREAM, Completed, 3));
    // From now on it waits, and the source is not asked.
    assert_eq!(world.get(STREAM.read(readable, 5)), WAITS);
    script(&mut world, &[(0, Withhold), (2, Withhold), (3, Offer)]);
    offer(&mut world, ours);
    offer(&mut world, ours);
    offer(&mut world, ours);
    let set = world.get(set_new());
    world.run(join(readable, set));
    assert_eq!(world.event(set_poll(set)).payload, ended(STREAM, Completed, 5));
    assert_eq!(world.copies, [4, 9, 5, 5, 3]);
    assert_eq!(world.end_events(), []);
    world.machine.drop_served_end(ours).unwrap();
    world.clean_up();
}

fn a_read_of_a_source_that_has_nothing_waits<L: ExtensionLimits>() {
    let (mut world, _, readable, ours) = guest_reads::<L>();
    script(&mut world, &[(0, Withhold)]);
    assert_eq!(world.get(STREAM.read(readable, 4)), WAITS);
    // The chooser makes no difference: a served end has nothing to finish.
    assert_eq!(world.get(STREAM.cancel_read(readable)), ended(STREAM, Cancelled, 0));
    // A read of length 0 also waits, until values are offered.
    assert_eq!(world.get(STREAM.read(readable, 0)), WAITS);
    offer(&mut world, ours);
    assert_eq!(world.get(STREAM.cancel_read(readable)), ended(STREAM, Cancelled, 0));
    assert_eq!(world.get(STREAM.read(readable, 0)), ended(STREAM, Completed, 0));
    world.machine.drop_served_end(ours).unwrap();
    world.clean_up();
}

fn the_end_of_a_source_is_reported_with_its_last_values<L: ExtensionLimits>() {
    for (count, left) in [(0, 0), (2, 2)] {
        let (mut world, _, readable, ours) = guest_reads::<L>();
        script(&mut world, &[(count, Drop)]);
        assert_eq!(world.get(STREAM.read(readable, 4)), ended(STREAM, Dropped, left));
        assert!(!world.machine.is_served_end(ours));
        world.clean_up();
    }
}

fn a_future_is_served_once<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, _) = world.running();
    let (theirs, ours) = world.host_ends(FUTURE);
    assert_eq!(world.machine.serve_host_end(ours), Ok(false));
    let readable = world.machine.lower_end(instance, FUTURE.kind, FUTURE.ty, theirs).unwrap();
    script(&mut world, &[(1, Drop)]);
    assert_eq!(world.get(FUTURE.read(readable, 1)), ended(FUTURE, Completed, 1));
    world.clean_up();
}

fn a_guest_writes_as_much_as_is_taken<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, _) = world.running();
    let (readable, writable) = world.ends(STREAM);
    let ours = world.lift_end(instance, STREAM, readable);
    assert_eq!(world.get(STREAM.write(writable, 6)), WAITS);
    assert_eq!(world.machine.serve_host_end(ours), Ok(true));
    script(&mut world, &[(2, Withhold)]);
    offer(&mut world, ours);
    assert_eq!(world.get(STREAM.cancel_write(writable)), ended(STREAM, Cancelled, 2));
    offer(&mut world, ours);
    script(&mut world, &[(3, Offer), (0, Withhold)]);
    assert_eq!(world.get(STREAM.write(writable, 6)), ended(STREAM, Completed, 3));
    assert_eq!(world.get(STREAM.write(writable, 6)), WAITS);
    assert_eq!(world.get(STREAM.cancel_write(writable)), ended(STREAM, Cancelled, 0));
    world.run(STREAM.drop_writable(writable));
    assert_eq!(world.end_events(), []);
    assert_eq!(world.machine.next_served_event(), Ok(Some(ours)));
    assert_eq!(world.machine.next_served_event(), Ok(None));
    world.machine.drop_served_end(ours).unwrap();
    world.clean_up();
}

fn an_end_that_was_dropped_before_it_is_served_tells_so<L: ExtensionLimits>() {
    for of in BOTH {
        let mut world = GuestMachine::<L>::new();
        let (readable, writable) = world.host_ends(of);
        world.machine.drop_host_end(writable).unwrap();
        assert_eq!(world.machine.serve_host_end(readable), Ok(false));
        assert_eq!(world.end_events(), []);
        assert_eq!(world.machine.next_served_event(), Ok(Some(readable)));
        world.machine.drop_served_end(readable).unwrap();
        world.clean_up();
    }
}

fn a_served_end_refuses_other_operations<L: ExtensionLimits>() {
    let (mut world, instance, _, ours) = guest_reads::<L>();
    let busy = MachineError::EndBusy;
    world.refuses(busy, |machine| machine.serve_host_end(ours));
    world.refuses(busy, |machine| machine.cancel_host_copy(ours));
    world.refuses(busy, |machine| machine.finish_cancellation(ours));
    world.refuses(busy, |machine| machine.drop_host_end(ours));
    let (idle, _) = world.host_ends(STREAM);
    world.refuses(MachineError::EndIdle, |machine| machine.drop_served_end(idle));
    assert!(world.machine.is_hosts_end(ours) && world.machine.is_served_end(ours));
    assert_eq!(world.machine.holder_of_other_end(ours), Ok(Some(instance)));
    assert_eq!(world.machine.holder_of_other_end(idle), Ok(None));
    world.machine.drop_served_end(ours).unwrap();
    world.clean_up();
}

fn a_copy_of_too_many_values_is_refused<L: ExtensionLimits>() {
    let (mut world, _, readable, ours) = guest_reads::<L>();
    script(&mut world, &[(0, Withhold)]);
    assert_eq!(world.get(STREAM.read(readable, 4)), WAITS);
    world.as_host(|world| {
        let Step::Copy(copy) = world.machine.offer_served_end(ours).unwrap() else { panic!() };
        assert_eq!(copy.count(), 4);
        assert!(copy.writable().is_served && !copy.readable().is_served);
        let refused = world.machine.served_copied(copy, 5, Offer);
        assert_eq!(refused, Err(MachineError::OtherStep.into()));
        // The state is as if the read had not started.
        world.machine.trapped().unwrap();
    });
    script(&mut world, &[(4, Offer)]);
    offer(&mut world, ours);
    world.machine.drop_served_end(ours).unwrap();
    world.clean_up();
}

on_each_storage!(
    a_guest_reads_as_much_as_there_is,
    a_read_of_a_source_that_has_nothing_waits,
    the_end_of_a_source_is_reported_with_its_last_values,
    a_future_is_served_once,
    a_guest_writes_as_much_as_is_taken,
    an_end_that_was_dropped_before_it_is_served_tells_so,
    a_served_end_refuses_other_operations,
    a_copy_of_too_many_values_is_refused,
);

//! Rules of streams and futures: forwarding them, and passing them on.

use weft_core::host::limits::ExtensionLimits;
use weft_core::trap::{CopyDirection, EndKind, EndSide, Removal, Trap};

use super::Row;
use crate::calls::{FUTURE, Of, STREAM, join, set_new, set_poll};
use crate::guests::GuestMachine;
use crate::steps::{WAITS, trap_of};

const READABLE: &str = "forward: readable_end.state != End.State.IDLE";
const WRITABLE: &str = "forward: writable_end.state != End.State.IDLE";
const READABLE_IN_SET: &str = "forward: readable_end.in_waitable_set()";
const WRITABLE_IN_SET: &str = "forward: writable_end.in_waitable_set()";
const LIFTED: &str = "lift_async_value: end.state != End.State.IDLE";
const LIFTED_IN_SET: &str = "lift_async_value: end.in_waitable_set()";

/// Creates two pairs of ends in a running instance: `[source's readable, source's writable,
/// destination's readable, destination's writable]`.
fn pairs<L: ExtensionLimits>(world: &mut GuestMachine<L>, of: Of) -> [u32; 4] {
    world.running();
    let (source, writer) = world.ends(of);
    let (reader, destination) = world.ends(of);
    [source, writer, reader, destination]
}

/// Takes the event of an end.
fn hears<L: ExtensionLimits>(world: &mut GuestMachine<L>, end: u32) {
    let set = world.get(set_new());
    world.run(join(end, set));
    assert_eq!(world.event(set_poll(set)).index, end);
    world.run(join(end, 0));
}

/// Adds an end to a set.
fn joins<L: ExtensionLimits>(world: &mut GuestMachine<L>, end: u32) {
    let set = world.get(set_new());
    world.run(join(end, set));
}

/// Lifts the readable end at an index of the only instance.
fn lifts<L: ExtensionLimits>(world: &mut GuestMachine<L>, of: Of, index: u32) -> Trap {
    let instance = world.instances[0];
    trap_of(world.machine.lift_end(instance, of.kind, of.ty, index))
}

fn forward_in_set<L: ExtensionLimits>(world: &mut GuestMachine<L>, of: Of, readable: bool) -> Trap {
    let [source, _, _, destination] = pairs(world, of);
    joins(world, if readable { source } else { destination });
    world.trap(of.forward(source, destination))
}

fn forward_busy<L: ExtensionLimits>(world: &mut GuestMachine<L>, of: Of, readable: bool) -> Trap {
    let [source, _, _, destination] = pairs(world, of);
    let begun = if readable { of.read(source, 1) } else { of.write(destination, 1) };
    assert_eq!(world.get(begun), WAITS);
    world.trap(of.forward(source, destination))
}

pub(super) fn rows<L: ExtensionLimits>() -> Vec<Row<L>> {
    let mut rows = busy_or_in_sets();
    rows.extend(vec![
        Row::new(Trap::StreamForwardAfterDrop { end_side: EndSide::Writable }, READABLE, |world| {
            let [source, writer, _, destination] = pairs(world, STREAM);
            world.run(STREAM.drop_writable(writer));
            hears(world, source);
            world.trap(STREAM.forward(source, destination))
        }),
        Row::new(Trap::StreamForwardAfterDrop { end_side: EndSide::Readable }, WRITABLE, |world| {
            let [source, _, reader, destination] = pairs(world, STREAM);
            world.run(STREAM.drop_readable(reader));
            hears(world, destination);
            world.trap(STREAM.forward(source, destination))
        }),
        Row::new(
            Trap::FutureForwardAfterDone { copy_direction: CopyDirection::Read },
            READABLE,
            |world| {
                let [source, writer, _, destination] = pairs(world, FUTURE);
                assert_eq!(world.get(FUTURE.write(writer, 1)), WAITS);
                world.get(FUTURE.read(source, 1));
                world.trap(FUTURE.forward(source, destination))
            },
        ),
        Row::new(
            Trap::FutureForwardAfterDone { copy_direction: CopyDirection::Write },
            WRITABLE,
            |world| {
                let [source, _, reader, destination] = pairs(world, FUTURE);
                assert_eq!(world.get(FUTURE.read(reader, 1)), WAITS);
                world.get(FUTURE.write(destination, 1));
                world.trap(FUTURE.forward(source, destination))
            },
        ),
        Row::new(Trap::StreamLiftAfterDrop, LIFTED, |world| {
            let [source, writer, _, _] = pairs(world, STREAM);
            world.run(STREAM.drop_writable(writer));
            hears(world, source);
            lifts(world, STREAM, source)
        }),
        Row::new(Trap::FutureLiftAfterDone, LIFTED, |world| {
            let [source, writer, _, _] = pairs(world, FUTURE);
            assert_eq!(world.get(FUTURE.write(writer, 1)), WAITS);
            world.get(FUTURE.read(source, 1));
            lifts(world, FUTURE, source)
        }),
        Row::new(
            Trap::EndBusy { removal: Removal::Remove, end_kind: EndKind::Future },
            LIFTED,
            |world| {
                let [source, _, _, _] = pairs(world, FUTURE);
                assert_eq!(world.get(FUTURE.read(source, 1)), WAITS);
                lifts(world, FUTURE, source)
            },
        ),
    ]);
    rows
}

fn busy_or_in_sets<L: ExtensionLimits>() -> Vec<Row<L>> {
    let [stream, future] = [EndKind::Stream, EndKind::Future];
    let in_set = |end_kind| Trap::ForwardInWaitableSet { end_kind };
    let lift_in_set = |end_kind| Trap::LiftInWaitableSet { end_kind };
    let busy = |end_kind| Trap::ForwardBusy { end_kind };
    vec![
        Row::new(busy(stream), READABLE, |world| forward_busy(world, STREAM, true)),
        Row::new(busy(stream), WRITABLE, |world| forward_busy(world, STREAM, false)),
        Row::new(busy(future), READABLE, |world| forward_busy(world, FUTURE, true)),
        Row::new(busy(future), WRITABLE, |world| forward_busy(world, FUTURE, false)),
        Row::new(busy(stream), READABLE, |world| {
            // The writable end was dropped, but the event of the read's end was not taken.
            let [source, writer, _, destination] = pairs(world, STREAM);
            assert_eq!(world.get(STREAM.read(source, 1)), WAITS);
            world.run(STREAM.drop_writable(writer));
            world.trap(STREAM.forward(source, destination))
        }),
        Row::new(in_set(stream), READABLE_IN_SET, |world| forward_in_set(world, STREAM, true)),
        Row::new(in_set(stream), WRITABLE_IN_SET, |world| forward_in_set(world, STREAM, false)),
        Row::new(in_set(future), READABLE_IN_SET, |world| forward_in_set(world, FUTURE, true)),
        Row::new(in_set(future), WRITABLE_IN_SET, |world| forward_in_set(world, FUTURE, false)),
        Row::new(lift_in_set(stream), LIFTED_IN_SET, |world| {
            let [source, _, _, _] = pairs(world, STREAM);
            joins(world, source);
            lifts(world, STREAM, source)
        }),
        Row::new(lift_in_set(future), LIFTED_IN_SET, |world| {
            let [source, _, _, _] = pairs(world, FUTURE);
            joins(world, source);
            lifts(world, FUTURE, source)
        }),
    ]
}

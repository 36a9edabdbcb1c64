//! Rules of streams and futures: reading, writing, cancelling, dropping.

use weft_core::chooser::{Choice, Chooser};
use weft_core::host::limits::ExtensionLimits;
use weft_core::limit::MAX_BUFFER_LENGTH;
use weft_core::trap::{CopyDirection, EndKind, Removal, Trap};

use super::Row;
use crate::calls::{
    Call, FUTURE, Of, STREAM, TEXT_FUTURE, TEXT_STREAM, join, resume_later, set_new, set_poll,
    thread_new,
};
use crate::guests::GuestMachine;
use crate::steps::{HOST, WAITS, starts, trap_of};

const NOT_IDLE: &str = "copy: end.state != End.State.IDLE";
const BUSY: &str = "drop: end.copying_or_cancelling()";
const NOT_COPYING: &str = "cancel_copy: end.state != End.State.COPYING";
const UNWRITTEN: &str = "drop: isinstance(end, WritableFutureEnd) and end.state != End.State.DONE";
const SAME: &str =
    "End.copy: self.owner and self.owner is self.other.owner and not none_or_number_type(self.t)";
const TOO_LONG: &str = "GuestBuffer.__init__: length > Buffer.MAX_LENGTH";

/// Creates both ends in a running instance.
fn ends<L: ExtensionLimits>(world: &mut GuestMachine<L>, of: Of) -> (u32, u32) {
    world.running();
    world.ends(of)
}

/// Takes the event of an end.
fn hears<L: ExtensionLimits>(world: &mut GuestMachine<L>, end: u32) {
    let set = world.get(set_new());
    world.run(join(end, set));
    assert_eq!(world.event(set_poll(set)).index, end);
    world.run(join(end, 0));
}

/// Creates a future that was read and written.
fn done<L: ExtensionLimits>(world: &mut GuestMachine<L>) -> (u32, u32) {
    let (readable, writable) = ends(world, FUTURE);
    assert_eq!(world.get(FUTURE.write(writable, 1)), WAITS);
    world.get(FUTURE.read(readable, 1));
    hears(world, writable);
    (readable, writable)
}

/// Starts a read for which another thread waits.
fn blocked<L: ExtensionLimits>(world: &mut GuestMachine<L>) -> u32 {
    let (readable, _) = ends(world, STREAM);
    let made = world.get(thread_new(1, 2));
    world.run(resume_later(made));
    assert_eq!(world.step(STREAM.sync_read(readable, 1)), HOST);
    let step = world.tick();
    starts(&step, (1, 2));
    readable
}

/// Makes two calls, the first of which waits; returns the trap of the second.
fn behind<L: ExtensionLimits>(world: &mut GuestMachine<L>, first: Call, second: Call) -> Trap {
    assert_eq!(world.get(first), WAITS);
    world.trap(second)
}

pub(super) fn rows<L: ExtensionLimits>() -> Vec<Row<L>> {
    let mut rows = reads_and_writes();
    rows.extend(cancels());
    rows.extend(drops());
    rows
}

fn reads_and_writes<L: ExtensionLimits>() -> Vec<Row<L>> {
    vec![
        Row::new(Trap::ConcurrentOperation, NOT_IDLE, |world| {
            let (readable, _) = ends(world, STREAM);
            behind(world, STREAM.read(readable, 1), STREAM.read(readable, 1))
        }),
        Row::new(Trap::ConcurrentOperation, NOT_IDLE, |world| {
            let (_, writable) = ends(world, FUTURE);
            behind(world, FUTURE.write(writable, 1), FUTURE.write(writable, 1))
        }),
        Row::new(Trap::ConcurrentOperation, NOT_IDLE, |world| {
            // It is done, but the event was not taken.
            let (readable, writable) = ends(world, STREAM);
            assert_eq!(world.get(STREAM.write(writable, 0)), WAITS);
            assert_eq!(world.get(STREAM.read(readable, 1)), WAITS);
            world.trap(STREAM.sync_write(writable, 1))
        }),
        Row::new(Trap::ConcurrentOperation, NOT_IDLE, |world| {
            // The other end was dropped, but the event was not taken.
            let (readable, writable) = ends(world, STREAM);
            assert_eq!(world.get(STREAM.read(readable, 1)), WAITS);
            world.run(STREAM.drop_writable(writable));
            world.trap(STREAM.read(readable, 1))
        }),
        Row::new(Trap::ConcurrentOperation, NOT_IDLE, |world| {
            let readable = blocked(world);
            world.trap(STREAM.read(readable, 1))
        }),
        Row::new(Trap::StreamReadAfterDrop, NOT_IDLE, |world| {
            let (readable, writable) = ends(world, STREAM);
            world.run(STREAM.drop_writable(writable));
            world.get(STREAM.read(readable, 1));
            world.trap(STREAM.read(readable, 1))
        }),
        Row::new(Trap::StreamWriteAfterDrop, NOT_IDLE, |world| {
            let (readable, writable) = ends(world, STREAM);
            world.run(STREAM.drop_readable(readable));
            hears(world, writable);
            world.trap(STREAM.sync_write(writable, 1))
        }),
        Row::new(Trap::FutureReadAfterDone, NOT_IDLE, |world| {
            let (readable, _) = done(world);
            world.trap(FUTURE.read(readable, 1))
        }),
        Row::new(Trap::FutureWriteAfterDone, NOT_IDLE, |world| {
            let (_, writable) = done(world);
            world.trap(FUTURE.write(writable, 1))
        }),
        Row::new(Trap::FutureWriteAfterDone, NOT_IDLE, |world| {
            let (readable, writable) = ends(world, FUTURE);
            world.run(FUTURE.drop_readable(readable));
            hears(world, writable);
            world.trap(FUTURE.write(writable, 1))
        }),
        Row::new(Trap::SameInstanceCopy, SAME, |world| {
            let (readable, writable) = ends(world, TEXT_STREAM);
            behind(world, TEXT_STREAM.write(writable, 1), TEXT_STREAM.read(readable, 1))
        }),
        Row::new(Trap::SameInstanceCopy, SAME, |world| {
            let (readable, writable) = ends(world, TEXT_FUTURE);
            behind(world, TEXT_FUTURE.read(readable, 1), TEXT_FUTURE.sync_write(writable, 1))
        }),
        Row::new(Trap::SameInstanceCopy, SAME, |world| {
            // They have met by a forward.
            let (source, writer) = ends(world, TEXT_STREAM);
            let (reader, destination) = world.ends(TEXT_STREAM);
            assert_eq!(world.get(TEXT_STREAM.write(writer, 1)), WAITS);
            assert_eq!(world.get(TEXT_STREAM.read(reader, 1)), WAITS);
            world.trap(TEXT_STREAM.forward(source, destination))
        }),
        Row::new(Trap::BufferTooLong, TOO_LONG, |world| {
            let (readable, _) = ends(world, STREAM);
            world.trap(STREAM.read(readable, MAX_BUFFER_LENGTH + 1))
        }),
        Row::new(Trap::BufferTooLong, TOO_LONG, |world| {
            let (_, writable) = ends(world, STREAM);
            world.trap(STREAM.sync_write(writable, u32::MAX))
        }),
        Row::new(Trap::BufferTooLong, TOO_LONG, |world| {
            // In a 64-bit memory; the low half of the number would be valid.
            use weft_core::builtin::StreamDefinition;
            use weft_core::core_value::{CoreValue, IntegerType};
            let (readable, _) = ends(world, STREAM);
            let (ty, options) = (STREAM.ty, crate::calls::OPTIONS);
            let (is_async, memory_address) = (true, IntegerType::I64);
            let read = StreamDefinition::Read { ty, options, is_async, memory_address };
            let arguments =
                vec![CoreValue::I32(readable), CoreValue::I64(8), CoreValue::I64(1 << 32)];
            world.trap(Call { definition: read.into(), arguments })
        }),
    ]
}

fn cancels<L: ExtensionLimits>() -> Vec<Row<L>> {
    let [reads, writes] = [CopyDirection::Read, CopyDirection::Write];
    let not_pending = |copy_direction| Trap::CopyNotPending { copy_direction };
    vec![
        Row::new(not_pending(reads), NOT_COPYING, |world| {
            let (readable, _) = ends(world, STREAM);
            world.trap(STREAM.cancel_read(readable))
        }),
        Row::new(not_pending(writes), NOT_COPYING, |world| {
            let (_, writable) = ends(world, FUTURE);
            world.trap(FUTURE.sync_cancel_write(writable))
        }),
        Row::new(not_pending(writes), NOT_COPYING, |world| {
            let (_, writable) = done(world);
            world.trap(FUTURE.cancel_write(writable))
        }),
        Row::new(not_pending(reads), NOT_COPYING, |world| {
            // An end that is idle although it has an event.
            let (readable, writable) = ends(world, STREAM);
            world.run(STREAM.drop_writable(writable));
            world.trap(STREAM.cancel_read(readable))
        }),
        Row::new(not_pending(reads), NOT_COPYING, |_| cancels_twice::<L>()),
    ]
}

/// A chooser that lets the host end a cancellation.
struct LeavesItToTheHost;

impl Chooser for LeavesItToTheHost {
    fn choose(&mut self, choice: Choice, _: u32) -> u32 {
        u32::from(choice == Choice::HostCopyCancelled)
    }
}

/// Cancels a read that is already being cancelled.
fn cancels_twice<L: ExtensionLimits>() -> Trap {
    let mut world = GuestMachine::<L, _>::with(LeavesItToTheHost);
    let (instance, _) = world.running();
    let (theirs, _) = world.host_ends(STREAM);
    let readable = world.machine.lower_end(instance, STREAM.kind, STREAM.ty, theirs).unwrap();
    assert_eq!(world.get(STREAM.read(readable, 1)), WAITS);
    assert_eq!(world.get(STREAM.cancel_read(readable)), WAITS);
    let trap = world.trap(STREAM.cancel_read(readable));
    world.clean_up();
    trap
}

fn drops<L: ExtensionLimits>() -> Vec<Row<L>> {
    let busy = |end_kind, removal| Trap::EndBusy { removal, end_kind };
    let (drop, remove) = (Removal::Drop, Removal::Remove);
    let [stream, future] = [EndKind::Stream, EndKind::Future];
    vec![
        Row::new(busy(stream, remove), BUSY, |world| {
            let (readable, _) = ends(world, STREAM);
            behind(world, STREAM.read(readable, 1), STREAM.drop_readable(readable))
        }),
        Row::new(busy(stream, drop), BUSY, |world| {
            // It is done, but the event was not taken.
            let (readable, writable) = ends(world, STREAM);
            assert_eq!(world.get(STREAM.write(writable, 1)), WAITS);
            world.get(STREAM.read(readable, 1));
            world.trap(STREAM.drop_writable(writable))
        }),
        Row::new(busy(stream, remove), BUSY, |world| {
            let readable = blocked(world);
            world.trap(STREAM.drop_readable(readable))
        }),
        Row::new(busy(future, remove), BUSY, |world| {
            let (readable, _) = ends(world, FUTURE);
            behind(world, FUTURE.read(readable, 1), FUTURE.drop_readable(readable))
        }),
        Row::new(busy(future, drop), BUSY, |world| {
            let (_, writable) = ends(world, FUTURE);
            behind(world, FUTURE.write(writable, 1), FUTURE.drop_writable(writable))
        }),
        Row::new(Trap::FutureDroppedUnwritten, UNWRITTEN, |world| {
            let (_, writable) = ends(world, FUTURE);
            world.trap(FUTURE.drop_writable(writable))
        }),
        Row::new(Trap::FutureDroppedUnwritten, UNWRITTEN, |world| {
            // It is no longer read, but the event was not taken.
            let (readable, writable) = ends(world, FUTURE);
            world.run(FUTURE.drop_readable(readable));
            world.trap(FUTURE.drop_writable(writable))
        }),
        Row::new(Trap::FutureDroppedUnwritten, UNWRITTEN, |world| {
            // The write was cancelled.
            let (_, writable) = ends(world, FUTURE);
            assert_eq!(world.get(FUTURE.write(writable, 1)), WAITS);
            world.get(FUTURE.cancel_write(writable));
            world.trap(FUTURE.drop_writable(writable))
        }),
        Row::new(
            Trap::EndBusy { removal: Removal::Remove, end_kind: stream },
            "lift_async_value: end.state != End.State.IDLE",
            |world| {
                let (readable, _) = ends(world, STREAM);
                assert_eq!(world.get(STREAM.read(readable, 1)), WAITS);
                let instance = world.instances[0];
                trap_of(world.machine.lift_end(instance, STREAM.kind, STREAM.ty, readable))
            },
        ),
    ]
}

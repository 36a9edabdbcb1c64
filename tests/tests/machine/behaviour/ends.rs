//! Dropping the ends of streams and futures, and cancelling reads and writes, in every state.

use weft_core::chooser::{Choice, Chooser};
use weft_core::code::CopyResult::{Cancelled, Completed, Dropped};
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::Table;
use weft_core::machine::{EndState, Event, HandleView, InstanceId};

use crate::calls::{
    BOTH, Call, FUTURE, Of, STREAM, join, resume_later, set_new, set_poll, suspend, thread_new,
};
use crate::guests::GuestMachine;
use crate::steps::{HOST, WAITS, back, ended, starts};

fn state<L: ExtensionLimits>(
    world: &mut GuestMachine<L>,
    instance: InstanceId,
    index: u32,
) -> EndState {
    let HandleView::End { state, .. } = world.view(instance, index) else { panic!() };
    state
}

/// Joins an end to a set of its own, and takes the payload of its event; nothing if it has none.
fn event_of<L: ExtensionLimits>(world: &mut GuestMachine<L>, end: u32) -> Option<u32> {
    let set = world.get(set_new());
    world.run(join(end, set));
    let event = world.event(set_poll(set));
    world.run(join(end, 0));
    (event != Event::NONE).then_some(event.payload)
}

fn an_idle_end_hears_once_that_the_other_one_was_dropped<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, _) = world.running();
    let drops: [(Of, bool); 3] = [(STREAM, true), (STREAM, false), (FUTURE, true)];
    for (of, drops_readable) in drops {
        let (readable, writable) = world.ends(of);
        let (drop, left) = if drops_readable {
            (of.drop_readable(readable), writable)
        } else {
            (of.drop_writable(writable), readable)
        };
        world.run(drop);
        assert_eq!(state(&mut world, instance, left), EndState::Idle);
        assert_eq!(event_of(&mut world, left), Some(ended(of, Dropped, 0)));
        assert_eq!(state(&mut world, instance, left), EndState::Done);
        assert_eq!(event_of(&mut world, left), None);
        let drop = if drops_readable { of.drop_writable(left) } else { of.drop_readable(left) };
        world.run(drop);
    }
    assert_eq!(world.machine.count_of(Table::Waitables), 1);
    world.clean_up();
}

fn a_read_or_write_behind_a_drop_ends_at_once<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    world.running();
    let (readable, writable) = world.ends(STREAM);
    world.run(STREAM.drop_writable(writable));
    assert_eq!(world.get(STREAM.sync_read(readable, 4)), ended(STREAM, Dropped, 0));
    assert_eq!(event_of(&mut world, readable), None);
    for of in BOTH {
        let (readable, writable) = world.ends(of);
        world.run(of.drop_readable(readable));
        assert_eq!(world.get(of.sync_write(writable, 4)), ended(of, Dropped, 0));
        assert_eq!(event_of(&mut world, writable), None);
        world.run(of.drop_writable(writable));
    }
    assert!(world.copies.is_empty());
    world.clean_up();
}

fn a_pending_read_or_write_ends_when_the_other_end_is_dropped<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    world.running();
    for of in BOTH {
        let (readable, writable) = world.ends(of);
        assert_eq!(world.get(of.write(writable, 5)), WAITS);
        world.run(of.drop_readable(readable));
        assert_eq!(event_of(&mut world, writable), Some(ended(of, Dropped, 0)));
        world.run(of.drop_writable(writable));
    }
    let (readable, writable) = world.ends(STREAM);
    assert_eq!(world.get(STREAM.read(readable, 5)), WAITS);
    world.run(STREAM.drop_writable(writable));
    assert_eq!(event_of(&mut world, readable), Some(ended(STREAM, Dropped, 0)));
    world.clean_up();
}

fn a_blocked_read_ends_when_the_writable_end_is_dropped<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (_, main) = world.running();
    let (readable, writable) = world.ends(STREAM);
    let made = world.get(thread_new(1, 2));
    world.run(resume_later(made));
    assert_eq!(world.step(STREAM.sync_read(readable, 4)), HOST);
    let step = world.tick();
    starts(&step, (1, 2));
    world.run(STREAM.drop_writable(writable));
    assert_eq!(world.exit(), HOST);
    let step = world.tick();
    assert_eq!(back(&step, main), u64::from(ended(STREAM, Dropped, 0)));
    world.clean_up();
}

fn values_moved_before_a_drop_are_reported<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, _) = world.running();
    let (readable, writable) = world.ends(STREAM);
    assert_eq!(world.get(STREAM.write(writable, 5)), WAITS);
    assert_eq!(world.get(STREAM.read(readable, 2)), ended(STREAM, Completed, 2));
    world.run(STREAM.drop_readable(readable));
    assert_eq!(event_of(&mut world, writable), Some(ended(STREAM, Dropped, 2)));
    assert_eq!(state(&mut world, instance, writable), EndState::Done);

    // A future that was written is done, whether its end was dropped or not.
    let (readable, writable) = world.ends(FUTURE);
    assert_eq!(world.get(FUTURE.write(writable, 1)), WAITS);
    assert_eq!(world.get(FUTURE.read(readable, 1)), ended(FUTURE, Completed, 1));
    world.run(FUTURE.drop_readable(readable));
    assert_eq!(event_of(&mut world, writable), Some(ended(FUTURE, Completed, 1)));
    assert_eq!(state(&mut world, instance, writable), EndState::Done);
    world.run(FUTURE.drop_writable(writable));
    world.clean_up();
}

fn a_drop_after_a_future_is_done_is_not_reported<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    world.running();
    for drops_readable in [true, false] {
        let (readable, writable) = world.ends(FUTURE);
        assert_eq!(world.get(FUTURE.read(readable, 1)), WAITS);
        assert_eq!(world.get(FUTURE.write(writable, 1)), ended(FUTURE, Completed, 1));
        assert_eq!(event_of(&mut world, readable), Some(ended(FUTURE, Completed, 1)));
        let (drop, left) = if drops_readable {
            (FUTURE.drop_readable(readable), writable)
        } else {
            (FUTURE.drop_writable(writable), readable)
        };
        world.run(drop);
        assert_eq!(event_of(&mut world, left), None);
    }
    world.clean_up();
}

/// A way to cancel a read or write, with `async` and without.
type Cancel = [fn(Of, u32) -> Call; 2];

const CANCELS_READ: Cancel = [Of::cancel_read, Of::sync_cancel_read];
const CANCELS_WRITE: Cancel = [Of::cancel_write, Of::sync_cancel_write];

fn what_is_cancelled_before_anything_moved_can_be_begun_again<L: ExtensionLimits>() {
    for of in BOTH {
        for reads in [true, false] {
            for cancel in if reads { CANCELS_READ } else { CANCELS_WRITE } {
                let mut world = GuestMachine::<L>::new();
                let (instance, _) = world.running();
                let (readable, writable) = world.ends(of);
                let end = if reads { readable } else { writable };
                let begin = if reads { of.read(end, 3) } else { of.write(end, 3) };
                for _ in 0..2 {
                    assert_eq!(world.get(begin.clone()), WAITS);
                    assert_eq!(world.get(cancel(of, end)), ended(of, Cancelled, 0));
                    assert_eq!(state(&mut world, instance, end), EndState::Idle);
                }
                // The other side finds no operation.
                let other = if reads { of.write(writable, 3) } else { of.read(readable, 3) };
                assert_eq!(world.get(other), WAITS);
                assert!(world.copies.is_empty());
                world.clean_up();
            }
        }
    }
}

fn values_moved_before_a_cancellation_are_reported<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, _) = world.running();
    for cancel in CANCELS_WRITE {
        let (readable, writable) = world.ends(STREAM);
        assert_eq!(world.get(STREAM.write(writable, 5)), WAITS);
        assert_eq!(world.get(STREAM.read(readable, 2)), ended(STREAM, Completed, 2));
        assert_eq!(world.get(cancel(STREAM, writable)), ended(STREAM, Cancelled, 2));
        assert_eq!(state(&mut world, instance, writable), EndState::Idle);
        // All values moved, which was not reported yet.
        assert_eq!(world.get(STREAM.write(writable, 4)), WAITS);
        assert_eq!(world.get(STREAM.read(readable, 9)), ended(STREAM, Completed, 4));
        assert_eq!(world.get(cancel(STREAM, writable)), ended(STREAM, Cancelled, 4));
        assert_eq!(event_of(&mut world, writable), None);
    }
    for cancel in CANCELS_READ {
        let (readable, writable) = world.ends(STREAM);
        assert_eq!(world.get(STREAM.read(readable, 5)), WAITS);
        assert_eq!(world.get(STREAM.write(writable, 2)), ended(STREAM, Completed, 2));
        assert_eq!(world.get(cancel(STREAM, readable)), ended(STREAM, Cancelled, 2));
    }
    world.clean_up();
}

fn a_future_that_moved_before_it_was_cancelled_is_completed<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, _) = world.running();
    for cancel in CANCELS_READ {
        let (readable, writable) = world.ends(FUTURE);
        assert_eq!(world.get(FUTURE.read(readable, 1)), WAITS);
        assert_eq!(world.get(FUTURE.write(writable, 1)), ended(FUTURE, Completed, 1));
        assert_eq!(world.get(cancel(FUTURE, readable)), ended(FUTURE, Completed, 1));
        assert_eq!(state(&mut world, instance, readable), EndState::Done);
    }
    world.clean_up();
}

fn what_is_cancelled_after_the_other_end_was_dropped_says_that<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, _) = world.running();
    for of in BOTH {
        for cancel in CANCELS_WRITE {
            let (readable, writable) = world.ends(of);
            assert_eq!(world.get(of.write(writable, 5)), WAITS);
            world.run(of.drop_readable(readable));
            assert_eq!(world.get(cancel(of, writable)), ended(of, Dropped, 0));
            assert_eq!(state(&mut world, instance, writable), EndState::Done);
        }
    }
    world.clean_up();
}

/// A chooser that lets the host end a cancellation.
#[derive(Default)]
struct LeavesItToTheHost;

impl Chooser for LeavesItToTheHost {
    fn choose(&mut self, choice: Choice, _: u32) -> u32 {
        u32::from(choice == Choice::HostCopyCancelled)
    }
}

/// Reads from, or writes to, an end whose other end the host holds, and cancels that.
fn cancels<L: ExtensionLimits>(
    world: &mut GuestMachine<L, LeavesItToTheHost>,
    is_sync: bool,
) -> (u32, weft_core::machine::EndId) {
    let (instance, _) = world.running();
    let (theirs, ours) = world.host_ends(STREAM);
    let readable = world.machine.lower_end(instance, STREAM.kind, STREAM.ty, theirs).unwrap();
    assert_eq!(world.get(STREAM.read(readable, 4)), WAITS);
    if is_sync {
        assert_eq!(world.step(STREAM.sync_cancel_read(readable)), HOST);
    } else {
        assert_eq!(world.get(STREAM.cancel_read(readable)), WAITS);
    }
    let HandleView::End { state, .. } = world.view(instance, readable) else { panic!() };
    assert_eq!(state, EndState::CancellingCopy);
    (readable, ours)
}

fn a_cancellation_ends_when_the_host_says_so<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L, _>::with(LeavesItToTheHost);
    let (readable, ours) = cancels(&mut world, false);
    let set = world.get(set_new());
    world.run(join(readable, set));
    assert_eq!(world.event(set_poll(set)), Event::NONE);
    world.machine.finish_cancellation(ours).unwrap();
    assert_eq!(world.event(set_poll(set)).payload, ended(STREAM, Cancelled, 0));
    world.clean_up();
}

fn a_thread_that_cancels_without_async_waits_for_the_host<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L, _>::with(LeavesItToTheHost);
    let (_, ours) = cancels(&mut world, true);
    assert_eq!(world.machine.ready_threads(), 0);
    world.machine.finish_cancellation(ours).unwrap();
    let thread = world.machine.thread_views().next().unwrap().id;
    let step = world.tick();
    assert_eq!(back(&step, thread), u64::from(ended(STREAM, Cancelled, 0)));
    world.clean_up();
}

fn values_may_move_until_a_cancellation_ends<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L, _>::with(LeavesItToTheHost);
    let (readable, ours) = cancels(&mut world, false);
    world.as_host(|world| world.host_copy(ours, 2));
    assert_eq!(world.copies, [2]);
    assert_eq!(world.end_events(), [(ours, ended(STREAM, Completed, 2))]);
    let set = world.get(set_new());
    world.run(join(readable, set));
    assert_eq!(world.event(set_poll(set)).payload, ended(STREAM, Cancelled, 2));
    assert_eq!(world.get(STREAM.read(readable, 4)), WAITS);
    world.clean_up();
}

fn a_host_that_drops_its_end_ends_a_cancellation<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L, _>::with(LeavesItToTheHost);
    let (readable, ours) = cancels(&mut world, false);
    world.machine.drop_host_end(ours).unwrap();
    let set = world.get(set_new());
    world.run(join(readable, set));
    assert_eq!(world.event(set_poll(set)).payload, ended(STREAM, Dropped, 0));
    assert_eq!(world.step(suspend()), HOST);
    world.clean_up();
}

on_each_storage!(
    an_idle_end_hears_once_that_the_other_one_was_dropped,
    a_read_or_write_behind_a_drop_ends_at_once,
    a_pending_read_or_write_ends_when_the_other_end_is_dropped,
    a_blocked_read_ends_when_the_writable_end_is_dropped,
    values_moved_before_a_drop_are_reported,
    a_drop_after_a_future_is_done_is_not_reported,
    what_is_cancelled_before_anything_moved_can_be_begun_again,
    values_moved_before_a_cancellation_are_reported,
    a_future_that_moved_before_it_was_cancelled_is_completed,
    what_is_cancelled_after_the_other_end_was_dropped_says_that,
    a_cancellation_ends_when_the_host_says_so,
    a_thread_that_cancels_without_async_waits_for_the_host,
    values_may_move_until_a_cancellation_ends,
    a_host_that_drops_its_end_ends_a_cancellation,
);

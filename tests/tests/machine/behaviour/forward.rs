//! Forwarding a readable end to a writable one connects the holders of the other two ends.

use weft_core::code::CopyResult::{Completed, Dropped};
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::Table;
use weft_core::machine::{Event, HandleView, InstanceId};

use crate::calls::{BOTH, FUTURE, Of, STREAM, TEXT_STREAM, join, set_new, set_poll, suspend};
use crate::guests::GuestMachine;
use crate::steps::{HOST, WAITS, ended};

/// Joins an end to a set of its own, and takes the payload of its event; nothing if it has none.
fn event_of<L: ExtensionLimits>(world: &mut GuestMachine<L>, end: u32) -> Option<u32> {
    let set = world.get(set_new());
    world.run(join(end, set));
    let event = world.event(set_poll(set));
    world.run(join(end, 0));
    world.run(crate::calls::set_drop(set));
    (event != Event::NONE).then_some(event.payload)
}

fn has_event<L: ExtensionLimits>(
    world: &mut GuestMachine<L>,
    instance: InstanceId,
    end: u32,
) -> bool {
    let HandleView::End { waitable, .. } = world.view(instance, end) else { panic!() };
    waitable.has_pending_event
}

/// Creates two pairs of ends in a running instance: `[source's readable, source's writable,
/// destination's readable, destination's writable]`.
fn pairs<L: ExtensionLimits>(world: &mut GuestMachine<L>, of: Of) -> [u32; 4] {
    let (source, writer) = world.ends(of);
    let (reader, destination) = world.ends(of);
    [source, writer, reader, destination]
}

fn an_end_forwarded_to_its_own_other_end_goes_with_it<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    world.running();
    for of in BOTH {
        let (readable, writable) = world.ends(of);
        world.run(of.forward(readable, writable));
    }
    assert_eq!(world.machine.count_of(Table::Handles), 0);
    assert_eq!(world.machine.count_of(Table::Waitables), 1);
    world.clean_up();
}

fn the_writer_learns_that_there_is_no_reader<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    world.running();
    for of in BOTH {
        for writes_first in [true, false] {
            let [source, writer, reader, destination] = pairs(&mut world, of);
            if writes_first {
                assert_eq!(world.get(of.write(writer, 4)), WAITS);
            }
            world.run(of.drop_readable(reader));
            world.run(of.forward(source, destination));
            assert_eq!(event_of(&mut world, writer), Some(ended(of, Dropped, 0)));
            world.run(of.drop_writable(writer));
        }
    }
    assert_eq!(world.machine.count_of(Table::Waitables), 1);
    world.clean_up();
}

fn the_reader_learns_that_there_is_no_writer<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    world.running();
    let [source, writer, reader, destination] = pairs(&mut world, STREAM);
    assert_eq!(world.get(STREAM.read(reader, 4)), WAITS);
    world.run(STREAM.drop_writable(writer));
    world.run(STREAM.forward(source, destination));
    assert_eq!(event_of(&mut world, reader), Some(ended(STREAM, Dropped, 0)));
    world.run(STREAM.drop_readable(reader));
    // If neither does, no end is left that could learn of it.
    let [source, writer, reader, destination] = pairs(&mut world, STREAM);
    world.run(STREAM.drop_writable(writer));
    world.run(STREAM.drop_readable(reader));
    world.run(STREAM.forward(source, destination));
    assert_eq!(world.machine.count_of(Table::Waitables), 1);
    world.clean_up();
}

fn reads_and_writes_that_come_later_meet<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    world.running();
    for of in BOTH {
        let [source, writer, reader, destination] = pairs(&mut world, of);
        world.run(of.forward(source, destination));
        assert_eq!(world.get(of.write(writer, 4)), WAITS);
        let moved = if of == STREAM { 4 } else { 1 };
        assert_eq!(world.get(of.read(reader, 4)), ended(of, Completed, moved));
        assert_eq!(event_of(&mut world, writer), Some(ended(of, Completed, moved)));
        assert_eq!(world.copies.pop(), Some(moved));
    }
    world.clean_up();
}

fn a_read_or_write_that_was_there_before_meets_one_that_comes_later<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    world.running();
    for of in BOTH {
        for reads_first in [true, false] {
            let [source, writer, reader, destination] = pairs(&mut world, of);
            let (first, second, end) = if reads_first {
                (of.read(reader, 1), of.write(writer, 1), reader)
            } else {
                (of.write(writer, 1), of.read(reader, 1), writer)
            };
            assert_eq!(world.get(first), WAITS);
            world.run(of.forward(source, destination));
            assert_eq!(event_of(&mut world, end), None);
            assert_eq!(world.get(second), ended(of, Completed, 1));
            assert_eq!(event_of(&mut world, end), Some(ended(of, Completed, 1)));
            if of == STREAM {
                world.run(of.drop_readable(reader));
                world.run(of.drop_writable(writer));
            }
        }
    }
    world.clean_up();
}

fn a_read_and_a_write_that_were_there_before_meet<L: ExtensionLimits>() {
    for (read, write) in [(4, 4), (3, 8), (8, 3), (0, 5), (5, 0), (0, 0)] {
        let mut world = GuestMachine::<L>::new();
        let (instance, _) = world.running();
        let [source, writer, reader, destination] = pairs(&mut world, STREAM);
        assert_eq!(world.get(STREAM.read(reader, read)), WAITS);
        assert_eq!(world.get(STREAM.write(writer, write)), WAITS);
        world.run(STREAM.forward(source, destination));
        let moved = read.min(write);
        let copies: &[u32] = if moved > 0 { &[moved] } else { &[] };
        assert_eq!(world.copies, copies);
        // The shorter operation starts again; the read if they are equal.
        let (reads, writes) = match (read, write) {
            (0, 0) => (false, true),
            (0, _) => (true, false),
            (_, 0) => (false, true),
            _ => (true, true),
        };
        assert_eq!(has_event(&mut world, instance, reader), reads, "{read} {write}");
        assert_eq!(has_event(&mut world, instance, writer), writes, "{read} {write}");
        let expected = ended(STREAM, Completed, moved);
        assert_eq!(event_of(&mut world, reader), reads.then_some(expected));
        assert_eq!(event_of(&mut world, writer), writes.then_some(expected));
        world.clean_up();
    }
}

fn a_future_read_and_written_before_completes_on_both_sides<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    world.running();
    let [source, writer, reader, destination] = pairs(&mut world, FUTURE);
    assert_eq!(world.get(FUTURE.write(writer, 1)), WAITS);
    assert_eq!(world.get(FUTURE.read(reader, 1)), WAITS);
    world.run(FUTURE.forward(source, destination));
    assert_eq!(world.copies, [1]);
    assert_eq!(event_of(&mut world, writer), Some(ended(FUTURE, Completed, 1)));
    assert_eq!(event_of(&mut world, reader), Some(ended(FUTURE, Completed, 1)));
    world.run(FUTURE.drop_writable(writer));
    world.run(FUTURE.drop_readable(reader));
    world.clean_up();
}

fn progress_from_before_and_after_is_one_event<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    world.running();
    let [source, writer, reader, destination] = pairs(&mut world, STREAM);
    assert_eq!(world.get(STREAM.read(reader, 10)), WAITS);
    assert_eq!(world.get(STREAM.write(destination, 4)), ended(STREAM, Completed, 4));
    assert_eq!(world.get(STREAM.write(writer, 3)), WAITS);
    world.run(STREAM.forward(source, destination));
    assert_eq!(world.copies, [4, 3]);
    assert_eq!(event_of(&mut world, writer), Some(ended(STREAM, Completed, 3)));
    // This is more than is left.
    assert_eq!(world.get(STREAM.write(writer, 9)), ended(STREAM, Completed, 3));
    assert_eq!(event_of(&mut world, reader), Some(ended(STREAM, Completed, 10)));
    world.clean_up();
}

fn the_smaller_buffers_progress_is_kept_too<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    world.running();
    let [source, writer, reader, destination] = pairs(&mut world, STREAM);
    assert_eq!(world.get(STREAM.write(writer, 5)), WAITS);
    assert_eq!(world.get(STREAM.read(source, 3)), ended(STREAM, Completed, 3));
    assert_eq!(world.get(STREAM.read(reader, 10)), WAITS);
    world.run(STREAM.forward(source, destination));
    assert_eq!(world.copies, [3, 2]);
    assert_eq!(event_of(&mut world, writer), Some(ended(STREAM, Completed, 5)));
    assert_eq!(event_of(&mut world, reader), Some(ended(STREAM, Completed, 2)));
    assert_eq!(world.get(STREAM.write(writer, 1)), WAITS);
    world.clean_up();
}

fn text_is_forwarded_between_instances<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let [first, middle, last] = world.instances();
    world.run_in(first);
    let (readable, writer) = world.ends(TEXT_STREAM);
    assert_eq!(world.get(TEXT_STREAM.write(writer, 4)), WAITS);
    let source = world.pass(TEXT_STREAM, first, readable, middle);
    assert_eq!(world.step(suspend()), HOST);

    world.run_in(middle);
    let (readable, destination) = world.ends(TEXT_STREAM);
    let reader = world.pass(TEXT_STREAM, middle, readable, last);
    assert_eq!(world.step(suspend()), HOST);
    world.run_in(last);
    assert_eq!(world.get(TEXT_STREAM.read(reader, 6)), WAITS);
    assert_eq!(world.step(suspend()), HOST);

    world.run_in(middle);
    world.run(TEXT_STREAM.forward(source, destination));
    assert_eq!(world.copies, [4]);
    assert!(has_event(&mut world, first, writer) && has_event(&mut world, last, reader));
    world.clean_up();
}

fn the_hosts_ends_are_forwarded_to_one_another<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, _) = world.running();
    let (theirs, writer) = world.host_ends(STREAM);
    let source = world.machine.lower_end(instance, STREAM.kind, STREAM.ty, theirs).unwrap();
    let (readable, destination) = world.ends(STREAM);
    let reader = world.lift_end(instance, STREAM, readable);
    world.as_host(|world| {
        world.host_copy(writer, 5);
        world.host_copy(reader, 2);
    });
    world.run(STREAM.forward(source, destination));
    assert_eq!(world.copies, [2]);
    let expected = ended(STREAM, Completed, 2);
    assert_eq!(world.end_events(), [(reader, expected), (writer, expected)]);
    world.clean_up();
}

on_each_storage!(
    an_end_forwarded_to_its_own_other_end_goes_with_it,
    the_writer_learns_that_there_is_no_reader,
    the_reader_learns_that_there_is_no_writer,
    reads_and_writes_that_come_later_meet,
    a_read_or_write_that_was_there_before_meets_one_that_comes_later,
    a_read_and_a_write_that_were_there_before_meet,
    a_future_read_and_written_before_completes_on_both_sides,
    progress_from_before_and_after_is_one_event,
    the_smaller_buffers_progress_is_kept_too,
    text_is_forwarded_between_instances,
    the_hosts_ends_are_forwarded_to_one_another,
);

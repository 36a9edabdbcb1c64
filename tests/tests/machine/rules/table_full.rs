//! The highest index of an instance's tables of handles and threads.

use std::marker::PhantomData;

use weft_core::code::SubtaskState;
use weft_core::error::MachineError;
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::{Limits, Table};
use weft_core::machine::{LiftMode, Step};
use weft_core::trap::Trap;

use super::Row;
use crate::calls::{
    Call, FUTURE, HOST_RESOURCE, STREAM, backpressure_dec, backpressure_inc, error_context_new,
    resource_drop, resource_new, set_drop, set_new, spawn_indirect, spawn_ref, suspend, thread_new,
    thread_yield,
};
use crate::guests::GuestMachine;
use crate::steps::{HOST, calls_host, enters, trap_of};

/// The highest index of [`Low`].
const HIGHEST: u32 = 3;

/// The limits `L`, but with few indices.
pub(crate) struct Low<L>(PhantomData<L>);

/// Implements [`Limits`] for [`Low`], with the tables of `L`.
macro_rules! low_limits {
    ($($(#[$attribute:meta])* $table:ident, $size:ident, $shown:literal, $presets:tt;)*) => {
        impl<L: ExtensionLimits> Limits for Low<L> {
            const MAX_TABLE_LENGTH: u32 = HIGHEST;

            $(type $table<T> = L::$table<T>;)*
            type Message = L::Message;
        }
    };
}

weft_core::__machine_tables! { [low_limits] }

/// Implements [`ExtensionLimits`] for [`Low`], with the tables of `L`.
macro_rules! low_extension_limits {
    ($($(#[$attribute:meta])* $table:ident, $size:ident, $shown:literal, $presets:tt;)*) => {
        impl<L: ExtensionLimits> ExtensionLimits for Low<L> {
            $(type $table<T> = L::$table<T>;)*
            type Name = L::Name;
            type Text = L::Text;
            type Bytes = L::Bytes;
            type Compound = L::Compound;
            type Shared = L::Shared;
            type CompoundType = L::CompoundType;
            type Observer = L::Observer;
        }
    };
}

weft_core::__extension_tables! { [low_extension_limits] }

pub(super) fn rows<L: ExtensionLimits>() -> Vec<Row<L>> {
    vec![Row::new(Trap::TableFull, "Table.add: i > Table.MAX_LENGTH", |_| {
        let mut world = GuestMachine::<Low<L>>::new();
        fill_handles(&mut world, 0);
        world.trap(STREAM.make())
    })]
}

/// Runs an instance whose handle table has room for `left` more.
fn fill_handles<L: ExtensionLimits>(world: &mut GuestMachine<Low<L>>, left: u32) {
    world.running();
    for index in 1..=HIGHEST - left {
        assert_eq!(world.get(resource_new(HOST_RESOURCE, 1)), index);
    }
}

/// Runs an instance whose thread table has no room.
fn fill_threads<L: ExtensionLimits>(world: &mut GuestMachine<Low<L>>) {
    world.running();
    for index in 2..=HIGHEST {
        assert_eq!(world.get(thread_new(1, 2)), index);
    }
}

fn every_built_in_that_adds_a_handle_traps_where_there_is_none_left<L: ExtensionLimits>() {
    let adds: [fn() -> Call; 5] = [
        || resource_new(HOST_RESOURCE, 1),
        set_new,
        error_context_new,
        || STREAM.make(),
        || FUTURE.make(),
    ];
    for add in adds {
        let mut world = GuestMachine::<Low<L>>::new();
        fill_handles(&mut world, 0);
        assert_eq!(world.trap(add()), Trap::TableFull);
    }
    for of in [STREAM, FUTURE] {
        let mut world = GuestMachine::<Low<L>>::new();
        fill_handles(&mut world, 1);
        // There is room for one of the two.
        assert_eq!(world.trap(of.make()), Trap::TableFull);
        world.clean_up();
    }
}

fn every_way_into_a_handle_table_traps_where_there_is_no_room<L: ExtensionLimits>() {
    let full = |left| {
        let mut world = GuestMachine::<Low<L>>::new();
        fill_handles(&mut world, left);
        (world.instances[0], world)
    };
    let (instance, mut world) = full(0);
    let own = world.machine.lower_own(instance, HOST_RESOURCE, 1);
    assert_eq!(trap_of(own), Trap::TableFull);

    let (_, mut world) = full(0);
    let thread = world.machine.current().unwrap();
    let task = world.machine.task_of(thread).unwrap();
    let borrow = world.machine.lower_borrow(task, HOST_RESOURCE, 1);
    assert_eq!(trap_of(borrow), Trap::TableFull);

    let (instance, mut world) = full(0);
    let (readable, _) = world.host_ends(STREAM);
    assert_eq!(
        trap_of(world.machine.lower_end(instance, STREAM.kind, STREAM.ty, readable)),
        Trap::TableFull
    );
    world.clean_up();

    let (instance, mut world) = full(0);
    let message = world.machine.new_host_error_context("message").unwrap();
    let lowered = world.machine.lower_error_context(instance, message);
    assert_eq!(trap_of(lowered), Trap::TableFull);
    world.machine.drop_error_context(message).unwrap();
    world.clean_up();
}

fn a_call_that_would_need_a_subtask_traps_when_it_blocks<L: ExtensionLimits>() {
    let mut world = GuestMachine::<Low<L>>::new();
    fill_handles(&mut world, 0);
    let callee = world.instance();
    let function = world.stackful(callee);
    // A call that returns at once needs none.
    let step = world.import_async(function);
    enters(&step, function);
    world.task_return(None);
    let _ = world.exit();
    let step = world.import_async(function);
    enters(&step, function);
    assert_eq!(trap_of(world.try_call(suspend())), Trap::TableFull);
    world.machine.trapped().unwrap();
    assert_eq!(world.machine.is_locked_down(world.instances[0]), Ok(true));
    assert_eq!(world.machine.is_locked_down(callee), Ok(false));
    world.clean_up();

    let mut world = GuestMachine::<Low<L>>::new();
    fill_handles(&mut world, 0);
    let function = world.host_function(7);
    let step = world.import_async(function);
    calls_host(&step, 7);
    assert_eq!(trap_of(world.machine.host_returned()), Trap::TableFull);
    world.clean_up();
}

fn what_is_dropped_makes_room_in_a_full_table<L: ExtensionLimits>() {
    let mut world = GuestMachine::<Low<L>>::new();
    fill_handles(&mut world, 0);
    world.run(resource_drop(HOST_RESOURCE, 2));
    assert_eq!(world.get(set_new()), 2);
    world.run(set_drop(2));
    world.run(resource_drop(HOST_RESOURCE, 3));
    assert_eq!(world.ends(STREAM), (3, 2));
    world.clean_up();
}

fn every_way_into_a_thread_table_traps_where_there_is_no_room<L: ExtensionLimits>() {
    for add in [thread_new(1, 2), spawn_ref(false, Some(1), 2), spawn_indirect(false, 1, 2)] {
        let mut world = GuestMachine::<Low<L>>::new();
        fill_threads(&mut world);
        assert_eq!(world.trap(add), Trap::TableFull);
        world.clean_up();
    }
    let (sync, stackful) = (LiftMode::Sync { has_post_return: false }, LiftMode::Stackful);
    for (is_async, lift) in
        [(false, sync), (true, sync), (true, stackful), (true, LiftMode::Callback)]
    {
        let mut world = GuestMachine::<Low<L>>::new();
        fill_threads(&mut world);
        let instance = world.instances[0];
        let function = world.lift(instance, is_async, lift);
        assert_eq!(world.step(suspend()), HOST);
        let caller = world.instance();
        world.run_in(caller);
        assert_eq!(trap_of(world.try_import(function, true)), Trap::TableFull);
        world.clean_up();
    }
}

fn a_call_that_waited_traps_when_there_is_no_room_at_its_turn<L: ExtensionLimits>() {
    let mut world = GuestMachine::<Low<L>>::new();
    let (instance, _) = world.running();
    world.run(backpressure_inc());
    let function = world.stackful(instance);
    let caller = world.instance();
    assert_eq!(world.step(thread_yield()), HOST);
    world.run_in(caller);
    world.subtask(function, SubtaskState::Starting);
    assert_eq!(world.step(suspend()), HOST);
    let _ = world.tick();
    for _ in 2..=HIGHEST {
        world.get(thread_new(1, 2));
    }
    world.run(backpressure_dec());
    assert_eq!(world.step(suspend()), HOST);
    // `tick` itself abandons the call that it has started.
    assert_eq!(trap_of(world.machine.tick()), Trap::TableFull);
    assert_eq!(world.machine.trapped(), Err(MachineError::NotEntered.into()));
    assert_eq!(world.machine.is_locked_down(instance), Ok(true));
    assert_eq!(world.machine.is_locked_down(caller), Ok(false));
    world.clean_up();
}

fn realloc_needs_a_place_in_the_thread_table<L: ExtensionLimits>() {
    let mut world = GuestMachine::<Low<L>>::new();
    fill_threads(&mut world);
    let instance = world.instances[0];
    assert_eq!(trap_of(world.machine.begin_realloc(instance)), Trap::TableFull);
    world.clean_up();
}

/// Checks that the rest of a trap is gone with its instance.
fn a_full_table_leaves_nothing<L: ExtensionLimits>() {
    let adds: [(Call, Table); 3] = [
        (resource_new(HOST_RESOURCE, 1), Table::Resources),
        (set_new(), Table::WaitableSets),
        (error_context_new(), Table::ErrorContexts),
    ];
    let mut left = Vec::new();
    for (add, table) in adds {
        let mut world = GuestMachine::<Low<L>>::new();
        fill_handles(&mut world, 0);
        assert_eq!(world.trap(add), Trap::TableFull);
        world.machine.trapped().unwrap();
        let instance = world.instances[0];
        world.machine.remove_instance(instance).unwrap();
        if world.machine.count_of(table) > 0 {
            left.push(table);
        }
    }
    assert_eq!(left, []);
}

fn a_call_of_the_host_that_finds_no_room_leaves_nothing_behind<L: ExtensionLimits>() {
    let mut world = GuestMachine::<Low<L>>::new();
    fill_threads(&mut world);
    let instance = world.instances[0];
    let function = world.stackful(instance);
    assert_eq!(world.step(suspend()), HOST);
    assert_eq!(trap_of(world.machine.invoke(function)), Trap::TableFull);
    assert_eq!(world.machine.trapped(), Err(MachineError::NotEntered.into()));
    assert_eq!(world.machine.is_locked_down(instance), Ok(true));
    world.clean_up();
}

fn a_realloc_that_finds_no_room_leaves_nothing_behind<L: ExtensionLimits>() {
    let mut world = GuestMachine::<Low<L>>::new();
    fill_threads(&mut world);
    let instance = world.instances[0];
    let counts = world.counts();
    assert_eq!(trap_of(world.machine.begin_realloc(instance)), Trap::TableFull);
    assert_eq!(world.counts(), counts);
    world.clean_up();
}

fn the_highest_index_can_be_used<L: ExtensionLimits>() {
    let mut world = GuestMachine::<Low<L>>::new();
    world.running();
    for _ in 0..HIGHEST {
        world.get(set_new());
    }
    world.run(set_drop(HIGHEST));
    assert_eq!(world.get(set_new()), HIGHEST);
    for _ in 2..=HIGHEST {
        world.get(thread_new(1, 2));
    }
    let step = world.step(crate::calls::yield_then_resume(HIGHEST));
    assert!(matches!(step, Step::CallStartFunction { .. }), "{step:?}");
    world.clean_up();
}

/// Runs a stackful function in an instance of this length.
fn of_length<L: ExtensionLimits>(length: u32) -> GuestMachine<L> {
    let mut world = GuestMachine::<L>::new();
    world.machine.set_max_table_length(length);
    world.running();
    world
}

fn a_length_that_is_set_is_that_of_handles_and_threads_of_later_instances<L: ExtensionLimits>() {
    const LENGTH: u32 = 2;
    let mut world = GuestMachine::<L>::new();
    let before = world.instance();
    world.machine.set_max_table_length(LENGTH);
    world.run_in(before);
    for index in 1..=LENGTH + 1 {
        assert_eq!(world.get(set_new()), index, "as it was made before");
    }
    for index in 2..=LENGTH + 1 {
        assert_eq!(world.get(thread_new(1, 2)), index, "as it was made before");
    }
    world.clean_up();

    let mut world = of_length::<L>(LENGTH);
    for index in 1..=LENGTH {
        assert_eq!(world.get(set_new()), index);
    }
    assert_eq!(world.trap(set_new()), Trap::TableFull);
    world.clean_up();

    let mut world = of_length::<L>(LENGTH);
    for index in 2..=LENGTH {
        assert_eq!(world.get(thread_new(1, 2)), index);
    }
    assert_eq!(world.trap(thread_new(1, 2)), Trap::TableFull);
    world.clean_up();
}

fn a_length_above_the_highest_index_is_that_one<L: ExtensionLimits>() {
    for length in [HIGHEST + 1, u32::MAX] {
        let mut world = of_length::<Low<L>>(length);
        for index in 1..=HIGHEST {
            assert_eq!(world.get(set_new()), index);
        }
        assert_eq!(world.trap(set_new()), Trap::TableFull);
        world.clean_up();

        let mut world = of_length::<Low<L>>(length);
        for index in 2..=HIGHEST {
            assert_eq!(world.get(thread_new(1, 2)), index);
        }
        assert_eq!(world.trap(thread_new(1, 2)), Trap::TableFull);
        world.clean_up();
    }
}

on_each_storage!(
    every_built_in_that_adds_a_handle_traps_where_there_is_none_left,
    every_way_into_a_handle_table_traps_where_there_is_no_room,
    a_call_that_would_need_a_subtask_traps_when_it_blocks,
    what_is_dropped_makes_room_in_a_full_table,
    every_way_into_a_thread_table_traps_where_there_is_no_room,
    a_call_that_waited_traps_when_there_is_no_room_at_its_turn,
    realloc_needs_a_place_in_the_thread_table,
    a_full_table_leaves_nothing,
    a_call_of_the_host_that_finds_no_room_leaves_nothing_behind,
    a_realloc_that_finds_no_room_leaves_nothing_behind,
    the_highest_index_can_be_used,
    a_length_that_is_set_is_that_of_handles_and_threads_of_later_instances,
    a_length_above_the_highest_index_is_that_one,
);

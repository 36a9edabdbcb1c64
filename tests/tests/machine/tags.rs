//! Machines with tags: an id of one is never accepted by another.

use weft_core::error::{Error, Failure};
use weft_core::error_context::ErrorContextId;
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::Table;
use weft_core::machine::{
    EndId, FunctionId, InstanceId, SubtaskId, TaskId, ThreadId, WaitableId, WaitableSetId,
};
use weft_core::task::{CancellationHandlerId, CancellationToken};
use weft_core::thread::{SpawnedThreadId, ThreadSpawnConfig};

use crate::calls::STREAM;
use crate::guests::GuestMachine;

/// An id of each kind.
struct Ids {
    instance: InstanceId,
    function: FunctionId,
    task: TaskId,
    thread: ThreadId,
    host_task: SubtaskId,
    end: EndId,
    set: WaitableSetId,
    error: ErrorContextId,
    spawned: SpawnedThreadId,
    token: CancellationToken,
    handler: CancellationHandlerId,
}

/// Creates a machine with a tag, and one object of each kind in it, always in the same order. `used`
/// objects of each kind existed before.
fn world<L: ExtensionLimits>(tag: u8, used: u32) -> (GuestMachine<L>, Ids) {
    let mut world = GuestMachine::<L>::new();
    world.machine.set_tag(tag);
    for _ in 0..used {
        let error = world.machine.error_contexts().create_simple("a").unwrap();
        world.machine.error_contexts().drop(error).unwrap();
        let task = world.machine.tasks().start().unwrap();
        world.machine.tasks().cancel(task).unwrap();
        world.machine.tasks().drop(task).unwrap();
    }
    let spawned = world.machine.threads().prepare(ThreadSpawnConfig::default(), None).unwrap();
    world.machine.threads().give_up(spawned).unwrap();
    let spawned = world.machine.threads().prepare(ThreadSpawnConfig::default(), None).unwrap();
    let host_task = world.machine.tasks().start().unwrap();
    let (end, _) = world.host_ends(STREAM);
    let set = world.machine.waitable_sets().create().unwrap();
    let error = world.machine.error_contexts().create_simple("a").unwrap();
    let token = world.machine.cancellation_tokens().create().unwrap();
    let handler = world.machine.cancellation_tokens().register(token, 7).unwrap();
    let (instance, thread) = world.running();
    let function = world.host_function(3);
    let task = world.machine.thread_view(thread).unwrap().task;
    let ids = Ids {
        instance,
        function,
        task,
        thread,
        host_task,
        end,
        set,
        error,
        spawned,
        token,
        handler,
    };
    (world, ids)
}

fn unknown<T>(result: Result<T, impl Into<Failure>>) -> bool {
    matches!(result.map_err(Into::into), Err(Failure::Error(Error::Unknown(_))))
}

/// Asserts that each id is unknown, if `is_unknown`, and known otherwise.
fn assert_ids<L: ExtensionLimits>(world: &mut GuestMachine<L>, ids: &Ids, is_unknown: bool) {
    let machine = &mut world.machine;
    let found = [
        ("instance", unknown(machine.instance_view(ids.instance))),
        ("function", unknown(machine.remove_host_function(ids.function))),
        ("task", unknown(machine.contexts().of_task(ids.task))),
        ("thread", unknown(machine.thread_view(ids.thread))),
        ("host task", unknown(machine.tasks().status(ids.host_task))),
        ("end", unknown(machine.end_view(ids.end))),
        ("set", unknown(machine.waitable_sets().count(ids.set))),
        ("error context", unknown(machine.error_contexts().message(ids.error))),
        ("spawned thread", unknown(machine.threads().config(ids.spawned))),
        ("token", unknown(machine.cancellation_tokens().is_cancelled(ids.token))),
        ("handler", unknown(machine.cancellation_tokens().unregister(ids.handler))),
    ];
    for (kind, found) in found {
        assert_eq!(found, is_unknown, "{kind}");
    }
}

fn no_id_of_another_machine_is_known<L: ExtensionLimits>() {
    for (tag, used, other_tag, other_used) in
        [(1, 0, 2, 0), (255, 0, 254, 3), (0, 0, 1, 0), (7, 1, 0, 1)]
    {
        let (mut first, of_first) = world::<L>(tag, used);
        let (mut second, of_second) = world::<L>(other_tag, other_used);
        assert_ids(&mut first, &of_second, true);
        assert_ids(&mut second, &of_first, true);
        assert_ids(&mut first, &of_first, false);
        assert_ids(&mut second, &of_second, false);
    }
}

fn an_id_with_a_tag_is_shown_with_it<L: ExtensionLimits>() {
    let (mut world, ids) = world::<L>(7, 2);
    assert_eq!(ids.host_task.to_string(), "7:1.2");
    assert_eq!(ids.set.to_string(), "7:1");
    assert_eq!(SubtaskId::from_u64(ids.host_task.as_u64()), Some(ids.host_task));
    let ends = world.host_ends(STREAM);
    assert_ne!(WaitableId::End(ends.0), WaitableId::Subtask(ids.host_task));
    let unknown = world.machine.tasks().status(SubtaskId::from_u64(1).unwrap());
    assert_eq!(unknown, Err(Error::Unknown(Table::Waitables)));
}

on_each_storage! {
    no_id_of_another_machine_is_known,
    an_id_with_a_tag_is_shown_with_it,
}

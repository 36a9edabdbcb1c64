//! Scopes, tasks, tokens, errors, sets and threads in one scenario.

use weft_core::context::AsyncContextScope;
use weft_core::error_context::{ErrorContextId, ErrorSeverity};
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::Table;
use weft_core::machine::{FunctionId, SubtaskId, ThreadId, WaitableId};
use weft_core::task::TaskStatus;
use weft_core::thread::{
    SpawnedThreadId, ThreadDestructor, ThreadEnd, ThreadSpawnConfig, ThreadStatus,
};
use weft_core::waitable::{FailedTask, WaitResult};

use super::UserId;
use crate::calls::{set_new, suspend, task_cancel, thread_yield};
use crate::guests::GuestMachine;
use crate::steps::{HOST, back, called_back, enters};

/// A thread that the host has started.
#[derive(Clone, Copy)]
struct Begun {
    id: SpawnedThreadId,
    call: SubtaskId,
    thread: ThreadId,
}

impl<L: ExtensionLimits> GuestMachine<L> {
    #[track_caller]
    fn spawn(&mut self, function: FunctionId, parent: Option<SpawnedThreadId>) -> Begun {
        let config = ThreadSpawnConfig::default();
        let (id, call, step) = self.machine.threads().spawn_ref(function, config, parent).unwrap();
        Begun { id, call, thread: enters(&step, function) }
    }

    /// Starts a thread that waits, and learns of its cancellation.
    #[track_caller]
    fn waiting(&mut self, function: FunctionId, parent: Option<SpawnedThreadId>) -> Begun {
        let begun = self.spawn(function, parent);
        let set = self.get(set_new());
        assert_eq!(self.exit_to_wait(set), HOST);
        begun
    }

    /// Accepts the cancellation of a thread.
    #[track_caller]
    fn accept_cancellation(&mut self, begun: Begun) {
        let step = self.machine.cancel_call(begun.call).unwrap();
        called_back(&step, begun.thread);
        self.run(task_cancel());
        assert_eq!(self.exit(), HOST);
    }

    fn destroyed(&mut self) -> Vec<ThreadDestructor<L>> {
        std::iter::from_fn(|| self.machine.threads().next_destructor().unwrap()).collect()
    }

    /// Joins a thread that has ended, and drops its call.
    #[track_caller]
    fn join(&mut self, begun: Begun) -> ThreadEnd {
        self.machine.drop_call(begun.call).unwrap();
        self.machine.threads().begin_join(begun.id, None).unwrap();
        self.machine.threads().end_join(begun.id).unwrap().unwrap()
    }

    /// Forgets the threads that were joined, and asserts that nothing is left.
    #[track_caller]
    fn forget(&mut self, threads: usize) {
        assert_eq!(self.machine.threads().clean_up(), Ok(threads));
        self.clean_up();
    }
}

/// Creates an error that names its thread.
fn error_of<L: ExtensionLimits>(world: &mut GuestMachine<L>, thread: Begun) -> ErrorContextId {
    let error = world.machine.error_contexts().create("cancelled", ErrorSeverity::Warning).unwrap();
    world.machine.error_contexts().set_metadata(error, "thread", thread.call.as_u64()).unwrap();
    error
}

fn a_thread_keeps_the_context_of_a_scope_that_was_left<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let function = world.stackful(instance);
    let mut scope = AsyncContextScope::enter_empty(&mut world.machine).unwrap();
    scope.contexts().set::<UserId>(1).unwrap();
    let config = ThreadSpawnConfig::default();
    let (id, call, step) = scope.threads().spawn_ref(function, config, None).unwrap();
    let begun = Begun { id, call, thread: enters(&step, function) };
    let task = scope.tasks().current().unwrap();
    assert_eq!(thread_yield().definition.call(&mut *scope, &[]).map(|_| ()), Ok(()));
    scope.contexts().set::<UserId>(2).unwrap();
    drop(scope);
    world.machine.contexts().set::<UserId>(3).unwrap();

    let context =
        world.machine.contexts().of_task(task).map(|it| it.and_then(|it| it.get::<UserId>()));
    assert_eq!(context, Ok(Some(1)));
    back(&world.tick(), begun.thread);
    world.as_host(|world| {
        assert_eq!(
            (world.machine.threads().current(), world.machine.contexts().get::<UserId>()),
            (Some(id), Some(1))
        );
    });
    world.task_return(None);
    assert_eq!(world.exit(), HOST);
    assert_eq!(world.join(begun), ThreadEnd::Completed);
    world.machine.contexts().pop().unwrap();
    world.forget(1);
}

fn a_child_cancelled_by_a_token_has_an_error_that_names_it<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let function = world.callback(instance);
    let parent = world.waiting(function, None);
    let child = world.waiting(function, Some(parent.id));
    let root = world.machine.cancellation_tokens().create().unwrap();
    let token = world.machine.cancellation_tokens().create_child(root).unwrap();
    world.machine.cancellation_tokens().bind(token, child.call).unwrap();
    world.machine.cancellation_tokens().register(token, 9).unwrap();
    for key in [1, 2] {
        world.machine.threads().set_local(child.id, key, key * 10, Some(7)).unwrap();
    }
    world.machine.threads().begin_join(child.id, Some(parent.id)).unwrap();
    world.machine.cancellation_tokens().cancel(root).unwrap();
    assert_eq!(
        world.machine.cancellation_tokens().next_cancelled().unwrap().map(|it| it.number),
        Some(9)
    );
    assert_eq!(world.machine.cancellation_tokens().next_cancelled(), Ok(None));
    assert_eq!(
        world.machine.threads().status(child.id),
        Ok(ThreadStatus::Joining),
        "it has not heard of it"
    );

    assert_eq!(world.machine.next_call_to_cancel(), Ok(Some(child.call)));
    world.accept_cancellation(child);
    assert_eq!(world.machine.tasks().status(child.call), Ok(TaskStatus::Cancelled));
    assert_eq!(world.machine.threads().end_join(child.id), Ok(Some(ThreadEnd::Cancelled)));
    assert_eq!(world.machine.threads().status(parent.id), Ok(ThreadStatus::Running));
    let heard = world.destroyed().into_iter().map(|it| (it.thread, it.key, it.value.get::<u32>()));
    let expected = [(child.id, 2, Some(20)), (child.id, 1, Some(10))];
    assert_eq!(heard.collect::<Vec<_>>(), expected);

    let error = error_of(&mut world, child);
    let task = world.machine.tasks().start().unwrap();
    world.machine.tasks().fail(task, error).unwrap();
    world.machine.error_contexts().drop(error).unwrap();
    assert_eq!(
        world.machine.threads().clean_up(),
        Ok(1),
        "the child, of which the error still tells"
    );
    let named = world.machine.error_contexts().get_metadata(error, "thread").unwrap();
    assert_eq!(named.and_then(|it| it.get::<u64>()), Some(child.call.as_u64()));
    world.machine.tasks().drop(task).unwrap();
    for token in [token, root] {
        world.machine.cancellation_tokens().drop(token).unwrap();
    }
    world.machine.drop_call(child.call).unwrap();
    world.accept_cancellation(parent);
    assert_eq!(world.join(parent), ThreadEnd::Cancelled);
    world.forget(1);
}

fn a_host_set_wakes_for_the_call_of_a_thread<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instances = world.instances::<3>();
    let threads = instances.map(|instance| {
        let function = world.callback(instance);
        world.waiting(function, None)
    });
    let [returns, cancelled, fails] = threads;
    let set = world.machine.waitable_sets().create_with(&threads.map(|it| it.call)).unwrap();
    // The set also reports that they have started.
    for _ in threads {
        let _ = world.machine.waitable_sets().poll(set).unwrap();
    }
    assert_eq!(world.machine.waitable_sets().poll(set), Ok(WaitResult::Pending));
    assert_eq!(world.machine.tasks().cancel(returns.call), Ok(()));
    assert_eq!(world.machine.next_call_to_cancel(), Ok(Some(returns.call)));
    called_back(&world.machine.cancel_call(returns.call).unwrap(), returns.thread);
    world.task_return(None);
    assert_eq!(world.exit(), HOST);
    world.accept_cancellation(cancelled);
    world.machine.lock_down_instance(instances[2]).unwrap();
    world.machine.call_failed(fails.call).unwrap();

    for ended in [returns, cancelled] {
        let WaitResult::Ready(ready) = world.machine.waitable_sets().poll(set).unwrap() else {
            panic!("nothing is ready")
        };
        assert_eq!(ready.waitable, WaitableId::Subtask(ended.call));
    }
    let failed = FailedTask { task: fails.call, error: None };
    assert_eq!(world.machine.waitable_sets().poll(set), Ok(WaitResult::Error(failed)));
    assert_eq!(world.machine.waitable_sets().poll(set), Ok(WaitResult::Pending));
    let ends = threads.map(|it| world.join(it));
    assert_eq!(ends, [ThreadEnd::Completed, ThreadEnd::Cancelled, ThreadEnd::Failed]);
    world.machine.waitable_sets().drop(set).unwrap();
    world.forget(3);
}

fn a_trap_fails_only_the_threads_of_its_instance<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    world.machine.contexts().set::<UserId>(1).unwrap();
    let [good, bad] = world.instances();
    let [good_function, bad_function] = [good, bad].map(|it| world.stackful(it));
    let goes_on = world.spawn(good_function, None);
    assert_eq!(world.step(thread_yield()), HOST);
    let sleeps = world.spawn(bad_function, Some(goes_on.id));
    assert_eq!(world.step(suspend()), HOST);
    let traps = world.spawn(bad_function, Some(goes_on.id));
    for (key, thread) in [goes_on, sleeps, traps].into_iter().enumerate() {
        let key = u32::try_from(key).unwrap();
        world.machine.threads().set_local(thread.id, key, key, Some(7)).unwrap();
        world.machine.tasks().set_metadata(thread.call, "key", key).unwrap();
    }
    world.machine.threads().begin_join(goes_on.id, Some(sleeps.id)).unwrap();
    world.trap(task_cancel());
    world.machine.trapped().unwrap();

    let statuses =
        [goes_on, sleeps, traps].map(|it| world.machine.threads().status(it.id).unwrap());
    let expected = [ThreadStatus::Running, ThreadStatus::Failed, ThreadStatus::Failed];
    assert_eq!(statuses, expected, "the first has no waiter");
    assert_eq!(world.machine.threads().children(goes_on.id).unwrap().count(), 2);
    let keys: Vec<_> = world.destroyed().iter().map(|it| it.key).collect();
    assert_eq!(keys, [1, 2]);
    world.machine.remove_instance(bad).unwrap();
    world.instances.retain(|it| *it == good);
    assert_eq!(world.machine.count_of(Table::TaskRecords), 1, "the context of the first");
    for failed in [sleeps, traps] {
        assert_eq!(world.machine.tasks().status(failed.call), Ok(TaskStatus::Failed));
    }

    back(&world.tick(), goes_on.thread);
    assert_eq!(
        (world.machine.threads().current(), world.machine.contexts().get::<UserId>()),
        (Some(goes_on.id), Some(1))
    );
    assert_eq!(world.machine.tasks().get_metadata(goes_on.call, "key"), Ok(Some(&0_u32.into())));
    world.task_return(None);
    assert_eq!(world.exit(), HOST);
    assert_eq!(world.destroyed().len(), 1);
    let ends = [goes_on, sleeps, traps].map(|it| world.join(it));
    assert_eq!(ends, [ThreadEnd::Completed, ThreadEnd::Failed, ThreadEnd::Failed]);
    world.machine.contexts().pop().unwrap();
    world.forget(3);
}

fn a_threads_host_task_has_its_context_and_is_cancelled_first<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let function = world.callback(instance);
    world.machine.contexts().set::<UserId>(1).unwrap();
    let begun = world.spawn(function, None);
    let (task, token) = world.as_host(|world| {
        let mut scope = AsyncContextScope::enter_copy(&mut world.machine).unwrap();
        scope.contexts().set::<UserId>(2).unwrap();
        let task = scope.tasks().start().unwrap();
        let token = scope.cancellation_tokens().create().unwrap();
        for bound in [begun.call, task] {
            scope.cancellation_tokens().bind(token, bound).unwrap();
        }
        (task, token)
    });
    assert_eq!(world.machine.contexts().get::<UserId>(), Some(1));
    let set = world.get(set_new());
    assert_eq!(world.exit_to_wait(set), HOST);

    let context = world.machine.tasks().context(task).unwrap().unwrap();
    assert_eq!(context.get::<UserId>(), Some(2));
    let set = world.machine.waitable_sets().create_with(&[begun.call, task]).unwrap();
    let WaitResult::Ready(started) = world.machine.waitable_sets().poll(set).unwrap() else {
        panic!()
    };
    assert_eq!(started.waitable, WaitableId::Subtask(begun.call));
    world.machine.cancellation_tokens().cancel(token).unwrap();
    let statuses = [begun.call, task].map(|it| world.machine.tasks().status(it).unwrap());
    assert_eq!(statuses, [TaskStatus::Running, TaskStatus::Cancelled]);
    assert_eq!(world.machine.next_call_to_cancel(), Ok(Some(begun.call)));
    world.accept_cancellation(begun);
    for expected in [task, begun.call] {
        let WaitResult::Ready(ready) = world.machine.waitable_sets().poll(set).unwrap() else {
            panic!()
        };
        assert_eq!(ready.waitable, WaitableId::Subtask(expected));
    }
    world.machine.tasks().drop(task).unwrap();
    assert_eq!(world.join(begun), ThreadEnd::Cancelled);
    world.machine.waitable_sets().drop(set).unwrap();
    world.machine.cancellation_tokens().drop(token).unwrap();
    world.machine.contexts().pop().unwrap();
    world.forget(1);
}

fn the_error_of_a_task_names_forgotten_threads<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let function = world.callback(instance);
    let threads = [(); 2].map(|()| world.waiting(function, None));
    let errors = threads.map(|thread| {
        world.accept_cancellation(thread);
        world.join(thread);
        error_of(&mut world, thread)
    });
    assert_eq!(world.machine.threads().clean_up(), Ok(2));
    world.machine.error_contexts().set_source(errors[0], errors[1]).unwrap();
    let task = world.machine.tasks().start().unwrap();
    world.machine.tasks().fail(task, errors[0]).unwrap();
    for error in errors {
        world.machine.error_contexts().drop(error).unwrap();
    }
    let trace = world.machine.error_contexts().stack_trace(errors[0]).unwrap().to_string();
    assert_eq!(trace, "warning: cancelled\ncaused by: warning: cancelled");
    let named = errors.map(|error| {
        let named = world.machine.error_contexts().get_metadata(error, "thread").unwrap();
        named.and_then(|it| it.get::<u64>())
    });
    assert_eq!(named, threads.map(|it| Some(it.call.as_u64())));
    // Threads that now have their places are not affected.
    let next = world.waiting(function, None);
    assert!(threads.iter().all(|it| it.call != next.call && it.id != next.id));
    assert_eq!(world.machine.tasks().metadata(next.call).unwrap().count(), 0);
    world.machine.tasks().drop(task).unwrap();
    assert_eq!(world.machine.count_of(Table::ErrorRecords), 0);
    world.accept_cancellation(next);
    world.join(next);
    world.forget(1);
}

on_each_storage! {
    a_thread_keeps_the_context_of_a_scope_that_was_left,
    a_child_cancelled_by_a_token_has_an_error_that_names_it,
    a_host_set_wakes_for_the_call_of_a_thread,
    a_trap_fails_only_the_threads_of_its_instance,
    a_threads_host_task_has_its_context_and_is_cancelled_first,
    the_error_of_a_task_names_forgotten_threads,
}

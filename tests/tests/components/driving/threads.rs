//! Threads that the host starts in a store, joins and cancels, and their values.

use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use weft::abi::Val;
use weft::component::{CallError, FunctionReference, Instance, Linker, SpawnedThread, ThreadError};
use weft::context::{AsyncContextScope, ContextKey};
use weft::engine::wasmi::Wasmi;
use weft::error::{Error, ExtensionError};
use weft::limits::Table;
use weft::machine::WaitableId;
use weft::task::TaskStatus;
use weft::thread::{SpawnedThreadId, ThreadSpawnConfig, ThreadStatus};
use weft::waitable::WaitResult;

use weft_tests::causes::chain;

use super::guests::GuestWorld;
use super::questions::number;

const CONFIG: ThreadSpawnConfig = ThreadSpawnConfig { stack_size: None, priority: None };

fn reference(world: &GuestWorld, guest: &Instance<Wasmi>, name: &str) -> FunctionReference {
    world.store.function_reference(guest, name).unwrap()
}

/// Starts a thread, which asks a question if there is one.
#[track_caller]
fn spawn(
    world: &mut GuestWorld,
    function: &FunctionReference,
    question: Option<u32>,
    parent: Option<SpawnedThreadId>,
) -> SpawnedThread {
    let arguments: Vec<_> = question.map(Val::U32).into_iter().collect();
    world.store.spawn_thread_ref(function, &arguments, CONFIG, parent).unwrap()
}

fn status(world: &mut GuestWorld, thread: SpawnedThread) -> ThreadStatus {
    world.store.threads().status(thread.id()).unwrap()
}

/// The arguments of destructors.
type Heard = Arc<Mutex<Vec<(u32, Option<u32>)>>>;

/// Adds a destructor that records its arguments.
fn hears(world: &mut GuestWorld, heard: &Heard) -> u32 {
    let heard = heard.clone();
    let destructor = world.store.add_thread_destructor(move |_, it| {
        heard.lock().unwrap().push((it.key, it.value.get::<u32>()));
        Ok(())
    });
    destructor.unwrap()
}

#[test]
fn threads_take_turns_and_each_is_joined_with_its_result() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let guest = world.guest();
    let ask = reference(&world, &guest, "ask-twice");
    assert_eq!(ask.name(), "ask-twice");
    let threads = [1, 10].map(|question| spawn(&mut world, &ask, Some(question), None));
    for thread in threads {
        assert_eq!(status(&mut world, thread), ThreadStatus::Running);
    }
    for question in [10, 11, 1, 2] {
        asked.answer(question, question);
    }
    let results = threads.map(|it| world.store.join_thread(it).unwrap());
    assert_eq!(results, [Some(Val::U32(3)), Some(Val::U32(21))]);
    for thread in threads {
        assert_eq!(status(&mut world, thread), ThreadStatus::Completed);
        let again = world.store.join_thread(thread).unwrap_err();
        assert!(
            matches!(again, ThreadError::Error(Error::Extension(ExtensionError::AlreadyJoined))),
            "{again}"
        );
    }
    assert_eq!(world.store.threads().clean_up(), Ok(2));
    let again = world.store.join_thread(threads[0]).unwrap_err();
    assert!(matches!(again, ThreadError::Error(Error::Unknown(Table::ThreadRecords))), "{again}");
}

#[test]
fn the_signature_of_a_function_is_checked_before_a_thread_starts() {
    let mut world = GuestWorld::new();
    let guest = world.guest();
    let missing = world.store.function_reference(&guest, "missing").unwrap_err();
    assert_eq!(missing.to_string(), "there is no exported function `missing`");
    let add = reference(&world, &guest, "add");
    let wrong = add.typed::<(u32,), u32>().unwrap_err();
    assert!(matches!(wrong, ThreadError::Signature { .. }), "{wrong}");
    let wrong = world.store.spawn_thread_ref(&add, &[Val::Bool(true)], CONFIG, None).unwrap_err();
    assert!(matches!(wrong, ThreadError::Call(CallError::Mismatch(_))), "{wrong}");
    let other = GuestWorld::new().guest();
    assert!(world.store.function_reference(&other, "add").is_err());
    assert_eq!(world.store.threads().count(), 0);

    let add = add.typed::<(u32, u32), u32>().unwrap();
    let config = ThreadSpawnConfig { stack_size: Some(65_536), priority: Some(5) };
    let thread = world.store.spawn_thread_ref(&add, (1, 2), config, None).unwrap();
    assert_eq!(world.store.threads().config(thread.id()), Ok(config));
    assert_eq!(world.store.join_thread(thread).unwrap(), 3);
}

#[test]
fn thread_values_are_destroyed_newest_first_before_the_join() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let guest = world.guest();
    let ask = reference(&world, &guest, "ask");
    let thread = spawn(&mut world, &ask, Some(1), None);
    let heard = Heard::default();
    let destructor = hears(&mut world, &heard);
    for key in [1, 2, 3] {
        let destructor = (key != 2).then_some(destructor);
        world.store.threads().set_local(thread.id(), key, key * 10, destructor).unwrap();
    }
    assert!(heard.lock().unwrap().is_empty());
    asked.answer(1, 11);
    assert_eq!(world.store.join_thread(thread).unwrap(), Some(Val::U32(11)));
    assert_eq!(*heard.lock().unwrap(), [(3, Some(30)), (1, Some(10))]);
}

#[test]
fn a_destructor_can_be_a_guest_function() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let guest = world.guest();
    let add = world.function(&guest, "add").typed::<(u32, u32), u32>().unwrap();
    let heard = Heard::default();
    let noted = heard.clone();
    let destructor = world.store.add_thread_destructor(move |caller, it| {
        let sum = caller.call(&add, (it.value.get::<u32>().ok_or("no number")?, 1))?;
        noted.lock().unwrap().push((it.key, Some(sum)));
        Ok(())
    });
    let destructor = destructor.unwrap();
    let ask = reference(&world, &guest, "ask");
    let thread = spawn(&mut world, &ask, Some(1), None);
    world.store.threads().set_local(thread.id(), 7, 41_u32, Some(destructor)).unwrap();
    asked.answer(1, 11);
    world.store.join_thread(thread).unwrap();
    assert_eq!(*heard.lock().unwrap(), [(7, Some(42))]);
}

#[test]
fn a_failing_destructor_is_reported_and_the_others_run() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let guest = world.guest();
    let heard = Heard::default();
    let hears = hears(&mut world, &heard);
    let fails = world.store.add_thread_destructor(|_, _| Err("no".into())).unwrap();
    let waits = reference(&world, &guest, "stuck").function().clone();
    let waits = world
        .store
        .add_thread_destructor(move |caller, _| Ok(caller.call(&waits, &[]).map(drop)?));
    let waits = waits.unwrap();
    let ask = reference(&world, &guest, "ask");
    let thread = spawn(&mut world, &ask, Some(1), None);
    let refused = world.store.threads().set_local(thread.id(), 3, 3_u32, Some(99));
    assert_eq!(refused, Err(ExtensionError::UnknownDestructor { number: 99 }.into()));
    for (key, destructor) in [(1, hears), (2, fails), (4, waits), (5, hears)] {
        world.store.threads().set_local(thread.id(), key, key, Some(destructor)).unwrap();
    }
    asked.answer(1, 11);
    assert_eq!(world.store.join_thread(thread).unwrap(), Some(Val::U32(11)));
    assert_eq!(*heard.lock().unwrap(), [(5, Some(5)), (1, Some(1))]);
    let mut failed = || world.store.take_failed_thread_destructor();
    let waits = failed().unwrap();
    assert_eq!((waits.value.key, waits.value.value.get::<u32>()), (4, Some(4)));
    let says_so = failed().unwrap();
    assert_eq!(
        chain(&says_so),
        "the destructor for the thread-local value with the key 2 failed: no"
    );
    assert!(failed().is_none());
}

#[test]
fn children_are_cancelled_and_their_values_destroyed() {
    let mut world = GuestWorld::new();
    let guest = world.guest();
    let (ask, spin) = (reference(&world, &guest, "ask"), reference(&world, &guest, "spin"));
    let parent = spawn(&mut world, &ask, Some(1), None);
    let children = [(); 2].map(|()| spawn(&mut world, &spin, None, Some(parent.id())));
    let other = spawn(&mut world, &spin, None, None);
    let heard = Heard::default();
    let destructor = hears(&mut world, &heard);
    for child in children {
        world.store.threads().set_local(child.id(), 1, 5_u32, Some(destructor)).unwrap();
    }
    assert_eq!(world.store.cancel_children_of_thread(parent.id()), Ok(2));
    for child in children {
        let cancelled = world.store.join_thread(child).unwrap_err();
        assert!(matches!(cancelled, ThreadError::Call(CallError::Cancelled)), "{cancelled}");
        assert_eq!(status(&mut world, child), ThreadStatus::Cancelled);
        assert_eq!(world.store.cancel_thread(child.id()), Err(ExtensionError::ThreadEnded.into()));
    }
    assert_eq!(world.store.cancel_children_of_thread(parent.id()), Ok(0), "they are over");
    assert_eq!(heard.lock().unwrap().len(), 2);
    assert_eq!(status(&mut world, other), ThreadStatus::Running);
    assert_eq!(status(&mut world, parent), ThreadStatus::Running);
}

#[test]
fn children_are_cancelled_though_the_result_of_one_was_taken() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let guest = world.guest();
    let functions = ["ask", "return-and-ask", "spin"].map(|name| reference(&world, &guest, name));
    let parent = spawn(&mut world, &functions[0], Some(1), None);
    // It continues after its result.
    let returned = spawn(&mut world, &functions[1], Some(2), Some(parent.id()));
    let spinning = spawn(&mut world, &functions[2], None, Some(parent.id()));
    let result = world.store.take_result(returned.call()).unwrap().unwrap().unwrap();
    assert_eq!(result, Some(Val::U32(7)));
    assert_eq!(status(&mut world, returned), ThreadStatus::Running);
    let gone = Err(Error::Unknown(Table::Waitables));
    assert_eq!(world.store.cancel_thread(returned.id()), gone, "there is no call to cancel");
    assert_eq!(world.store.cancel_children_of_thread(parent.id()), Ok(1));
    let cancelled = world.store.join_thread(spinning).unwrap_err();
    assert!(matches!(cancelled, ThreadError::Call(CallError::Cancelled)), "{cancelled}");
    asked.answer(1, 11);
    assert_eq!(world.store.join_thread(parent).unwrap(), Some(Val::U32(11)));
}

#[test]
fn functions_refuse_unknown_threads() {
    let mut world = GuestWorld::new();
    let guest = world.guest();
    let add = reference(&world, &guest, "add");
    let arguments = [Val::U32(1), Val::U32(2)];
    let thread = world.store.spawn_thread_ref(&add, &arguments, CONFIG, None).unwrap();
    assert_eq!(world.store.join_thread(thread).unwrap(), Some(Val::U32(3)));
    assert_eq!(world.store.threads().clean_up(), Ok(1));
    let gone = Error::Unknown(Table::ThreadRecords);
    assert_eq!(world.store.cancel_thread(thread.id()), Err(gone));
    assert_eq!(world.store.cancel_children_of_thread(thread.id()), Err(gone));
    assert_eq!(world.store.join_thread_async(thread).map(|_| ()), Err(gone));
    let orphan = world.store.spawn_thread_ref(&add, &arguments, CONFIG, Some(thread.id()));
    assert!(matches!(orphan, Err(ThreadError::Error(error)) if error == gone), "{orphan:?}");
    assert_eq!(world.store.threads().count(), 0);
}

#[test]
fn a_thread_keeps_the_context_of_its_scope() {
    let mut world = GuestWorld::new();
    let (name, heard) = ("user", Heard::default());
    let mut linker = Linker::new();
    let noted = heard.clone();
    linker.async_function("wait", move |caller, arguments| {
        let key = ContextKey::new(name).unwrap();
        let user = caller.contexts().get_value(key).and_then(|it| it.get::<u32>());
        noted.lock().unwrap().push((number(arguments.first()), user));
        let mut has_waited = false;
        async move {
            poll_fn(|context| {
                if std::mem::replace(&mut has_waited, true) {
                    return Poll::Ready(());
                }
                context.waker().wake_by_ref();
                Poll::Pending
            })
            .await;
            Ok(Some(Val::U32(user.unwrap_or_default())))
        }
    });
    let guest = world.guest_with(&linker);
    let ask = reference(&world, &guest, "ask-twice");
    let thread = {
        let mut scope = AsyncContextScope::enter_empty(&mut world.store).unwrap();
        scope.contexts().set_value(ContextKey::new(name).unwrap(), 7_u32).unwrap();
        scope.spawn_thread_ref(&ask, &[Val::U32(1)], CONFIG, None).unwrap()
    };
    let later = spawn(&mut world, &ask, Some(10), None);
    let begun = std::mem::take(&mut *heard.lock().unwrap());
    assert_eq!(begun, [(1, Some(7)), (10, None)], "neither has asked its second question");
    assert_eq!(world.store.join_thread(thread).unwrap(), Some(Val::U32(14)));
    assert_eq!(world.store.join_thread(later).unwrap(), Some(Val::U32(0)));
    assert_eq!(*heard.lock().unwrap(), [(2, Some(7)), (11, None)]);
}

#[test]
fn a_thread_wakes_a_set_and_is_cancelled_by_a_token() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let guest = world.guest();
    let functions = ["ask", "ask-cancellably"].map(|name| reference(&world, &guest, name));
    let answered = spawn(&mut world, &functions[0], Some(1), None);
    let cancelled = spawn(&mut world, &functions[1], Some(2), Some(answered.id()));
    let heard = Heard::default();
    let destructor = hears(&mut world, &heard);
    world.store.threads().set_local(cancelled.id(), 1, 10_u32, Some(destructor)).unwrap();
    let token = world.store.cancellation_tokens().create().unwrap();
    world.store.cancellation_tokens().bind(token, cancelled.call().task()).unwrap();
    let set = world
        .store
        .waitable_sets()
        .create_with(&[answered, cancelled].map(|it| it.call().task()))
        .unwrap();
    // The set also reports that they have started.
    while let WaitResult::Ready(_) = world.store.waitable_sets().poll(set).unwrap() {}
    asked.answer(1, 11);
    for (thread, status) in [(answered, TaskStatus::Completed), (cancelled, TaskStatus::Cancelled)]
    {
        let result = world.store.wait_for_set(set).unwrap();
        let WaitResult::Ready(ready) = result else { panic!("{result:?}") };
        assert_eq!(ready.waitable, WaitableId::Subtask(thread.call().task()));
        assert_eq!(world.store.tasks().status(thread.call().task()), Ok(status));
        world.store.cancellation_tokens().cancel(token).unwrap();
    }
    let ended = world.store.join_thread(cancelled).unwrap_err();
    assert!(matches!(ended, ThreadError::Call(CallError::Cancelled)), "{ended}");
    assert_eq!(world.store.join_thread(answered).unwrap(), Some(Val::U32(11)));
    assert_eq!(*heard.lock().unwrap(), [(1, Some(10))]);
    assert!(asked.is_dropped(2));
}

#[test]
fn a_thread_that_traps_has_failed_and_its_values_are_destroyed() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let guest = world.guest();
    let trap = reference(&world, &guest, "ask-and-trap");
    let threads = [1, 2].map(|question| spawn(&mut world, &trap, Some(question), None));
    let heard = Heard::default();
    let destructor = hears(&mut world, &heard);
    for thread in threads {
        world.store.threads().set_local(thread.id(), 1, 5_u32, Some(destructor)).unwrap();
    }
    asked.answer(1, 11);
    let [trapped, other] = threads.map(|it| world.store.join_thread(it).unwrap_err());
    assert!(matches!(trapped, ThreadError::Call(CallError::Core(_))), "{trapped}");
    assert!(matches!(other, ThreadError::Call(CallError::InstanceTrapped(_))), "{other}");
    for thread in threads {
        assert_eq!(status(&mut world, thread), ThreadStatus::Failed);
    }
    assert_eq!(heard.lock().unwrap().len(), 2);
    let refused = world.store.spawn_thread_ref(&trap, &[Val::U32(3)], CONFIG, None).unwrap_err();
    assert!(matches!(refused, ThreadError::Call(CallError::InstanceTrapped(_))), "{refused}");
    assert_eq!(world.store.threads().count(), 2);
}

#[test]
fn a_thread_that_traps_at_its_start_destroys_its_values() {
    let mut world = GuestWorld::new();
    let heard = Heard::default();
    let destructor = hears(&mut world, &heard);
    let mut linker = Linker::new();
    linker.function("wait", move |caller, _| {
        let thread = caller.threads().current().ok_or("no thread")?;
        caller.threads().set_local(thread, 1, 5_u32, Some(destructor))?;
        Ok(Some(Val::U32(0)))
    });
    let guest = world.guest_with(&linker);
    let trap = reference(&world, &guest, "ask-and-trap");
    let refused = world.store.spawn_thread_ref(&trap, &[Val::U32(1)], CONFIG, None).unwrap_err();
    assert!(matches!(refused, ThreadError::Call(CallError::Core(_))), "{refused}");
    assert!(world.store.poll(Waker::noop()).unwrap().is_at_rest());
    assert_eq!(*heard.lock().unwrap(), [(1, Some(5))]);
    assert_eq!((world.store.threads().clean_up(), world.store.threads().count()), (Ok(1), 0));
}

#[test]
fn a_join_that_would_wait_forever_is_an_error_and_can_be_repeated() {
    let mut world = GuestWorld::new();
    let guest = world.guest();
    let stuck = reference(&world, &guest, "stuck");
    let thread = spawn(&mut world, &stuck, None, None);
    for _ in 0..2 {
        let deadlock = world.store.join_thread(thread).unwrap_err();
        assert!(matches!(deadlock, ThreadError::Call(CallError::Deadlock(_))), "{deadlock}");
        assert_eq!(status(&mut world, thread), ThreadStatus::Running);
    }
}

#[test]
fn a_dropped_join_future_leaves_the_thread_to_others() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let guest = world.guest();
    let ask = reference(&world, &guest, "ask");
    let thread = spawn(&mut world, &ask, Some(1), None);
    let mut context = Context::from_waker(Waker::noop());
    {
        let mut join = pin!(world.store.join_thread_async(thread).unwrap());
        assert!(join.as_mut().poll(&mut context).is_pending());
    }
    assert_eq!(status(&mut world, thread), ThreadStatus::Running);
    asked.answer(1, 11);
    assert_eq!(world.store.join_thread(thread).unwrap(), Some(Val::U32(11)));
}

#[test]
fn a_join_waits_for_the_end_of_the_thread() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let guest = world.guest();
    let returns = reference(&world, &guest, "return-and-ask");
    let thread = spawn(&mut world, &returns, Some(1), None);
    assert_eq!(status(&mut world, thread), ThreadStatus::Running);
    asked.answer(1, 11);
    assert_eq!(world.store.join_thread(thread).unwrap(), Some(Val::U32(7)));
    assert_eq!(status(&mut world, thread), ThreadStatus::Failed, "it trapped in the end");
    assert!(world.store.take_background_trap().is_some());
}

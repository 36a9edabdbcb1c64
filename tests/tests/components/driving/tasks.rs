//! Calls and host tasks: waits for one of them and for sets, and cancellation by tokens.

use std::thread;
use std::time::Duration;

use weft::abi::{Type, Val};
use weft::code::CopyResult;
use weft::component::{CallError, CallId, HostAwaited};
use weft::context::ContextValue;
use weft::error::Error;
use weft::limits::Table;
use weft::machine::WaitableId;
use weft::task::TaskStatus;
use weft::waitable::{FailedTask, WaitResult};

use super::guests::GuestWorld;

const SOON: Duration = Duration::from_millis(30);

#[test]
fn a_call_is_waited_for_as_a_task_and_its_result_is_taken_then() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let ask = world.guest_function("ask");
    let call = world.store.start(&ask, &[Val::U32(1)]).unwrap();
    assert_eq!(world.store.tasks().status(call.task()), Ok(TaskStatus::Running));
    let questions = asked.clone();
    let answering = thread::spawn(move || {
        thread::sleep(SOON);
        questions.answer(1, 40);
    });
    assert_eq!(world.store.wait_for_task(call.task()).unwrap(), TaskStatus::Completed);
    answering.join().unwrap();
    assert!(world.store.tasks().result(call.task()).unwrap().is_some());
    let result = world.store.take_result(call).unwrap().unwrap();
    assert_eq!(result.unwrap(), Some(Val::U32(40)));
    let gone = world.store.wait_for_task(call.task()).unwrap_err();
    assert!(matches!(gone, CallError::Error(Error::Unknown(Table::Waitables))), "{gone}");
}

#[test]
fn the_first_of_several_calls_is_found_by_a_set() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let ask = world.guest_function("ask");
    let calls = [1, 2, 3].map(|it| world.store.start(&ask, &[Val::U32(it)]).unwrap());
    let set = world.store.waitable_sets().create_with(&calls.map(CallId::task)).unwrap();
    // The set also reports that they have started.
    while let WaitResult::Ready(_) = world.store.waitable_sets().poll(set).unwrap() {}
    let late = world.store.wait_for_set_within(set, Duration::from_millis(1)).unwrap();
    assert_eq!(late, WaitResult::Timeout);
    for it in [1_usize, 2, 0] {
        let number = u32::try_from(it).unwrap() + 1;
        asked.answer(number, number);
        let WaitResult::Ready(ready) = world.store.wait_for_set(set).unwrap() else {
            panic!("{it} is not ready")
        };
        assert_eq!(ready.waitable, WaitableId::Subtask(calls[it].task()));
        let result = world.store.take_result(calls[it]).unwrap().unwrap().unwrap();
        assert_eq!(result, Some(Val::U32(number)));
    }
    assert_eq!(world.store.waitable_sets().count(set), Ok(0));
    let error = world.store.wait_for_set(set).unwrap_err();
    assert!(matches!(error, CallError::Deadlock(_)), "{error}");
}

#[tokio::test]
async fn tasks_and_sets_are_waited_for_as_futures() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let ask = world.guest_function("ask");
    let call = world.store.start(&ask, &[Val::U32(1)]).unwrap();
    let set = world.store.waitable_sets().create_with(&[call.task()]).unwrap();
    while let WaitResult::Ready(_) = world.store.waitable_sets().poll(set).unwrap() {}
    tokio::time::timeout(SOON, world.store.wait_for_set_async(set)).await.unwrap_err();
    tokio::time::timeout(SOON, world.store.wait_for_task_async(call.task())).await.unwrap_err();
    assert_eq!(world.store.tasks().status(call.task()), Ok(TaskStatus::Running));
    asked.answer(1, 5);
    let status = world.store.wait_for_task_async(call.task()).await.unwrap();
    assert_eq!(status, TaskStatus::Completed);
    let result = world.store.wait_for_set_async(set).await.unwrap();
    assert!(matches!(result, WaitResult::Ready(_)), "{result:?}");
    assert_eq!(world.store.run(call).unwrap(), Some(Val::U32(5)));
}

#[test]
fn a_token_cancels_calls_and_host_tasks_that_are_bound_to_it() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let guest = world.guest();
    let (spin, ask) = (world.function(&guest, "spin"), world.function(&guest, "ask-cancellably"));
    let spinning = world.store.start(&spin, &[]).unwrap();
    let asking = world.store.start(&ask, &[Val::U32(1)]).unwrap();
    let task = world.store.tasks().start().unwrap();
    let token = world.store.cancellation_tokens().create().unwrap();
    let tasks = [spinning.task(), asking.task(), task];
    for task in tasks {
        world.store.cancellation_tokens().bind(token, task).unwrap();
    }
    world.store.cancellation_tokens().cancel(token).unwrap();
    assert_eq!(world.store.tasks().status(task), Ok(TaskStatus::Cancelled));
    world.store.wait_for_tasks(&tasks).unwrap();
    for call in [spinning, asking] {
        assert_eq!(world.store.tasks().status(call.task()), Ok(TaskStatus::Cancelled));
        let error = world.store.run(call).unwrap_err();
        assert!(matches!(error, CallError::Cancelled), "{error}");
    }
    assert!(asked.is_dropped(1));
}

#[test]
fn a_call_that_traps_has_failed_and_its_set_reports_it() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let guest = world.guest();
    let functions = ["ask-and-trap", "ask"].map(|name| world.function(&guest, name));
    let calls = [1, 2].map(|it: u32| {
        let function = &functions[usize::try_from(it).unwrap() - 1];
        world.store.start(function, &[Val::U32(it)]).unwrap()
    });
    let set = world.store.waitable_sets().create_with(&calls.map(CallId::task)).unwrap();
    while let WaitResult::Ready(_) = world.store.waitable_sets().poll(set).unwrap() {}
    asked.answer(1, 0);
    // The other one is in the same instance.
    for call in calls {
        let result = world.store.wait_for_set(set).unwrap();
        assert_eq!(result, WaitResult::Error(FailedTask { task: call.task(), error: None }));
        assert_eq!(world.store.wait_for_task(call.task()).unwrap(), TaskStatus::Failed);
        world.store.run(call).unwrap_err();
    }
}

#[test]
fn a_host_future_is_waited_for_with_its_value() {
    let mut world = GuestWorld::new();
    let (readable, writable) = world.store.new_future(Some(&Type::U32)).unwrap();
    let (other, _) = world.store.new_stream(Some(&Type::U32)).unwrap();
    world.store.read(readable, 1).unwrap();
    world.store.read(other, 1).unwrap();
    world.store.write(writable, vec![Val::U32(7)]).unwrap();
    let result = world.store.wait_for_any(&[other, readable]).unwrap();
    let WaitResult::Ready(ready) = result else { panic!("{result:?}") };
    let event = world.store.end_event(ready).unwrap().unwrap();
    assert_eq!((event.end, event.result), (readable, CopyResult::Completed));
    assert_eq!(event.values, [Val::U32(7)]);
    // Only the host can take the event of the writer.
    let event = world.store.next_end_event().unwrap().unwrap();
    assert_eq!((event.end, event.count), (writable, 1));
}

#[test]
fn a_host_stream_is_waited_for_beside_a_future() {
    let mut world = GuestWorld::new();
    let (future, _) = world.store.new_future(Some(&Type::U32)).unwrap();
    let (readable, writable) = world.store.new_stream(Some(&Type::U32)).unwrap();
    world.store.read(future, 1).unwrap();
    world.store.read(readable, 2).unwrap();
    world.store.write(writable, vec![Val::U32(7), Val::U32(8), Val::U32(9)]).unwrap();
    let result = world.store.wait_for_any(&[future, readable]).unwrap();
    let WaitResult::Ready(ready) = result else { panic!("{result:?}") };
    let event = world.store.end_event(ready).unwrap().unwrap();
    assert_eq!((event.end, event.result, event.count), (readable, CopyResult::Completed, 2));
    assert_eq!(event.values, [Val::U32(7), Val::U32(8)]);
}

#[tokio::test]
async fn every_way_of_waiting_reports_a_deadlock() {
    let mut world = GuestWorld::new();
    let [task, gone] = [(); 2].map(|()| world.store.tasks().start().unwrap());
    world.store.tasks().cancel(gone).unwrap();
    world.store.tasks().drop(gone).unwrap();
    let set = world.store.waitable_sets().create().unwrap();
    let dropped = world.store.waitable_sets().create().unwrap();
    world.store.waitable_sets().drop(dropped).unwrap();
    assert_eq!(world.store.tasks().result(gone), Err(Error::Unknown(Table::Waitables)));
    let store = &mut world.store;
    let unknown = [
        store.wait_for_task(gone).unwrap_err(),
        store.wait_for_task_async(gone).await.unwrap_err(),
        store.wait_for_tasks(&[gone]).unwrap_err(),
        store.wait_for_any(&[gone]).unwrap_err(),
    ];
    for error in unknown {
        assert!(matches!(error, CallError::Error(Error::Unknown(Table::Waitables))), "{error}");
    }
    let unknown = [
        store.wait_for_set(dropped).unwrap_err(),
        store.wait_for_set_within(dropped, SOON).unwrap_err(),
        store.wait_for_set_async(dropped).await.unwrap_err(),
    ];
    for error in unknown {
        assert!(matches!(error, CallError::Error(Error::Unknown(Table::WaitableSets))), "{error}");
    }
    let waiting = [
        store.wait_for_task(task).unwrap_err(),
        store.wait_for_tasks(&[task]).unwrap_err(),
        store.wait_for_any(&[task]).unwrap_err(),
    ];
    for error in waiting {
        let CallError::WaitsForHost(waits) = error else { panic!("{error}") };
        assert_eq!(waits.awaited, [HostAwaited::Task(task)]);
    }
    let stuck = [
        store.wait_for_set(set).unwrap_err(),
        store.wait_for_set_within(set, SOON).unwrap_err(),
        store.wait_for_set_async(set).await.unwrap_err(),
    ];
    for error in stuck {
        assert!(matches!(error, CallError::Deadlock(_)), "{error}");
    }
    // A set that was dropped has no members.
    store.waitable_sets().add(set, task).unwrap();
    store.waitable_sets().close(set).unwrap();
    assert_eq!(store.wait_for_set(set).unwrap(), WaitResult::Cancelled);
    assert_eq!(store.count_of(Table::WaitableSets), 1);
}

#[test]
fn a_wait_for_a_host_task_leaves_the_task_unchanged() {
    let mut world = GuestWorld::new();
    let task = world.store.tasks().start().unwrap();
    let error = world.store.wait_for_task(task).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("nothing can go on before the host does its part: the host ends its task {task}")
    );
    assert!(error.kept_call::<Option<Val>>().is_none(), "it is no call");
    world.store.tasks().complete(task, ContextValue::String("done".into())).unwrap();
    assert_eq!(world.store.wait_for_task(task).unwrap(), TaskStatus::Completed);
    let returned = world.store.tasks().result(task).unwrap().and_then(|it| it.value()?.as_text());
    assert_eq!(returned, Some("done"));
}

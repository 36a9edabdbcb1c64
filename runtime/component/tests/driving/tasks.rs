//! Calls and host tasks, waited for alone and in sets, and cancelled by tokens.

use std::thread;
use std::time::Duration;

use weft::abi::{Type, Val};
use weft::code::CopyResult;
use weft::component::{CallError, CallId};
use weft::context::ContextValue;
use weft::error::Error;
use weft::limits::Table;
use weft::machine::WaitableId;
use weft::task::TaskStatus;
use weft::waitable::{FailedTask, WaitResult};

use super::guests::World;

const SOON: Duration = Duration::from_millis(30);

#[test]
fn a_call_is_waited_for_as_a_task_and_its_result_is_taken_then() {
    let mut world = World::new();
    let ask = world.guest_function("ask");
    let call = world.store.start(&ask, &[Val::U32(1)]).unwrap();
    assert_eq!(world.store.host().task_status(call.task()), Ok(TaskStatus::Running));
    let questions = world.questions.clone();
    let answering = thread::spawn(move || {
        thread::sleep(SOON);
        questions.answer(1, 40);
    });
    assert_eq!(world.store.task_wait(call.task()).unwrap(), TaskStatus::Completed);
    answering.join().unwrap();
    assert!(world.store.task_result(call.task()).unwrap().is_some());
    let result = world.store.take_result(call).unwrap().unwrap();
    assert_eq!(result.unwrap(), Some(Val::U32(40)));
    let gone = world.store.task_wait(call.task()).unwrap_err();
    assert!(matches!(gone, CallError::Error(Error::Unknown(Table::Waitables))), "{gone}");
}

#[test]
fn the_first_of_several_calls_is_found_by_a_set() {
    let mut world = World::new();
    let ask = world.guest_function("ask");
    let calls = [1, 2, 3].map(|it| world.store.start(&ask, &[Val::U32(it)]).unwrap());
    let set = world.store.host().waitable_set_of(&calls.map(CallId::task)).unwrap();
    // That they have started is told, too.
    while let WaitResult::Ready(_) = world.store.host().waitable_set_poll(set).unwrap() {}
    let late = world.store.waitable_set_wait_for(set, Duration::from_millis(1)).unwrap();
    assert_eq!(late, WaitResult::Timeout);
    for it in [1_usize, 2, 0] {
        let number = u32::try_from(it).unwrap() + 1;
        world.questions.answer(number, number);
        let WaitResult::Ready(ready) = world.store.waitable_set_wait(set).unwrap() else {
            panic!("{it} is not ready")
        };
        assert_eq!(ready.waitable, WaitableId::Subtask(calls[it].task()));
        let result = world.store.take_result(calls[it]).unwrap().unwrap().unwrap();
        assert_eq!(result, Some(Val::U32(number)));
    }
    assert_eq!(world.store.host().waitable_set_count(set), Ok(0));
    let error = world.store.waitable_set_wait(set).unwrap_err();
    assert!(matches!(error, CallError::Deadlock(_)), "{error}");
}

#[tokio::test]
async fn tasks_and_sets_are_waited_for_as_futures() {
    let mut world = World::new();
    let ask = world.guest_function("ask");
    let call = world.store.start(&ask, &[Val::U32(1)]).unwrap();
    let set = world.store.host().waitable_set_of(&[call.task()]).unwrap();
    while let WaitResult::Ready(_) = world.store.host().waitable_set_poll(set).unwrap() {}
    tokio::time::timeout(SOON, world.store.waitable_set_wait_async(set)).await.unwrap_err();
    tokio::time::timeout(SOON, world.store.task_wait_async(call.task())).await.unwrap_err();
    assert_eq!(world.store.host().task_status(call.task()), Ok(TaskStatus::Running));
    world.questions.answer(1, 5);
    let status = world.store.task_wait_async(call.task()).await.unwrap();
    assert_eq!(status, TaskStatus::Completed);
    let result = world.store.waitable_set_wait_async(set).await.unwrap();
    assert!(matches!(result, WaitResult::Ready(_)), "{result:?}");
    assert_eq!(world.store.run(call).unwrap(), Some(Val::U32(5)));
}

#[test]
fn a_token_cancels_calls_and_host_tasks_that_are_bound_to_it() {
    let mut world = World::new();
    let guest = world.guest();
    let (spin, ask) = (world.function(&guest, "spin"), world.function(&guest, "ask-cancellably"));
    let spinning = world.store.start(&spin, &[]).unwrap();
    let asking = world.store.start(&ask, &[Val::U32(1)]).unwrap();
    let mut host = world.store.host();
    let task = host.task_start().unwrap();
    let token = host.cancellation_token_new().unwrap();
    let tasks = [spinning.task(), asking.task(), task];
    for task in tasks {
        host.cancellation_token_bind(token, task).unwrap();
    }
    host.cancellation_token_cancel(token).unwrap();
    assert_eq!(host.task_status(task), Ok(TaskStatus::Cancelled));
    world.store.wait_for_tasks(&tasks).unwrap();
    for call in [spinning, asking] {
        assert_eq!(world.store.host().task_status(call.task()), Ok(TaskStatus::Cancelled));
        let error = world.store.run(call).unwrap_err();
        assert!(matches!(error, CallError::Cancelled), "{error}");
    }
    assert!(world.questions.is_dropped(1));
}

#[test]
fn a_call_that_traps_is_told_by_its_set_and_failed() {
    let mut world = World::new();
    let guest = world.guest();
    let functions = ["ask-and-trap", "ask"].map(|name| world.function(&guest, name));
    let calls = [1, 2].map(|it: u32| {
        let function = &functions[usize::try_from(it).unwrap() - 1];
        world.store.start(function, &[Val::U32(it)]).unwrap()
    });
    let set = world.store.host().waitable_set_of(&calls.map(CallId::task)).unwrap();
    while let WaitResult::Ready(_) = world.store.host().waitable_set_poll(set).unwrap() {}
    world.questions.answer(1, 0);
    // The other one is in the same instance.
    for call in calls {
        let result = world.store.waitable_set_wait(set).unwrap();
        assert_eq!(result, WaitResult::Error(FailedTask { task: call.task(), error: None }));
        assert_eq!(world.store.task_wait(call.task()).unwrap(), TaskStatus::Failed);
        world.store.run(call).unwrap_err();
    }
}

#[test]
fn a_future_of_the_hosts_is_waited_for_with_its_value() {
    let mut world = World::new();
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
    // That of the writer is nobody's but the host's.
    let event = world.store.next_end_event().unwrap().unwrap();
    assert_eq!((event.end, event.count), (writable, 1));
}

#[test]
fn a_stream_of_the_hosts_is_waited_for_beside_a_future() {
    let mut world = World::new();
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
async fn what_is_waited_for_in_vain_says_so_in_every_way_of_waiting() {
    let mut world = World::new();
    let mut host = world.store.host();
    let [task, gone] = [(); 2].map(|()| host.task_start().unwrap());
    host.task_cancel(gone).unwrap();
    host.task_drop(gone).unwrap();
    let set = host.waitable_set_new().unwrap();
    let dropped = host.waitable_set_new().unwrap();
    host.waitable_set_drop(dropped).unwrap();
    assert_eq!(world.store.task_result(gone), Err(Error::Unknown(Table::Waitables)));
    let store = &mut world.store;
    let unknown = [
        store.task_wait(gone).unwrap_err(),
        store.task_wait_async(gone).await.unwrap_err(),
        store.wait_for_tasks(&[gone]).unwrap_err(),
        store.wait_for_any(&[gone]).unwrap_err(),
    ];
    for error in unknown {
        assert!(matches!(error, CallError::Error(Error::Unknown(Table::Waitables))), "{error}");
    }
    let unknown = [
        store.waitable_set_wait(dropped).unwrap_err(),
        store.waitable_set_wait_for(dropped, SOON).unwrap_err(),
        store.waitable_set_wait_async(dropped).await.unwrap_err(),
    ];
    for error in unknown {
        assert!(matches!(error, CallError::Error(Error::Unknown(Table::WaitableSets))), "{error}");
    }
    let stuck = [
        store.task_wait(task).unwrap_err(),
        store.task_wait_async(task).await.unwrap_err(),
        store.wait_for_tasks(&[task]).unwrap_err(),
        store.wait_for_any(&[task]).unwrap_err(),
        store.waitable_set_wait(set).unwrap_err(),
        store.waitable_set_wait_for(set, SOON).unwrap_err(),
        store.waitable_set_wait_async(set).await.unwrap_err(),
    ];
    for error in stuck {
        assert!(matches!(error, CallError::Deadlock(_)), "{error}");
    }
    // Nothing is a member of a set that is no more.
    let mut host = store.host();
    host.waitable_set_add(set, task).unwrap();
    host.waitable_set_close(set).unwrap();
    assert_eq!(store.waitable_set_wait(set).unwrap(), WaitResult::Cancelled);
    assert_eq!(store.count_of(Table::WaitableSets), 1);
}

#[test]
fn a_host_task_that_nobody_ends_is_a_deadlock_and_is_there_as_before() {
    let mut world = World::new();
    let task = world.store.host().task_start().unwrap();
    let error = world.store.task_wait(task).unwrap_err();
    assert!(matches!(error, CallError::Deadlock(_)), "{error}");
    world.store.host().task_return(task, ContextValue::String("done".into())).unwrap();
    assert_eq!(world.store.task_wait(task).unwrap(), TaskStatus::Completed);
    let returned = world.store.task_result(task).unwrap().and_then(|it| it.value()?.as_text());
    assert_eq!(returned, Some("done"));
}

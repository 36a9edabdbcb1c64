//! Contexts follow the tasks of components: through guests, host functions, and waits.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Poll, Waker};

use weft::abi::Val;
use weft::component::Linker;
use weft::context::{AsyncContext, AsyncContextScope, ContextKey};
use weft::engine::wasmi::Wasmi;
use weft::error_context::ErrorSeverity;

use super::guests::GuestWorld;

/// The id of a user.
#[derive(ContextKey)]
#[context_key(value = u32)]
struct UserId;

/// The number of questions of a user, which the host counts.
#[derive(ContextKey)]
#[context_key(value = Arc<AtomicU32>)]
struct Questions;

/// Calls `ask-twice` of another guest, and returns its result.
const RELAY: &str = r#"
(component
  (import "guest" (instance $guest
    (export "ask-twice" (func async (param "question" u32) (result u32)))))
  (alias export $guest "ask-twice" (func $ask-twice))
  (canon lower (func $ask-twice) (core func $ask-twice))
  (canon task.return (result u32) (core func $task-return))
  (core module $Module
    (import "" "ask-twice" (func $ask-twice (param i32) (result i32)))
    (import "" "task-return" (func $task-return (param i32)))
    (func (export "relay") (param i32)
      (call $task-return (call $ask-twice (local.get 0)))))
  (core instance $module (instantiate $Module (with "" (instance
    (export "ask-twice" (func $ask-twice))
    (export "task-return" (func $task-return))))))
  (func (export "relay") async (param "question" u32) (result u32)
    (canon lift (core func $module "relay") async)))"#;

/// Returns a linker with a host function that waits, and then returns its caller's user id from the
/// time of the call.
fn linker() -> Linker<Wasmi, ()> {
    let mut linker = Linker::new();
    linker.async_function("wait", |caller, _| {
        let user = caller.contexts().get::<UserId>();
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
            Ok(Some(Val::U32(user.ok_or("nobody asks")?)))
        }
    });
    linker
}

fn context_of(user: u32) -> AsyncContext<weft::limits::Heap> {
    let mut context = AsyncContext::new();
    context.set::<UserId>(user).unwrap();
    context
}

#[test]
fn a_call_keeps_the_context_of_its_start_through_waits() {
    let mut world = GuestWorld::new();
    let guest = world.guest_with(&linker());
    let mut exports = Linker::new();
    exports.exports_of("guest", &guest);
    let relay = world.instance_with(RELAY, &exports);
    let functions = [world.function(&guest, "ask-twice"), world.function(&relay, "relay")];
    for function in functions {
        let calls = [1, 20, 300].map(|user| {
            let mut scope = AsyncContextScope::enter(&mut world.store, context_of(user)).unwrap();
            (user, scope.start(&function, &[Val::U32(0)]).unwrap())
        });
        assert_eq!(world.store.contexts().current(), None, "the scopes are left");
        world.store.contexts().set::<UserId>(4_000).unwrap();
        while !world.store.poll(Waker::noop()).unwrap().is_at_rest() {}
        for (user, call) in calls {
            let result = world.store.take_result(call).unwrap().unwrap();
            assert_eq!(result.unwrap(), Some(Val::U32(2 * user)));
        }
        world.store.contexts().pop().unwrap();
    }
}

#[test]
fn calls_share_a_value_that_is_kept_in_an_arc() {
    let mut world = GuestWorld::new();
    let mut linker = Linker::new();
    linker.async_function("wait", |caller, _| {
        let questions = caller.contexts().get::<Questions>();
        async move {
            let asked = questions.ok_or("nobody counts")?.fetch_add(1, Ordering::Relaxed);
            Ok(Some(Val::U32(asked)))
        }
    });
    let guest = world.guest_with(&linker);
    let ask_twice = world.function(&guest, "ask-twice");
    let questions = Arc::new(AtomicU32::new(0));
    let mut context = AsyncContext::new();
    context.set::<Questions>(questions.clone()).unwrap();
    let mut scope = AsyncContextScope::enter(&mut world.store, context).unwrap();
    for _ in 0..3 {
        scope.call(&ask_twice, &[Val::U32(0)]).unwrap();
    }
    drop(scope);
    assert_eq!(questions.load(Ordering::Relaxed), 6);
    drop(world);
    assert_eq!(Arc::strong_count(&questions), 1);
}

#[test]
fn a_host_function_shares_the_context_of_its_caller() {
    let mut world = GuestWorld::new();
    let mut linker = Linker::new();
    linker.async_function("wait", |caller, _| {
        assert!(caller.tasks().current().is_some());
        let mut scope = AsyncContextScope::enter_copy(caller).unwrap();
        let user = scope.contexts().get::<UserId>().unwrap();
        scope.contexts().set::<UserId>(0).unwrap();
        drop(scope);
        // The next call finds the value that this one sets.
        caller.contexts().set::<UserId>(user * 10).unwrap();
        async move { Ok(Some(Val::U32(user))) }
    });
    let guest = world.guest_with(&linker);
    let ask = world.function(&guest, "ask-twice");
    let mut scope = AsyncContextScope::enter(&mut world.store, context_of(7)).unwrap();
    assert_eq!(scope.call(&ask, &[Val::U32(0)]).unwrap(), Some(Val::U32(77)));
    assert_eq!(scope.contexts().get::<UserId>(), Some(7));
}

#[test]
fn only_the_store_has_the_hosts_data_on_an_error() {
    let mut world = GuestWorld::new();
    let error = world.store.error_contexts().create("lost", ErrorSeverity::Critical).unwrap();
    world.store.error_contexts().set_code(error, 7).unwrap();
    assert_eq!(world.store.debug_message(error).unwrap(), "lost");
    assert_eq!(
        world.store.error_contexts().stack_trace(error).unwrap().to_string(),
        "critical 7: lost"
    );
    world.store.drop_error_context(error).unwrap();
    world.store.error_contexts().severity(error).unwrap_err();
}

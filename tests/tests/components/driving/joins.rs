//! Joins of threads whose call does not simply return: their callee traps, their result was already
//! taken, or another thread of the guest returns it.

use weft::abi::Val;
use weft::component::{CallError, FunctionReference, SpawnedThread, ThreadError};
use weft::error::{Error, ExtensionError};
use weft::limits::Table;
use weft::thread::{ThreadSpawnConfig, ThreadStatus};

use super::guests::GuestWorld;

const CONFIG: ThreadSpawnConfig = ThreadSpawnConfig { stack_size: None, priority: None };

/// A component that calls another one, which waits and traps; and one with a function for which
/// another thread returns later.
const CALLS: &str = r#"
(component
  (component $Inner
    (canon thread.yield (core func $yield))
    (core module $Module
      (import "" "yield" (func $yield (result i32)))
      (func (export "trap") (drop (call $yield)) unreachable))
    (core instance $module (instantiate $Module
      (with "" (instance (export "yield" (func $yield))))))
    (func (export "trap") async (canon lift (core func $module "trap") async)))
  (instance $inner (instantiate $Inner))
  (canon lower (func $inner "trap") (core func $trap))
  (canon task.return (core func $return))
  (canon task.cancel (core func $cancel))
  (canon waitable-set.new (core func $set))
  (core module $Table (table (export "table") 1 funcref))
  (core instance $table (instantiate $Table))
  (core type $start (func (param i32)))
  (canon thread.new-indirect $start (core table $table "table") (core func $new))
  (canon thread.resume-later (core func $resume))
  (canon thread.yield (core func $yield))
  (core module $Module
    (import "" "trap" (func $trap))
    (import "" "return" (func $return))
    (import "" "new" (func $new (param i32 i32) (result i32)))
    (import "" "resume" (func $resume (param i32)))
    (import "" "yield" (func $yield (result i32)))
    (import "" "table" (table 1 funcref))
    (elem (i32.const 0) $waits)
    (func $waits (param i32) (drop (call $yield)) (drop (call $yield)) (call $return))
    (func (export "call") (call $trap) (call $return))
    (func (export "leave")
      (call $resume (call $new (i32.const 0) (i32.const 0)))))
  (core instance $module (instantiate $Module (with "" (instance
    (export "trap" (func $trap))
    (export "return" (func $return))
    (export "new" (func $new))
    (export "resume" (func $resume))
    (export "yield" (func $yield))
    (export "table" (table $table "table"))))))
  (func (export "call") async (canon lift (core func $module "call") async))
  (func (export "leave") async (canon lift (core func $module "leave") async)))
"#;

fn spawn(world: &mut GuestWorld, function: &FunctionReference, arguments: &[Val]) -> SpawnedThread {
    world.store.spawn_thread_ref(function, arguments, CONFIG, None).unwrap()
}

#[test]
fn a_join_reports_the_trap_of_the_threads_callee() {
    let mut world = GuestWorld::new();
    let instance = world.instance(CALLS);
    let call = world.store.function_reference(&instance, "call").unwrap();
    // Another task that could continue forever is no reason to wait.
    let guest = world.guest();
    let spin = world.function(&guest, "spin");
    world.store.start(&spin, &[]).unwrap();

    let thread = spawn(&mut world, &call, &[]);
    let error = world.store.join_thread(thread).unwrap_err();
    assert!(matches!(error, ThreadError::Call(CallError::Core(_))), "{error}");
    let again = world.store.join_thread(thread).unwrap_err();
    assert!(
        matches!(again, ThreadError::Error(Error::Extension(ExtensionError::AlreadyJoined))),
        "{again}"
    );
}

#[test]
fn a_thread_whose_result_was_taken_can_be_joined() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let guest = world.guest();
    let ask = world.store.function_reference(&guest, "ask").unwrap();
    let thread = spawn(&mut world, &ask, &[Val::U32(1)]);
    asked.answer(1, 11);
    assert_eq!(world.store.run(thread.call()).unwrap(), Some(Val::U32(11)));

    let gone = world.store.join_thread(thread).unwrap_err();
    assert!(matches!(gone, ThreadError::Error(Error::Unknown(Table::Waitables))), "{gone}");
    let again = world.store.join_thread(thread).unwrap_err();
    assert!(
        matches!(again, ThreadError::Error(Error::Extension(ExtensionError::AlreadyJoined))),
        "{again}"
    );
    assert_eq!(world.store.threads().clean_up(), Ok(1));
}

#[test]
fn a_thread_with_an_open_call_is_joined_at_its_end() {
    let mut world = GuestWorld::new();
    let instance = world.instance(CALLS);
    let leave = world.store.function_reference(&instance, "leave").unwrap();
    let thread = spawn(&mut world, &leave, &[]);
    assert_eq!(world.store.threads().status(thread.id()), Ok(ThreadStatus::Completed));
    // It may be asked to cancel, but it returns.
    world.store.cancel_thread(thread.id()).unwrap();
    assert_eq!(world.store.join_thread(thread).unwrap(), None);
    let over = world.store.cancel_thread(thread.id()).unwrap_err();
    assert_eq!(over, Error::Extension(ExtensionError::ThreadEnded));
}

#[test]
fn threads_that_were_joined_are_forgotten_before_there_are_many() {
    let mut world = GuestWorld::new();
    let guest = world.guest();
    let add = world.store.function_reference(&guest, "add").unwrap();
    let kept = spawn(&mut world, &add, &[Val::U32(1), Val::U32(2)]);
    for _ in 0..1_000 {
        let thread = spawn(&mut world, &add, &[Val::U32(1), Val::U32(2)]);
        assert_eq!(world.store.join_thread(thread).unwrap(), Some(Val::U32(3)));
    }
    assert!(world.store.threads().count() <= 64);
    assert_eq!(world.store.join_thread(kept).unwrap(), Some(Val::U32(3)));
}

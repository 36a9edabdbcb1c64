//! Other ways to start a thread: by the number of its function, and inside a host function.

use std::sync::{Arc, Mutex};

use wasmi::Config;
use weft::abi::Val;
use weft::component::{CallError, FunctionTable, Instance, Linker, SpawnedThread, ThreadError};
use weft::engine::wasmi::Wasmi;
use weft::thread::{ThreadSpawnConfig, ThreadStatus};

use super::guests::GuestWorld;
use super::questions::number;

const CONFIG: ThreadSpawnConfig = ThreadSpawnConfig { stack_size: None, priority: None };

/// A configuration without default values.
const URGENT: ThreadSpawnConfig = ThreadSpawnConfig { stack_size: Some(65_536), priority: Some(5) };

#[test]
fn a_thread_starts_by_function_number_and_type() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let guest = world.guest();
    let all = world.store.function_table(&guest);
    assert_eq!(all.len(), 10);
    let position = all.iter().position(|it| it.name() == "ask").unwrap();
    let ask = u32::try_from(position).unwrap();

    let function = all.get(ask).unwrap();
    let parent = world.store.spawn_thread_ref(function, &[Val::U32(2)], CONFIG, None).unwrap();
    let thread =
        world.store.spawn_thread_indirect::<_, u32>(&all, ask, (1_u32,), URGENT, Some(parent.id()));
    let thread = thread.unwrap();
    assert_eq!(world.store.threads().parent(thread.id()), Ok(Some(parent.id())));
    assert_eq!(world.store.threads().config(thread.id()), Ok(URGENT));
    asked.answer(1, 11);
    assert_eq!(world.store.join_thread(thread).unwrap(), 11);
    asked.answer(2, 12);
    assert_eq!(world.store.join_thread(parent).unwrap(), Some(Val::U32(12)));
    assert_eq!(world.store.threads().clean_up(), Ok(2));

    let wrong = world.store.spawn_thread_indirect::<_, u32>(&all, ask, (1_u64,), CONFIG, None);
    let wrong = wrong.unwrap_err();
    assert!(matches!(&wrong, ThreadError::Signature { name, .. } if &**name == "ask"), "{wrong}");
    let none = world.store.spawn_thread_indirect::<_, u32>(&all, 10, (1_u32,), CONFIG, None);
    assert_eq!(
        none.unwrap_err().to_string(),
        "the table has no function with the number 10: it has 10 functions"
    );
    assert_eq!(world.store.threads().count(), 0);
}

#[test]
fn a_table_of_functions_can_span_instances_and_change() {
    let mut world = GuestWorld::new();
    let (one, other) = (world.guest(), world.guest());
    let mut table = FunctionTable::new();
    assert!(table.is_empty());
    let add = world.store.function_reference(&one, "add").unwrap();
    assert_eq!(table.push(add.clone()).unwrap(), 0);
    let ask = world.store.function_reference(&other, "ask").unwrap();
    assert_eq!(table.push(ask.clone()).unwrap(), 1);
    assert_eq!(table.get(1).unwrap().name(), "ask");
    assert!(table.get(2).is_none());

    assert_eq!(table.set(1, add).unwrap().name(), "ask");
    let missing = table.set(2, ask).unwrap_err();
    assert!(matches!(missing, ThreadError::NoFunctionAt { index: 2, length: 2 }), "{missing}");
    let sum = world
        .store
        .spawn_thread_indirect::<_, u32>(&table, 1, (1_u32, 2_u32), CONFIG, None)
        .unwrap();
    assert_eq!(world.store.join_thread(sum).unwrap(), 3);

    // An instance of another store has no number here.
    assert!(GuestWorld::new().store.function_table(&one).is_empty());
}

/// Returns a linker with a host function that starts a thread, as a child of its caller's, for a
/// function of `worker`, with its own argument.
fn beginning(worker: Instance<Wasmi>, name: &'static str, begun: &Begun) -> Linker<Wasmi, ()> {
    let begun = begun.clone();
    let mut linker = Linker::new();
    linker.function("wait", move |caller, arguments: Vec<Val>| {
        let question = number(arguments.first());
        let parent = caller.threads().current();
        let function = caller.function_reference(&worker, name)?;
        let arguments = [Val::U32(question)];
        let thread = caller.spawn_thread_ref(&function, &arguments, URGENT, parent)?;
        begun.lock().unwrap().push(thread);
        Ok(Some(Val::U32(7)))
    });
    linker
}

/// The threads that a host function has started.
type Begun = Arc<Mutex<Vec<SpawnedThread>>>;

#[test]
fn a_host_function_starts_a_thread_that_outlives_it() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let worker = world.guest();
    let begun = Begun::default();
    let guest = world.guest_with(&beginning(worker, "ask", &begun));
    let ask = world.store.function_reference(&guest, "ask").unwrap();

    let parent = world.store.spawn_thread_ref(&ask, &[Val::U32(0)], CONFIG, None).unwrap();
    assert_eq!(world.store.join_thread(parent).unwrap(), Some(Val::U32(7)));
    let child = begun.lock().unwrap()[0];
    assert_eq!(world.store.threads().parent(child.id()), Ok(Some(parent.id())));
    assert_eq!(world.store.threads().config(child.id()), Ok(URGENT));
    assert_eq!(world.store.threads().config(parent.id()), Ok(CONFIG));
    assert_eq!(world.store.threads().status(child.id()), Ok(ThreadStatus::Running));
    assert_eq!(world.store.threads().current(), None);

    asked.answer(0, 5);
    assert_eq!(world.store.join_thread(child).unwrap(), Some(Val::U32(5)));
    assert_eq!(world.store.threads().clean_up(), Ok(2));
}

#[test]
fn a_host_functions_thread_that_traps_at_once_is_no_thread() {
    traps_at_once(GuestWorld::new());
    // The same if the engine interrupted it before.
    traps_at_once(GuestWorld::on(Wasmi::new(&Config::default(), Some(10_000))));
}

fn traps_at_once(mut world: GuestWorld) {
    let component = r#"
        (component
          (core module $Module
            (func (export "trap") (param i32)
              (loop $again
                (local.set 0 (i32.add (local.get 0) (i32.const 1)))
                (br_if $again (i32.lt_u (local.get 0) (i32.const 100000))))
              unreachable))
          (core instance $module (instantiate $Module))
          (func (export "trap") (param "number" u32) (canon lift (core func $module "trap"))))"#;
    let trapping = world.instance(component);
    let begun = Begun::default();
    let guest = world.guest_with(&beginning(trapping, "trap", &begun));
    let ask = world.function(&guest, "ask");

    let error = world.store.call(&ask, &[Val::U32(0)]).unwrap_err();
    assert!(matches!(error, CallError::Host(_)), "{error}");
    assert!(begun.lock().unwrap().is_empty());
    assert_eq!(world.store.threads().count(), 0);
}

#[test]
fn a_host_function_cannot_start_a_thread_of_a_missing_function() {
    let mut world = GuestWorld::new();
    let worker = world.guest();
    let begun = Begun::default();
    let guest = world.guest_with(&beginning(worker, "missing", &begun));
    let ask = world.function(&guest, "ask");
    let error = world.store.call(&ask, &[Val::U32(0)]).unwrap_err();
    let expected = "a host function failed: there is no exported function `missing`";
    assert_eq!(weft_tests::causes::chain(&error), expected);
    assert_eq!(world.store.threads().count(), 0);
}

#[test]
fn threads_that_start_threads_forever_are_stopped_by_a_limit() {
    let mut world = GuestWorld::new();
    let table = Arc::new(Mutex::new(FunctionTable::new()));
    let (functions, deepest) = (table.clone(), Arc::new(Mutex::new(None)));
    let noted = deepest.clone();
    let mut linker = Linker::new();
    linker.function("wait", move |caller, _| {
        let function = functions.lock().unwrap().get(0).cloned().ok_or("no function")?;
        match caller.spawn_thread_ref(&function, &[Val::U32(0)], CONFIG, None) {
            Err(ThreadError::Call(CallError::Limit(_))) => {
                *noted.lock().unwrap() = Some(caller.threads().count());
            }
            other => drop(other?),
        }
        Ok(Some(Val::U32(7)))
    });
    let guest = world.guest_with(&linker);
    let ask = world.store.function_reference(&guest, "ask").unwrap();
    table.lock().unwrap().push(ask.clone()).unwrap();
    let ask = ask.function().clone();
    assert_eq!(world.store.call(&ask, &[Val::U32(0)]).unwrap(), Some(Val::U32(7)));
    assert!(deepest.lock().unwrap().is_some_and(|it| it > 0), "{deepest:?}");
}

//! Host functions that wait although their WIT type is not `async`: the guests that call them are
//! held.
//!
//! | file | contents |
//! |---|---|
//! | `waiting` | guests that wait, and guests that continue |
//! | `ending` | calls that end in another way than by a result |
//! | `callers` | callers of every kind, including those that cannot be held |

mod callers;
mod ending;
mod waiting;

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};

use weft::abi::Val;
use weft::component::{CallError, CallId, HostResult, Instance, Linker};
use weft::engine::CoreEngine;
use weft::engine::wasmi::Wasmi;
use weft::limits::Table;
use weft_tests::world::World;

/// The state of a gate.
#[derive(Debug)]
enum Gate {
    /// A host function waits at it.
    Waits(Option<Waker>),
    /// The next host function returns this.
    Open(Result<u32, String>),
    /// The next host function panics with this.
    Panics(String),
}

/// Gates at which host functions wait, by number.
#[derive(Clone, Debug, Default)]
struct Gates(Arc<Mutex<BTreeMap<u32, Gate>>>);

impl Gates {
    /// Waits at a gate. The gate is free again afterwards in any case.
    fn wait(&self, number: u32) -> impl Future<Output = HostResult> + Send + use<> {
        struct Waiting(Gates, u32);
        impl Drop for Waiting {
            fn drop(&mut self) {
                self.0.0.lock().unwrap().remove(&self.1);
            }
        }
        let waiting = Waiting(self.clone(), number);
        poll_fn(move |context| {
            let Waiting(gates, number) = &waiting;
            let mut gates = gates.0.lock().unwrap();
            let gate = gates.entry(*number).or_insert(Gate::Waits(None));
            match gate {
                Gate::Waits(waker) => {
                    *waker = Some(context.waker().clone());
                    Poll::Pending
                }
                Gate::Open(result) => Poll::Ready(match result {
                    Ok(value) => Ok(Some(Val::U32(*value))),
                    Err(message) => Err(message.clone().into()),
                }),
                Gate::Panics(message) => {
                    let message = message.clone();
                    drop(gates);
                    std::panic::panic_any(message)
                }
            }
        })
    }

    fn set(&self, number: u32, state: Gate) {
        let before = self.0.lock().unwrap().insert(number, state);
        if let Some(Gate::Waits(Some(waker))) = before {
            waker.wake();
        }
    }

    /// Makes the host function that waits at a gate, or the next one, return `value`.
    fn open(&self, number: u32, value: u32) {
        self.set(number, Gate::Open(Ok(value)));
    }

    fn fail(&self, number: u32, message: &str) {
        self.set(number, Gate::Open(Err(message.to_owned())));
    }

    fn panic(&self, number: u32, message: &str) {
        self.set(number, Gate::Panics(message.to_owned()));
    }

    /// Returns the gates at which host functions wait.
    fn waited(&self) -> Vec<u32> {
        let gates = self.0.lock().unwrap();
        gates.iter().filter(|(_, gate)| matches!(gate, Gate::Waits(_))).map(|it| *it.0).collect()
    }

    /// Defines the import `f`, which waits at the gate with the number in its argument.
    fn give<E: CoreEngine, T: 'static>(&self, linker: &mut Linker<E, T>) {
        let gates = self.clone();
        linker.async_function("f", move |_, arguments| {
            let [Val::U32(number)] = arguments[..] else { panic!("{arguments:?}") };
            gates.wait(number)
        });
    }
}

/// A component of three that call one another. `run` of `c` calls the import `f` and adds 1 to the
/// result; `run` of `b` calls that and adds 1, and so does `run` of `a`. Each also has the
/// functions `add`, which adds 1; `trap`, which traps; `spin`, which never ends; and `run-async`,
/// an `async` form of `run`.
const CHAIN: &str = r#"(component
    (import "f" (func $f (param "q" u32) (result u32)))
    (component $Link
        (import "f" (func $f (param "q" u32) (result u32)))
        (canon lower (func $f) (core func $f))
        (core module $Module
            (import "" "f" (func $f (param i32) (result i32)))
            (func (export "run") (param i32) (result i32)
                (i32.add (call $f (local.get 0)) (i32.const 1)))
            (func (export "add") (param i32) (result i32)
                (i32.add (local.get 0) (i32.const 1)))
            (func (export "trap") (param i32) (result i32) unreachable)
            (func (export "spin") (param i32) (result i32) (loop $l (br $l)) unreachable)
            (func (export "late") (param i32) (result i32)
                (drop (call $f (local.get 0))) (loop $l (br $l)) unreachable))
        (core instance $m (instantiate $Module (with "" (instance (export "f" (func $f))))))
        (func (export "run") (param "q" u32) (result u32) (canon lift (core func $m "run")))
        (func (export "run-async") async (param "q" u32) (result u32)
            (canon lift (core func $m "run")))
        (func (export "add") (param "q" u32) (result u32) (canon lift (core func $m "add")))
        (func (export "trap") (param "q" u32) (result u32) (canon lift (core func $m "trap")))
        (func (export "spin") (param "q" u32) (result u32) (canon lift (core func $m "spin")))
        (func (export "late") (param "q" u32) (result u32) (canon lift (core func $m "late"))))
    (instance $c (instantiate $Link (with "f" (func $f))))
    (instance $b (instantiate $Link (with "f" (func $c "run"))))
    (instance $a (instantiate $Link (with "f" (func $b "run"))))
    (export "a" (instance $a))
    (export "b" (instance $b))
    (export "c" (instance $c)))"#;

/// The instances of a chain, the outermost first.
type Chain = [Instance<Wasmi>; 3];

/// An active call.
type Call = CallId<Option<Val>>;

fn chain(world: &mut World) -> Chain {
    let instance = world.instance(CHAIN);
    ["a", "b", "c"].map(|name| instance.instance(name).unwrap())
}

/// Returns a world whose host functions wait at gates.
fn world() -> (World, Gates) {
    on(Wasmi::default())
}

fn on(engine: Wasmi) -> (World, Gates) {
    let (mut world, gates) = (World::on(engine), Gates::default());
    gates.give(&mut world.linker);
    (world, gates)
}

#[track_caller]
fn start(world: &mut World, instance: &Instance<Wasmi>, name: &str, argument: u32) -> Call {
    let function = world.function(instance, name);
    world.store.start(&function, &[Val::U32(argument)]).unwrap()
}

/// Polls until nothing can continue.
#[track_caller]
fn poll(world: &mut World) {
    while world.store.poll(Waker::noop()).unwrap().can_go_on {}
}

/// Polls until nothing can continue, and returns the result of a call.
#[track_caller]
fn end(world: &mut World, call: Call) -> Option<Result<u32, CallError>> {
    poll(world);
    let result = world.store.take_result(call).unwrap()?;
    Some(result.map(|value| match value {
        Some(Val::U32(value)) => value,
        other => panic!("{other:?}"),
    }))
}

#[track_caller]
fn returns(world: &mut World, call: Call, expected: u32) {
    match end(world, call) {
        Some(Ok(value)) => assert_eq!(value, expected),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn waits(world: &mut World, call: Call) {
    let end = end(world, call);
    assert!(end.is_none(), "{end:?}");
}

/// Checks that the instance can be entered, or that it has trapped.
#[track_caller]
fn lives(world: &mut World, instance: &Instance<Wasmi>, expected: bool) {
    let result = world.try_call(instance, "add", &[Val::U32(1)]);
    match result {
        Ok(Some(Val::U32(2))) => assert!(expected),
        Err(
            CallError::InstanceTrapped(_)
            | CallError::Trap(weft::trap::Trap::CannotEnterComponentInstance),
        ) => assert!(!expected),
        other => panic!("{other:?}"),
    }
}

/// Checks that nothing is left of any call.
#[track_caller]
fn is_at_rest(world: &mut World) {
    poll(world);
    let progress = world.store.poll(Waker::noop()).unwrap();
    assert_eq!((progress.calls, progress.functions), (0, 0));
    for table in [Table::HeldFrames, Table::Frames, Table::Waitables, Table::Tasks, Table::Threads]
    {
        assert_eq!(world.store.count_of(table), 0, "{table}");
    }
}

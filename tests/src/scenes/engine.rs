//! The same operations on the engine alone, whose times are the lower bound for the scenes.

use wasmi::errors::HostError;
use wasmi::{Caller, Config, Engine, Error, Func, Instance, Linker, Module, ResumableCall};
use wasmi::{Store, Val};

use super::{MANY, scenes};

scenes! {
    ALL, "Every scene of the engine alone.";
    /// A typed call of a function without parameters or result.
    TYPED_CALL, "typed call: nothing", 1, 0, typed_call();
    /// A typed call with two numbers, of which one comes back.
    TYPED_CALL_NUMBERS, "typed call: numbers", 1, 0, typed_call_numbers();
    /// A call that can stop, of a function without parameters or result.
    RESUMABLE_CALL, "resumable call: nothing", 1, 0, resumable_call("nothing", &[], 0);
    /// A call that can stop, with two numbers, of which one comes back.
    RESUMABLE_CALL_NUMBERS, "resumable call: numbers", 1, 0,
        resumable_call("add", &[Val::I32(40), Val::I32(2)], 1);
    /// A guest calls a closure without parameters or result.
    HOST, "guest calls host: nothing", MANY, 0, host("nothing");
    /// A guest calls a closure with two numbers, and gets one.
    HOST_NUMBERS, "guest calls host: numbers", MANY, 0, host("add");
    /// A guest calls a closure that calls another guest, in a call that can stop.
    GUEST, "guest calls guest: nothing", MANY, 0, guest("nothing");
    /// The same with two numbers, of which one comes back.
    GUEST_NUMBERS, "guest calls guest: numbers", MANY, 0, guest("add");
    /// A guest stops in a closure, and goes on.
    STOP, "stop and go on", MANY, 0, stop();
}

const CALLEE: &str = r#"
    (module
      (func (export "nothing"))
      (func (export "add") (param i32 i32) (result i32)
        (i32.add (local.get 0) (local.get 1))))"#;

const CALLER: &str = r#"
    (module
      (import "" "nothing" (func $nothing))
      (import "" "add" (func $add (param i32 i32) (result i32)))
      (import "" "stop" (func $stop (result i32)))
      (func (export "nothing") (param $n i32)
        (loop $again
          (call $nothing)
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
      (func (export "add") (param $n i32)
        (loop $again
          (drop (call $add (local.get $n) (i32.const 1)))
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
      (func (export "stop") (param $n i32)
        (loop $again
          (drop (call $stop))
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))"#;

/// The reason why a closure does not return.
#[derive(Debug)]
struct Stop;

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("stop")
    }
}

impl HostError for Stop {}

fn store() -> Store<()> {
    Store::new(&Engine::new(Config::default().set_max_cached_stacks(64)), ())
}

fn callee(store: &mut Store<()>) -> Instance {
    let module = Module::new(store.engine(), wat::parse_str(CALLEE).expect("a module"));
    Instance::new(store, &module.expect("a module"), &[]).expect("an instance")
}

fn function(store: &Store<()>, instance: Instance, name: &str) -> Func {
    instance.get_func(store, name).expect("a function")
}

fn typed_call() -> impl FnMut() {
    let mut store = store();
    let instance = callee(&mut store);
    let function = function(&store, instance, "nothing").typed::<(), ()>(&store).expect("its type");
    move || function.call(&mut store, ()).expect("a return")
}

fn typed_call_numbers() -> impl FnMut() {
    let mut store = store();
    let instance = callee(&mut store);
    let function = function(&store, instance, "add");
    let function = function.typed::<(u32, u32), u32>(&store).expect("its type");
    move || assert_eq!(function.call(&mut store, (40, 2)).expect("a return"), 42)
}

fn resumable_call(name: &str, arguments: &'static [Val], results: usize) -> impl FnMut() + use<> {
    let mut store = store();
    let instance = callee(&mut store);
    let function = function(&store, instance, name);
    let mut places = vec![Val::I32(0); results];
    move || {
        let call = function.call_resumable(&mut store, arguments, &mut places);
        assert!(matches!(call, Ok(ResumableCall::Finished)));
    }
}

/// Returns a closure that calls an export of [`CALLER`] many times.
fn caller(mut store: Store<()>, linker: &Linker<()>, name: &str) -> impl FnMut() + use<> {
    let module = Module::new(store.engine(), wat::parse_str(CALLER).expect("a module"));
    let instance = linker.instantiate_and_start(&mut store, &module.expect("a module"));
    let function = function(&store, instance.expect("an instance"), name);
    move || {
        let many = Val::I32(MANY.cast_signed());
        let mut call = function.call_resumable(&mut store, &[many], &mut []).expect("no trap");
        loop {
            match call {
                ResumableCall::Finished => break,
                ResumableCall::HostTrap(stopped) => {
                    assert!(stopped.host_error().downcast_ref::<Stop>().is_some());
                    call = stopped.resume(&mut store, &[Val::I32(0)], &mut []).expect("no trap");
                }
                ResumableCall::OutOfFuel(_) => panic!("there is no fuel"),
            }
        }
    }
}

fn host_linker(store: &Store<()>) -> Linker<()> {
    let mut linker = Linker::new(store.engine());
    linker.func_wrap("", "nothing", |_: Caller<'_, ()>| {}).expect("a new name");
    let add = |_: Caller<'_, ()>, a: u32, b: u32| a.wrapping_add(b);
    linker.func_wrap("", "add", add).expect("a new name");
    let stop = |_: Caller<'_, ()>| Err::<u32, Error>(Error::host(Stop));
    linker.func_wrap("", "stop", stop).expect("a new name");
    linker
}

fn host(name: &str) -> impl FnMut() + use<> {
    let store = store();
    let linker = host_linker(&store);
    caller(store, &linker, name)
}

fn stop() -> impl FnMut() {
    host("stop")
}

fn guest(name: &str) -> impl FnMut() + use<> {
    let mut store = store();
    let callee = callee(&mut store);
    let nothing = function(&store, callee, "nothing");
    let add = function(&store, callee, "add");
    let mut linker = host_linker(&store);
    linker.allow_shadowing(true);
    let nothing = move |mut caller: Caller<'_, ()>| {
        let call = nothing.call_resumable(&mut caller, &[], &mut []);
        assert!(matches!(call, Ok(ResumableCall::Finished)));
    };
    linker.func_wrap("", "nothing", nothing).expect("a new function");
    let add = move |mut caller: Caller<'_, ()>, a: i32, b: i32| {
        let mut sum = [Val::I32(0)];
        let call = add.call_resumable(&mut caller, &[Val::I32(a), Val::I32(b)], &mut sum);
        match (call, sum) {
            (Ok(ResumableCall::Finished), [Val::I32(sum)]) => sum,
            other => panic!("{other:?}"),
        }
    };
    linker.func_wrap("", "add", add).expect("a new function");
    caller(store, &linker, name)
}

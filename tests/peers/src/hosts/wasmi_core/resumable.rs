//! Calls that can stop, as calls of a component must be if something can wait.

use wasmi::{Caller, Func, Linker, Memory, ResumableCall, Store, Val};

use super::calls::Stand;
use super::{compile, engine, looping};
use crate::cases::{Call, Case, Values};
use crate::components::{GUEST, from};
use crate::hosts::Operation;

pub fn resumable(case: Case) -> Option<Operation> {
    match case {
        Case::Call(call) => by_host(call),
        Case::Guest(values) => Some(by_guest(values)),
        _ => None,
    }
}

fn by_host(call: Call) -> Option<Operation> {
    let mut it = Stand::new();
    Some(match call {
        Call::Nothing => {
            let f = it.instance.get_func(&it.store, "nop")?;
            Box::new(move |n| {
                for _ in 0..n {
                    let call = f.call_resumable(&mut it.store, &[], &mut []);
                    assert!(matches!(call, Ok(ResumableCall::Finished)));
                }
            })
        }
        Call::Numbers => {
            let f = it.instance.get_func(&it.store, "add")?;
            Box::new(move |n| {
                for i in 0..n as i32 {
                    let mut sum = [Val::I32(0)];
                    let arguments = [Val::I32(i), Val::I32(2)];
                    let call = f.call_resumable(&mut it.store, &arguments, &mut sum);
                    assert!(matches!(call, Ok(ResumableCall::Finished)));
                    assert!(matches!(sum, [Val::I32(sum)] if sum == i + 2));
                }
            })
        }
        _ => return None,
    })
}

/// Calls a function that ends without stopping, and returns its result.
fn finish(caller: &mut Caller<'_, ()>, callee: Func, arguments: &[Val]) -> i32 {
    let mut result = [Val::I32(0)];
    let call = callee.call_resumable(caller, arguments, &mut result);
    match (call, result) {
        (Ok(ResumableCall::Finished), [Val::I32(result)]) => result,
        other => panic!("{other:?}"),
    }
}

/// Returns a case in which one guest calls the other through a host function.
fn by_guest(values: Values) -> Operation {
    let engine = engine();
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    let callee = compile(&engine, GUEST, "Module");
    let callee = linker.instantiate_and_start(&mut store, &callee).unwrap();
    let get = |name| callee.get_func(&store, name).unwrap();
    let [nothing, numbers, text, realloc] = ["nothing", "numbers", "text", "realloc"].map(get);
    let nothing = move |mut caller: Caller<'_, ()>| {
        let call = nothing.call_resumable(&mut caller, &[], &mut []);
        assert!(matches!(call, Ok(ResumableCall::Finished)));
    };
    linker.func_wrap("", "nothing", nothing).unwrap();
    let numbers = move |mut caller: Caller<'_, ()>, a: i32, b: i32| {
        finish(&mut caller, numbers, &[Val::I32(a), Val::I32(b)])
    };
    linker.func_wrap("", "numbers", numbers).unwrap();
    let source = compile(&engine, from(GUEST, "$Caller"), "Memory");
    let source = linker.instantiate_and_start(&mut store, &source).unwrap();
    let source = source.get_memory(&store, "memory").unwrap();
    let destination = callee.get_memory(&store, "memory").unwrap();
    let text = move |mut caller: Caller<'_, ()>, at: i32, length: i32| {
        let to = copy(&mut caller, source, destination, realloc, (at, length));
        finish(&mut caller, text, &[Val::I32(to), Val::I32(length)])
    };
    linker.func_wrap("", "text", text).unwrap();
    looping(store, &linker, GUEST, values)
}

/// Copies a string of 16 bytes from one guest to the other, and returns its address there.
fn copy(
    caller: &mut Caller<'_, ()>,
    source: Memory,
    destination: Memory,
    realloc: Func,
    (at, length): (i32, i32),
) -> i32 {
    let arguments = [Val::I32(0), Val::I32(0), Val::I32(1), Val::I32(length)];
    let to = finish(caller, realloc, &arguments);
    let mut bytes = [0; 16];
    source.read(&*caller, at as usize, &mut bytes).unwrap();
    std::str::from_utf8(&bytes).unwrap();
    destination.write(caller, to as usize, &bytes).unwrap();
    to
}

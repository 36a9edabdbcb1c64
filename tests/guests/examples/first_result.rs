//! Loads a guest, calls one function of it, and prints the result, for the measurements of
//! `tests/guests/figures`. The guest is a program, one of those that echo values, or the shop.

use std::error::Error;

use weft::component::{Component, Linker, Store};
use weft::engine::wasmi::Wasmi;
use weft_wasi::WasiCtx;

/// The functions that a guest may have, with their arguments.
const FUNCTIONS: [(&str, &str); 2] =
    [("guests:echo/values", "echo-string"), ("guests:shop/catalogue", "greet")];

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("expected the path of a guest")?;
    let engine = Wasmi::default();
    let component = Component::new(&engine, &std::fs::read(path)?)?;
    let mut linker = Linker::new();
    weft_wasi::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi);
    weft_wasi::http::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi);
    linker
        .instance("guests:echo/values")
        .typed_function("echo-string", |_, (text,): (String,)| Ok(text));
    linker.instance("guests:shop/audit").typed_function("note", |_, (_,): (String,)| Ok(()));
    linker.define_unknown_imports_as_traps(&component);
    let mut store = Store::new(&engine, WasiCtx::builder().inherit_stdio().build());
    // A program prints its own output.
    if let Ok(program) = weft_wasi::Command::prepare(&component, &linker) {
        program.instantiate(&mut store)?.run(&mut store)?;
        return Ok(());
    }
    let instance = store.instantiate(&component, &linker)?;
    for (interface, name) in FUNCTIONS {
        let Some(exports) = instance.instance(interface) else { continue };
        let function = store.typed_function::<(&str,), String>(&exports, name)?;
        println!("{}", store.call(&function, ("you",))?);
        return Ok(());
    }
    Err("the guest has no function that is known here".into())
}

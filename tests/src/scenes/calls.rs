//! Calls, and yields.

use weft::abi::Val;
use weft::component::Linker;

use super::{MANY, Stand};

/// A text of sixteen bytes.
const TEXT: &str = "sixteen bytes it";
const TEXT_LENGTH: u32 = 16;

fn export(name: &str, arguments: Vec<Val>, expected: Option<Val>) -> impl FnMut() + use<> {
    let stand = Stand::new(include_str!("exports.wat"), &Linker::new());
    stand.call_of(name, arguments, expected)
}

pub(super) fn nothing() -> impl FnMut() {
    export("nothing", Vec::new(), None)
}

pub(super) fn add() -> impl FnMut() {
    export("add", vec![Val::U32(40), Val::U32(2)], Some(Val::U32(42)))
}

pub(super) fn length() -> impl FnMut() {
    export("length", vec![Val::String(TEXT.into())], Some(Val::U32(TEXT_LENGTH)))
}

pub(super) fn text() -> impl FnMut() {
    export("text", Vec::new(), Some(Val::String(TEXT.into())))
}

pub(super) fn return_at_once() -> impl FnMut() {
    export("return-at-once", Vec::new(), None)
}

pub(super) fn typed_add() -> impl FnMut() {
    let stand = Stand::new(include_str!("exports.wat"), &Linker::new());
    stand.typed_call_of("add", (40_u32, 2_u32), 42_u32)
}

pub(super) fn typed_length() -> impl FnMut() {
    let stand = Stand::new(include_str!("exports.wat"), &Linker::new());
    stand.typed_call_of("length", (TEXT,), TEXT_LENGTH)
}

pub(super) fn typed_text() -> impl FnMut() {
    let stand = Stand::new(include_str!("exports.wat"), &Linker::new());
    stand.typed_call_of("text", (), String::from(TEXT))
}

/// Returns a scene in which a guest calls a host function with Rust types many times.
pub(super) fn typed_host(name: &str) -> impl FnMut() + use<> {
    let mut linker = Linker::new();
    linker.typed_function("nothing", |_, ()| Ok(()));
    linker.typed_function("add", |_, (a, b): (u32, u32)| Ok(a.wrapping_add(b)));
    linker.typed_function("length", |_, (text,): (String,)| Ok(u32::try_from(text.len())?));
    linker.typed_function("text", |_, ()| Ok(TEXT));
    linker.typed_async_function("ready", |_, ()| async { Ok(()) });
    Stand::new(include_str!("imports.wat"), &linker).call_of(name, vec![Val::U32(MANY)], None)
}

/// Returns a scene in which a guest calls a host function many times.
pub(super) fn host(name: &str) -> impl FnMut() + use<> {
    let mut linker = Linker::new();
    linker.function("nothing", |_, _| Ok(None));
    linker.function("add", |_, arguments| match arguments.as_slice() {
        [Val::U32(a), Val::U32(b)] => Ok(Some(Val::U32(a.wrapping_add(*b)))),
        _ => Err("two numbers".into()),
    });
    linker.function("length", |_, arguments| match arguments.as_slice() {
        [Val::String(text)] => Ok(Some(Val::U32(u32::try_from(text.len())?))),
        _ => Err("a string".into()),
    });
    linker.function("text", |_, _| Ok(Some(Val::String(TEXT.into()))));
    linker.async_function("ready", |_, _| async { Ok(None) });
    Stand::new(include_str!("imports.wat"), &linker).call_of(name, vec![Val::U32(MANY)], None)
}

/// Returns a scene in which a guest calls another one many times.
pub(super) fn guest(name: &str) -> impl FnMut() + use<> {
    let stand = Stand::new(include_str!("guests.wat"), &Linker::new());
    stand.call_of(name, vec![Val::U32(MANY)], None)
}

/// Returns a scene in which a guest lets others run many times.
pub(super) fn yields(name: &str) -> impl FnMut() + use<> {
    let stand = Stand::new(include_str!("yields.wat"), &Linker::new());
    stand.call_of(name, vec![Val::U32(MANY)], None)
}

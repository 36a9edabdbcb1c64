//! The fixtures: the imports of the suites, which are host functions, resource types of the host
//! and a core module.
//!
//! | name | description |
//! |---|---|
//! | `host-return-two` | returns 2 |
//! | `host-echo-u32` | async; returns its argument |
//! | `host` | an instance, with the items below |
//! | ⋯ `return-three`, `return-hi` | return 3 and `"hi"` |
//! | ⋯ `return-two-slowly`, `echo-slowly` | async; wait once before they return |
//! | ⋯ `never-return` | async; waits forever |
//! | ⋯ `nested` | an instance, with a function `return-four` |
//! | ⋯ `simple-module` | a core module that exports a global and a function |
//! | ⋯ `resource1`, and again as `resource1-again` | a resource type whose drops are counted |
//! | ⋯ `[…]resource1.…` | its functions, which fail unless their arguments are those of the test |
//! | ⋯ `resource2` | another resource type |
//! | `wasmtime` | an instance, with the items below |
//! | ⋯ `set-max-table-capacity` | sets how many entries may be left in the store's tables |
//! | ⋯ `gc` | does nothing, as Weft collects no garbage |

use std::future::{Future, pending, poll_fn};
use std::task::Poll;

use weft::abi::{Resource, Val};
use weft::component::{Caller, HostError, HostResourceType, HostResult, Linker, Module};
use weft::engine::CoreEngine;

/// The data of the fixtures in a store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fixtures {
    /// The number of dropped resources of the type `resource1`.
    pub drops: u32,
    /// The representation of the resource that was dropped last.
    pub last_drop: u32,
    /// The largest number of entries that each of the store's tables may have after a call: entries
    /// that a guest has dropped must not be kept.
    pub max_table_capacity: Option<u32>,
}

/// The binary of `simple-module`:
/// `(module (global (export "g") i32 (i32.const 100)) (func (export "f") (result i32) (i32.const 101)))`
const SIMPLE_MODULE: &[u8] = b"\0asm\x01\0\0\0\
    \x01\x05\x01\x60\0\x01\x7f\
    \x03\x02\x01\0\
    \x06\x07\x01\x7f\0\x41\xe4\0\x0b\
    \x07\x09\x02\x01g\x03\0\x01f\0\0\
    \x0a\x07\x01\x05\0\x41\xe5\0\x0b";

/// Defines everything that the suites import, for components on `engine`.
///
/// ```
/// use weft::component::{Component, Linker, Store};
/// use weft::engine::wasmi::Wasmi;
/// use weft_wast::{Fixtures, provide_fixtures};
///
/// let engine = Wasmi::default();
/// let mut linker = Linker::new();
/// provide_fixtures(&mut linker, &engine);
///
/// let component = wat::parse_str(r#"
///     (component
///         (import "host" (instance $host (export "return-three" (func (result u32)))))
///         (core func $three (canon lower (func $host "return-three")))
///         (func (export "three") (result u32) (canon lift (core func $three))))
/// "#)?;
/// let mut store = Store::new(&engine, Fixtures::default());
/// let instance = store.instantiate(&Component::new(&engine, &component)?, &linker)?;
/// let three = store.function(&instance, "three")?;
/// assert_eq!(store.call(&three, &[])?, Some(weft::abi::Val::U32(3)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn provide_fixtures<E: CoreEngine>(linker: &mut Linker<E, Fixtures>, engine: &E) {
    linker.function("host-return-two", |_, _| Ok(Some(Val::U32(2))));
    linker.async_function(
        "host-echo-u32",
        |_, arguments| async move { Ok(arguments.first().cloned()) },
    );

    let host = linker.instance("host");
    host.function("return-three", |_, _| Ok(Some(Val::U32(3))));
    host.function("return-hi", |_, _| Ok(Some(Val::String("hi".into()))));
    host.async_function("never-return", |_, _| pending());
    host.async_function("return-two-slowly", |_, _| async {
        wait_once().await;
        Ok(Some(Val::S32(2)))
    });
    host.async_function("echo-slowly", |_, arguments| async move {
        wait_once().await;
        Ok(arguments.first().cloned())
    });
    host.instance("nested").function("return-four", |_, _| Ok(Some(Val::U32(4))));
    // Without the module, components that import it fail to instantiate.
    if let Ok(module) = Module::new(engine, SIMPLE_MODULE) {
        host.module("simple-module", &module);
    }
    provide_resources(host);

    let wasmtime = linker.instance("wasmtime");
    wasmtime.function("set-max-table-capacity", |caller, arguments| {
        let [Val::U32(capacity)] = arguments[..] else { return wrong(&arguments) };
        caller.data_mut().max_table_capacity = Some(capacity);
        Ok(None)
    });
    wasmtime.function("gc", |_, _| Ok(None));
}

fn provide_resources<E: CoreEngine>(host: &mut Linker<E, Fixtures>) {
    let counted = HostResourceType::with_destructor(count_drop);
    host.resource("resource1", &counted);
    host.resource("resource1-again", &counted);
    host.resource("resource2", &HostResourceType::new());
    host.function("[constructor]resource1", move |caller, arguments| {
        let [Val::U32(representation)] = arguments[..] else { return wrong(&arguments) };
        let ty = caller.resource_type(&counted)?;
        Ok(Some(Val::Own(Resource { ty, representation: representation.into() })))
    });
    host.function("[static]resource1.assert", |_, arguments| match arguments[..] {
        [Val::Own(it), Val::U32(expected)] => expect_representation(it, expected),
        _ => wrong(&arguments),
    });
    host.function("[static]resource1.last-drop", |caller, _| {
        Ok(Some(Val::U32(caller.data().last_drop)))
    });
    host.function("[static]resource1.drops", |caller, _| Ok(Some(Val::U32(caller.data().drops))));
    host.function("[method]resource1.simple", |_, arguments| match arguments[..] {
        [Val::Borrow(it), Val::U32(expected)] => expect_representation(it, expected),
        _ => wrong(&arguments),
    });
    host.function("[method]resource1.take-borrow", |_, arguments| match arguments[..] {
        [Val::Borrow(_), Val::Borrow(_)] => Ok(None),
        _ => wrong(&arguments),
    });
    host.function("[method]resource1.take-own", |_, arguments| match arguments[..] {
        [Val::Borrow(_), Val::Own(_)] => Ok(None),
        _ => wrong(&arguments),
    });
    host.async_function("[method]resource1.never-return", |_, _| pending());
}

fn count_drop<E: CoreEngine>(
    cx: &mut Caller<'_, '_, E, Fixtures>,
    representation: u64,
) -> Result<(), HostError> {
    let fixtures = cx.data_mut();
    fixtures.drops += 1;
    fixtures.last_drop = u32::try_from(representation)?;
    Ok(())
}

fn expect_representation(resource: Resource, expected: u32) -> HostResult {
    if resource.representation == u64::from(expected) {
        Ok(None)
    } else {
        Err(format!("expected the resource {expected}, not {}", resource.representation).into())
    }
}

fn wrong(arguments: &[Val]) -> HostResult {
    Err(format!("not called with {arguments:?}").into())
}

/// Returns a future that is ready at the second poll, which it asks for in the first.
fn wait_once() -> impl Future<Output = ()> + Send {
    let mut has_waited = false;
    poll_fn(move |cx| {
        if has_waited {
            return Poll::Ready(());
        }
        has_waited = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
}

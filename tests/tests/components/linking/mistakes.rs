//! Host functions that fail, and objects of other stores and engines.

use weft::abi::{Resource, Val};
use weft::component::{
    CallError, Component, ExportError, ImportError, InstantiateError, Linker, Store,
};
use weft::engine::wasmi::Wasmi;

use crate::linking::guests::{CALLS_IMPORT, DEFINES_RESOURCE, calls_import_that_waits};
use weft_tests::causes::chain;
use weft_tests::world::World;

#[test]
fn a_failing_host_function_traps_only_its_caller() {
    let mut world = World::new();
    world.linker.function("f", |_, _| Err("there is no such thing".into()));
    let [one, other] = [0, 1].map(|_| world.instance(CALLS_IMPORT));
    let error = world.try_call(&one, "run", &[]).unwrap_err();
    assert_eq!(chain(&error), "a host function failed: there is no such thing");
    for name in ["run", "seven"] {
        let error = world.try_call(&one, name, &[]).unwrap_err();
        assert!(matches!(error, CallError::InstanceTrapped(_)), "{error}");
    }
    assert_eq!(world.number(&other, "seven", &[]), 7);
}

#[test]
fn a_host_function_that_fails_late_also_traps_its_caller() {
    let mut world = World::new();
    world.linker.async_function("f", |_, _| {
        let mut polls = 0;
        std::future::poll_fn(move |cx| {
            polls += 1;
            if polls == 1 {
                cx.waker().wake_by_ref();
                return std::task::Poll::Pending;
            }
            std::task::Poll::Ready(Err("it was too late".into()))
        })
    });
    let [one, other] = [0, 1].map(|_| world.instance(&calls_import_that_waits()));
    let error = world.try_call(&one, "run", &[]).unwrap_err();
    assert_eq!(chain(&error), "a host function failed: it was too late");
    let error = world.try_call(&one, "seven", &[]).unwrap_err();
    assert!(matches!(error, CallError::InstanceTrapped(_)), "{error}");
    assert_eq!(world.number(&other, "seven", &[]), 7);
}

#[test]
fn a_result_of_another_type_names_its_place() {
    let mut world = World::new();
    world.linker.function("f", |_, _| Ok(Some(Val::from("seven"))));
    let instance = world.instance(CALLS_IMPORT);
    let error = world.try_call(&instance, "run", &[]).unwrap_err();
    let text = "the result of the host function `f` can't be given to its caller: at [0]: expected u32, found a string";
    assert_eq!(chain(&error), text);
    world.linker.function("f", |_, _| Ok(None));
    let instance = world.instance(CALLS_IMPORT);
    let error = world.try_call(&instance, "run", &[]).unwrap_err();
    let text = "the result of the host function `f` can't be given to its caller: expected 1 value, \
                found 0";
    assert_eq!(chain(&error), text);
}

#[test]
fn an_instance_and_a_function_of_another_store_are_refused() {
    let mut world = World::new();
    let mut elsewhere = World::new();
    elsewhere.linker.function("f", |_, _| Ok(None));
    let foreign = elsewhere.instance(CALLS_IMPORT);
    let seven = elsewhere.store.function(&foreign, "seven").unwrap();
    let missing = elsewhere.store.function(&foreign, "eleven").unwrap_err();
    let (name, similar) = ("eleven".to_owned(), Some("seven".to_owned()));
    assert_eq!(missing, ExportError::Missing { name, similar });
    let name = "seven".to_owned();
    let refused = world.store.function(&foreign, "seven").unwrap_err();
    assert_eq!(refused, ExportError::OtherStore { name: name.clone() });
    assert_eq!(refused.name(), name);
    let typed = world.store.typed_function::<(), u32>(&foreign, "seven").unwrap_err();
    assert_eq!(typed, ExportError::OtherStore { name });
    assert!(matches!(world.store.call(&seven, &[]), Err(CallError::OtherStore)));
    assert!(matches!(world.store.start(&seven, &[]), Err(CallError::OtherStore)));
    world.linker.exports_of("i", &foreign);
    let errors = world.import_errors(r#"(component (import "i" (instance)))"#);
    assert_eq!(errors, [ImportError::OtherStore { name: "i".into() }]);
}

#[test]
fn a_component_and_a_module_of_another_engine_are_refused() {
    let mut world = World::new();
    let elsewhere = World::new();
    let foreign = elsewhere.load("(component)");
    let found = world.store.instantiate(&foreign, &world.linker);
    assert!(matches!(found, Err(InstantiateError::OtherEngine)));
    world.linker.component("c", &foreign);
    let errors = world.import_errors(r#"(component (import "c" (component)))"#);
    assert_eq!(errors, [ImportError::OtherEngine { name: "c".into() }]);
    let bytes = wat::parse_str("(module)").unwrap();
    let foreign = weft::component::Module::new(&elsewhere.engine, &bytes).unwrap();
    world.linker.module("m", &foreign);
    let errors = world.import_errors(r#"(component (import "m" (core module)))"#);
    assert_eq!(errors, [ImportError::OtherEngine { name: "m".into() }]);
}

#[test]
fn one_linker_and_one_component_serve_several_stores() {
    let engine = Wasmi::default();
    let mut linker = Linker::<Wasmi>::new();
    linker.function("f", |_, arguments| match arguments[..] {
        [Val::U32(a), Val::U32(b)] => Ok(Some(Val::U32(a * b))),
        _ => Err("not numbers".into()),
    });
    let component = Component::new(&engine, &wat::parse_str(CALLS_IMPORT).unwrap()).unwrap();
    for _ in 0..2 {
        let mut store = Store::new(&engine, ());
        for _ in 0..2 {
            let instance = store.instantiate(&component, &linker).unwrap();
            let run = store.function(&instance, "run").unwrap();
            assert_eq!(store.call(&run, &[]).unwrap(), Some(Val::U32(12)));
        }
    }
}

#[test]
fn a_resource_of_another_store_is_unknown() {
    let mut world = World::new();
    let mut elsewhere = World::new();
    let [here, there] = [&mut world, &mut elsewhere].map(|it| it.instance(DEFINES_RESOURCE));
    let Some(Val::Own(foreign)) = elsewhere.call(&there, "make", &[Val::U32(5)]) else { panic!() };
    let error = world.try_call(&here, "take", &[Val::Own(foreign)]).unwrap_err();
    assert!(matches!(error, CallError::Handle(_)), "{error}");
    let unknown = Resource { ty: weft::builtin::TypeIndex(1_000), representation: 0 };
    assert!(matches!(world.store.drop_resource(unknown), Err(CallError::Error(_))));
}

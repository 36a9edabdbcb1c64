//! Host functions with Rust types.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use weft::abi::{ComponentType, Lift, Lower};
use weft::component::{CallError, Caller, HostError, ImportError, InstantiateError};
use weft::engine::wasmi::Wasmi;

use crate::typed::guests::passes_on;
use weft_tests::causes::chain;
use weft_tests::world::World;

#[derive(ComponentType, Lift, Lower, Clone, Debug, PartialEq)]
struct Person {
    name: String,
    ages: Vec<u8>,
}

const PERSON: &str = r#"(type $p' (record (field "name" string) (field "ages" (list u8))))
    (import "p" (type $p (eq $p')))"#;

/// A future that is ready when it is polled the second time.
struct Later(bool);

impl Future for Later {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.0 {
            return Poll::Ready(());
        }
        self.0 = true;
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

#[test]
fn a_function_receives_owned_values_and_the_store_data() {
    let mut world = World::with(0_usize);
    world.linker.typed_function(
        "f",
        |caller: &mut Caller<'_, '_, Wasmi, usize>, (it,): (Person,)| {
            *caller.data_mut() += it.ages.len();
            Ok(Person { name: it.name.to_uppercase(), ages: it.ages })
        },
    );
    let component = passes_on(PERSON, r#"(param "it" $p) (result $p)"#, "i32 i32 i32 i32");
    let instance = world.instance(&component);
    let f = world.function(&instance, "f").typed::<(Person,), Person>().unwrap();
    let given = Person { name: "ada".into(), ages: vec![36, 37] };
    let got = world.store.call(&f, (given,)).unwrap();
    assert_eq!(got, Person { name: "ADA".into(), ages: vec![36, 37] });
    assert_eq!(*world.store.data(), 2);
}

#[test]
fn a_function_may_wait() {
    let mut world = World::new();
    world.linker.typed_async_function("f", |_, (a, b): (String, String)| async move {
        Later(false).await;
        Ok::<_, HostError>(a + &b)
    });
    let ty = r#"async (param "a" string) (param "b" string) (result string)"#;
    let component = passes_on("", ty, "i32 i32 i32 i32");
    let instance = world.instance(&component);
    let f = world.function(&instance, "f").typed::<(&str, &str), String>().unwrap();
    assert_eq!(world.store.call(&f, ("to", "gether")).unwrap(), "together");
}

#[test]
fn an_error_of_the_function_ends_the_call() {
    let mut world = World::new();
    world.linker.typed_function("f", |_, (text,): (String,)| -> Result<String, HostError> {
        Err(format!("no {text}").into())
    });
    let component = passes_on("", r#"(param "a" string) (result string)"#, "i32 i32");
    let instance = world.instance(&component);
    let f = world.function(&instance, "f").typed::<(&str,), String>().unwrap();
    match world.store.call(&f, ("such word",)) {
        Err(CallError::Host(error)) => assert_eq!(error.to_string(), "no such word"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_import_of_another_type_is_refused_with_its_place() {
    let mut world = World::new();
    world.linker.typed_function("f", |_, (text,): (Vec<i8>,)| Ok(text));
    let component = passes_on("", r#"(param "a" string) (result string)"#, "i32 i32");
    match world.try_instance(&component) {
        Err(InstantiateError::Imports(errors)) => match &errors[..] {
            [error @ ImportError::Function { name, mismatch }] => {
                assert_eq!(name, "f");
                assert_eq!(mismatch.ty(), "func(a: string) -> string");
                assert_eq!(
                    chain(error),
                    "the host function for the import `f` has another type: in `func(a: string) -> \
                     string`, the parameters are of other types: at [0]: expected string, found \
                     list<s8>"
                );
            }
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_function_may_call_the_guest_back() {
    let mut world = World::with(None);
    world.linker.typed_function(
        "f",
        |caller: &mut Caller<'_, '_, Wasmi, _>, (text,): (String,)| {
            let Some(f) = caller.data().clone() else { return Ok(text) };
            *caller.data_mut() = None;
            let again: weft::component::TypedFunction<(String,), String> = f;
            Ok(caller.call(&again, (text + "!",))?)
        },
    );
    let component = passes_on("", r#"(param "a" string) (result string)"#, "i32 i32");
    let [outer, inner] = [(), ()].map(|()| world.instance(&component));
    *world.store.data_mut() = Some(world.function(&inner, "f").typed().unwrap());
    let f = world.function(&outer, "f").typed::<(&str,), String>().unwrap();
    assert_eq!(world.store.call(&f, ("hi",)).unwrap(), "hi!");
}

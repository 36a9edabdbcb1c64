//! Resources of the host and of guests.

use weft::abi::{Resource, Val};
use weft::builtin::TypeIndex;
use weft::component::{
    CallError, HandleProblem, HostResourceType, ImportError, Instance, InstantiateError,
};
use weft::engine::wasmi::Wasmi;

use crate::linking::guests::DEFINES_RESOURCE;
use weft_tests::causes::chain;
use weft_tests::world::World;

/// Returns the resource in a value.
fn owned(value: Option<Val>) -> Resource {
    match value {
        Some(Val::Own(resource)) => resource,
        other => panic!("{other:?}"),
    }
}

/// Returns the reason why a call was refused.
fn refused(result: Result<Option<Val>, CallError>) -> (String, HandleProblem) {
    match result {
        Err(CallError::Handle(error)) => (error.path().to_owned(), error.problem()),
        other => panic!("{other:?}"),
    }
}

/// Imports a resource type and a function that creates a resource, and exports functions for the
/// tests.
const USES_HOST_RESOURCE: &str = r#"
    (component
        (import "thing" (type $thing (sub resource)))
        (import "make" (func $make (param "rep" u32) (result (own $thing))))
        (import "look" (func $look (param "self" (borrow $thing)) (result u32)))
        (core func $make (canon lower (func $make)))
        (core func $look (canon lower (func $look)))
        (core func $drop (canon resource.drop $thing))
        (core module $module
            (import "" "make" (func $make (param i32) (result i32)))
            (import "" "look" (func $look (param i32) (result i32)))
            (import "" "drop" (func $drop (param i32)))
            (func (export "make") (param i32) (result i32) (call $make (local.get 0)))
            (func (export "look") (param i32) (result i32) (call $look (local.get 0)))
            (func (export "drop") (param i32) (call $drop (local.get 0)))
            (func (export "seven") (result i32) (i32.const 7)))
        (core instance $instance (instantiate $module (with "" (instance
            (export "make" (func $make))
            (export "look" (func $look))
            (export "drop" (func $drop))))))
        (export $t "thing" (type $thing))
        (func (export "make") (param "rep" u32) (result (own $t))
            (canon lift (core func $instance "make")))
        (func (export "look") (param "it" (own $t)) (result u32)
            (canon lift (core func $instance "look")))
        (func (export "drop") (param "it" (own $t)) (canon lift (core func $instance "drop")))
        (func (export "seven") (result u32) (canon lift (core func $instance "seven"))))
"#;

/// The representations that were dropped.
type Dropped = Vec<u64>;

fn with_thing() -> (World<Dropped>, HostResourceType<Wasmi, Dropped>) {
    let mut world = World::with(Dropped::new());
    let thing = HostResourceType::<Wasmi, Dropped>::with_destructor(|caller, representation| {
        if representation == 13 {
            return Err("13 is not to be dropped".into());
        }
        caller.data_mut().push(representation);
        Ok(())
    });
    world.linker.resource("thing", &thing);
    let made = thing.clone();
    world.linker.function("make", move |caller, arguments| {
        let [Val::U32(number)] = arguments[..] else { return Err("not a number".into()) };
        let ty = caller.resource_type(&made)?;
        Ok(Some(Val::Own(Resource { ty, representation: number.into() })))
    });
    world.linker.function("look", |_, arguments| match arguments[..] {
        [Val::Borrow(thing)] => Ok(Some(Val::U32(u32::try_from(thing.representation)? + 100))),
        _ => Err("not borrowed".into()),
    });
    (world, thing)
}

#[test]
fn a_host_resource_goes_to_a_guest_and_comes_back() {
    let (mut world, thing) = with_thing();
    let instance = world.instance(USES_HOST_RESOURCE);
    let made = world.call(&instance, "make", &[Val::U32(5)]);
    let ty = world.store.resource_type(&thing).unwrap();
    assert_eq!(made, Some(Val::Own(Resource { ty, representation: 5 })));
    assert_eq!(instance.resource_type("thing"), Some(ty));
    assert_eq!(world.call(&instance, "look", &[made.unwrap()]), Some(Val::U32(105)));
    assert_eq!(world.store.data(), &[0_u64; 0]);
}

#[test]
fn the_host_learns_of_every_drop_of_its_resource() {
    let (mut world, thing) = with_thing();
    let instance = world.instance(USES_HOST_RESOURCE);
    let ty = world.store.resource_type(&thing).unwrap();
    let resource = |representation| Resource { ty, representation };
    world.call(&instance, "drop", &[Val::Own(resource(1))]);
    assert_eq!(world.store.data(), &[1]);
    world.store.drop_resource(resource(2)).unwrap();
    assert_eq!(world.store.data(), &[1, 2]);
}

#[test]
fn a_failing_host_destructor_traps_the_dropping_guest() {
    let (mut world, thing) = with_thing();
    let [one, other] = [0, 1].map(|_| world.instance(USES_HOST_RESOURCE));
    let ty = world.store.resource_type(&thing).unwrap();
    let unlucky = Val::Own(Resource { ty, representation: 13 });
    let error = world.try_call(&one, "drop", &[unlucky]).unwrap_err();
    assert_eq!(chain(&error), "a host function failed: 13 is not to be dropped");
    let error = world.try_call(&one, "seven", &[]).unwrap_err();
    assert!(matches!(error, CallError::InstanceTrapped(_)), "{error}");
    assert_eq!(world.number(&other, "seven", &[]), 7);
}

#[test]
fn each_token_is_one_resource_type_in_a_store() {
    let mut world = World::new();
    let tokens = [HostResourceType::new(), HostResourceType::new()];
    let [one, other] = [0, 1].map(|it| world.store.resource_type(&tokens[it]).unwrap());
    assert_ne!(one, other);
    assert_eq!(world.store.resource_type(&tokens[0].clone()), Ok(one));
    assert_ne!(tokens[0], tokens[1]);
    assert_eq!(tokens[0], tokens[0].clone());
}

#[test]
fn a_resource_of_another_type_is_refused_without_a_trap() {
    let (mut world, _) = with_thing();
    let instance = world.instance(USES_HOST_RESOURCE);
    let other = world.store.resource_type(&HostResourceType::new()).unwrap();
    for ty in [other, TypeIndex(999)] {
        let wrong = Val::Own(Resource { ty, representation: 1 });
        let found = refused(world.try_call(&instance, "look", &[wrong]));
        assert_eq!(found, ("[0]".into(), HandleProblem::OtherType));
    }
    assert_eq!(world.number(&instance, "seven", &[]), 7);
}

#[test]
fn a_host_function_must_return_the_right_resource_type() {
    let (mut world, _) = with_thing();
    let other = HostResourceType::new();
    world.linker.function("make", move |caller, _| {
        let ty = caller.resource_type(&other)?;
        Ok(Some(Val::Own(Resource { ty, representation: 1 })))
    });
    let instance = world.instance(USES_HOST_RESOURCE);
    let error = world.try_call(&instance, "make", &[Val::U32(1)]).unwrap_err();
    let text = "the result of the host function `make` can't be given to its caller: at [0]: the handle has \
         another type";
    assert_eq!(chain(&error), text);
}

fn defined() -> (World, Instance<Wasmi>) {
    let mut world = World::new();
    let instance = world.instance(DEFINES_RESOURCE);
    (world, instance)
}

fn make(world: &mut World, instance: &Instance<Wasmi>, representation: u32) -> Resource {
    owned(world.call(instance, "make", &[Val::U32(representation)]))
}

#[test]
fn the_host_lends_and_passes_its_resources() {
    let (mut world, instance) = defined();
    let it = make(&mut world, &instance, 5);
    assert_eq!(Some(it.ty), instance.resource_type("counter"));
    for _ in 0..2 {
        assert_eq!(world.number(&instance, "value", &[Val::Borrow(it)]), 5);
    }
    assert_eq!(world.number(&instance, "take", &[Val::Own(it)]), 5);
    for (name, value) in [("take", Val::Own(it)), ("value", Val::Borrow(it))] {
        let found = refused(world.try_call(&instance, name, &[value]));
        assert_eq!(found, ("[0]".into(), HandleProblem::NotHeld));
    }
    assert!(matches!(world.store.drop_resource(it), Err(CallError::Handle(_))));
    assert_eq!(world.number(&instance, "dropped", &[]), 0);
}

#[test]
fn a_resource_cannot_be_invented_or_passed_twice() {
    let (mut world, instance) = defined();
    let it = make(&mut world, &instance, 5);
    let made_up = Resource { representation: 6, ..it };
    let found = refused(world.try_call(&instance, "take", &[Val::Own(made_up)]));
    assert_eq!(found, ("[0]".into(), HandleProblem::NotHeld));
    let found = refused(world.try_call(&instance, "two", &[Val::Own(it), Val::Own(it)]));
    assert_eq!(found, ("[1]".into(), HandleProblem::NotHeld));
    // Nothing was passed, and nothing trapped.
    assert_eq!(world.number(&instance, "take", &[Val::Own(it)]), 5);
}

#[test]
fn two_resources_with_one_representation_are_two() {
    let (mut world, instance) = defined();
    let [one, other] = [0, 1].map(|_| make(&mut world, &instance, 5));
    assert_eq!(one, other);
    world.call(&instance, "two", &[Val::Own(one), Val::Own(other)]);
    let found = refused(world.try_call(&instance, "take", &[Val::Own(one)]));
    assert_eq!(found.1, HandleProblem::NotHeld);
}

#[test]
fn the_host_drops_a_guests_resource_by_its_destructor_once() {
    let (mut world, instance) = defined();
    let it = make(&mut world, &instance, 5);
    world.store.drop_resource(it).unwrap();
    assert_eq!(world.number(&instance, "dropped", &[]), 5);
    let error = world.store.drop_resource(it).unwrap_err();
    let text = "at the resource: the host does not hold this handle: it was given away or dropped, or never held";
    assert_eq!(error.to_string(), text);
    assert_eq!(world.number(&instance, "dropped", &[]), 5);
}

#[test]
fn a_guests_destructor_that_traps_locks_its_instance_down() {
    let (mut world, instance) = defined();
    let [zero, five] = [0, 5].map(|it| make(&mut world, &instance, it));
    let error = world.store.drop_resource(zero).unwrap_err();
    assert!(matches!(error, CallError::Core(_)), "{error}");
    let error = world.store.drop_resource(five).unwrap_err();
    assert!(matches!(error, CallError::InstanceTrapped(_)), "{error}");
}

#[test]
fn a_guests_resource_without_a_destructor_is_only_forgotten() {
    let mut world = World::new();
    let text = DEFINES_RESOURCE.replace(r#" (dtor (core func $own "drop"))"#, "");
    let instance = world.instance(&text);
    let it = make(&mut world, &instance, 5);
    world.store.drop_resource(it).unwrap();
    let found = refused(world.try_call(&instance, "take", &[Val::Own(it)]));
    assert_eq!(found.1, HandleProblem::NotHeld);
}

#[test]
fn arguments_of_a_call_that_cannot_start_stay_with_the_host() {
    let (mut world, instance) = defined();
    let [zero, five] = [0, 5].map(|it| make(&mut world, &instance, it));
    world.store.drop_resource(zero).unwrap_err();
    for _ in 0..2 {
        // The instance is locked down, and the host still owns the resource that it could not pass.
        let error = world.try_call(&instance, "take", &[Val::Own(five)]).unwrap_err();
        assert!(matches!(error, CallError::InstanceTrapped(_)), "{error}");
        let error = world.store.drop_resource(five).unwrap_err();
        assert!(matches!(error, CallError::InstanceTrapped(_)), "{error}");
    }
}

#[test]
fn a_resource_that_was_lent_to_many_calls_can_be_passed_on() {
    let (mut world, instance) = defined();
    let it = make(&mut world, &instance, 5);
    for _ in 0..100 {
        assert_eq!(world.number(&instance, "value", &[Val::Borrow(it)]), 5);
    }
    assert_eq!(world.number(&instance, "take", &[Val::Own(it)]), 5);
}

#[test]
fn each_instance_of_a_component_has_its_own_resource_type() {
    let (mut world, one) = defined();
    let other = world.instance(DEFINES_RESOURCE);
    let it = make(&mut world, &one, 5);
    let found = refused(world.try_call(&other, "take", &[Val::Own(it)]));
    assert_eq!(found, ("[0]".into(), HandleProblem::OtherType));
}

#[test]
fn a_guest_passes_resources_of_the_same_import_only() {
    let (mut world, one) = defined();
    let other = world.instance(DEFINES_RESOURCE);
    let user = r#"
        (component
            (import "a" (instance $a (export "counter" (type $c (sub resource)))))
            (alias export $a "counter" (type $counter))
            (import "b" (instance (export "make"
                (func (param "rep" u32) (result (own $counter)))))))
    "#;
    world.linker.exports_of("a", &one).exports_of("b", &one);
    world.instance(user);
    world.linker.exports_of("b", &other);
    match world.try_instance(user) {
        Err(InstantiateError::Imports(errors)) => {
            assert!(
                matches!(&errors[..], [ImportError::Mismatch { name, .. }] if name == "b/make"),
                "{errors:?}"
            );
        }
        other => panic!("{other:?}"),
    }
}

/// Imports a function that borrows a resource of its own type, and calls it with a new one.
const LENDS: &str = r#"
    (component
        (component $definer
            (type $r (resource (rep i32)))
            (core func $new (canon resource.new $r))
            (core module $module
                (import "" "new" (func $new (param i32) (result i32)))
                (func (export "make") (result i32) (call $new (i32.const 5)))
                (func (export "value") (param i32) (result i32) (local.get 0)))
            (core instance $instance (instantiate $module
                (with "" (instance (export "new" (func $new))))))
            (export $c "counter" (type $r))
            (func (export "make") (result (own $c)) (canon lift (core func $instance "make")))
            (func (export "value") (param "self" (borrow $c)) (result u32)
                (canon lift (core func $instance "value"))))
        (instance $d (instantiate $definer))
        (alias export $d "counter" (type $counter))
        (component $user
            (import "counter" (type $c (sub resource)))
            (import "make" (func $make (result (own $c))))
            (import "borrow" (func $borrow (param "c" u32)))
            (core func $make (canon lower (func $make)))
            (core module $module
                (import "" "make" (func $make (result i32)))
                (func (export "run") (result i32) (call $make)))
            (core instance $instance (instantiate $module
                (with "" (instance (export "make" (func $make))))))
            (func (export "run") (result (own $c)) (canon lift (core func $instance "run"))))
        (import "borrow" (func $borrow (param "c" u32)))
        (instance $u (instantiate $user
            (with "counter" (type $counter))
            (with "make" (func $d "make"))
            (with "borrow" (func $borrow))))
        (export $c "counter" (type $counter))
        (export "run" (func $u "run") (func (result (own $c))))
        (export "value" (func $d "value") (func (param "self" (borrow $c)) (result u32))))
"#;

#[test]
fn a_resource_goes_from_guest_to_guest_to_host_and_back() {
    let mut world = World::new();
    world.linker.function("borrow", |_, _| Ok(None));
    let instance = world.instance(LENDS);
    let it = owned(world.call(&instance, "run", &[]));
    assert_eq!(world.number(&instance, "value", &[Val::Borrow(it)]), 5);
    world.store.drop_resource(it).unwrap();
    let found = refused(world.try_call(&instance, "value", &[Val::Borrow(it)]));
    assert_eq!(found.1, HandleProblem::NotHeld);
}

//! Conversions of values, destructors and choosers that panic.

use weft::abi::{
    Abi, ComponentType, CoreValueIter, FlatValues, Lift, LiftContext, LiftHandles, Lower,
    LowerContext, Resource, Shape, Val,
};
use weft::chooser::{Choice, Chooser};
use weft::component::{HostResourceType, Linker, Store, ThreadDestructorError};
use weft::engine::wasmi::Wasmi;
use weft::error::Failure;
use weft::thread::ThreadSpawnConfig;
use weft_tests::world::World;

use super::{caller, panics, works};

/// A number whose conversions panic, for some values.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Picky(u32);

impl ComponentType for Picky {
    const ABI: Abi = u32::ABI;
    const INLINE: bool = false;
    const HANDLES: bool = false;
    const SHAPE: Shape = u32::SHAPE;
}

impl Lower for Picky {
    fn lower_flat<C: LowerContext + ?Sized>(
        &self,
        cx: &mut C,
        flat: &mut FlatValues,
    ) -> Result<(), Failure> {
        assert_ne!(self.0, 13, "not lowered");
        self.0.lower_flat(cx, flat)
    }

    fn store<C: LowerContext + ?Sized>(&self, cx: &mut C, address: u64) -> Result<(), Failure> {
        self.0.store(cx, address)
    }
}

impl<'a> Lift<'a> for Picky {
    fn lift_flat<H: LiftHandles>(
        cx: &mut LiftContext<'a, H>,
        values: &mut CoreValueIter<'_>,
    ) -> Result<Self, Failure> {
        let number = u32::lift_flat(cx, values)?;
        assert_ne!(number, 14, "not lifted");
        Ok(Self(number))
    }

    fn load<H: LiftHandles>(cx: &mut LiftContext<'a, H>, bytes: &'a [u8]) -> Result<Self, Failure> {
        u32::load(cx, bytes).map(Self)
    }
}

#[test]
fn a_result_that_is_not_lowered_stops_the_caller() {
    let mut world = World::new();
    world.linker.typed_function("f", |_, (_,): (u32,)| Ok(Picky(13)));
    let instance = world.instance(&caller(""));
    let run = world.function(&instance, "run");
    assert!(panics(|| world.store.call(&run, &[Val::U32(1)])).contains("not lowered"));
    assert!(world.store.call(&run, &[Val::U32(1)]).is_err());
    works(&mut world.store);
}

#[test]
fn a_parameter_that_is_not_lifted_stops_the_caller() {
    let mut world = World::new();
    world.linker.typed_function("f", |_, (it,): (Picky,)| Ok(it.0));
    let instance = world.instance(&caller(""));
    assert_eq!(world.number(&instance, "run", &[Val::U32(1)]), 1);
    let run = world.function(&instance, "run");
    assert!(panics(|| world.store.call(&run, &[Val::U32(14)])).contains("not lifted"));
    works(&mut world.store);
}

#[test]
fn an_argument_of_the_embedder_that_is_not_lowered_leaves_no_call() {
    let mut world = World::new();
    world.linker.typed_function("f", |_, (it,): (u32,)| Ok(it));
    let instance = world.instance(&caller(""));
    let add = world.function(&instance, "add").typed::<(Picky,), u32>().unwrap();
    assert_eq!(world.store.call(&add, (Picky(1),)).unwrap(), 2);
    assert!(panics(|| world.store.call(&add, (Picky(13),))).contains("not lowered"));
    works(&mut world.store);
}

#[test]
fn a_result_of_the_embedder_that_is_not_lifted_leaves_no_call() {
    let mut world = World::new();
    world.linker.typed_function("f", |_, (it,): (u32,)| Ok(it));
    let instance = world.instance(&caller(""));
    let add = world.function(&instance, "add").typed::<(u32,), Picky>().unwrap();
    assert_eq!(world.store.call(&add, (1,)).unwrap(), Picky(2));
    assert!(panics(|| world.store.call(&add, (13,))).contains("not lifted"));
    works(&mut world.store);
}

/// A component that drops a resource of the host in `run`.
const DROPS: &str = r#"(component
    (import "r" (type $r (sub resource)))
    (canon resource.drop $r (core func $drop))
    (core module $Module
        (import "" "drop" (func $drop (param i32)))
        (func (export "run") (param i32) (call $drop (local.get 0)))
        (func (export "add") (param i32) (result i32) (local.get 0)))
    (core instance $module (instantiate $Module (with "" (instance (export "drop" (func $drop))))))
    (func (export "add") (param "q" u32) (result u32) (canon lift (core func $module "add")))
    (func (export "run") (param "q" (own $r)) (canon lift (core func $module "run"))))"#;

#[test]
fn a_panic_of_a_host_destructor_stops_the_dropping_guest() {
    let mut world = World::new();
    let thing = HostResourceType::with_destructor(|_, _| panic!("in a destructor"));
    world.linker.resource("r", &thing);
    let instance = world.instance(DROPS);
    let ty = world.store.resource_type(&thing).unwrap();
    let resource = Resource { ty, representation: 7 };
    let run = world.function(&instance, "run");
    let message = panics(|| world.store.call(&run, &[Val::Own(resource)]));
    assert_eq!(message, "in a destructor");
    let add = world.function(&instance, "add");
    assert!(world.store.call(&add, &[Val::U32(1)]).is_err());
    works(&mut world.store);
    let message = panics(|| world.store.drop_resource(Resource { ty, representation: 8 }));
    assert_eq!(message, "in a destructor");
    works(&mut world.store);
}

/// A chooser that panics at the first choice, and chooses 0 from then on.
struct PanicsOnce(bool);

impl Chooser for PanicsOnce {
    fn choose(&mut self, _: Choice, _: u32) -> u32 {
        assert!(core::mem::replace(&mut self.0, true), "nothing is chosen");
        0
    }
}

#[test]
fn a_panic_of_the_chooser_continues_after_the_step() {
    let engine = Wasmi::default();
    let text = caller("").replace("(param \"q\" u32)", "(param \"q\" f32)");
    let text = text.replace("(func $f (param i32)", "(func $f (param f32)");
    let text = text.replace("(export \"run\") (param i32)", "(export \"run\") (param f32)");
    let text = text.replace(
        "(export \"add\") (param i32) (result i32)\n                (i32.add (local.get 0) (i32.const 1))",
        "(export \"add\") (param f32) (result i32) (i32.const 1)",
    );
    let component =
        weft::component::Component::new(&engine, &wat::parse_str(text).unwrap()).unwrap();
    let mut linker: Linker<Wasmi> = Linker::new();
    linker.typed_function("f", |_, (_,): (f32,)| Ok(0_u32));
    let mut store = Store::with_chooser(&engine, Box::new(PanicsOnce(false)), ());
    let instance = store.instantiate(&component, &linker).unwrap();
    let add = store.function(&instance, "add").unwrap();
    let argument = [Val::F32(f32::NAN)];
    assert!(panics(|| store.call(&add, &argument)).contains("nothing is chosen"));
    assert_eq!(store.call(&add, &argument).unwrap(), Some(Val::U32(1)));
    works(&mut store);
}

#[test]
fn a_panic_of_a_thread_destructor_is_reported_and_others_run() {
    let mut world = World::new();
    world.linker.async_function("f", |_, _| async {
        tokio::task::yield_now().await;
        Ok(Some(Val::U32(2)))
    });
    let instance = world.instance(&caller("async"));
    let run = world.store.function_reference(&instance, "run").unwrap();
    let fails = world.store.add_thread_destructor(|_, _| panic!("of a thread")).unwrap();
    let runs = world.store.add_thread_destructor(|_, _| Ok(())).unwrap();
    let config = ThreadSpawnConfig::default();
    let thread = world.store.spawn_thread_ref(&run, &[Val::U32(1)], config, None).unwrap();
    for (key, destructor) in [(1, runs), (2, fails), (3, runs)] {
        world.store.threads().set_local(thread.id(), key, key, Some(destructor)).unwrap();
    }
    assert_eq!(panics(|| world.store.join_thread(thread)), "of a thread");
    assert_eq!(world.store.join_thread(thread).unwrap(), Some(Val::U32(2)));
    let failure = world.store.take_failed_thread_destructor().unwrap();
    assert!(matches!(failure.error, ThreadDestructorError::Panicked(_)), "{failure}");
    assert_eq!(failure.value.key, 2);
    works(&mut world.store);
}

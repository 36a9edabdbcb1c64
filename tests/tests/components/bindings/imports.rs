//! Methods of hosts: with the host, with the store or with a handle of it; methods that trap, wait,
//! or are shared.

use std::task::Waker;

use weft::binding::{HostError, Interface, NotImplemented, World as _, not_implemented};
use weft::component::{CallError, Linker};
use weft::engine::wasmi::Wasmi;
use weft_tests::world::World;

use super::hosts::{Data, Files, GUEST, linker, program};
use super::program::types::ErrorCode;
use super::program::{Host, Program, add_root_to_linker, types};

/// Returns the text of the error with which a host function failed.
fn cause<R: std::fmt::Debug>(result: Result<R, CallError>) -> String {
    match result {
        Err(CallError::Host(error)) => error.to_string(),
        result => panic!("{result:?}"),
    }
}

#[test]
fn a_method_gets_the_host_that_the_closure_finds() {
    let (mut store, program) = program();
    assert_eq!(program.copies.names(&mut store).unwrap(), ["a", "b"]);
    assert_eq!(program.run(&mut store, "a").unwrap(), 13);
    let Data { calls, host } = store.data();
    // `names`, `log`, the constructor, `size`, twice in `sync`, and the destructor.
    assert_eq!(*calls, 7);
    assert_eq!(host.logged, ["a"]);
    assert!(host.open.is_empty(), "it was dropped");
}

#[test]
fn a_closure_that_finds_the_host_may_capture() {
    let mut world = World::with([Files::default(), Files::default()]);
    let mut linkers = [0, 1].map(|place| {
        let mut linker = Linker::<Wasmi, [Files; 2]>::new();
        super::program::add_to_linker(&mut linker, move |data: &mut [Files; 2]| &mut data[place]);
        linker
    });
    let component = world.load(GUEST);
    for linker in &mut linkers {
        let program = Program::instantiate(&mut world.store, &component, linker).unwrap();
        program.run(&mut world.store, "x").unwrap();
    }
    let logged = world.store.data().each_ref().map(|files| files.logged.len());
    assert_eq!(logged, [1, 1]);
}

#[test]
fn a_drop_that_is_not_implemented_traps() {
    let mut world = World::with(Data::default());
    let mut linker = linker();
    let name = "example:files/types@1.2.0";
    let mut interface = Interface::new(&mut linker, Some(name), |data: &mut Data| &mut data.host);
    interface.resource_with_drop::<types::File>("file", move |_, _| {
        Err(not_implemented(Some(name), "[resource-drop]file"))
    });
    let component = world.load(GUEST);
    let program = Program::instantiate(&mut world.store, &component, &linker).unwrap();
    let expected = "the host does not implement `example:files/types@1.2.0#[resource-drop]file`";
    assert_eq!(cause(program.run(&mut world.store, "a")), expected);
}

#[test]
fn a_method_returns_its_wit_error_or_traps() {
    let (mut store, program) = program();
    let copies = &program.copies;
    assert_eq!(store.call(&copies.find, ("a",)).unwrap(), Ok(3));
    assert_eq!(store.call(&copies.find, ("x",)).unwrap(), Err(ErrorCode::Missing));
    assert_eq!(copies.remove(&mut store, "a").unwrap(), Ok(3));
    assert_eq!(copies.remove(&mut store, "a").unwrap(), Err(ErrorCode::Missing));
    assert_eq!(cause(copies.remove(&mut store, "broken")), "the disk is broken");
    assert!(matches!(copies.remove(&mut store, "a"), Err(CallError::InstanceTrapped(_))));
}

#[test]
fn an_error_of_the_users_becomes_one_of_the_wit_or_a_trap() {
    let (mut store, program) = program();
    let copies = &program.copies;
    assert_eq!(copies.load(&mut store, "a").unwrap(), Ok(3));
    assert_eq!(copies.load(&mut store, "x").unwrap(), Err(ErrorCode::Missing));
    assert_eq!(copies.load(&mut store, "locked").unwrap(), Err(ErrorCode::Denied));
    let result = copies.load(&mut store, "broken");
    let Err(CallError::Host(error)) = &result else { panic!("{result:?}") };
    assert!(error.downcast_ref::<std::io::Error>().is_some());
}

#[test]
fn a_method_with_the_store_returns_a_stream() {
    let (mut store, program) = program();
    let bytes = program.copies.read(&mut store, "a").unwrap();
    let collecting = store.collect(bytes).unwrap();
    assert_eq!(store.block_on(collecting).unwrap(), [1, 2, 3]);
    assert_eq!(cause(program.copies.read(&mut store, "broken")), "the disk is broken");
}

#[test]
fn an_async_method_awaits_a_stream_and_then_the_host() {
    let (mut store, program) = program();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let name = String::from("new");
        for (name, expected) in [(&*name, Ok(4)), ("a", Err(ErrorCode::Denied))] {
            let (bytes, _) = store.stream_from(vec![4_u8, 5, 6, 7]).unwrap();
            let written = program.copies.write_async(&mut store, name, bytes).await;
            assert_eq!(written.unwrap(), expected);
        }
        let (bytes, _) = store.stream_from(vec![1_u8]).unwrap();
        let written = program.copies.write_async(&mut store, "broken", bytes).await;
        assert_eq!(cause(written), "the disk is broken");
    });
    assert_eq!(store.data().host.stored["new"], [4, 5, 6, 7]);
    assert_eq!(store.data().host.during_writes, 3);
}

#[test]
fn guests_and_methods_run_while_an_async_method_waits() {
    let (mut store, program) = program();
    let (bytes, writer) = store.stream_writer::<u8>().unwrap();
    let call = store.start(&program.copies.write, ("new", bytes)).unwrap();
    let waker = Waker::noop();
    assert!(store.poll(waker).unwrap().calls > 0);
    assert_eq!(store.data().host.during_writes, 1);
    // The host is not borrowed by the method that waits.
    assert!(store.take_result(call).unwrap().is_none());
    store.data_mut().host.stored.clear();
    drop(writer);
    assert_eq!(store.run(call).unwrap(), Ok(0));
    assert_eq!(store.data().host.stored.len(), 1);
}

#[test]
fn an_async_method_whose_store_is_gone_is_dropped() {
    let (mut store, program) = program();
    let (bytes, writer) = store.stream_writer::<u8>().unwrap();
    store.start(&program.copies.write, ("new", bytes)).unwrap();
    drop(store);
    assert!(writer.is_closed());
}

/// A host without the functions that its guest does not call.
#[derive(Debug, Default)]
struct Quiet;

impl Host for Quiet {}

#[test]
fn a_method_that_is_left_out_traps_with_its_name() {
    let mut world = World::with((Files::default(), Quiet));
    types::add_to_linker(&mut world.linker, |data: &mut (Files, Quiet)| &mut data.0);
    add_root_to_linker(&mut world.linker, |data| &mut data.1);
    let component = world.load(GUEST);
    let program = Program::instantiate(&mut world.store, &component, &world.linker).unwrap();
    let names = program.copies.names(&mut world.store).unwrap();
    assert!(names.is_empty());
    let result = program.run(&mut world.store, "x");
    let Err(CallError::Host(error)) = &result else { panic!("{result:?}") };
    let expected = NotImplemented { interface: None, function: "log" };
    assert_eq!(error.downcast_ref(), Some(&expected));
    assert_eq!(error.to_string(), "the host does not implement `log`");
}

/// Bindings of another world that imports the same interface, mapped to that of the first.
mod other_world {
    use weft::binding::{CoreEngine, Interface, Linker};

    use super::types;

    pub(super) trait Host: types::Host {
        fn answer(&mut self) -> u32;
    }

    pub(super) fn add_to_linker<E: CoreEngine, T: 'static, H: Host>(
        linker: &mut Linker<E, T>,
        find: impl Fn(&mut T) -> &mut H + Clone + Send + Sync + 'static,
    ) {
        types::add_to_linker(linker, find.clone());
        let mut interface = Interface::new(linker, None, find);
        interface.function("answer", |host, ()| Ok(H::answer(host)));
    }
}

impl other_world::Host for Files {
    fn answer(&mut self) -> u32 {
        u32::try_from(self.stored.len()).unwrap_or_default() + 40
    }
}

#[test]
fn one_implementation_serves_two_worlds() {
    let text = r#"(component
        (import "example:files/types@1.2.0" (instance $types
            (export "names" (func (result (list string))))))
        (import "answer" (func $answer (result u32)))
        (core func $answer (canon lower (func $answer)))
        (core module $module
            (import "" "answer" (func $answer (result i32)))
            (func (export "run") (result i32) (call $answer)))
        (core instance $module (instantiate $module (with "" (instance
            (export "answer" (func $answer))))))
        (func (export "run") (result u32) (canon lift (core func $module "run"))))"#;
    let mut world = World::with(Data::default());
    other_world::add_to_linker(&mut world.linker, |data: &mut Data| &mut data.host);
    let other = world.instance(text);
    let component = world.load(GUEST);
    let program = Program::instantiate(&mut world.store, &component, &linker()).unwrap();
    program.run(&mut world.store, "x").unwrap();
    world.store.data_mut().host.stored.insert(String::from("a"), Vec::new());
    assert_eq!(world.number(&other, "run", &[]), 41);
    assert_eq!(program.copies.names(&mut world.store).unwrap(), ["a"]);
}

/// A host that calls its guest, or the guest of another instance, while a guest calls it.
mod calling {
    use weft::binding::{HostAccess, HostCaller, HostError};
    use weft::component::TypedFunction;

    #[derive(Debug, Default)]
    pub(super) struct Relay {
        pub(super) to: Option<TypedFunction<(&'static str,), u32>>,
        pub(super) calls: u32,
    }

    impl Relay {
        pub(super) fn now(
            caller: &mut impl HostCaller<Self>,
            name: &str,
        ) -> Result<u32, HostError> {
            let host = caller.host();
            host.calls += 1;
            let to = host.to.clone().ok_or("nobody is there")?;
            Ok(caller.call(&to, (name,))?)
        }

        pub(super) async fn later(
            mut access: impl HostAccess<Self>,
            name: String,
        ) -> Result<u32, HostError> {
            let to = access.with_host(|host| host.to.clone()).await?.ok_or("nobody is there")?;
            // Arguments may borrow what the method owns.
            let length = access.call(&to, (&*name,)).await?;
            access.with(|caller| caller.host().calls += 1).await?;
            Ok(length + access.call_async(&to, (name.trim(),)).await?)
        }
    }
}

#[test]
fn methods_call_guests_with_arguments_that_borrow() {
    use calling::Relay;
    use weft::binding::Interface;

    let mut world = World::with(Relay::default());
    let mut root = Interface::new(&mut world.linker, None, |data: &mut Relay| data);
    root.caller_function("now", |caller, (name,): (String,)| Relay::now(caller, &name));
    root.async_function("later", |access, (name,)| Relay::later(access, name));
    let text = r#"(component
        (import "now" (func $now (param "name" string) (result u32)))
        (import "later" (func $later (param "name" string) (result u32)))
        (core module $libc
            (memory (export "memory") 1)
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
            (func (export "length") (param i32 i32) (result i32) (local.get 1)))
        (core instance $libc (instantiate $libc))
        (core func $now (canon lower (func $now) (memory (core memory $libc "memory"))))
        (core func $later (canon lower (func $later) (memory (core memory $libc "memory"))))
        (func (export "now") (param "name" string) (result u32)
            (canon lift (core func $now)
                (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
        (func (export "later") (param "name" string) (result u32)
            (canon lift (core func $later)
                (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
        (func (export "length") (param "name" string) (result u32)
            (canon lift (core func $libc "length")
                (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))"#;
    let instance = world.instance(text);
    let later = world.store.typed_function::<(&str,), u32>(&instance, "later").unwrap();
    assert_eq!(cause(world.store.call(&later, ("x",))), "nobody is there");

    let instance = world.instance(text);
    let other = world.instance(text);
    for (name, expected) in [("now", 5), ("later", 8)] {
        let to = world.store.typed_function(&other, "length").unwrap();
        world.store.data_mut().to = Some(to);
        let function = world.store.typed_function::<(&str,), u32>(&instance, name).unwrap();
        let argument = String::from(" see ");
        assert_eq!(world.store.call(&function, (&*argument,)).unwrap(), expected, "{name}");
    }
    assert_eq!(world.store.data().calls, 2);
}

#[test]
fn a_linker_of_bindings_has_the_imports_of_the_world() {
    let linker = linker();
    for name in Program::IMPORTS {
        assert!(linker.get(name).is_some(), "{name}");
    }
    assert_eq!(linker.items().len(), Program::IMPORTS.len());
    assert!(linker.check(&World::new().load(GUEST)).is_empty());
}

#[test]
fn a_host_can_return_errors_of_every_kind() {
    use weft::binding::OrTrap;
    use weft::component::StoreDropped;
    use weft::component::streams::StreamError;

    fn fails(place: u32) -> Result<(), OrTrap<ErrorCode>> {
        match place {
            0 => Err(ErrorCode::Missing)?,
            1 => Err(StoreDropped)?,
            2 => Err(StreamError::<std::convert::Infallible>::Dropped)?,
            3 => Err(CallError::OtherStore)?,
            4 => Err(HostError::from("text"))?,
            5 => Err(weft::error::Error::Unknown(weft::limits::Table::Tasks))?,
            _ => Err(NotImplemented { interface: Some("a:b/c"), function: "f" })?,
        }
        Ok(())
    }
    assert!(matches!(fails(0), Err(OrTrap::Error(ErrorCode::Missing))));
    for place in 1..=6 {
        assert!(matches!(fails(place), Err(OrTrap::Trap(_))), "{place}");
    }
}

/// A host that performs every operation of the store.
mod everything {
    use std::future::ready;

    use weft::abi::Type;
    use weft::binding::{HostAccess, HostCaller, HostError};
    use weft::component::streams;

    #[derive(Debug, Default)]
    pub(super) struct Everything {
        pub(super) spawned: u32,
    }

    impl Everything {
        /// Returns the sum of the values in streams and futures that a host task reads.
        pub(super) fn now(caller: &mut impl HostCaller<Self>) -> Result<(), HostError> {
            let (stream, mut writer) = caller.stream_writer::<u8>()?;
            let mut reader = caller.stream_reader(stream)?;
            let stream = caller.stream_of_type(&Type::U8, vec![1_u8, 2])?;
            let collecting = caller.collect(stream)?;
            let stream = caller.stream_from(vec![3_u8])?;
            let pushing = caller.stream_into(stream, streams::collect_at_most(1))?;
            let future = caller.future_from(ready(4_u32))?;
            let value = caller.future_value(future)?;
            let future = caller.future_of_type(&Type::U32, ready(5_u32))?;
            let typed_value = caller.future_value(future)?;
            let future = caller.try_future_from(ready(Err::<u32, _>("no value")))?;
            let no_value = caller.future_value(future)?;
            let error_context = caller.new_error_context("the text")?;
            let text = caller.debug_message(&error_context)?;
            assert_eq!(text, "the text");
            caller.drop_error_context(error_context)?;
            let access = caller.access();
            caller.spawn(async move {
                writer.write_all(&mut vec![6, 7]).await?;
                drop(writer);
                assert_eq!(collecting.await?, [1, 2]);
                assert_eq!(pushing.await?, [3]);
                assert_eq!((value.await?, typed_value.await?), (4, 5));
                assert!(no_value.await.is_err());
                access.with_host(|host| host.spawned += 1).await?;
                Ok(())
            })?;
            let access = caller.access();
            caller.spawn(async move {
                assert_eq!(reader.read_to_end().await?, [6, 7]);
                access.with_host(|host| host.spawned += 1).await?;
                Ok(())
            })?;
            Ok(())
        }

        /// Returns the same from an async method.
        pub(super) async fn later(access: impl HostAccess<Self>) -> Result<(), HostError> {
            let (stream, mut writer) = access.stream_writer::<u8>().await?;
            let mut reader = access.stream_reader(stream).await?;
            let task = access.spawn(async move {
                writer.write_all(&mut vec![6, 7]).await?;
                Ok(())
            });
            task.await?;
            assert_eq!(reader.read_to_end().await?, [6, 7]);
            // Some sources borrow, and are not `'static` where they are awaited.
            let stream = access.stream_from(&b"static"[..]).await?;
            assert_eq!(access.collect(stream).await?, b"static");
            let stream = access.stream_from(streams::iter("text".bytes())).await?;
            assert_eq!(access.collect(stream).await?, b"text");
            let stream = access.stream_from(vec![1_u8, 2, 3]).await?;
            let (sender, receiver) = std::sync::mpsc::channel();
            let sink = streams::for_each(move |value: u8| sender.send(value));
            access.stream_into(stream, sink).await?;
            assert_eq!(receiver.iter().collect::<Vec<_>>(), [1, 2, 3]);
            let future = access.future_from(ready(4_u32)).await?;
            assert_eq!(access.future_value(future).await?, 4);
            let future = access.try_future_from(ready(Err::<u32, _>("no value"))).await?;
            assert!(access.future_value(future).await.is_err());
            access.clone().with(|caller| caller.host().spawned += 10).await
        }
    }
}

#[test]
fn every_operation_of_the_store_takes_one_line() {
    use everything::Everything;
    use weft::binding::Interface;

    let mut world = World::with(Everything::default());
    let mut root = Interface::new(&mut world.linker, None, |data: &mut Everything| data);
    root.caller_function("now", |caller, ()| Everything::now(caller));
    root.async_function("later", |access, ()| Everything::later(access));
    let instance = world.instance(
        r#"(component
            (import "now" (func $now))
            (import "later" (func $later))
            (core func $now (canon lower (func $now)))
            (core func $later (canon lower (func $later)))
            (func (export "now") (canon lift (core func $now)))
            (func (export "later") (canon lift (core func $later))))"#,
    );
    let now = world.store.typed_function::<(), ()>(&instance, "now").unwrap();
    let later = world.store.typed_function::<(), ()>(&instance, "later").unwrap();
    world.store.call(&now, ()).unwrap();
    world.store.call(&later, ()).unwrap();
    for _ in 0..100 {
        world.store.poll(Waker::noop()).unwrap();
    }
    assert_eq!(world.store.data().spawned, 12);
}

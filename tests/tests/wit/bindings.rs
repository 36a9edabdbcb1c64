//! Bindings from WIT, as a user would use them: a host that implements the traits, and a component
//! of the world.

#![expect(clippy::expect_used, reason = "a test that fails to set up failed")]

use std::fs;
use std::path::Path;

use weft::component::{Component, Linker, Store};
use weft::engine::wasmi::Wasmi;
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::Resolve;

#[rustfmt::skip]
mod files;

use files::Program;
use files::example::files::copies::Host as CopiesHost;
use files::example::files::types::{Access, Failure, File, Host as TypesHost, HostFile, Info};
use files::exports::totals::Counts;
use weft::binding::{BorrowHandle, HostAccess, OrTrap, OwnHandle, World as _};

/// Returns the folder with the WIT, the guest and the bindings.
fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/wit/bindings"))
}

/// A host with a list of file names; a dropped file leaves its place empty.
#[derive(Debug, Default)]
struct Server {
    files: Vec<Option<String>>,
    dropped: Vec<u64>,
    logged: Vec<String>,
    can_sync: bool,
}

impl Server {
    fn name(&self, file: BorrowHandle<'_, File>) -> Result<&str, Failure> {
        let place = usize::try_from(file.representation()).map_err(|_| Failure::Missing)?;
        self.files.get(place).and_then(Option::as_deref).ok_or(Failure::Missing)
    }

    fn add(&mut self, name: String) -> OwnHandle<File> {
        self.files.push(Some(name));
        OwnHandle::new(u64::try_from(self.files.len() - 1).unwrap_or_default())
    }
}

impl HostFile for Server {
    fn new(&mut self, name: String) -> OwnHandle<File> {
        self.add(name)
    }

    fn size(&mut self, self_: BorrowHandle<'_, File>) -> u64 {
        self.name(self_).map_or(0, |name| name.len() as u64)
    }

    async fn sync(
        access: impl HostAccess<Self>,
        self_: BorrowHandle<'static, File>,
    ) -> Result<(), OrTrap<Failure>> {
        let mut polls = 0;
        std::future::poll_fn(|context| {
            polls += 1;
            context.waker().wake_by_ref();
            if polls < 3 { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
        })
        .await;
        let can_sync = access.with_host(move |server| match server.name(self_) {
            Ok(_) if server.can_sync => Ok(()),
            Ok(_) => Err(Failure::Busy),
            Err(failure) => Err(failure),
        });
        Ok(can_sync.await??)
    }

    fn drop(&mut self, self_: OwnHandle<File>) {
        self.dropped.push(self_.representation());
    }
}

impl TypesHost for Server {
    fn stat(&mut self, it: BorrowHandle<'_, File>) -> Result<Info, Failure> {
        let name = format!("{}!", self.name(it)?);
        let size = name.len() as u64;
        Ok(Info { name, size, r#type: Access::READ, checksum: [1, 2, 3, 4] })
    }
}

impl CopiesHost for Server {
    fn copy(&mut self, it: BorrowHandle<'_, File>) -> Result<OwnHandle<File>, Failure> {
        let name = format!("copy of {}", self.name(it)?);
        Ok(self.add(name))
    }
}

impl files::Host for Server {
    fn log(&mut self, text: String) {
        self.logged.push(text);
    }
}

/// Returns the component made from a guest's core module and a world of its WIT.
pub(crate) fn component_of(name: &str, world: &str) -> Vec<u8> {
    let wat = fs::read_to_string(folder().join(name).with_extension("wat")).expect("readable");
    let mut module = wat::parse_str(wat).expect("the guest is WebAssembly");
    let mut resolve = Resolve::default();
    let (package, _) =
        resolve.push_path(folder().join(name).with_extension("wit")).expect("the WIT is good");
    let world = resolve.select_world(&[package], Some(world)).expect("there is a world");
    wit_component::embed_component_metadata(
        &mut module,
        &resolve,
        world,
        StringEncoding::UTF8,
        false,
    )
    .expect("it is embedded");
    let mut encoder = ComponentEncoder::default();
    let encoder = encoder.module(&module).expect("it is of the world");
    encoder.validate(true).encode().expect("it is a component")
}

fn program(can_sync: bool) -> (Store<Wasmi, Server>, Program) {
    let engine = Wasmi::default();
    let component =
        Component::new(&engine, &component_of("files", "program")).expect("the component is good");
    Program::check(&component).expect("it is of the world");
    let mut linker = Linker::new();
    files::add_to_linker(&mut linker, |server: &mut Server| server);
    let mut store = Store::new(&engine, Server { can_sync, ..Server::default() });
    let program = Program::instantiate(&mut store, &component, &linker);
    (store, program.expect("all imports are there"))
}

#[test]
fn a_host_with_the_traits_runs_a_component_of_the_world() {
    let (mut store, program) = program(true);
    let size = program.run(&mut store, "notes").unwrap();
    assert_eq!(size, Ok(("notes".len() + "copy of notes".len()) as u64));
    assert_eq!(store.data().logged, ["notes", "notes!"]);
    assert_eq!(store.data().dropped, [0, 1]);
}

#[test]
fn an_error_of_the_host_is_a_value_for_the_guest() {
    let (mut store, program) = program(false);
    let failed = program.run(&mut store, "notes").unwrap();
    assert_eq!(failed, Err("could not sync".to_owned()));
    assert_eq!(store.data().dropped, [0]);
}

#[test]
fn an_exported_interface_is_called_with_its_types() {
    let (mut store, program) = program(true);
    let (to, more) = (Counts { dropped: 1, logged: 2 }, Counts { dropped: 30, logged: 40 });
    let sum = program.totals.add(&mut store, to, more).unwrap();
    assert_eq!(sum, Counts { dropped: 31, logged: 42 });
}

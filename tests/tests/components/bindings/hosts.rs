//! A host with files in memory.

use std::collections::BTreeMap;
use std::io;

use weft::binding::{
    BorrowHandle, HostAccess, HostCaller, HostError, OrTrap, OwnHandle, StreamHandle, WitError,
    World as _,
};
use weft::component::{Linker, Store};
use weft::engine::wasmi::Wasmi;
use weft_tests::world::World;

use super::program::types::{ErrorCode, File, Host as TypesHost, HostFile};
use super::program::{Host, Program, add_to_linker};

/// The text of the component of the world.
pub(super) const GUEST: &str = include_str!("guest.wat");

/// Files by name. Access to one called `locked` is denied, and `broken` is an error of the disk.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub(super) stored: BTreeMap<String, Vec<u8>>,
    pub(super) open: BTreeMap<u64, String>,
    pub(super) logged: Vec<String>,
    pub(super) during_writes: u32,
}

/// The data of a store, with a host in it.
#[derive(Debug, Default)]
pub(super) struct Data {
    pub(super) calls: u32,
    pub(super) host: Files,
}

impl Files {
    fn get(&self, name: &str) -> io::Result<&[u8]> {
        match name {
            "locked" => Err(io::ErrorKind::PermissionDenied.into()),
            "broken" => Err(io::Error::other("the disk is broken")),
            name => {
                let file = self.stored.get(name).map(Vec::as_slice);
                file.ok_or_else(|| io::ErrorKind::NotFound.into())
            }
        }
    }
}

/// A host error, into which `?` converts an error of the operating system.
#[derive(Debug)]
pub(super) struct FileError(io::Error);

impl From<io::Error> for FileError {
    fn from(error: io::Error) -> Self {
        Self(error)
    }
}

impl WitError<ErrorCode> for FileError {
    fn into_wit(self) -> Result<ErrorCode, HostError> {
        match self.0.kind() {
            io::ErrorKind::NotFound => Ok(ErrorCode::Missing),
            io::ErrorKind::PermissionDenied => Ok(ErrorCode::Denied),
            _ => Err(self.0.into()),
        }
    }
}

impl HostFile for Files {
    fn new(&mut self, name: String) -> OwnHandle<File> {
        let number = self.open.keys().next_back().map_or(0, |it| it + 1);
        self.open.insert(number, name);
        OwnHandle::new(number)
    }

    fn size(&mut self, self_: BorrowHandle<'_, File>) -> u64 {
        let name = self.open.get(&self_.representation());
        name.and_then(|name| self.stored.get(name)).map_or(0, |file| file.len() as u64)
    }

    async fn sync(
        access: impl HostAccess<Self>,
        self_: BorrowHandle<'_, File>,
    ) -> Result<u64, OrTrap<ErrorCode>> {
        let number = self_.representation();
        let name = access.with_host(move |files| files.open.get(&number).cloned()).await?;
        let name = name.ok_or(ErrorCode::Missing)?;
        // An async method borrows what it has cloned.
        let text = name.as_str();
        access.with(|caller| caller.host().during_writes += 1).await?;
        Ok(text.len() as u64)
    }

    fn drop(&mut self, self_: OwnHandle<File>) {
        self.open.remove(&self_.representation());
    }
}

impl TypesHost for Files {
    type LoadError = FileError;

    fn names(&mut self) -> Vec<String> {
        self.stored.keys().cloned().collect()
    }

    fn find(&mut self, name: String) -> Result<u64, ErrorCode> {
        self.stored.get(&name).map(|file| file.len() as u64).ok_or(ErrorCode::Missing)
    }

    fn remove(&mut self, name: String) -> Result<u64, OrTrap<ErrorCode>> {
        if name == "broken" {
            return Err(OrTrap::trap("the disk is broken"));
        }
        let file = self.stored.remove(&name).ok_or(ErrorCode::Missing)?;
        Ok(file.len() as u64)
    }

    fn load(&mut self, name: String) -> Result<u64, FileError> {
        Ok(self.get(&name)?.len() as u64)
    }

    fn read(
        caller: &mut impl HostCaller<Self>,
        name: String,
    ) -> Result<StreamHandle<u8>, HostError> {
        let bytes = caller.host().get(&name)?.to_vec();
        caller.stream_from(bytes)
    }

    async fn write(
        access: impl HostAccess<Self>,
        name: String,
        bytes: StreamHandle<u8>,
    ) -> Result<u64, OrTrap<ErrorCode>> {
        access.with(|caller| caller.host().during_writes += 1).await?;
        let bytes = access.collect(bytes).await?;
        let length = bytes.len() as u64;
        if name == "broken" {
            Err(HostError::from("the disk is broken"))?;
        }
        let is_new = access.with_host(move |files| files.stored.insert(name, bytes).is_none());
        if !is_new.await? {
            return Err(ErrorCode::Denied.into());
        }
        Ok(length)
    }
}

impl Host for Files {
    fn log(&mut self, text: String) -> Result<(), HostError> {
        self.logged.push(text);
        Ok(())
    }
}

/// Creates a linker for [`Files`].
pub(super) fn linker() -> Linker<Wasmi, Data> {
    let mut linker = Linker::new();
    add_to_linker(&mut linker, |data: &mut Data| {
        data.calls += 1;
        &mut data.host
    });
    linker
}

/// Creates a store with two files, and an instance of the world in it.
pub(super) fn program() -> (Store<Wasmi, Data>, Program) {
    let mut data = Data::default();
    data.host.stored.insert(String::from("a"), vec![1, 2, 3]);
    data.host.stored.insert(String::from("b"), Vec::new());
    let mut world = World::with(data);
    let component = world.load(GUEST);
    let program = Program::instantiate(&mut world.store, &component, &linker());
    (world.store, program.unwrap_or_else(|error| panic!("{error}")))
}

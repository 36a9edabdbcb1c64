// A host for each option.

use bindings0::test::options::data::FileInfo;
use bindings0::test::options::files::{Host as _, Shape};
use bindings0::test::options::{files, plain};
use weft::binding::{
    Borrow, CoreEngine, HostAccess, HostCaller, HostError, HostView, Linker, Own, OwnHandle,
    StreamHandle, WitError,
};

/// A file.
#[derive(Debug)]
pub struct MyFile(String);

/// A counter.
#[derive(Debug)]
pub struct Counter(pub u32);

/// An error.
#[derive(Debug)]
pub struct MyError(std::io::Error);

impl From<std::io::Error> for MyError {
    fn from(error: std::io::Error) -> Self {
        Self(error)
    }
}

impl WitError<files::Failure> for MyError {
    fn into_wit(self) -> Result<files::Failure, HostError> {
        match self.0.kind() {
            std::io::ErrorKind::NotFound => Ok(files::Failure::Missing),
            _ => Err(self.0.into()),
        }
    }
}

/// A host.
#[derive(Debug, Default)]
pub struct Server {
    lines: Vec<String>,
}

impl files::HostFile for Server {
    fn new(&mut self, name: String) -> Result<Own<MyFile>, HostError> {
        Ok(Own::new(MyFile(name)))
    }

    async fn info(
        access: impl HostAccess<Self>,
        self_: Borrow<MyFile>,
    ) -> Result<FileInfo, HostError> {
        let size = access.with_host(|server| server.lines.len()).await?;
        Ok(FileInfo { name: self_.0.clone(), size: size as u64 })
    }

    fn read(caller: &mut impl HostCaller<Self>, self_: Borrow<MyFile>) -> StreamHandle<u8> {
        let text = self_.0.clone().into_bytes();
        caller.stream_from(text).unwrap_or_else(|error| panic!("{error}"))
    }

    async fn sync(_: impl HostAccess<Self>, self_: Borrow<MyFile>) -> Result<(), MyError> {
        std::fs::metadata(&self_.0)?;
        Ok(())
    }

    fn merge(&mut self, a: Own<MyFile>, b: Borrow<MyFile>) -> Result<Own<MyFile>, HostError> {
        let MyFile(a) = a.into_inner().map_err(|_| "it is borrowed")?;
        Ok(Own::new(MyFile(a + &b.0)))
    }
}

impl files::Host for Server {
    fn open(&mut self, name: String) -> Result<Own<MyFile>, MyError> {
        std::fs::metadata(&name)?;
        Ok(Own::new(MyFile(name)))
    }

    fn all(&mut self) -> Result<Vec<(String, Own<MyFile>)>, HostError> {
        Ok(self.lines.iter().map(|it| (it.clone(), Own::new(MyFile(it.clone())))).collect())
    }

    fn shapes(&mut self, of: Vec<Shape>) -> Result<Option<Shape>, HostError> {
        Ok(of.into_iter().find(|shape| matches!(shape, Shape::Circle(_))))
    }
}

// All of these functions have a default body.
impl plain::HostCounter for Server {}
impl plain::Host for Server {}

impl bindings0::Host for Server {
    fn log(caller: &mut impl HostCaller<Self>, text: String) -> Result<(), HostError> {
        caller.host().lines.push(text);
        Ok(())
    }
}

/// One implementation serves two worlds.
impl bindings1::test::options::plain::HostCounter for Server {
    fn new(&mut self) -> OwnHandle<bindings1::test::options::plain::Counter> {
        OwnHandle::new(1)
    }

    fn next(
        &mut self,
        _: weft::binding::BorrowHandle<'_, bindings1::test::options::plain::Counter>,
    ) -> u32 {
        2
    }

    fn drop(&mut self, _: OwnHandle<bindings1::test::options::plain::Counter>) {}
}

impl bindings1::test::options::plain::Host for Server {
    fn describe(&mut self, it: FileInfo) -> String {
        it.name
    }

    fn count(&mut self) -> u32 {
        1
    }
}

impl bindings1::Host for Server {
    fn log(&mut self, text: String) {
        self.lines.push(text);
    }
}

/// Adds hosts with closures that capture a variable.
pub fn link<E: CoreEngine>(linker: &mut Linker<E, Vec<Server>>, number: usize) {
    bindings0::add_to_linker(linker, move |servers| &mut servers[number]);
    bindings1::add_to_linker(linker, move |servers| &mut servers[number]);
}

/// Uses one implementation of the traits that two worlds share.
pub fn both(server: &mut Server) -> Result<usize, HostError> {
    Ok(server.all()?.len())
}

/// Passes arguments that one world borrows, and another owns.
#[allow(dead_code, reason = "it is only compiled")]
pub(crate) async fn call<E: CoreEngine>(
    store: &mut weft::component::Store<E, Server>,
    one: &bindings0::W,
    other: &bindings1::W,
) -> Result<u32, weft::component::CallError>
where
    weft::component::Store<E, Server>: Send,
{
    let info = FileInfo::default();
    let names = ["a"];
    let sum = one.run_async(store, &info, &names, Some("a")).await?;
    let like = bindings1::FilesInfo::default();
    Ok(sum + other.run_async(store, &like, &["a"], None).await?)
}

/// Passes arguments whose types consist of references, of values, or exist twice.
#[allow(dead_code, reason = "it is only compiled")]
pub(crate) fn arguments<E: CoreEngine>(
    store: &mut weft::component::Store<E, Server>,
    one: &bindings0::W,
    other: &bindings1::W,
    third: &bindings2::W,
) -> Result<usize, weft::component::CallError> {
    use bindings0::exports::api::{Entry, Query, Step};
    let entries = [Entry { name: "a".to_owned(), tags: vec!["b".to_owned()] }];
    let query = Query { text: "c", entries: &entries, like: Some("d") };
    let found = one.api.find(store, query.clone(), &["e"])?;
    let steps = one.api.steps(store, &[Step::Stay, Step::Each(&[query])], &[("f", Step::Go("g"))])?;

    use bindings1::exports::api::{EntryParam, Query as QueryParam};
    let entries = [EntryParam { name: "a", tags: &["b"] }];
    let query = QueryParam { text: "c", entries: &entries, like: None };
    let more = other.api.find(store, query, &[])?;

    use bindings2::exports::api::{Entry as Owned, Query as OwnedQuery};
    let entries = vec![Owned { name: "a".to_owned(), tags: Vec::new() }];
    let query = OwnedQuery { text: String::new(), entries, like: None };
    let most = third.api.find(store, &query, &["a".to_owned()])?;
    Ok(found.len() + more.len() + most.len() + steps as usize)
}

/// Bindings in a file that is included.
pub mod viewed {
    INCLUDED
}

/// A view of a store's data.
#[derive(Debug)]
pub struct View<'a> {
    names: &'a [String],
    calls: &'a mut u32,
}

/// Names the view.
#[derive(Debug)]
pub enum Views {}

impl HostView<(Vec<String>, u32)> for Views {
    type Host<'a> = View<'a>;

    fn view(data: &mut (Vec<String>, u32)) -> View<'_> {
        View { names: &data.0, calls: &mut data.1 }
    }
}

impl viewed::test::options::plain::HostCounter for View<'_> {
    fn new(&mut self) -> OwnHandle<viewed::test::options::plain::Counter> {
        OwnHandle::new(0)
    }

    fn next(
        &mut self,
        _: weft::binding::BorrowHandle<'_, viewed::test::options::plain::Counter>,
    ) -> u32 {
        *self.calls += 1;
        *self.calls
    }

    fn drop(&mut self, _: OwnHandle<viewed::test::options::plain::Counter>) {}
}

impl viewed::test::options::plain::Host for View<'_> {
    fn describe(&mut self, it: viewed::test::options::plain::Info) -> String {
        it.name
    }

    fn count(&mut self) -> u32 {
        self.names.len() as u32
    }
}

/// Uses a view, and a reference to it.
pub fn view<E: CoreEngine>(linker: &mut Linker<E, (Vec<String>, u32)>, view: &mut View<'_>) -> u32 {
    viewed::add_views_to_linker::<_, _, Views>(linker);
    fn count(mut host: impl viewed::Host) -> u32 {
        viewed::test::options::plain::Host::count(&mut host)
    }
    count(view)
}

// What a user writes on top of the bindings: a host, and code for any function.

extern crate alloc;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;
use core::future::{Future, ready};
use core::sync::atomic::{AtomicU32, Ordering};

use bindings3::exports::functions::Run;
use bindings3::test::async_things::things;
use bindings3::{AsyncWorld, Host};
use weft::binding::{BorrowHandle, BoundFunction, BoundResource, ErrorContext, OwnHandle, StreamHandle, World};
use weft::machine::EndId;

/// A host whose futures take with them what they need.
#[derive(Debug, Default)]
pub struct Server {
    reads: Arc<AtomicU32>,
    ends: BTreeMap<u64, EndId>,
}

impl things::HostSource for Server {
    fn read(
        &mut self,
        self_: BorrowHandle<'_, things::Source>,
    ) -> impl Future<Output = StreamHandle<u8>> + Send + 'static {
        let (reads, end) = (self.reads.clone(), self.ends.get(&self_.representation()).copied());
        async move {
            reads.fetch_add(1, Ordering::Relaxed);
            match end {
                Some(end) => StreamHandle::from(end),
                None => core::future::pending().await,
            }
        }
    }

    fn wait(&mut self, _: weft::binding::FutureHandle<()>) -> impl Future<Output = ()> + Send + 'static {
        ready(())
    }

    fn drop(&mut self, _: OwnHandle<things::Source>) {}
}

impl things::Host for Server {
    fn join(
        &mut self,
        _: StreamHandle<()>,
        _: weft::binding::FutureHandle<String>,
        _: weft::binding::FutureHandle<Result<StreamHandle<OwnHandle<things::Source>>, things::Broken>>,
    ) -> impl Future<Output = ()> + Send + 'static {
        ready(())
    }

    fn fixed(
        &mut self,
        x: [String; 2],
        y: [[u8; 3]; 2],
    ) -> impl Future<Output = [u8; 32]> + Send + 'static {
        let taken = (x, y);
        async move {
            drop(taken);
            [0; 32]
        }
    }

    fn mapped(
        &mut self,
        x: BTreeMap<u32, BTreeMap<char, weft::binding::FutureHandle<()>>>,
    ) -> impl Future<Output = Result<BTreeMap<String, u8>, things::Problem>> + Send + 'static {
        ready(if x.is_empty() { Ok(BTreeMap::new()) } else { Ok(BTreeMap::default()) })
    }

    fn context(&mut self, e: ErrorContext) -> ErrorContext {
        e
    }
}

impl Host for Server {
    fn wait(&mut self, _: weft::binding::FutureHandle<u8>) -> impl Future<Output = ()> + Send + 'static {
        ready(())
    }
}

/// Two calls can be under way at once, and are not bound to the host.
pub fn both(
    server: &mut Server,
    source: &OwnHandle<things::Source>,
) -> [Box<dyn Future<Output = StreamHandle<u8>> + Send>; 2] {
    use things::HostSource as _;
    let one = server.read(source.borrow());
    let two = server.read(source.borrow());
    [Box::new(one), Box::new(two)]
}

/// What any function of the bindings says of itself.
pub fn describe<F: BoundFunction>(f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{:?} {} {}", F::INTERFACE, F::NAME, F::ASYNC)
}

const _: () = {
    assert!(Run::ASYNC && Run::INTERFACE.is_none());
    assert!(AsyncWorld::EXPORTS.len() == 2);
    assert!(things::Source::NAME.len() == 6);
    let _: fn(<Run as BoundFunction>::Params<'static>) = |()| ();
    let _: fn(<Run as BoundFunction>::Result) = |_: Result<(), ()>| ();
};

/// Errors are errors, flags are sets, and an import is another type than an export.
pub fn more(
    failure: bindings3::exports::test::async_things::things::Broken,
) -> impl core::error::Error {
    use bindings0::exports::test::types::all::{Access, Seventeen};
    const WRITE: Access = Access::all();
    let _ = (WRITE | Access::READ) - Access::EXECUTE;
    let _ = Seventeen::Q.bits() == 1_u32 << 16;
    failure
}

// A user's host that implements the bindings.

extern crate alloc;

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use bindings3::test::async_things::things;
use bindings3::{AsyncWorld, Host};
use weft::binding::{
    BorrowHandle, CoreEngine, ErrorContext, FutureHandle, HostAccess, HostCaller, HostError, Linker,
    OrTrap, OwnHandle, StreamHandle, World,
};

/// A host that counts.
#[derive(Debug, Default)]
pub struct Server {
    reads: u32,
}

impl things::HostSource for Server {
    async fn read(
        access: impl HostAccess<Self>,
        self_: BorrowHandle<'static, things::Source>,
    ) -> Result<StreamHandle<u8>, HostError> {
        let bytes = access.with(move |caller| {
            caller.host().reads += 1;
            Vec::from(self_.representation().to_le_bytes())
        });
        Ok(access.stream_from(bytes.await?).await?)
    }

    async fn wait(_: impl HostAccess<Self>, _: FutureHandle<()>) -> Result<(), HostError> {
        Ok(())
    }

    fn drop(&mut self, _: OwnHandle<things::Source>) {}
}

impl things::Host for Server {
    async fn join(
        access: impl HostAccess<Self>,
        _: StreamHandle<()>,
        text: FutureHandle<String>,
        _: FutureHandle<Result<StreamHandle<OwnHandle<things::Source>>, things::Broken>>,
    ) -> Result<(), HostError> {
        let _: String = access.future_value(text).await?;
        Ok(())
    }

    async fn fixed(
        _: impl HostAccess<Self>,
        x: [String; 2],
        y: [[u8; 3]; 2],
    ) -> Result<[u8; 32], HostError> {
        let _ = (x, y);
        Ok([0; 32])
    }

    async fn mapped(
        _: impl HostAccess<Self>,
        x: BTreeMap<u32, BTreeMap<char, FutureHandle<()>>>,
    ) -> Result<BTreeMap<String, u8>, OrTrap<things::Problem>> {
        if x.is_empty() { Ok(BTreeMap::new()) } else { Err(OrTrap::Trap("too many".into())) }
    }

    fn context(&mut self, e: ErrorContext) -> ErrorContext {
        e
    }
}

impl Host for Server {
    async fn wait(_: impl HostAccess<Self>, _: FutureHandle<u8>) -> Result<(), HostError> {
        Ok(())
    }
}

/// Adds the whole host to a linker for components of any engine, in one line.
pub fn link<E: CoreEngine>(linker: &mut Linker<E, Server>) {
    bindings3::add_to_linker(linker, |server| server);
}

const _: () = {
    assert!(AsyncWorld::EXPORTS.len() == 2);
};

/// Uses errors as errors and flags as sets; an imported type differs from the exported one.
pub fn more(
    failure: bindings3::exports::test::async_things::things::Broken,
) -> impl core::error::Error {
    use bindings0::exports::test::types::all::{Access, Seventeen};
    const WRITE: Access = Access::all();
    let _ = (WRITE | Access::READ) - Access::EXECUTE;
    let _ = Seventeen::Q.bits() == 1_u32 << 16;
    failure
}

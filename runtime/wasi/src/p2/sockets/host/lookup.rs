//! `wasi:sockets/ip-name-lookup` 0.2.

use core::task::{Context, Poll, Waker};
use std::string::String;

use weft::binding::{Borrow, Own};

use crate::WasiCtx;
use crate::p2::bindings::sockets::wasi::sockets::ip_name_lookup::{Host, HostResolveAddressStream};
use crate::p2::bindings::sockets::wasi::sockets::network::{ErrorCode, IpAddress};
use crate::p2::io::Pollable;
use crate::p2::sockets::{Network, ResolveAddressStream};
use crate::sockets::resolve;

impl Host for WasiCtx {
    fn resolve_addresses(
        &mut self,
        _: Borrow<Network>,
        name: String,
    ) -> Result<Own<ResolveAddressStream>, ErrorCode> {
        Ok(Own::new(ResolveAddressStream::new(resolve(&self.sockets, &name)?)))
    }
}

impl HostResolveAddressStream for WasiCtx {
    fn resolve_next_address(
        &mut self,
        self_: Borrow<ResolveAddressStream>,
    ) -> Result<Option<IpAddress>, ErrorCode> {
        match self_.poll_next(&Context::from_waker(Waker::noop())) {
            Poll::Ready(address) => Ok(address?.map(Into::into)),
            Poll::Pending => Err(ErrorCode::WouldBlock),
        }
    }

    fn subscribe(&mut self, self_: Borrow<ResolveAddressStream>) -> Own<Pollable> {
        let stream = ResolveAddressStream::clone(&self_);
        Own::new(Pollable::new(move |context| stream.poll_ready(context)))
    }
}

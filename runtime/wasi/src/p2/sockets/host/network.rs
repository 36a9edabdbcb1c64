//! `wasi:sockets/network` and `wasi:sockets/instance-network`.

use weft::binding::{Borrow, Own};

use crate::WasiCtx;
use crate::bytes::BytesError;
use crate::p2::bindings::sockets::wasi::sockets::{instance_network, network};
use crate::p2::sockets::Network;
use crate::sockets::SocketError;

impl network::Host for WasiCtx {
    fn network_error_code(&mut self, err: Borrow<BytesError>) -> Option<network::ErrorCode> {
        err.cause::<SocketError>().cloned().map(Into::into)
    }
}

impl instance_network::Host for WasiCtx {
    fn instance_network(&mut self) -> Own<Network> {
        Own::new(Network)
    }
}

//! `wasi:sockets/udp` 0.2: the streams of datagrams.

use std::vec::Vec;

use weft::binding::{Borrow, HostAccess, OrTrap, Own};

use crate::WasiCtx;
use crate::p2::bindings::sockets::wasi::sockets::network::ErrorCode;
use crate::p2::bindings::sockets::wasi::sockets::udp::{
    HostIncomingDatagramStream, HostOutgoingDatagramStream, IncomingDatagram, OutgoingDatagram,
};
use crate::p2::io::Pollable;
use crate::p2::sockets::{IncomingDatagramStream, OutgoingDatagramStream};

impl HostIncomingDatagramStream for WasiCtx {
    fn receive(
        &mut self,
        self_: Borrow<IncomingDatagramStream>,
        max_results: u64,
    ) -> Result<Vec<IncomingDatagram>, ErrorCode> {
        let datagrams = self_.receive(max_results)?.into_iter();
        let datagrams = datagrams.map(|datagram| IncomingDatagram {
            data: datagram.data,
            remote_address: datagram.remote.into(),
        });
        Ok(datagrams.collect())
    }

    fn subscribe(&mut self, self_: Borrow<IncomingDatagramStream>) -> Own<Pollable> {
        let stream = IncomingDatagramStream::clone(&self_);
        Own::new(Pollable::new(move |context| stream.poll_ready(context)))
    }
}

impl HostOutgoingDatagramStream for WasiCtx {
    fn check_send(&mut self, self_: Borrow<OutgoingDatagramStream>) -> Result<u64, ErrorCode> {
        Ok(self_.permit()?)
    }

    async fn send(
        _: impl HostAccess<Self>,
        self_: Borrow<OutgoingDatagramStream>,
        datagrams: Vec<OutgoingDatagram>,
    ) -> Result<u64, OrTrap<ErrorCode>> {
        if datagrams.is_empty() {
            return Ok(0);
        }
        if datagrams.len() > self_.take_permitted() {
            return Err(OrTrap::trap(
                "`outgoing-datagram-stream.send` was called with more datagrams than `check-send` has \
                 permitted",
            ));
        }
        let mut count = 0;
        for datagram in &datagrams {
            match self_.send(&datagram.data, datagram.remote_address.map(Into::into)).await {
                Ok(true) => count += 1,
                Err(error) if count == 0 => return Err(error.into()),
                // A datagram that was sent counts more than the error of the next one.
                Ok(false) | Err(_) => break,
            }
        }
        Ok(count)
    }

    fn subscribe(&mut self, self_: Borrow<OutgoingDatagramStream>) -> Own<Pollable> {
        Own::new(Pollable::new(self_.readiness()))
    }
}

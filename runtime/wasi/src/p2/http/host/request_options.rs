//! The functions of the resource `request-options`.

use core::time::Duration;

use weft::binding::{Borrow, Own};

use super::types::HostRequestOptions;
use crate::WasiCtx;
use crate::http::nanoseconds;
use crate::p2::http::RequestOptions;

impl HostRequestOptions for WasiCtx {
    fn new(&mut self) -> Own<RequestOptions> {
        Own::new(RequestOptions::default())
    }

    fn connect_timeout(&mut self, self_: Borrow<RequestOptions>) -> Option<u64> {
        nanoseconds(self_.get().connect_timeout)
    }

    fn set_connect_timeout(
        &mut self,
        self_: Borrow<RequestOptions>,
        duration: Option<u64>,
    ) -> Result<(), ()> {
        self_.change(|options| options.connect_timeout = duration.map(Duration::from_nanos));
        Ok(())
    }

    fn first_byte_timeout(&mut self, self_: Borrow<RequestOptions>) -> Option<u64> {
        nanoseconds(self_.get().first_byte_timeout)
    }

    fn set_first_byte_timeout(
        &mut self,
        self_: Borrow<RequestOptions>,
        duration: Option<u64>,
    ) -> Result<(), ()> {
        self_.change(|options| options.first_byte_timeout = duration.map(Duration::from_nanos));
        Ok(())
    }

    fn between_bytes_timeout(&mut self, self_: Borrow<RequestOptions>) -> Option<u64> {
        nanoseconds(self_.get().between_bytes_timeout)
    }

    fn set_between_bytes_timeout(
        &mut self,
        self_: Borrow<RequestOptions>,
        duration: Option<u64>,
    ) -> Result<(), ()> {
        self_.change(|options| options.between_bytes_timeout = duration.map(Duration::from_nanos));
        Ok(())
    }
}

//! The resource `request-options`.

use core::time::Duration;

use spin::Mutex;
use weft::binding::{Borrow, Own};

use super::types::HostRequestOptions;
use crate::WasiCtx;
use crate::http::{RequestOptions as Options, nanoseconds};

/// The resource `request-options`.
#[derive(Debug, Default)]
pub struct RequestOptions(Mutex<Options>);

impl RequestOptions {
    pub(super) fn get(&self) -> Options {
        *self.0.lock()
    }
}

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
        self_.0.lock().connect_timeout = duration.map(Duration::from_nanos);
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
        self_.0.lock().first_byte_timeout = duration.map(Duration::from_nanos);
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
        self_.0.lock().between_bytes_timeout = duration.map(Duration::from_nanos);
        Ok(())
    }
}

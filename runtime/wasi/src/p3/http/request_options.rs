//! The resource `request-options`.

use core::time::Duration;

use spin::Mutex;
use weft::binding::{Borrow, Own};

use super::types::{HostRequestOptions, RequestOptionsError};
use crate::WasiCtx;
use crate::http::{RequestOptions as Options, nanoseconds};

/// The resource `request-options`.
#[derive(Debug, Default)]
pub struct RequestOptions {
    options: Mutex<Options>,
    /// `true` if they belong to a request.
    is_fixed: bool,
}

impl RequestOptions {
    /// Returns options that can't be changed.
    pub(super) const fn fixed(options: Options) -> Self {
        Self { options: Mutex::new(options), is_fixed: true }
    }

    pub(super) fn get(&self) -> Options {
        *self.options.lock()
    }

    fn change(&self, change: impl FnOnce(&mut Options)) -> Result<(), RequestOptionsError> {
        if self.is_fixed {
            return Err(RequestOptionsError::Immutable);
        }
        change(&mut self.options.lock());
        Ok(())
    }
}

impl HostRequestOptions for WasiCtx {
    fn new(&mut self) -> Own<RequestOptions> {
        Own::new(RequestOptions::default())
    }

    fn get_connect_timeout(&mut self, self_: Borrow<RequestOptions>) -> Option<u64> {
        nanoseconds(self_.get().connect_timeout)
    }

    fn set_connect_timeout(
        &mut self,
        self_: Borrow<RequestOptions>,
        duration: Option<u64>,
    ) -> Result<(), RequestOptionsError> {
        self_.change(|options| options.connect_timeout = duration.map(Duration::from_nanos))
    }

    fn get_first_byte_timeout(&mut self, self_: Borrow<RequestOptions>) -> Option<u64> {
        nanoseconds(self_.get().first_byte_timeout)
    }

    fn set_first_byte_timeout(
        &mut self,
        self_: Borrow<RequestOptions>,
        duration: Option<u64>,
    ) -> Result<(), RequestOptionsError> {
        self_.change(|options| options.first_byte_timeout = duration.map(Duration::from_nanos))
    }

    fn get_between_bytes_timeout(&mut self, self_: Borrow<RequestOptions>) -> Option<u64> {
        nanoseconds(self_.get().between_bytes_timeout)
    }

    fn set_between_bytes_timeout(
        &mut self,
        self_: Borrow<RequestOptions>,
        duration: Option<u64>,
    ) -> Result<(), RequestOptionsError> {
        self_.change(|options| options.between_bytes_timeout = duration.map(Duration::from_nanos))
    }

    fn clone(&mut self, self_: Borrow<RequestOptions>) -> Own<RequestOptions> {
        Own::new(RequestOptions { options: Mutex::new(self_.get()), is_fixed: false })
    }
}

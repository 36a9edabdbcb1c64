//! `wasi:io`: errors, waiting, streams.

mod failure;
mod poll;
mod streams;

pub use failure::StreamFailure;
pub use poll::Pollable;

use alloc::string::{String, ToString as _};

use weft::binding::Borrow;

use super::bindings::io::wasi::io::error::HostError;
use crate::WasiCtx;
use crate::bytes::BytesError;

impl HostError for WasiCtx {
    fn to_debug_string(&mut self, self_: Borrow<BytesError>) -> String {
        self_.to_string()
    }
}

//! `wasi:io`: errors, waiting and streams.
//!
//! A host that defines interfaces with a `pollable` makes one from a future:
//!
//! ```
//! use weft_wasi::p2::io::Pollable;
//!
//! let ready_at_once = Pollable::of_future(async {});
//! ```

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

//! `wasi:http` of both versions: answering requests with guests, and sending requests of guests.
//!
//! ```
//! use weft::component::Linker;
//! use weft::engine::wasmi::Wasmi;
//! use weft_wasi::WasiCtx;
//!
//! let mut linker: Linker<Wasmi, WasiCtx> = Linker::new();
//! weft_wasi::add_to_linker(&mut linker, |wasi| wasi);
//! weft_wasi::http::add_to_linker(&mut linker, |wasi| wasi);
//! // By default, a guest can send no requests.
//! let wasi = WasiCtx::builder().allow_outgoing_http().build();
//! ```
//!
//! | to … | use |
//! |---|---|
//! | answer requests with a component | [`HttpServer`]; [`HttpService`], if you have a store |
//! | allow the requests of guests | [`WasiCtxBuilder::allow_outgoing_http`], [`WasiCtxBuilder::outgoing_http_check`] |
//! | send the requests of guests in another way | [`SendRequest`] |
//! | trust more servers of HTTPS than browsers do | `WasiCtxBuilder::trust_certificate`, with the feature `http-tls` |
//!
//! [`WasiCtxBuilder::allow_outgoing_http`]: crate::WasiCtxBuilder::allow_outgoing_http
//! [`WasiCtxBuilder::outgoing_http_check`]: crate::WasiCtxBuilder::outgoing_http_check

mod body;
mod building;
mod client;
mod code;
mod connection;
mod context;
mod error;
mod fields;
#[cfg(not(feature = "http-tls"))]
mod no_tls;
mod options;
mod service;
mod target;
#[cfg(feature = "http-tls")]
mod tls;
mod tls_error;
mod watched;

pub use ::http::{Request, Response};
pub use body::Body;
pub(crate) use body::{Pipe, PipeSink, Reading, Transmission, transmission};
pub use client::{SendRequest, send_request};
pub use code::{DnsErrorPayload, ErrorCode, FieldSizePayload, TlsAlertReceivedPayload};
pub(crate) use context::{Http, Sending};
pub use error::HttpFailure;
pub use fields::Fields;
pub(crate) use fields::{FieldRules, FieldsError, content_length};
pub use options::RequestOptions;
pub(crate) use options::nanoseconds;
pub(crate) use service::Answer;
pub use service::{
    HttpServer, HttpService, PreparedHttpService, ResponseFuture, Reuse, ServiceError,
};
pub use target::{Method, Scheme};
pub(crate) use target::{Target, status_of};

#[cfg(not(feature = "http-tls"))]
use no_tls as tls;
use weft::component::Linker;
use weft::engine::CoreEngine;

use crate::{WasiCtx, p2, p3};

/// Adds `wasi:http` of WASI 0.2 and 0.3 to a linker. `find` returns the context in the store's data.
pub fn add_to_linker<E: CoreEngine, T: 'static>(
    linker: &mut Linker<E, T>,
    find: impl Fn(&mut T) -> &mut WasiCtx + Clone + Send + Sync + 'static,
) {
    p2::bindings::http::add_to_linker(linker, find.clone());
    p3::bindings::http::add_to_linker(linker, find);
}

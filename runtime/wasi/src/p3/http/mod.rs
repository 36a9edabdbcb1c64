//! The resources of `wasi:http` 0.3, for hosts that replace parts of it.
//!
//! [`weft_wasi::http`](crate::http) adds the interfaces to a linker, and answers and sends requests.
//! This host sends none, and says why. The second definition of an interface in a linker replaces
//! the first:
//!
//! ```
//! use weft::binding::{HostAccess, Own};
//! use weft::component::Linker;
//! use weft::engine::wasmi::Wasmi;
//! use weft_wasi::WasiCtx;
//! use weft_wasi::http::{ErrorCode, HttpFailure};
//! use weft_wasi::p3::bindings::http::wasi::http::client;
//! use weft_wasi::p3::http::{Request, Response};
//!
//! struct Offline;
//!
//! impl client::Host for Offline {
//!     async fn send(
//!         _: impl HostAccess<Self>,
//!         _: Own<Request>,
//!     ) -> Result<Own<Response>, HttpFailure> {
//!         Err(ErrorCode::InternalError(Some("the host is offline".into())).into())
//!     }
//! }
//!
//! struct State {
//!     wasi: WasiCtx,
//!     offline: Offline,
//! }
//!
//! let mut linker: Linker<Wasmi, State> = Linker::new();
//! weft_wasi::add_to_linker(&mut linker, |state| &mut state.wasi);
//! weft_wasi::http::add_to_linker(&mut linker, |state| &mut state.wasi);
//! client::add_to_linker(&mut linker, |state: &mut State| &mut state.offline);
//! assert!(linker.get("wasi:http/client@0.3.2").is_some());
//! ```
//!
//! To send requests in another way, in both versions, implement
//! [`SendRequest`](crate::http::SendRequest).

mod body;
mod fields;
mod request;
mod request_options;
mod response;

pub use request::Request;
pub use request_options::RequestOptions;
pub use response::Response;

use alloc::sync::Arc;

use weft::binding::{HostAccess, Own};

use super::bindings::http::wasi::http::{client, handler, types};
use crate::WasiCtx;
use crate::http::{ErrorCode, HttpFailure};

impl client::Host for WasiCtx {
    async fn send(
        access: impl HostAccess<Self>,
        request: Own<Request>,
    ) -> Result<Own<Response>, HttpFailure> {
        let sending = access.with_host(|wasi| {
            let transmission = request.transmission();
            let options = request.options();
            let request = Request::of(request).into_request(&wasi.http)?;
            let rules = Arc::clone(&wasi.http.fields);
            Ok::<_, ErrorCode>((wasi.http.send(request, options), transmission, rules))
        });
        let (sending, transmission, rules) = sending.await??;
        match sending.await {
            Ok(response) => Ok(Own::new(Response::received(response, &rules))),
            Err(code) => {
                if let Some(transmission) = transmission {
                    transmission.end(Err(code.clone()));
                }
                Err(code.into())
            }
        }
    }
}

/// A handler that the component imports and no other component provides is the network, as for a
/// client.
impl handler::Host for WasiCtx {
    async fn handle(
        access: impl HostAccess<Self>,
        request: Own<Request>,
    ) -> Result<Own<Response>, HttpFailure> {
        <Self as client::Host>::send(access, request).await
    }
}

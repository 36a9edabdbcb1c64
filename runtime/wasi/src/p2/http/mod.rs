//! The resources of `wasi:http` 0.2, for hosts that replace parts of it.
//!
//! [`weft_wasi::http`](crate::http) adds the interfaces to a linker, and answers and sends requests.
//! This host also counts the requests of a guest. The second definition of an interface in a linker
//! replaces the first:
//!
//! ```
//! use weft::binding::Own;
//! use weft::component::Linker;
//! use weft::engine::wasmi::Wasmi;
//! use weft_wasi::WasiCtx;
//! use weft_wasi::http::HttpFailure;
//! use weft_wasi::p2::bindings::http::wasi::http::outgoing_handler;
//! use weft_wasi::p2::http::{FutureIncomingResponse, OutgoingRequest, RequestOptions};
//!
//! struct State {
//!     wasi: WasiCtx,
//!     requests: u32,
//! }
//!
//! impl outgoing_handler::Host for State {
//!     fn handle(
//!         &mut self,
//!         request: Own<OutgoingRequest>,
//!         options: Option<Own<RequestOptions>>,
//!     ) -> Result<Own<FutureIncomingResponse>, HttpFailure> {
//!         self.requests += 1;
//!         outgoing_handler::Host::handle(&mut self.wasi, request, options)
//!     }
//! }
//!
//! let mut linker: Linker<Wasmi, State> = Linker::new();
//! weft_wasi::add_to_linker(&mut linker, |state| &mut state.wasi);
//! weft_wasi::http::add_to_linker(&mut linker, |state| &mut state.wasi);
//! outgoing_handler::add_to_linker(&mut linker, |state: &mut State| state);
//! assert!(linker.get("wasi:http/outgoing-handler@0.2.12").is_some());
//! ```
//!
//! To send requests in another way, in both versions, implement
//! [`SendRequest`](crate::http::SendRequest).

mod failure;
mod fields;
mod host;
mod incoming;
mod outgoing;
mod request_options;
mod responses;
mod trailers;

pub use failure::HeaderFailure;
pub use fields::Fields;
pub use incoming::{IncomingBody, IncomingRequest, IncomingResponse};
pub use outgoing::{OutgoingBody, OutgoingRequest, OutgoingResponse};
pub use request_options::RequestOptions;
pub use responses::{FutureIncomingResponse, ResponseOutparam};
pub use trailers::FutureTrailers;

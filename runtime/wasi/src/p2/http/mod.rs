//! The resources of `wasi:http` 0.2, for hosts that replace parts of it.
//!
//! [`weft_wasi::http`](crate::http) adds the interfaces to a linker, and answers and sends requests.

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

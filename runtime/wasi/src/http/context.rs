//! The rules for HTTP: the requests that guests may send, and their sender.

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::panic::resume_unwind;
use std::sync::Arc;

use ::http::uri::Scheme;
use ::http::{Request, Response};
use tokio::task::JoinHandle;

use super::client::{Client, Denied, SendRequest, UriCheck};
use super::connection::AddressCheck;
use super::fields::FieldRules;
use super::tls::Tls;
use super::{Body, ErrorCode, RequestOptions};
use crate::runtime;

/// The data of `wasi:http` for a guest.
pub(crate) struct Http {
    pub(crate) fields: Arc<FieldRules>,
    pub(crate) default_scheme: Scheme,
    pub(crate) sender: Arc<dyn SendRequest>,
    pub(super) is_allowed: Option<UriCheck>,
    pub(super) is_address_allowed: Option<AddressCheck>,
    pub(super) tls: Tls,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            fields: Arc::default(),
            default_scheme: Scheme::HTTPS,
            sender: Arc::new(Denied),
            is_allowed: None,
            is_address_allowed: None,
            tls: Tls::new(),
        }
    }
}

impl Http {
    /// Makes the sender that follows the settings of the host.
    pub(super) fn make_sender(&mut self) {
        let is_allowed = self.is_allowed.clone().unwrap_or_else(|| Arc::new(|_| true));
        let is_address_allowed =
            self.is_address_allowed.clone().unwrap_or_else(|| Arc::new(|_| true));
        let tls = self.tls.clone();
        self.sender = Arc::new(Client { is_allowed, is_address_allowed, tls });
    }
}

impl Http {
    /// Sends a request in a separate task, so that it continues while the guest does something
    /// else. Dropping the future ends it.
    pub(crate) fn send(&self, request: Request<Body>, options: RequestOptions) -> Sending {
        let sender = Arc::clone(&self.sender);
        let task = runtime::spawn(async move { sender.send(request, options).await });
        Sending(task)
    }
}

/// The future response to a request.
pub(crate) struct Sending(JoinHandle<Result<Response<Body>, ErrorCode>>);

impl Future for Sending {
    type Output = Result<Response<Body>, ErrorCode>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map(|joined| match joined {
            Ok(result) => result,
            Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
            Err(_) => Err(ErrorCode::ConnectionTerminated),
        })
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http")
            .field("fields", &self.fields)
            .field("default_scheme", &self.default_scheme)
            .finish_non_exhaustive()
    }
}

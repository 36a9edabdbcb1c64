//! Instances that answer requests.

use core::error::Error;
use std::boxed::Box;

use ::bytes::Bytes;
use ::http::Request;
use ::http::uri::Scheme;
use ::http_body::Body as HttpBody;
use weft::binding::{Own, Prepared, World, WorldError};
use weft::component::{CallError, Component, Linker, Store};
use weft::engine::CoreEngine;

use super::answer::{Answer, ResponseFuture};
use super::error::ServiceError;
use super::exchange::Call;
use crate::http::Body;
use crate::p2::bindings::incoming_handler;
use crate::p2::http::IncomingRequest;
use crate::p3;
use crate::p3::bindings::handler;

/// An instance of a component that answers requests: it exports `wasi:http/incoming-handler` 0.2 or
/// `wasi:http/handler` 0.3.
///
/// It is for hosts that have a store themselves. [`HttpServer`](super::HttpServer) makes stores and
/// instances, and drives them.
///
/// ```no_run
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use http_body_util::BodyExt as _;
/// use weft::component::{Component, Linker, Store};
/// use weft::engine::wasmi::Wasmi;
/// use weft_wasi::WasiCtx;
/// use weft_wasi::http::{Body, HttpService, Request};
///
/// let engine = Wasmi::default();
/// let component = Component::new(&engine, &std::fs::read("service.wasm")?)?;
/// let mut linker = Linker::new();
/// weft_wasi::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi);
/// weft_wasi::http::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi);
/// let mut store = Store::new(&engine, WasiCtx::builder().build());
/// let service = HttpService::instantiate(&mut store, &component, &linker)?;
///
/// let request = Request::get("http://localhost/").body(Body::empty())?;
/// let response = service.start(&mut store, request)?;
/// // The guest runs while the store is driven.
/// let body = store.drive(async { response.await?.into_body().collect().await.map_err(Into::into) });
/// println!("{:?}", body.await.map_err(|error: weft_wasi::http::ServiceError| error)?.to_bytes());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct HttpService(Version);

#[derive(Clone, Debug)]
enum Version {
    P2(incoming_handler::Interfaces),
    P3(handler::Interfaces),
}

impl HttpService {
    /// Makes an instance of a component that answers requests.
    ///
    /// # Errors
    ///
    /// [`WorldError::Exports`] if the component does not answer requests;
    /// [`WorldError::Instantiate`] if the linker lacks an import, or the instance can't be made.
    pub fn instantiate<E: CoreEngine, T: 'static>(
        store: &mut Store<E, T>,
        component: &Component<E>,
        linker: &Linker<E, T>,
    ) -> Result<Self, WorldError> {
        Self::prepare(component, linker)?.instantiate(store)
    }

    /// Finds the imports of a component that answers requests in a linker: once for any number of
    /// instances.
    ///
    /// # Errors
    ///
    /// [`WorldError::Exports`] if the component does not answer requests;
    /// [`WorldError::Instantiate`] if the linker lacks an import.
    pub fn prepare<E: CoreEngine, T: 'static>(
        component: &Component<E>,
        linker: &Linker<E, T>,
    ) -> Result<PreparedHttpService<E, T>, WorldError> {
        Ok(PreparedHttpService(match handler::Interfaces::check(component) {
            Ok(()) => PreparedVersion::P3(World::prepare(component, linker)?),
            Err(_) => PreparedVersion::P2(World::prepare(component, linker)?),
        }))
    }

    /// Returns `true` if a component answers requests.
    pub fn is_service<E: CoreEngine>(component: &Component<E>) -> bool {
        handler::Interfaces::check(component).is_ok()
            || incoming_handler::Interfaces::check(component).is_ok()
    }

    /// Begins to answer a request, and returns the future response. The guest runs while the store
    /// is [driven](Store::drive), even while the response's body is being read.
    ///
    /// If the future is dropped before the response is there, a call of a guest of WASI 0.3 is
    /// cancelled. A call of WASI 0.2 goes on, and the next one waits until it has returned.
    ///
    /// # Errors
    ///
    /// [`CallError`] if the call can't begin, or traps at once.
    pub fn start<E, T, B>(
        &self,
        store: &mut Store<E, T>,
        request: Request<B>,
    ) -> Result<ResponseFuture, CallError>
    where
        E: CoreEngine,
        T: Send + 'static,
        B: HttpBody<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    {
        let (answer, response) = Answer::direct();
        let request = request.map(Body::new);
        let mut access = store.access();
        match &self.0 {
            Version::P2(instance) => {
                let request = Own::new(IncomingRequest::new(request, &Scheme::HTTP));
                let handler = instance.incoming_handler.clone();
                let outparam = Own::new(answer.clone().into());
                store.spawn(async move {
                    let handled = handler.handle_async(&mut access, request, outparam).await;
                    answer.put(Err(handled.map_or_else(Into::into, |()| ServiceError::NoResponse)));
                    Ok(())
                })?;
            }
            Version::P3(instance) => {
                let request = Own::new(p3::http::Request::received(request, &Scheme::HTTP));
                let handler = instance.handler.clone();
                store.spawn(async move {
                    let handling = handler.handle_async(&mut access, request);
                    answer.answer_with(handling).await;
                    Ok(())
                })?;
            }
        }
        Ok(response)
    }

    /// Begins to answer a request.
    pub(super) fn begin<E: CoreEngine, T: 'static>(
        &self,
        store: &mut Store<E, T>,
        request: Request<Body>,
        scheme: &Scheme,
        answer: &Answer,
    ) -> Result<Call, CallError> {
        Ok(match &self.0 {
            Version::P2(instance) => {
                let request = Own::new(IncomingRequest::new(request, scheme));
                let outparam = Own::new(answer.clone().into());
                let handle = &instance.incoming_handler.handle;
                Call::P2(store.start(handle, (request, outparam))?)
            }
            Version::P3(instance) => {
                let request = Own::new(p3::http::Request::received(request, scheme));
                Call::P3(store.start(&instance.handler.handle, (request,))?)
            }
        })
    }
}

/// A component that answers requests, with its imports: [`HttpService::prepare`] returns it. It
/// belongs to no store.
pub struct PreparedHttpService<E: CoreEngine, T: 'static>(PreparedVersion<E, T>);

enum PreparedVersion<E: CoreEngine, T: 'static> {
    P2(Prepared<incoming_handler::Interfaces, E, T>),
    P3(Prepared<handler::Interfaces, E, T>),
}

impl<E: CoreEngine, T: 'static> PreparedHttpService<E, T> {
    /// Makes an instance.
    ///
    /// # Errors
    ///
    /// [`WorldError::Instantiate`]
    pub fn instantiate(&self, store: &mut Store<E, T>) -> Result<HttpService, WorldError> {
        Ok(HttpService(match &self.0 {
            PreparedVersion::P2(prepared) => Version::P2(prepared.instantiate(store)?),
            PreparedVersion::P3(prepared) => Version::P3(prepared.instantiate(store)?),
        }))
    }

    /// Makes an instance without blocking.
    ///
    /// # Errors
    ///
    /// [`WorldError::Instantiate`]
    pub async fn instantiate_async(
        &self,
        store: &mut Store<E, T>,
    ) -> Result<HttpService, WorldError> {
        Ok(HttpService(match &self.0 {
            PreparedVersion::P2(prepared) => Version::P2(prepared.instantiate_async(store).await?),
            PreparedVersion::P3(prepared) => Version::P3(prepared.instantiate_async(store).await?),
        }))
    }

    pub(super) const fn is_concurrent(&self) -> bool {
        matches!(self.0, PreparedVersion::P3(_))
    }
}

impl<E: CoreEngine, T: 'static> core::fmt::Debug for PreparedHttpService<E, T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("PreparedHttpService").finish_non_exhaustive()
    }
}

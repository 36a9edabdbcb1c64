//! Servers: they make stores and instances, and drive them.

use core::fmt;
use core::future::poll_fn;
use core::pin::Pin;
use core::time::Duration;
use std::boxed::Box;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ::bytes::Bytes;
use ::http::uri::Scheme;
use ::http::{Request, Response};
use ::http_body::Body as HttpBody;
use tokio::sync::mpsc::unbounded_channel;
use weft::binding::WorldError;
use weft::component::{Component, HostError, Linker, Store};
use weft::engine::CoreEngine;

use super::answer::{Answer, Reply};
use super::error::ServiceError;
use super::instance::{HttpService, PreparedHttpService};
use super::job::{Job, Place};
use super::pool::{Member, Pool};
use super::settings::{Reuse, Settings};
use super::watched::{OnStoreEnd, WatchedStore};
use super::worker::Worker;
use crate::http::Body;
use crate::runtime;

/// A server for a component that answers requests. It makes stores and instances, and drives them.
///
/// By default, each request has its own store and instance: see [`reuse`](Self::reuse). After the
/// head of the response, the guest goes on until it ends, while the body is being read. If the
/// client goes away before the response, the guest is given up. If the client goes away later, the
/// guest learns that its body is no longer read.
///
/// It is a service of `hyper`. Cloning it is cheap.
///
/// ```no_run
/// use weft::component::{Component, Linker, Store};
/// use weft::engine::wasmi::Wasmi;
/// use weft_wasi::WasiCtx;
/// use weft_wasi::http::HttpServer;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let engine = Wasmi::default();
/// let component = Component::new(&engine, &std::fs::read("service.wasm")?)?;
/// let mut linker = Linker::new();
/// weft_wasi::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi);
/// weft_wasi::http::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi);
///
/// let server = HttpServer::new(&component, &linker, move || {
///     Ok(Store::new(&engine, WasiCtx::builder().inherit_stderr().build()))
/// })?;
/// server.serve(tokio::net::TcpListener::bind("127.0.0.1:8080").await?).await;
/// # Ok(())
/// # }
/// ```
pub struct HttpServer<E: CoreEngine, T: 'static> {
    prepared: Arc<PreparedHttpService<E, T>>,
    make_store: Arc<MakeStore<E, T>>,
    settings: Arc<Settings>,
    on_store_end: Option<Arc<OnStoreEnd<E, T>>>,
    reuse: Option<Reuse>,
    pool: Arc<Pool>,
    /// The number of requests under way.
    now: Arc<AtomicUsize>,
    most: usize,
}

type MakeStore<E, T> = dyn Fn() -> Result<Store<E, T>, HostError> + Send + Sync;

impl<E: CoreEngine, T: Send + 'static> HttpServer<E, T>
where
    Store<E, T>: Send,
{
    /// Makes a server for a component, whose imports are found in a linker. `make_store` makes the
    /// stores.
    ///
    /// # Errors
    ///
    /// [`WorldError::Exports`] if the component does not answer requests;
    /// [`WorldError::Instantiate`] if the linker lacks an import.
    pub fn new(
        component: &Component<E>,
        linker: &Linker<E, T>,
        make_store: impl Fn() -> Result<Store<E, T>, HostError> + Send + Sync + 'static,
    ) -> Result<Self, WorldError> {
        let settings = Settings {
            scheme: Scheme::HTTP,
            idle: Duration::ZERO,
            time_limit: None,
            on_error: None,
        };
        Ok(Self {
            prepared: Arc::new(HttpService::prepare(component, linker)?),
            make_store: Arc::new(make_store),
            settings: Arc::new(settings),
            on_store_end: None,
            reuse: None,
            pool: Arc::default(),
            now: Arc::default(),
            most: usize::MAX,
        })
    }

    /// Lets instances answer more than one request. This is faster, but a guest may keep data of
    /// one request for the next. If an instance traps, all its requests fail.
    #[must_use]
    pub fn reuse(mut self, reuse: Reuse) -> Self {
        self.change().idle = reuse.idle;
        self.reuse = Some(reuse);
        self
    }

    /// Sets the scheme of requests without one. The default is `http`.
    #[must_use]
    pub fn scheme(mut self, scheme: Scheme) -> Self {
        self.change().scheme = scheme;
        self
    }

    /// Sets the time limit for the response of a guest. After that, its instance is given up. A
    /// guest that spins is interrupted after a [slice of fuel](Store::set_fuel_slice).
    #[must_use]
    pub fn time_limit(mut self, time: Duration) -> Self {
        self.change().time_limit = Some(time);
        self
    }

    /// Sets the largest number of requests under way. Further ones fail with
    /// [`ServiceError::Overloaded`], which is the status 503.
    #[must_use]
    pub const fn max_at_once(mut self, most: usize) -> Self {
        self.most = most;
        self
    }

    /// Sets a function that gets the errors that no result reports: a guest trapped after its
    /// response's head, or a [connection](Self::serve_connection) was answered with the status 500.
    #[must_use]
    pub fn on_error(mut self, on_error: impl Fn(&ServiceError) + Send + Sync + 'static) -> Self {
        self.change().on_error = Some(Arc::new(on_error));
        self
    }

    /// Sets a function that gets each store before it is dropped: after the last request of its
    /// instance, after its instance was given up, or after no instance could be made in it. It can
    /// take what the store has recorded, such as its [timeline](Store::take_timeline).
    ///
    /// A store that is dropped by a panic, such as one of a host function, is not passed to it. Nor
    /// is a store that goes on after the tokio runtime has shut down.
    #[must_use]
    pub fn on_store_end(
        mut self,
        on_store_end: impl Fn(&mut Store<E, T>) + Send + Sync + 'static,
    ) -> Self {
        self.change();
        self.on_store_end = Some(Arc::new(on_store_end));
        self
    }

    /// Returns the settings, mutably. Instances with other settings are not used.
    fn change(&mut self) -> &mut Settings {
        self.pool = Arc::default();
        Arc::make_mut(&mut self.settings)
    }

    /// Returns the number of requests under way.
    pub fn requests(&self) -> usize {
        self.now.load(Ordering::Acquire)
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Answers a request. Dropping the future abandons the guest.
    ///
    /// # Errors
    ///
    /// [`ServiceError`], which [`to_response`](ServiceError::to_response) converts into a response
    /// for a client.
    pub async fn handle<B>(&self, request: Request<B>) -> Result<Response<Body>, ServiceError>
    where
        B: HttpBody<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    {
        let place = Place::take(&self.now, self.most).ok_or(ServiceError::Overloaded)?;
        let request = request.map(Body::new);
        match self.reuse {
            None => self.answer_once(request, place).await,
            Some(reuse) => self.answer_by_pool(request, place, reuse).await,
        }
    }

    /// Answers a request with a new instance.
    async fn answer_once(
        &self,
        request: Request<Body>,
        place: Place,
    ) -> Result<Response<Body>, ServiceError> {
        let (answer, mut response) = Answer::deferred();
        let mut worker = self.make_worker(None).await?;
        worker.begin(Job { request, answer, place: Some(place) });
        let (response, is_ended) = poll_fn(|context| {
            let is_ended = Pin::new(&mut worker).poll(context).is_ready();
            Pin::new(&mut response).poll(context).map(|response| (response, is_ended))
        })
        .await;
        if !is_ended {
            // It goes on with the body.
            runtime::spawn(worker);
        }
        response
    }

    /// Answers a request with an instance that is reused.
    async fn answer_by_pool(
        &self,
        request: Request<Body>,
        place: Place,
        reuse: Reuse,
    ) -> Result<Response<Body>, ServiceError> {
        let at_once = if self.prepared.is_concurrent() { reuse.at_once.max(1) } else { 1 };
        let mut request = request;
        let answered = loop {
            let (answer, mut response) = Answer::deferred();
            let mut refused = self.pool.give(Job { request, answer, place: None }, at_once);
            while let Some(job) = refused {
                let (sender, jobs) = unbounded_channel();
                let worker = self.make_worker(Some(jobs)).await?;
                refused = self.pool.add(Member::new(sender, &reuse), job, at_once);
                runtime::spawn(worker);
            }
            match poll_fn(|context| response.poll_reply(context)).await {
                Reply::Answer(answered) => break answered,
                Reply::Back(back) => request = back,
            }
        };
        drop(place);
        answered
    }

    /// Makes a store with an instance.
    async fn make_worker(
        &self,
        jobs: Option<tokio::sync::mpsc::UnboundedReceiver<Job>>,
    ) -> Result<Worker<E, T>, ServiceError> {
        let store = (self.make_store)()?;
        let mut watched = WatchedStore { store, on_end: self.on_store_end.clone() };
        let service = self.prepared.instantiate_async(&mut watched.store).await?;
        Ok(Worker::new(watched, service, Arc::clone(&self.settings), jobs))
    }
}

impl<E: CoreEngine, T: 'static> Clone for HttpServer<E, T> {
    fn clone(&self) -> Self {
        Self {
            prepared: Arc::clone(&self.prepared),
            make_store: Arc::clone(&self.make_store),
            settings: Arc::clone(&self.settings),
            on_store_end: self.on_store_end.clone(),
            reuse: self.reuse,
            pool: Arc::clone(&self.pool),
            now: Arc::clone(&self.now),
            most: self.most,
        }
    }
}

impl<E: CoreEngine, T: 'static> fmt::Debug for HttpServer<E, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reuse, most, .. } = self;
        f.debug_struct("HttpServer")
            .field("reuse", reuse)
            .field("most", most)
            .finish_non_exhaustive()
    }
}

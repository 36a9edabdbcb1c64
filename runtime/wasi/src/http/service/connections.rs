//! Serving connections, by hyper.

use core::convert::Infallible;
use core::future::poll_fn;
use core::pin::pin;
use core::task::Poll;
use core::time::Duration;
use std::boxed::Box;
use std::error::Error;

use ::bytes::Bytes;
use ::http::{Request, Response};
use ::http_body::Body as HttpBody;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use weft::binding::BoxFuture;
use weft::component::Store;
use weft::engine::CoreEngine;

use super::server::HttpServer;
use crate::http::Body;

/// The time in which a client has to send the head of a request.
const HEAD: Duration = Duration::from_secs(30);

impl<E: CoreEngine, T: Send + 'static, B> Service<Request<B>> for HttpServer<E, T>
where
    Store<E, T>: Send,
    B: HttpBody<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn call(&self, request: Request<B>) -> Self::Future {
        let server = self.clone();
        Box::pin(async move {
            Ok(server.handle(request).await.unwrap_or_else(|error| {
                server.settings().report(&error);
                error.to_response()
            }))
        })
    }
}

impl<E: CoreEngine, T: Send + 'static> HttpServer<E, T>
where
    Store<E, T>: Send,
{
    /// Answers the requests of all connections that a listener accepts. Dropping the future closes
    /// them. It runs in the caller's tokio runtime.
    pub async fn serve(&self, listener: TcpListener) {
        self.serve_until(listener, core::future::pending()).await;
    }

    /// Answers the requests of all connections that a listener accepts, as [`serve`](Self::serve)
    /// does, until another future is ready. Then it accepts no further connections, and answers the
    /// requests that have arrived.
    pub async fn serve_until(&self, listener: TcpListener, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        let (stopping, stopped) = watch::channel(());
        let mut connections = JoinSet::new();
        while let Some(accepted) = poll_fn(|context| {
            if stop.as_mut().poll(context).is_ready() {
                return Poll::Ready(None);
            }
            // Connections that have ended are removed.
            while let Poll::Ready(Some(_)) = connections.poll_join_next(context) {}
            listener.poll_accept(context).map(Some)
        })
        .await
        {
            match accepted {
                Ok((stream, _)) => {
                    // Small responses are sent at once.
                    let _ = stream.set_nodelay(true);
                    connections.spawn(self.clone().connection(stream, stopped.clone()));
                }
                // There may be too many open files: some will be closed.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
        drop((listener, stopping));
        while connections.join_next().await.is_some() {}
    }

    /// Answers the requests of one connection, until it ends or the sender of `stopped` is dropped.
    async fn connection(
        self,
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        mut stopped: watch::Receiver<()>,
    ) {
        let mut connection = pin!(builder().serve_connection(TokioIo::new(stream), self));
        let mut stopping = pin!(stopped.changed());
        let mut is_stopping = false;
        poll_fn(|context| {
            if !is_stopping && stopping.as_mut().poll(context).is_ready() {
                is_stopping = true;
                connection.as_mut().graceful_shutdown();
            }
            // The client knows how a connection ends.
            connection.as_mut().poll(context).map(drop)
        })
        .await;
    }

    /// Answers the requests of one connection.
    ///
    /// # Errors
    ///
    /// An error of the connection, if it has ended too early.
    pub async fn serve_connection(
        &self,
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    ) -> Result<(), hyper::Error> {
        builder().serve_connection(TokioIo::new(stream), self.clone()).await
    }
}

fn builder() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD);
    builder
}

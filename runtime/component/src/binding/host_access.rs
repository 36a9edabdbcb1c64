//! Handles of a store, for the methods of a host that wait.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::error::Error;
use core::future::Future;

use crate::abi::{Lift, Lower};
use crate::component::streams::{IntoStreamSource, StreamError, StreamReader, StreamSink};
use crate::component::{Access, CallError, Callee, HostError};
use crate::engine::CoreEngine;
use crate::handle::{FutureHandle, StreamHandle};
use crate::limits::Heap;
use crate::machine::SubtaskId;
use crate::task::TaskReturn;

use super::calls::{AsyncCalls, BoxFuture};
use super::host_caller::{HostCaller, ItemOf, Written};
use super::host_with::HostWith;

/// A handle of the store, for an async method of the host `H`: it reaches the host, its streams and
/// futures, and the functions of guests.
///
/// A method takes it as `access: impl HostAccess<Self>`. It does not borrow the store, so that
/// guests and other methods of the host run while the method waits. The method has no `&mut self`,
/// and can't borrow anything of the host across an `.await`. Read and change the host in
/// [`with_host`](Self::with_host) or [`with`](Self::with), and return from the closure what is
/// needed later.
///
/// ```
/// use weft::binding::HostAccess;
/// use weft::component::HostError;
/// use weft::handle::StreamHandle;
///
/// struct Files {
///     written: Vec<Vec<u8>>,
/// }
///
/// impl Files {
///     async fn write(
///         access: impl HostAccess<Self>,
///         bytes: StreamHandle<u8>,
///     ) -> Result<u64, HostError> {
///         let bytes = access.collect(bytes).await?;
///         let length = bytes.len() as u64;
///         access.with_host(|files| files.written.push(bytes)).await?;
///         Ok(length)
///     }
/// }
/// ```
pub trait HostAccess<H>: AsyncCalls + Clone + Send + Sync + 'static {
    /// The engine of the store.
    type Engine: CoreEngine;

    /// The data of the store, which the host is in.
    type Data: 'static;

    /// The store, lent to a closure.
    type Caller<'s>: HostCaller<H, Engine = Self::Engine, Data = Self::Data, Access = Self>;

    /// Returns the handle without the host.
    fn access(&self) -> &Access<Self::Engine, Self::Data>;

    /// Runs a closure where the store is driven, with the store and the host, and returns its
    /// result as a future: see [`Access::with`].
    ///
    /// # Errors
    ///
    /// The future fails with [`StoreDropped`](crate::component::StoreDropped), as a [`HostError`],
    /// if the store was dropped before the closure ran.
    fn with<R: Send + 'static>(
        &self,
        run: impl FnOnce(&mut Self::Caller<'_>) -> R + Send + 'static,
    ) -> HostWith<R>;

    /// Runs a closure where the store is driven, with the host: see [`with`](Self::with).
    ///
    /// # Errors
    ///
    /// In the [`HostError`] of the future: `StoreDropped`.
    fn with_host<R: Send + 'static>(
        &self,
        run: impl FnOnce(&mut H) -> R + Send + 'static,
    ) -> HostWith<R> {
        self.with(|caller| run(caller.host()))
    }

    /// Calls a guest's function, which may wait, and returns its result: see [`Access::call`].
    ///
    /// # Errors
    ///
    /// [`CallError`] if the call can't be begun, or has no result; [`CallError::StoreDropped`] if
    /// the store was dropped; [`CallError::Waits`] if the guest waits in an instance that is held
    /// until this host function returns, which keeps the call.
    fn call<'s, F>(
        &'s self,
        function: &F,
        arguments: F::Arguments<'_>,
    ) -> BoxFuture<'s, Result<F::Result, CallError>>
    where
        F: Callee + Clone + Send + 's,
        F::Kept: Send + 's,
    {
        Box::pin(self.access().call_borrowed(function, arguments))
    }

    /// Makes a stream for a guest, whose values come from `source`: see
    /// [`HostCaller::stream_from`].
    ///
    /// # Errors
    ///
    /// In the [`HostError`] of the future: `CallError::ElementType`, `Error::Full`, `StoreDropped`.
    fn stream_from<S: IntoStreamSource + Send + 'static>(
        &self,
        source: S,
    ) -> BoxFuture<'static, Result<StreamHandle<ItemOf<S>>, HostError>> {
        let made = self.with(|caller| caller.stream_from(source));
        Box::pin(async { made.await? })
    }

    /// Makes a stream for a guest, and a writer for its values: see [`HostCaller::stream_writer`].
    ///
    /// # Errors
    ///
    /// In the [`HostError`] of the future: `CallError::ElementType`, `Error::Full`, `StoreDropped`.
    fn stream_writer<V: Lower + Send + 'static>(
        &self,
    ) -> BoxFuture<'static, Result<Written<V>, HostError>> {
        let made = self.with(|caller| caller.stream_writer());
        Box::pin(async { made.await? })
    }

    /// Makes a future for a guest from a Rust future: see [`HostCaller::future_from`].
    ///
    /// # Errors
    ///
    /// In the [`HostError`] of the future: `CallError::ElementType`, `Error::Full`, `StoreDropped`.
    fn future_from<F: Future<Output: Lower + Send + 'static> + Send + 'static>(
        &self,
        future: F,
    ) -> BoxFuture<'static, Result<FutureHandle<F::Output>, HostError>> {
        let made = self.with(|caller| caller.future_from(future));
        Box::pin(async { made.await? })
    }

    /// Makes a future for a guest from a Rust future that can fail: see
    /// [`HostCaller::try_future_from`].
    ///
    /// # Errors
    ///
    /// In the [`HostError`] of the future: `CallError::ElementType`, `Error::Full`, `StoreDropped`.
    fn try_future_from<V, X, F>(
        &self,
        future: F,
    ) -> BoxFuture<'static, Result<FutureHandle<V>, HostError>>
    where
        V: Lower + Send + 'static,
        X: Send + 'static,
        F: Future<Output = Result<V, X>> + Send + 'static,
    {
        let made = self.with(|caller| caller.try_future_from(future));
        Box::pin(async { made.await? })
    }

    /// Moves the values of a guest's stream into `sink`, and returns its output after the end of the
    /// stream.
    ///
    /// # Errors
    ///
    /// In the [`HostError`] of the future: `CallError::Elements`, `MachineError::NotHeld`,
    /// `MachineError::EndBusy`, `StoreDropped`; a `StreamError`.
    fn stream_into<S>(
        &self,
        stream: StreamHandle<S::Item>,
        sink: S,
    ) -> BoxFuture<'static, Result<S::Output, HostError>>
    where
        S: StreamSink<Output: Send + 'static> + Send + 'static,
        StreamError<S::Error>: Error + Send + Sync + 'static,
    {
        let transfer = self.with(|caller| caller.stream_into(stream, sink));
        Box::pin(async { Ok(transfer.await??.await?) })
    }

    /// Returns the values of a guest's stream, after its end.
    ///
    /// # Errors
    ///
    /// In the [`HostError`] of the future: `CallError::Elements`, `MachineError::NotHeld`,
    /// `MachineError::EndBusy`, `StoreDropped`; a `StreamError`.
    fn collect<V: for<'l> Lift<'l> + Send + 'static>(
        &self,
        stream: StreamHandle<V>,
    ) -> BoxFuture<'static, Result<Vec<V>, HostError>> {
        let transfer = self.with(|caller| caller.collect(stream));
        Box::pin(async { Ok(transfer.await??.await?) })
    }

    /// Returns a reader of a guest's stream: see [`HostCaller::stream_reader`].
    ///
    /// # Errors
    ///
    /// In the [`HostError`] of the future: `CallError::Elements`, `MachineError::NotHeld`,
    /// `MachineError::EndBusy`, `StoreDropped`.
    fn stream_reader<V: for<'l> Lift<'l> + Send + 'static>(
        &self,
        stream: StreamHandle<V>,
    ) -> BoxFuture<'static, Result<StreamReader<V>, HostError>> {
        let reader = self.with(|caller| caller.stream_reader(stream));
        Box::pin(async { reader.await? })
    }

    /// Returns the value of a guest's future, after the guest has written it.
    ///
    /// # Errors
    ///
    /// In the [`HostError`] of the future: `CallError::Elements`, `MachineError::NotHeld`,
    /// `MachineError::EndBusy`, `StoreDropped`; a `StreamError`.
    fn future_value<V: for<'l> Lift<'l> + Send + 'static>(
        &self,
        future: FutureHandle<V>,
    ) -> BoxFuture<'static, Result<V, HostError>> {
        let value = self.with(|caller| caller.future_value(future));
        Box::pin(async { Ok(value.await??.await?) })
    }

    /// Starts a host task that is a Rust future: see [`HostCaller::spawn`].
    ///
    /// # Errors
    ///
    /// In the [`HostError`] of the future: `Error::Full`, `StoreDropped`.
    fn spawn<V: Into<TaskReturn<Heap>> + 'static>(
        &self,
        future: impl Future<Output = Result<V, HostError>> + Send + 'static,
    ) -> BoxFuture<'static, Result<SubtaskId, HostError>> {
        let spawned = self.with(|caller| caller.spawn(future));
        Box::pin(async { spawned.await? })
    }
}

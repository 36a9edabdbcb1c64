//! The store, lent to a method of a host.

use alloc::string::String;
use alloc::vec::Vec;
use core::future::Future;

use crate::abi::{Lift, Lower, Resource, Type};
use crate::component::streams::{
    GuestFuture, IntoStreamSource, StreamReader, StreamSink, StreamSource, StreamWriter, Transfer,
};
use crate::component::{Caller, HostError};
use crate::engine::CoreEngine;
use crate::handle::{ErrorContext, FutureHandle, StreamHandle};
use crate::limits::Heap;
use crate::machine::SubtaskId;
use crate::task::TaskReturn;

use super::calls::Calls;
use super::host_access::HostAccess;

/// The element of the stream that a source makes.
pub(super) type ItemOf<S> = <<S as IntoStreamSource>::Source as StreamSource>::Item;

/// A stream, and the writer of its values.
pub(super) type Written<V> = (StreamHandle<V>, StreamWriter<V>);

/// The store, lent to a method of the host `H` that a guest calls: it reaches the host, its streams
/// and futures, and the functions of guests.
///
/// A method takes it as `caller: &mut impl HostCaller<Self>`, so that the method names neither an
/// engine nor the data of the store. Common uses of the store have a method here. For all others,
/// [`with_store`](Self::with_store) lends the [`Caller`] itself.
///
/// ```
/// use weft::binding::HostCaller;
/// use weft::component::HostError;
/// use weft::handle::StreamHandle;
///
/// struct Files {
///     names: Vec<String>,
/// }
///
/// impl Files {
///     fn names(caller: &mut impl HostCaller<Self>) -> Result<StreamHandle<String>, HostError> {
///         let names = caller.host().names.clone();
///         caller.stream_from(names)
///     }
/// }
/// ```
pub trait HostCaller<H>: Calls {
    /// The engine of the store.
    type Engine: CoreEngine;

    /// The data of the store, which the host is in.
    type Data: 'static;

    /// The handle of the store.
    type Access: HostAccess<H, Engine = Self::Engine, Data = Self::Data>;

    /// Returns the host.
    fn host(&mut self) -> &mut H;

    /// Returns a handle of the store, for work that goes on after the method has returned.
    fn access(&mut self) -> Self::Access;

    /// Lends the store to a closure, and returns its result.
    fn with_store<R>(
        &mut self,
        run: impl FnOnce(&mut Caller<'_, '_, Self::Engine, Self::Data>) -> R,
    ) -> R;

    /// Makes a stream for a guest, whose values come from `source`: see [`Caller::stream_from`].
    /// The host does not learn how the stream ends.
    ///
    /// # Errors
    ///
    /// In the [`HostError`]: `CallError::ElementType` or `Error::Full`.
    fn stream_from<S: IntoStreamSource>(
        &mut self,
        source: S,
    ) -> Result<StreamHandle<ItemOf<S>>, HostError> {
        Ok(self.with_store(|store| store.stream_from(source))?.0)
    }

    /// Makes a stream for a guest, as [`stream_from`](Self::stream_from) does, with elements of the
    /// type `element` in the store: see [`Caller::stream_of_type`].
    ///
    /// # Errors
    ///
    /// In the [`HostError`]: `CallError::Elements`, `CallError::ElementType` or `Error::Full`.
    fn stream_of_type<S: IntoStreamSource>(
        &mut self,
        element: &Type,
        source: S,
    ) -> Result<StreamHandle<ItemOf<S>>, HostError> {
        Ok(self.with_store(|store| store.stream_of_type(element, source))?.0)
    }

    /// Makes a stream for a guest, and a writer for its values: see [`Caller::stream_writer`].
    ///
    /// # Errors
    ///
    /// In the [`HostError`]: `CallError::ElementType` or `Error::Full`.
    fn stream_writer<V: Lower + Send + 'static>(&mut self) -> Result<Written<V>, HostError> {
        self.with_store(|store| Ok(store.stream_writer()?))
    }

    /// Makes a future for a guest from a Rust future: see [`Caller::future_from`]. The host does
    /// not learn whether the guest reads it.
    ///
    /// # Errors
    ///
    /// In the [`HostError`]: `CallError::ElementType` or `Error::Full`.
    fn future_from<F: Future<Output: Lower + Send + 'static> + Send + 'static>(
        &mut self,
        future: F,
    ) -> Result<FutureHandle<F::Output>, HostError> {
        Ok(self.with_store(|store| store.future_from(future))?.0)
    }

    /// Makes a future for a guest from a Rust future that can fail. If that fails, the guest learns
    /// that there is no value: see [`Caller::try_future_from`].
    ///
    /// # Errors
    ///
    /// In the [`HostError`]: `CallError::ElementType` or `Error::Full`.
    fn try_future_from<V, X, F>(&mut self, future: F) -> Result<FutureHandle<V>, HostError>
    where
        V: Lower + Send + 'static,
        X: Send + 'static,
        F: Future<Output = Result<V, X>> + Send + 'static,
    {
        Ok(self.with_store(|store| store.try_future_from(future))?.0)
    }

    /// Makes a future for a guest, as [`future_from`](Self::future_from) does, whose value has the
    /// type `ty` in the store: see [`Caller::future_of_type`].
    ///
    /// # Errors
    ///
    /// In the [`HostError`]: `CallError::Elements`, `CallError::ElementType` or `Error::Full`.
    fn future_of_type<F: Future<Output: Lower + Send + 'static> + Send + 'static>(
        &mut self,
        ty: &Type,
        future: F,
    ) -> Result<FutureHandle<F::Output>, HostError> {
        Ok(self.with_store(|store| store.future_of_type(ty, future))?.0)
    }

    /// Moves the values of a guest's stream into `sink`. Returns a future that is ready after the
    /// end of the stream: see [`Caller::stream_into`].
    ///
    /// # Errors
    ///
    /// In the [`HostError`]: `CallError::Elements`, `MachineError::NotHeld` or
    /// `MachineError::EndBusy`.
    fn stream_into<S: StreamSink>(
        &mut self,
        stream: StreamHandle<S::Item>,
        sink: S,
    ) -> Result<Transfer<S::Output, S::Error>, HostError> {
        Ok(self.with_store(|store| store.stream_into(stream, sink))?)
    }

    /// Collects the values of a guest's stream. The future returns them after the guest has dropped
    /// its end: see [`Caller::collect`].
    ///
    /// # Errors
    ///
    /// In the [`HostError`]: `CallError::Elements`, `MachineError::NotHeld` or
    /// `MachineError::EndBusy`.
    fn collect<V: for<'l> Lift<'l> + Send + 'static>(
        &mut self,
        stream: StreamHandle<V>,
    ) -> Result<Transfer<Vec<V>>, HostError> {
        Ok(self.with_store(|store| store.collect(stream))?)
    }

    /// Returns a reader of a guest's stream: see [`Caller::stream_reader`].
    ///
    /// # Errors
    ///
    /// In the [`HostError`]: `CallError::Elements`, `MachineError::NotHeld` or
    /// `MachineError::EndBusy`.
    fn stream_reader<V: for<'l> Lift<'l> + Send + 'static>(
        &mut self,
        stream: StreamHandle<V>,
    ) -> Result<StreamReader<V>, HostError> {
        Ok(self.with_store(|store| store.stream_reader(stream))?)
    }

    /// Returns a guest's future as a Rust future: see [`Caller::future_value`].
    ///
    /// # Errors
    ///
    /// In the [`HostError`]: `CallError::Elements`, `MachineError::NotHeld` or
    /// `MachineError::EndBusy`.
    fn future_value<V: for<'l> Lift<'l> + Send + 'static>(
        &mut self,
        future: FutureHandle<V>,
    ) -> Result<GuestFuture<V>, HostError> {
        Ok(self.with_store(|store| store.future_value(future))?)
    }

    /// Starts a host task that is a Rust future: see [`Caller::spawn`].
    ///
    /// # Errors
    ///
    /// In the [`HostError`]: `Error::Full`.
    fn spawn<V: Into<TaskReturn<Heap>>>(
        &mut self,
        future: impl Future<Output = Result<V, HostError>> + Send + 'static,
    ) -> Result<SubtaskId, HostError> {
        Ok(self.with_store(|store| store.spawn(future))?)
    }

    /// Makes an error context for a guest: see [`Caller::new_error_context`].
    ///
    /// # Errors
    ///
    /// In the [`HostError`]: `Error::Full`.
    fn new_error_context(&mut self, debug_message: &str) -> Result<ErrorContext, HostError> {
        Ok(self.with_store(|store| store.new_error_context(debug_message))?.into())
    }

    /// Returns the debug message of an error context: see [`Caller::debug_message`].
    ///
    /// # Errors
    ///
    /// In the [`HostError`]: `Error::Unknown`.
    fn debug_message(&mut self, error_context: &ErrorContext) -> Result<String, HostError> {
        Ok(self.with_store(|store| store.debug_message(error_context.id()))?)
    }

    /// Gives up an error context that the host holds: see [`Caller::drop_error_context`].
    ///
    /// # Errors
    ///
    /// In the [`HostError`]: `MachineError::NotHeld` or `Error::Unknown`.
    fn drop_error_context(&mut self, error_context: ErrorContext) -> Result<(), HostError> {
        Ok(self.with_store(|store| store.drop_error_context(error_context.id()))?)
    }

    /// Drops a resource that the host owns, and runs its destructor: see [`Caller::drop_resource`].
    ///
    /// # Errors
    ///
    /// In the [`HostError`]: `CallError::Handle`, or the error of the destructor.
    fn drop_resource(&mut self, resource: impl Into<Option<Resource>>) -> Result<(), HostError> {
        Ok(self.with_store(|store| store.drop_resource(resource))?)
    }
}

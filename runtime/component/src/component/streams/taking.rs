//! The methods of stores that take streams and futures from guests.

use alloc::vec::Vec;
use core::convert::Infallible;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context as WakerContext, Poll};

use crate::abi::Lift;
use crate::component::run::context::Caller;
use crate::component::run::serving::{StreamError, StreamSink, Transfer};
use crate::component::store::call_error::CallError;
use crate::component::stores::Store;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::handle::{FutureHandle, StreamHandle};
use crate::trap::EndKind;

use super::methods::methods;
use super::reader::StreamReader;
use super::sinks::{Collect, One};

methods! {
    /// Moves the values of a guest's stream into `sink`: one of the sinks in
    /// [`streams`](crate::component::streams), or one of your own. Returns the transfer, which is
    /// ready after the guest has dropped its end, or after the sink has ended the stream. Dropping
    /// the transfer has no effect on the stream.
    ///
    /// # Errors
    ///
    /// [`CallError::Elements`] if the sink takes values of another type; [`MachineError::NotHeld`]
    /// if the host has given the stream away; [`MachineError::EndBusy`] if it is being read, or has
    /// ended.
    ///
    /// [`MachineError::NotHeld`]: crate::error::MachineError::NotHeld
    /// [`MachineError::EndBusy`]: crate::error::MachineError::EndBusy
    fn stream_into[S: StreamSink](cx, stream: StreamHandle<S::Item>, sink: S)
        -> Result<Transfer<S::Output, S::Error>, CallError>
    {
        Ok(cx.data_mut().serve_sink(EndKind::Stream, stream.end(), sink)?.transfer)
    }

    /// Collects the values of a guest's stream in a vector. Returns the transfer, which is ready
    /// after the guest has dropped its end. To limit the number of values, use
    /// [`collect_at_most`](crate::component::streams::collect_at_most).
    ///
    /// ```
    /// # #[cfg(all(feature = "std", feature = "wasmi"))] {
    /// use weft::component::{Component, Linker, Store};
    /// use weft::engine::wasmi::Wasmi;
    /// use weft::handle::StreamHandle;
    ///
    /// # let component = wat::parse_str(weft::component::streams::EXAMPLE)?;
    /// let engine = Wasmi::default();
    /// let component = Component::new(&engine, &component)?;
    /// let mut store = Store::new(&engine, ());
    /// let instance = store.instantiate(&component, &Linker::new())?;
    /// let count = store.typed_function::<(u32,), StreamHandle<u8>>(&instance, "count")?;
    ///
    /// let stream = store.call(&count, (3,))?;
    /// let collecting = store.collect(stream)?;
    /// assert_eq!(store.block_on(collecting)?, [0, 1, 2]);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`CallError::Elements`], [`MachineError::NotHeld`](crate::error::MachineError::NotHeld),
    /// [`MachineError::EndBusy`](crate::error::MachineError::EndBusy), as for
    /// [`stream_into`](Self::stream_into).
    fn collect[V: for<'l> Lift<'l> + Send + 'static](cx, stream: StreamHandle<V>)
        -> Result<Transfer<Vec<V>>, CallError>
    {
        let sink = Collect::all();
        Ok(cx.data_mut().serve_sink(EndKind::Stream, stream.end(), sink)?.transfer)
    }

    /// Returns a reader of a guest's stream. The reader can be used in this task or another, or on
    /// another thread. When it is dropped, the guest learns that the stream was dropped.
    ///
    /// # Errors
    ///
    /// [`CallError::Elements`], [`MachineError::NotHeld`](crate::error::MachineError::NotHeld),
    /// [`MachineError::EndBusy`](crate::error::MachineError::EndBusy), as for
    /// [`stream_into`](Self::stream_into).
    fn stream_reader[V: for<'l> Lift<'l> + Send + 'static](cx, stream: StreamHandle<V>)
        -> Result<StreamReader<V>, CallError>
    {
        StreamReader::begin(|sink| {
            cx.data_mut().serve_sink(EndKind::Stream, stream.end(), sink)
        })
    }

    /// Returns a guest's future as a Rust future.
    ///
    /// # Errors
    ///
    /// [`CallError::Elements`], [`MachineError::NotHeld`](crate::error::MachineError::NotHeld),
    /// [`MachineError::EndBusy`](crate::error::MachineError::EndBusy), as for
    /// [`stream_into`](Self::stream_into).
    fn future_value[V: for<'l> Lift<'l> + Send + 'static](cx, future: FutureHandle<V>)
        -> Result<GuestFuture<V>, CallError>
    {
        let taken = cx.data_mut().serve_sink(EndKind::Future, future.end(), One(None))?;
        Ok(GuestFuture { transfer: taken.transfer })
    }
}

/// A guest's future, as a Rust future.
///
/// It is ready after the guest has written the value. The value is read while the store is driven.
/// If this is dropped, the value is read and dropped.
#[must_use = "the value is for nobody if the future is not awaited"]
pub struct GuestFuture<V> {
    transfer: Transfer<Option<V>, Infallible>,
}

impl<V> Future for GuestFuture<V> {
    type Output = Result<V, StreamError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut WakerContext<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.transfer).poll(context).map(|result| result?.ok_or(StreamError::Dropped))
    }
}

impl<V> fmt::Debug for GuestFuture<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuestFuture").finish_non_exhaustive()
    }
}

//! The methods of stores that make streams and futures for guests.

use alloc::boxed::Box;
use core::convert::Infallible;
use core::future::Future;

use crate::abi::{Lower, Type};
use crate::component::run::context::Caller;
use crate::component::run::serving::beginning::Given;
use crate::component::run::serving::{StreamSource, Transfer};
use crate::component::store::call_error::CallError;
use crate::component::stores::Store;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::handle::{FutureHandle, StreamHandle};
use crate::trap::EndKind;

use super::methods::methods;
use super::sources::{IntoStreamSource, TryValue, value};
use super::writer::StreamWriter;

/// A stream whose values come from a source of type `S`, and its transfer.
type Streamed<S> =
    (StreamHandle<<S as StreamSource>::Item>, Transfer<(), <S as StreamSource>::Error>);

/// A future of a `V`, and its transfer.
type Promised<V, R> = (FutureHandle<V>, Transfer<(), R>);

fn streamed<S: StreamSource>(given: Given<S>) -> Streamed<S> {
    (given.readable.into(), given.transfer)
}

methods! {
    /// Makes a stream for a guest, whose values come from `source`: a vector, an array, a static
    /// slice, or one of the sources in [`streams`](crate::component::streams). Returns the stream,
    /// which is then passed to a guest, and the transfer, which is ready after the guest has taken
    /// all values. Dropping the transfer has no effect on the stream.
    ///
    /// The source is asked for values when the guest reads. If it fails, the stream ends, and the
    /// transfer returns the error.
    ///
    /// ```
    /// # #[cfg(all(feature = "std", feature = "wasmi"))] {
    /// use weft::component::{Component, Linker, Store, streams};
    /// use weft::engine::wasmi::Wasmi;
    /// use weft::handle::StreamHandle;
    ///
    /// # let component = wat::parse_str(weft::component::streams::EXAMPLE)?;
    /// let engine = Wasmi::default();
    /// let component = Component::new(&engine, &component)?;
    /// let mut store = Store::new(&engine, ());
    /// let instance = store.instantiate(&component, &Linker::new())?;
    /// // Adds up the bytes that it reads.
    /// let sum = store.typed_function::<(StreamHandle<u8>,), u32>(&instance, "sum")?;
    ///
    /// let (bytes, sending) = store.stream_from(vec![1_u8, 2, 3])?;
    /// assert_eq!(store.call(&sum, (bytes,))?, 6);
    /// store.block_on(sending)?;
    ///
    /// let (bytes, _) = store.stream_from(streams::iter((1..=10).cycle().take(100)))?;
    /// assert_eq!(store.call(&sum, (bytes,))?, 550);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`CallError::ElementType`] if there is no stream of that type, or if the resource type of a
    /// Rust type in it is not known; [`Error::Full`](crate::error::Error::Full). The resource type
    /// of an [`Own<R>`](crate::binding::Own) is known if instances in the store use exactly one
    /// resource type of `R`. For other resources, use [`stream_of_type`](Self::stream_of_type).
    fn stream_from[S: IntoStreamSource](cx, source: S) -> Result<Streamed<S::Source>, CallError> {
        cx.data_mut().serve_source(EndKind::Stream, None, source.into_source()).map(streamed)
    }

    /// Makes a stream for a guest, as [`stream_from`](Self::stream_from) does, with elements of the
    /// type `element` in the store. Elements can contain resources:
    /// [`resource_type`](Self::resource_type) returns the numbers of their types.
    ///
    /// # Errors
    ///
    /// [`CallError::Elements`] if the values of the source have another type;
    /// [`CallError::ElementType`]; [`Error::Full`](crate::error::Error::Full).
    fn stream_of_type[S: IntoStreamSource](cx, element: &Type, source: S)
        -> Result<Streamed<S::Source>, CallError>
    {
        let source = source.into_source();
        cx.data_mut().serve_source(EndKind::Stream, Some(element), source).map(streamed)
    }

    /// Makes a stream for a guest, and a writer for its values. The writer can be used in this task
    /// or another, or on another thread. The stream ends when the writer is dropped.
    ///
    /// # Errors
    ///
    /// [`CallError::ElementType`]; [`Error::Full`](crate::error::Error::Full).
    fn stream_writer[V: Lower + Send + 'static](cx)
        -> Result<(StreamHandle<V>, StreamWriter<V>), CallError>
    {
        StreamWriter::begin(|source| cx.data_mut().serve_source(EndKind::Stream, None, source))
    }

    /// Makes a stream for a guest, and a writer, as [`stream_writer`](Self::stream_writer) does,
    /// with elements of the type `element` in the store: see
    /// [`stream_of_type`](Self::stream_of_type).
    ///
    /// # Errors
    ///
    /// [`CallError::Elements`] if `V` is another type; [`CallError::ElementType`];
    /// [`Error::Full`](crate::error::Error::Full).
    fn stream_writer_of_type[V: Lower + Send + 'static](cx, element: &Type)
        -> Result<(StreamHandle<V>, StreamWriter<V>), CallError>
    {
        StreamWriter::begin(|source| {
            cx.data_mut().serve_source(EndKind::Stream, Some(element), source)
        })
    }

    /// Makes a future for a guest from a Rust future. For a value that is there already, use
    /// [`core::future::ready`]. Returns the future, which is then passed to a guest, and the
    /// transfer, which is ready after the guest has taken the value.
    ///
    /// The Rust future is polled while the store is driven, even before the guest reads.
    ///
    /// ```
    /// # #[cfg(feature = "wasmi")] {
    /// use std::future::ready;
    /// use weft::component::Store;
    /// use weft::engine::wasmi::Wasmi;
    ///
    /// let mut store = Store::new(&Wasmi::default(), ());
    /// let (now, _) = store.future_from(ready(7_u32))?;
    /// let (later, _) = store.future_from(async { String::from("it is done") })?;
    /// # let _ = (now, later);
    /// # }
    /// # Ok::<(), weft::component::CallError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`CallError::ElementType`]; [`Error::Full`](crate::error::Error::Full).
    fn future_from[F: Future<Output: Lower + Send + 'static> + Send + 'static](cx, future: F)
        -> Result<Promised<F::Output, Infallible>, CallError>
    {
        let given = cx.data_mut().serve_source(EndKind::Future, None, value(future))?;
        Ok((given.readable.into(), given.transfer))
    }

    /// Makes a future for a guest from a Rust future that can fail. If it fails, the guest learns
    /// that there is no value, and the transfer returns the error.
    ///
    /// # Errors
    ///
    /// [`CallError::ElementType`]; [`Error::Full`](crate::error::Error::Full).
    fn try_future_from[V: Lower + Send + 'static, R: Send + 'static,
        F: Future<Output = Result<V, R>> + Send + 'static](cx, future: F)
        -> Result<Promised<V, R>, CallError>
    {
        let given = cx.data_mut().serve_source(EndKind::Future, None, TryValue(Box::pin(future)))?;
        Ok((given.readable.into(), given.transfer))
    }

    /// Makes a future for a guest, as [`future_from`](Self::future_from) does, whose value has the
    /// type `ty` in the store: see [`stream_of_type`](Self::stream_of_type).
    ///
    /// # Errors
    ///
    /// [`CallError::Elements`] if the value has another type; [`CallError::ElementType`];
    /// [`Error::Full`](crate::error::Error::Full).
    fn future_of_type[F: Future<Output: Lower + Send + 'static> + Send + 'static](
        cx, ty: &Type, future: F)
        -> Result<Promised<F::Output, Infallible>, CallError>
    {
        let given = cx.data_mut().serve_source(EndKind::Future, Some(ty), value(future))?;
        Ok((given.readable.into(), given.transfer))
    }
}

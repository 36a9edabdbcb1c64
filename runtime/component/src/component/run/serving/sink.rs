//! Sinks: the destinations for values of streams that the host gets from guests.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::fmt;
use core::pin::Pin;
use core::task::{Context as WakerContext, Poll};

use crate::abi::{Elements, HandleTypes, Lift, LiftContext, TypeList, Val};
use crate::component::store::host_values::HostValues;
use crate::component::store::resource_value_error::ValueFailure;

/// The state of a sink after it has taken values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SinkState {
    /// It takes more.
    More,
    /// It has enough. The guest learns that the stream was dropped.
    Enough,
}

/// A sink for the values of a stream that the host gets from a guest.
///
/// [`streams`](crate::component::streams) has sinks for most purposes. Write your own to look at
/// values in the guest's memory, without copying them.
///
/// A sink gets values when the guest writes, and the guest goes on when they are taken. It is
/// polled while the store is driven, on the thread that drives it.
///
/// ```
/// use std::convert::Infallible;
/// use std::pin::Pin;
/// use std::task::{Context, Poll};
/// use weft::component::streams::{Received, SinkState, StreamSink};
///
/// /// Adds up bytes.
/// #[derive(Default)]
/// struct Sum(u64);
///
/// impl StreamSink for Sum {
///     type Item = u8;
///     type Output = u64;
///     type Error = Infallible;
///
///     fn poll_take(
///         mut self: Pin<&mut Self>,
///         _: &mut Context<'_>,
///         received: &mut Received<'_, u8>,
///     ) -> Poll<Result<SinkState, Infallible>> {
///         self.0 += received.bytes().iter().map(|it| u64::from(*it)).sum::<u64>();
///         received.advance(received.len());
///         Poll::Ready(Ok(SinkState::More))
///     }
///
///     fn poll_finish(
///         self: Pin<&mut Self>,
///         _: &mut Context<'_>,
///     ) -> Poll<Result<u64, Infallible>> {
///         Poll::Ready(Ok(self.0))
///     }
/// }
/// ```
pub trait StreamSink: Send + 'static {
    /// The type of the values.
    type Item: for<'a> Lift<'a> + Send + 'static;

    /// The result, which the [transfer](super::Transfer) returns.
    type Output: Send + 'static;

    /// The error of the sink, which the [transfer](super::Transfer) returns. The guest learns that
    /// the stream was dropped.
    type Error: Send + 'static;

    /// Takes values out of `received`: as many as the sink wants now. The others are offered in the
    /// next poll.
    ///
    /// Return [`Poll::Pending`] if there is no room, and wake the waker when there is room again.
    ///
    /// # Errors
    ///
    /// The error of the sink.
    fn poll_take(
        self: Pin<&mut Self>,
        context: &mut WakerContext<'_>,
        received: &mut Received<'_, Self::Item>,
    ) -> Poll<Result<SinkState, Self::Error>>;

    /// Returns `true` if the sink has enough values. This is called after the waker was woken, so
    /// that a guest that doesn't write also learns of it.
    fn has_enough(&self) -> bool {
        false
    }

    /// Finishes the sink, after the guest has dropped the stream, or after the sink had
    /// [enough](SinkState::Enough). It is polled until it is ready, and never again.
    ///
    /// # Errors
    ///
    /// The error of the sink.
    fn poll_finish(
        self: Pin<&mut Self>,
        context: &mut WakerContext<'_>,
    ) -> Poll<Result<Self::Output, Self::Error>>;
}

/// The values that have arrived for a [sink](StreamSink). Most often they are in the guest's
/// buffer, from which it writes.
pub struct Received<'a, T> {
    place: Place<'a>,
    left: usize,
    failure: Option<ValueFailure>,
    values: core::marker::PhantomData<fn() -> T>,
}

enum Place<'a> {
    /// The guest's buffer.
    Memory { lifting: LiftContext<'a>, bytes: &'a [u8], stride: usize },
    /// Values that were lifted before, because they have handles.
    Kept {
        values: &'a mut VecDeque<Val>,
        types: &'a TypeList,
        handles: &'a HandleTypes,
        /// The values of resources in them.
        kept: &'a mut HostValues,
        /// The same values, if they are bytes that the sink asked for.
        bytes: Vec<u8>,
    },
}

impl<'a, T: for<'l> Lift<'l>> Received<'a, T> {
    /// Returns `true` if values of the type are lifted when a sink takes them.
    pub(crate) const IN_MEMORY: bool = !T::HANDLES && T::ABI.narrow.size > 0;

    /// Returns the values in `bytes`.
    pub(crate) const fn in_memory(
        lifting: LiftContext<'a>,
        bytes: &'a [u8],
        stride: usize,
        left: usize,
    ) -> Self {
        let place = Place::Memory { lifting, bytes, stride };
        Self { place, left, failure: None, values: core::marker::PhantomData }
    }

    /// Returns values that were lifted before.
    pub(crate) fn kept(
        values: &'a mut VecDeque<Val>,
        types: &'a TypeList,
        handles: &'a HandleTypes,
        kept: &'a mut HostValues,
    ) -> Self {
        let left = values.len();
        let place = Place::Kept { values, types, handles, kept, bytes: Vec::new() };
        Self { place, left, failure: None, values: core::marker::PhantomData }
    }

    /// Takes the reason why a value could not be lifted.
    pub(crate) const fn take_failure(&mut self) -> Option<ValueFailure> {
        self.failure.take()
    }

    /// Returns the number of values.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.left
    }

    /// Returns `true` if there are no values left.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.left == 0
    }

    /// Takes the next value.
    pub fn take(&mut self) -> Option<T> {
        if self.left == 0 {
            return None;
        }
        let lifted = match &mut self.place {
            Place::Memory { lifting, bytes, stride } => {
                let (first, rest) = bytes.split_at_checked(*stride).unwrap_or_default();
                *bytes = rest;
                T::load(lifting, first).map_err(ValueFailure::from)
            }
            Place::Kept { values, types, handles, kept, .. } => {
                // If there is no element type, there is no value either.
                let value = values.pop_front().filter(|_| types.types().len() > 0);
                let converted = kept.value_of(value.as_slice(), types, handles);
                if let (Err(_), Some(value)) = (&converted, value) {
                    // Its handles are dropped together with the others.
                    values.push_front(value);
                }
                converted
            }
        };
        match lifted {
            Ok(value) => {
                self.left -= 1;
                Some(value)
            }
            Err(failure) => {
                self.fail(failure);
                None
            }
        }
    }

    /// Takes at most `max` values, and appends them to `into`. Returns their number. Numbers, and
    /// records and tuples of numbers, are copied as one block.
    pub fn take_into(&mut self, into: &mut Vec<T>, max: usize) -> usize {
        let count = self.left.min(max);
        if let Place::Memory { lifting, bytes, stride } = &mut self.place
            && let Some(load) = Elements::<T>::load::<Vec<T>>()
        {
            let length = stride.saturating_mul(count);
            let (first, rest) = bytes.split_at_checked(length).unwrap_or_default();
            let before = into.len();
            if let Err(failure) = load(lifting, first, into) {
                self.fail(failure);
                return into.len().saturating_sub(before);
            }
            *bytes = rest;
            self.left -= count;
            return count;
        }
        (0..count).map_while(|_| self.take()).map(|value| into.push(value)).count()
    }

    /// Remembers the reason why a value can't be lifted. There is then nothing more to take.
    fn fail(&mut self, failure: impl Into<ValueFailure>) {
        self.failure = Some(failure.into());
        self.left = 0;
    }
}

impl Received<'_, u8> {
    /// Returns all bytes, in place. [`advance`](Self::advance) takes them.
    #[must_use]
    pub fn bytes(&mut self) -> &[u8] {
        match &mut self.place {
            Place::Memory { bytes, .. } => bytes,
            Place::Kept { values, bytes, .. } => {
                bytes.clear();
                bytes.extend(values.iter().filter_map(|value| match value {
                    Val::U8(byte) => Some(*byte),
                    _ => None,
                }));
                bytes
            }
        }
    }

    /// Takes `count` bytes.
    pub fn advance(&mut self, count: usize) {
        let count = count.min(self.left);
        self.left -= count;
        match &mut self.place {
            Place::Memory { bytes, .. } => *bytes = bytes.get(count..).unwrap_or_default(),
            Place::Kept { values, .. } => drop(values.drain(..count.min(values.len()))),
        }
    }
}

impl<T> fmt::Debug for Received<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received").field("left", &self.left).finish()
    }
}

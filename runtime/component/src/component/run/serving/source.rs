//! Sources: the origins of values of streams for guests.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::fmt;
use core::pin::Pin;
use core::task::{Context as WakerContext, Poll};

use arrayvec::ArrayVec;

use crate::abi::{Elements, Lower, Options, Window};
use crate::error::{AbiError, Failure};

/// The state of a source after it has put values into a [`Destination`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceState {
    /// There may be more: it is asked again when more are wanted.
    More,
    /// The values are complete. The stream ends after the values that were put, and the source is
    /// never asked again.
    Ended,
}

/// A source of the values of a stream for a guest.
///
/// [`streams`](crate::component::streams) has sources for most purposes. Write your own to produce
/// values directly in the guest's memory.
///
/// A source is asked for values only when the guest reads. It is polled while the store is driven,
/// on the thread that drives it.
///
/// ```
/// use std::pin::Pin;
/// use std::task::{Context, Poll};
/// use weft::component::streams::{Destination, SourceState, StreamSource};
///
/// /// Counts up to a number.
/// struct Count {
///     next: u32,
///     end: u32,
/// }
///
/// impl StreamSource for Count {
///     type Item = u32;
///     type Error = std::convert::Infallible;
///
///     fn poll_fill(
///         mut self: Pin<&mut Self>,
///         _: &mut Context<'_>,
///         destination: &mut Destination<'_, u32>,
///     ) -> Poll<Result<SourceState, Self::Error>> {
///         while destination.room() > 0 {
///             if self.next == self.end {
///                 return Poll::Ready(Ok(SourceState::Ended));
///             }
///             destination.put(self.next);
///             self.next += 1;
///         }
///         Poll::Ready(Ok(SourceState::More))
///     }
/// }
/// ```
pub trait StreamSource: Send + 'static {
    /// The type of the values.
    type Item: Lower + Send + 'static;

    /// The error of the source, which the [transfer](super::Transfer) returns. For the guest, the
    /// stream ends.
    type Error: Send + 'static;

    /// Puts values into `destination`: as many as there are now, and as there is
    /// [room](Destination::room) for.
    ///
    /// Return [`Poll::Pending`] if all values were put, and wake the waker when there are more.
    ///
    /// # Errors
    ///
    /// The error of the source. The values that were put are not lost.
    fn poll_fill(
        self: Pin<&mut Self>,
        context: &mut WakerContext<'_>,
        destination: &mut Destination<'_, Self::Item>,
    ) -> Poll<Result<SourceState, Self::Error>>;

    /// Returns `true` if the values are certainly complete. This is called after the waker was
    /// woken, so that a guest that doesn't read also learns of the end.
    fn is_ended(&self) -> bool {
        false
    }
}

/// The place into which a [source](StreamSource) puts values. Most often it is the guest's buffer,
/// into which it reads.
pub struct Destination<'a, T> {
    place: Place<'a, T>,
    room: usize,
    filled: usize,
}

enum Place<'a, T> {
    /// The guest's buffer.
    Memory { bytes: &'a mut [u8], options: Options, stride: usize },
    /// Values that are lowered afterwards, because they need the guest's `realloc`, or have
    /// handles. The first `before` of them were put earlier.
    Kept { values: &'a mut Vec<T>, before: usize },
}

impl<'a, T: Lower> Destination<'a, T> {
    /// Returns `true` if values of the type are written directly into a guest's memory.
    pub(crate) const IN_MEMORY: bool = T::INLINE && T::ABI.narrow.size > 0;

    /// Returns a destination in a guest's memory.
    pub(crate) fn in_memory(
        bytes: &'a mut [u8],
        options: Options,
        stride: usize,
        room: usize,
    ) -> Self {
        Self { place: Place::Memory { bytes, options, stride }, room, filled: 0 }
    }

    /// Returns a destination for values that are lowered afterwards.
    pub(crate) const fn kept(values: &'a mut Vec<T>, room: usize) -> Self {
        let before = values.len();
        Self { place: Place::Kept { values, before }, room, filled: 0 }
    }

    /// Returns the values to lower afterwards, if they are not written to memory directly.
    pub(crate) fn kept_values(&mut self) -> Option<&mut Vec<T>> {
        match &mut self.place {
            Place::Memory { .. } => None,
            Place::Kept { values, before } => {
                values.truncate(before.saturating_add(self.filled));
                Some(values)
            }
        }
    }

    /// Returns the number of values that were put.
    #[must_use]
    pub const fn filled(&self) -> usize {
        self.filled
    }

    /// Returns the number of values that there is room for.
    #[must_use]
    pub const fn room(&self) -> usize {
        self.room - self.filled
    }

    /// Puts one value. Returns it if there is no room.
    pub fn put(&mut self, value: T) -> Option<T> {
        if self.room() == 0 {
            return Some(value);
        }
        if let Some(values) = self.kept_values() {
            values.push(value);
            self.filled += 1;
            return None;
        }
        if self.store(core::slice::from_ref(&value)).is_err() {
            return Some(value);
        }
        None
    }

    /// Puts as many of the values as there is room for, and takes no others from the iterator.
    /// Returns their number.
    pub fn extend(&mut self, values: impl IntoIterator<Item = T>) -> usize {
        let (before, room) = (self.filled, self.room());
        let mut values = values.into_iter();
        if let Some(kept) = self.kept_values() {
            let length = kept.len();
            kept.extend(values.take(room));
            self.filled += kept.len() - length;
            return self.filled - before;
        }
        // A batch at a time, as each store has a fixed cost.
        let mut some = ArrayVec::<T, 64>::new();
        while self.room() > 0 {
            some.clear();
            some.extend(values.by_ref().take(self.room().min(some.capacity())));
            if some.is_empty() || self.store(&some).is_err() {
                break;
            }
        }
        self.filled - before
    }

    /// Puts as many of the values as there is room for, from the first on. Returns their number.
    /// Numbers, and records and tuples of numbers, are copied as one block.
    pub fn copy_from(&mut self, values: &[T]) -> usize
    where
        T: Clone,
    {
        let count = values.len().min(self.room());
        let values = values.get(..count).unwrap_or_default();
        if let Some(kept) = self.kept_values() {
            kept.extend_from_slice(values);
            self.filled += count;
            return count;
        }
        if self.store(values).is_ok() { count } else { 0 }
    }

    /// Moves as many values as there is room for from the front of a queue. Returns their number.
    /// Numbers, and records and tuples of numbers, are copied as one block.
    pub fn move_from(&mut self, values: &mut VecDeque<T>) -> usize {
        let count = values.len().min(self.room());
        if let Some(kept) = self.kept_values() {
            kept.extend(values.drain(..count));
            self.filled += count;
            return count;
        }
        let (first, second) = values.as_slices();
        let first = first.get(..count).unwrap_or(first);
        let second = second.get(..count - first.len()).unwrap_or_default();
        let stored = self.store(first).and_then(|()| self.store(second));
        if stored.is_err() {
            return 0;
        }
        values.drain(..count);
        count
    }

    /// Lowers values into the guest's buffer, which has room for them.
    #[inline]
    fn store(&mut self, values: &[T]) -> Result<(), Failure> {
        let Place::Memory { bytes, options, stride } = &mut self.place else { return Ok(()) };
        let start = stride.saturating_mul(self.filled);
        let bytes = bytes.get_mut(start..).ok_or(AbiError::ByteCount)?;
        if let Some(store) = Elements::<T>::store::<Window<'_>>() {
            store(values, &mut Window { options: *options, bytes }, 0)?;
        }
        self.filled += values.len();
        Ok(())
    }
}

impl Destination<'_, u8> {
    /// Returns the bytes of the free room, to write to. Their contents are unspecified. Call
    /// [`advance`](Self::advance) with the number of bytes written.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        let (room, filled) = (self.room, self.filled);
        match &mut self.place {
            Place::Memory { bytes, .. } => bytes.get_mut(filled..room).unwrap_or_default(),
            Place::Kept { values, before } => {
                values.resize(before.saturating_add(room), 0);
                values.get_mut(before.saturating_add(filled)..).unwrap_or_default()
            }
        }
    }

    /// Marks `count` bytes of the free room as written.
    pub fn advance(&mut self, count: usize) {
        let count = count.min(self.room());
        self.filled += count;
    }
}

impl<T> fmt::Debug for Destination<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { room, filled, .. } = self;
        f.debug_struct("Destination").field("room", room).field("filled", filled).finish()
    }
}

//! Sources: where the values of a stream come from that the host gives to a guest.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::fmt;
use core::pin::Pin;
use core::task::{Context as WakerContext, Poll};

use arrayvec::ArrayVec;

use crate::abi::{Elements, Lower, Options, Window};
use crate::error::{AbiError, Failure};

/// The state of a source that has put values into a [`Destination`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceState {
    /// There may be more: it is asked again when more are wanted.
    More,
    /// There are no more values: the stream ends after those that were put. It is never asked again.
    Ended,
}

/// A source of the values of a stream that the host gives to a guest.
///
/// [`streams`](crate::component::streams) has sources for most purposes. Write your own to make values
/// right where they are wanted.
///
/// A source is asked for values when the guest reads, and not before. It is polled while the store
/// is driven, on whatever thread that happens.
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

    /// The error that it can fail with, which the [transfer](super::Transfer) tells. The guest's stream
    /// just ends.
    type Error: Send + 'static;

    /// Puts values into `destination`, as many as there are now and it has
    /// [room](Destination::room) for.
    ///
    /// [`Poll::Pending`] says that all values that it has were put. The waker is woken when it has
    /// others.
    ///
    /// # Errors
    ///
    /// Its own. The values that were put are not lost.
    fn poll_fill(
        self: Pin<&mut Self>,
        context: &mut WakerContext<'_>,
        destination: &mut Destination<'_, Self::Item>,
    ) -> Poll<Result<SourceState, Self::Error>>;

    /// Returns `true` if it is known that there are no more values. It is asked when the waker was
    /// woken, so that a guest that doesn't read learns of the end, too.
    fn is_ended(&self) -> bool {
        false
    }
}

/// The place where a [source](StreamSource) puts values: most often the buffer in the guest's memory
/// that it reads into.
pub struct Destination<'a, T> {
    place: Place<'a, T>,
    room: usize,
    filled: usize,
}

enum Place<'a, T> {
    /// The guest's buffer.
    Memory { bytes: &'a mut [u8], options: Options, stride: usize },
    /// Values that are lowered afterwards: those that need the guest's `realloc`, or have handles.
    /// `before` of them were there before.
    Kept { values: &'a mut Vec<T>, before: usize },
}

impl<'a, T: Lower> Destination<'a, T> {
    /// Returns `true` if values of the type are put into a guest's memory as they are.
    pub(crate) const IN_MEMORY: bool = T::INLINE && T::ABI.narrow.size > 0;

    /// Returns the destination that `bytes` are.
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

    /// Returns the values that are lowered afterwards, without any that were not put.
    pub(crate) fn kept_values(&mut self) -> Option<&mut Vec<T>> {
        match &mut self.place {
            Place::Memory { .. } => None,
            Place::Kept { values, before } => {
                values.truncate(before.saturating_add(self.filled));
                Some(values)
            }
        }
    }

    /// Returns how many values were put.
    #[must_use]
    pub const fn filled(&self) -> usize {
        self.filled
    }

    /// Returns how many values there is room for.
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

    /// Puts as many of the values as there is room for, and takes no others out of the iterator.
    /// Returns how many that were.
    pub fn extend(&mut self, values: impl IntoIterator<Item = T>) -> usize {
        let (before, room) = (self.filled, self.room());
        let mut values = values.into_iter();
        if let Some(kept) = self.kept_values() {
            let length = kept.len();
            kept.extend(values.take(room));
            self.filled += kept.len() - length;
            return self.filled - before;
        }
        // Some at a time: each store has its cost.
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

    /// Puts as many of the values as there is room for, from the first on. Returns how many that
    /// were. For numbers, and what is made of them, this is one copy.
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

    /// Moves as many values as there is room for out of a queue, from its front. Returns how many
    /// that were. For numbers, and what is made of them, this is one copy.
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

    /// Lowers values that there is room for into the guest's buffer.
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
    /// Returns the bytes that there is room for, to be written to; [`advance`](Self::advance) says how
    /// many were. What is in them before means nothing.
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

    /// Says that so many of the bytes that there is room for were written to.
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

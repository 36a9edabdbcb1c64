//! The actions of a guest on streams and futures.

use weft::builtin::Builtin;
use weft::machine::EndState;
use weft::trap::{CopyDirection, EndKind};

use super::{Generator, entry};
use crate::programs::operation::{Entry, Operation};
use crate::programs::view::Guest;
use crate::programs::world::{ENDS, Element, FUTURES, STREAMS, Value, Width};

impl Generator {
    pub(super) fn ends(&mut self, guest: &Guest) -> Entry {
        use CopyDirection::{Read, Write};
        use EndKind::{Future, Stream};
        let kind = if self.chance(65) { Stream } else { Future };
        let direction = if self.chance(50) { Read } else { Write };
        let of = (kind, direction);
        let choose = |stream, future| if kind == Stream { stream } else { future };
        let count = if kind == Stream { STREAMS } else { FUTURES };
        match self.below(100) {
            0..16 => entry(
                choose(Builtin::StreamNew, Builtin::FutureNew),
                [if self.chance(60) { 0 } else { self.below(count) }, 0, 0, 0],
            ),
            16..62 => {
                let index = self.index(&guest.ends(of, |state, _, _| state == EndState::Idle));
                let is_async = guest.is_in_set(index) && !self.chance(2)
                    || !self.may_block(guest)
                    || self.chance(70);
                let a = guest.kind_of(index) | u32::from(is_async) << 4;
                let first = if kind == Stream { 0 } else { STREAMS };
                let at = (first + guest.kind_of(index)) as usize;
                let element = ENDS.get(at).copied().unwrap_or(Element::None);
                let (address, length) = match self.handle_buffer(guest, direction, element) {
                    Ok(Some(buffer)) => buffer,
                    Ok(None) => self.buffer(guest.width, element),
                    Err(store) => return store,
                };
                let operation = match of {
                    (Stream, Read) => Builtin::StreamRead,
                    (Stream, Write) => Builtin::StreamWrite,
                    (Future, Read) => Builtin::FutureRead,
                    (Future, Write) => Builtin::FutureWrite,
                };
                let (address, length) = (address + self.offset(), length + self.offset());
                entry(operation, [a, index, address, length])
            }
            62..78 => {
                let copying = |state, _, waited: bool| state == EndState::Copying && !waited;
                let index = self.index(&guest.ends(of, copying));
                let is_async = guest.is_in_set(index) && !self.chance(2) || self.chance(60);
                let a = guest.kind_of(index) | u32::from(is_async) << 4;
                let operation = match of {
                    (Stream, Read) => Builtin::StreamCancelRead,
                    (Stream, Write) => Builtin::StreamCancelWrite,
                    (Future, Read) => Builtin::FutureCancelRead,
                    (Future, Write) => Builtin::FutureCancelWrite,
                };
                if guest.ends(of, copying).is_empty() && !self.chance(2) {
                    return self.waits(guest);
                }
                entry(operation, [a, index, 0, 0])
            }
            78..90 => {
                let droppable = |state, _, _: bool| match of {
                    (Future, Write) => state == EndState::Done,
                    _ => matches!(state, EndState::Idle | EndState::Done),
                };
                let ends = guest.ends(of, droppable);
                if ends.is_empty() && !self.chance(3) {
                    return self.others(guest);
                }
                let index = self.index(&ends);
                let operation = match of {
                    (Stream, Read) => Builtin::StreamDropReadable,
                    (Stream, Write) => Builtin::StreamDropWritable,
                    (Future, Read) => Builtin::FutureDropReadable,
                    (Future, Write) => Builtin::FutureDropWritable,
                };
                entry(operation, [guest.kind_of(index), index, 0, 0])
            }
            _ => {
                let idle = |state, in_set: bool, _| state == EndState::Idle && !in_set;
                let readable = self.index(&guest.ends((kind, Read), idle));
                let mut writable = guest.ends((kind, Write), idle);
                writable.retain(|it| guest.kind_of(*it) == guest.kind_of(readable));
                if writable.is_empty() && !self.chance(3) {
                    return self.calls(guest);
                }
                let writable = self.index(&writable);
                let operation = choose(Builtin::StreamForward, Builtin::FutureForward);
                entry(operation, [guest.kind_of(readable), readable, writable, 0])
            }
        }
    }

    /// Returns the address and length of a buffer.
    pub(super) fn buffer(&mut self, width: Width, element: Element) -> (u32, u32) {
        match self.below(40) {
            0 if self.chance(20) => return (self.below(300), self.below(300)),
            1 if self.chance(10) => return (0, 1 << 28),
            _ => {}
        }
        match element {
            Element::String if self.chance(97) => {
                let place = if self.chance(8) { 3 } else { self.below(3) };
                (width.strings_address() + element.size(width) * place, self.below(3))
            }
            Element::U64 | Element::Pair if self.chance(97) => (self.below(8) * 8, self.below(4)),
            _ => (self.below(16) * 4, self.below(7)),
        }
    }

    /// Returns the address and length of a buffer with handles for a write, if the guest has such
    /// handles.
    ///
    /// # Errors
    ///
    /// The action that stores a handle.
    pub(super) fn handle_buffer(
        &mut self,
        guest: &Guest,
        direction: CopyDirection,
        element: Element,
    ) -> Result<Option<(u32, u32)>, Entry> {
        let value = match element {
            Element::Own => Value::Own,
            Element::Stream => Value::STREAM,
            _ => return Ok(None),
        };
        let passable = guest.passable(value);
        if direction == CopyDirection::Read || self.chance(3) {
            return Ok(None);
        }
        if let Some(position) = guest.stored(&passable) {
            let length = if self.chance(95) { 1 } else { self.below(3) };
            return Ok(Some((position * 4, length)));
        }
        match self.one_of(&passable) {
            Some(index) => Err(entry(Operation::Store, [self.below(16), index, 0, 0])),
            None if guest.number > 0 && value == Value::Own => Ok(None),
            None if self.chance(95) => Err(super::make(value)),
            None => Ok(None),
        }
    }
}

//! The actions of a guest that passes streams and futures of strings, records and handles to
//! another instance, and reads and writes there.

use weft::builtin::Builtin;
use weft::machine::{EndState, HandleView};
use weft::trap::{CopyDirection, EndKind};

use super::{Generator, entry};
use crate::programs::operation::{Entry, Operation};
use crate::programs::view::Guest;
use crate::programs::world::{ENDS, FUNCTIONS, STREAMS, Value, end_kind};

/// The types that are passed, by their positions.
const PASSED: [u32; 7] = [0, 3, 4, 5, 6, 7, STREAMS + 3];

impl Generator {
    /// Returns an action that leads to a read and a write of one stream in two instances.
    pub(super) fn passes(&mut self, guest: &Guest) -> Entry {
        let known: Vec<u32> = PASSED.into_iter().filter(|it| guest.has_idle(*it)).collect();
        let position = match self.one_of(&known) {
            Some(position) if self.chance(80) => position,
            _ => self.one_of(&PASSED).unwrap_or(0),
        };
        let (kind, number) = end_kind(position);
        let is_receiver =
            guest.function.is_some_and(|function| function.param == Some(Value::End(position)));
        let readable = guest.passable(Value::End(position));
        let mut writable =
            guest.ends((kind, CopyDirection::Write), |state, _, _| state == EndState::Idle);
        writable.retain(|index| guest.kind_of(*index) == number);
        let writes = self.chance(50);
        match (self.one_of(&readable), self.one_of(&writable)) {
            (Some(index), _) if is_receiver => {
                self.copies(guest, position, CopyDirection::Read, index)
            }
            // Before the other end is passed, so that a read completes at once.
            (Some(_), Some(index)) if writes => {
                self.copies(guest, position, CopyDirection::Write, index)
            }
            (Some(index), _) => self.passes_end(guest, position, index),
            (None, Some(index)) => self.copies(guest, position, CopyDirection::Write, index),
            (None, None) => super::make(Value::End(position)),
        }
    }

    /// Returns a call of a function that takes a stream or future of the type at a position.
    fn passes_end(&mut self, guest: &Guest, position: u32, index: u32) -> Entry {
        let functions = (0..).zip(&FUNCTIONS);
        let takers = functions.filter(|(_, it)| it.param == Some(Value::End(position)));
        let takers: Vec<u32> = takers.map(|(index, _)| index).collect();
        let function = self.one_of(&takers).unwrap_or(0);
        let own = u32::try_from(guest.number).unwrap_or(0);
        let others: Vec<u32> = (0..guest.instances).filter(|it| *it != own).collect();
        let instance = match self.one_of(&others) {
            Some(instance) if self.chance(92) => instance,
            _ => own,
        };
        let is_async = u32::from(!self.may_block(guest) || self.chance(85));
        entry(Operation::Call, [instance, function, is_async, index])
    }

    /// Returns a read or write that does not wait.
    fn copies(
        &mut self,
        guest: &Guest,
        position: u32,
        direction: CopyDirection,
        index: u32,
    ) -> Entry {
        let element = ENDS[position as usize];
        let (address, length) = match self.handle_buffer(guest, direction, element) {
            Ok(Some(buffer)) => buffer,
            Ok(None) => self.buffer(guest.width, element),
            Err(store) => return store,
        };
        let (kind, number) = end_kind(position);
        let operation = match (kind, direction) {
            (EndKind::Stream, CopyDirection::Read) => Builtin::StreamRead,
            (EndKind::Stream, CopyDirection::Write) => Builtin::StreamWrite,
            (EndKind::Future, CopyDirection::Read) => Builtin::FutureRead,
            (EndKind::Future, CopyDirection::Write) => Builtin::FutureWrite,
        };
        let (address, length) = (address + self.offset(), length.max(1) + self.offset());
        entry(operation, [number | 1 << 4, index, address, length])
    }
}

impl Guest {
    /// Returns true if the guest has an idle end of the type at a position.
    fn has_idle(&self, position: u32) -> bool {
        let (of, number) = end_kind(position);
        self.handles.iter().any(|(index, handle)| {
            let HandleView::End { kind, state: EndState::Idle, .. } = handle else { return false };
            *kind == of && self.kind_of(*index) == number
        })
    }
}

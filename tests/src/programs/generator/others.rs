//! The actions of a guest on backpressure, context, resources and error contexts.

use weft::builtin::Builtin;
use weft::machine::HandleView;

use super::{Generator, entry, simple};
use crate::programs::operation::Entry;
use crate::programs::view::Guest;
use crate::programs::world::Value;

impl Generator {
    pub(super) fn others(&mut self, guest: &Guest) -> Entry {
        let contexts = guest.passable(Value::ErrorContext);
        let number = u32::try_from(guest.number).unwrap_or(0);
        match self.below(100) {
            0..7 => {
                self.is_wild = guest.backpressure > 0 && self.chance(70);
                simple(Builtin::BackpressureInc)
            }
            7..22 => {
                // Below zero it traps.
                self.is_wild = guest.backpressure == 0 && !self.chance(3);
                simple(Builtin::BackpressureDec)
            }
            22..30 => entry(Builtin::ContextGet, [self.below(2), 0, 0, 0]),
            30..40 => {
                let word = self.word(guest, 100);
                entry(Builtin::ContextSet, [self.below(2), word, 0, 0])
            }
            40..58 => entry(Builtin::ResourceNew, [self.below(100), 0, 0, 0]),
            58..80 => {
                let resources: Vec<(u32, u32)> = guest
                    .handles
                    .iter()
                    .filter_map(|(index, handle)| match handle {
                        HandleView::Resource { ty, num_lends: 0, .. }
                            if ty.0 > 0 || !guest.must_return(Value::Own) =>
                        {
                            Some((*index, ty.0))
                        }
                        _ => None,
                    })
                    .collect();
                let found = self.one_of(&resources);
                let (index, ty) = match found {
                    Some(found) if !self.chance(2) => found,
                    _ => (self.below(7), number),
                };
                if found.is_none() && !self.chance(3) {
                    return entry(Builtin::ResourceNew, [self.below(100), 0, 0, 0]);
                }
                let is_drop = self.chance(70);
                let operation = if is_drop { Builtin::ResourceDrop } else { Builtin::ResourceRep };
                entry(operation, [ty, index, 0, 0])
            }
            80..87 if !contexts.is_empty() || self.chance(5) => {
                let offset = self.offset();
                entry(Builtin::ErrorContextDebugMessage, [self.index(&contexts), offset, 0, 0])
            }
            87..94 if !contexts.is_empty() || self.chance(5) => {
                entry(Builtin::ErrorContextDrop, [self.index(&contexts), 0, 0, 0])
            }
            _ => {
                let offsets = [self.offset(), self.offset()];
                let [place, length] = [self.below(8), self.below(5)];
                entry(Builtin::ErrorContextNew, [place, length, offsets[0], offsets[1]])
            }
        }
    }
}

//! The actions of a guest on waitable sets, subtasks and threads.

use weft::builtin::Builtin;
use weft::machine::{EndState, HandleView};

use super::{Generator, entry, simple};
use crate::programs::operation::Entry;
use crate::programs::view::Guest;
use crate::programs::world::Width;

impl Generator {
    pub(super) fn waits(&mut self, guest: &Guest) -> Entry {
        let sets = guest.sets();
        match self.below(100) {
            0..8 => simple(Builtin::WaitableSetNew),
            8..24 if self.may_block(guest) => {
                let sets = guest.sets_with_members();
                entry(Builtin::WaitableSetWait, [self.index(&sets), self.offset(), 0, 0])
            }
            8..38 if !sets.is_empty() => {
                entry(Builtin::WaitableSetPoll, [self.index(&sets), self.offset(), 0, 0])
            }
            38..42 => {
                let empty = guest.indices(|handle| {
                    matches!(handle, HandleView::WaitableSet { members: 0, waiting: 0, .. })
                });
                if empty.is_empty() && !self.chance(4) {
                    return self.others(guest);
                }
                entry(Builtin::WaitableSetDrop, [self.index(&empty), 0, 0, 0])
            }
            42..74 => {
                let is_eager = self.chance(80);
                let free = guest.indices(|handle| match handle {
                    HandleView::End { waitable, state, .. } => {
                        !waitable.has_sync_waiter
                            && (!is_eager || !waitable.is_in_set && *state == EndState::Copying)
                    }
                    HandleView::Subtask { waitable, is_delivered, .. } => {
                        !waitable.has_sync_waiter
                            && (!is_eager || !waitable.is_in_set && !is_delivered)
                    }
                    _ => false,
                });
                if free.is_empty() && !self.chance(2) {
                    return self.calls(guest);
                }
                if sets.is_empty() && !self.chance(4) {
                    return simple(Builtin::WaitableSetNew);
                }
                let set = if self.chance(15) { 0 } else { self.index(&sets) };
                entry(Builtin::WaitableJoin, [self.index(&free), set, 0, 0])
            }
            74..90 => {
                let cancellable = guest.indices(|handle| match handle {
                    HandleView::Subtask {
                        is_delivered, cancellation_requested, waitable, ..
                    } => !is_delivered && !cancellation_requested && !waitable.is_in_set,
                    _ => false,
                });
                if cancellable.is_empty() && !self.chance(2) {
                    return self.calls(guest);
                }
                let is_async = !self.may_block(guest);
                let index = self.index(&cancellable);
                entry(Builtin::SubtaskCancel, [u32::from(is_async), index, 0, 0])
            }
            _ => {
                let delivered = guest.indices(|handle| {
                    matches!(handle, HandleView::Subtask { is_delivered: true, .. })
                });
                if delivered.is_empty() && !self.chance(3) {
                    return self.calls(guest);
                }
                entry(Builtin::SubtaskDrop, [self.index(&delivered), 0, 0, 0])
            }
        }
    }

    /// Returns an action that creates a thread, which is suspended or ready.
    pub(super) fn new_thread(&mut self, guest: &Guest) -> Entry {
        let operation = match self.below(4) {
            0 => Builtin::ThreadSpawnRef,
            1 => Builtin::ThreadSpawnIndirect,
            _ => Builtin::ThreadNewIndirect,
        };
        // Any but the first start function traps.
        let function = if self.below(120) == 0 { 1 + self.below(3) } else { 0 };
        // Few programs of 64 bits create threads, so more of these positions are beyond 4 GiB.
        let position = self.rare_offset(if guest.width == Width::Wide { 9 } else { 1 });
        entry(operation, [self.word(guest, 9), function, position, 0])
    }

    pub(super) fn threads(&mut self, guest: &Guest) -> Entry {
        let suspended = guest.suspended();
        let others: Vec<u32> = guest.threads.iter().map(|(index, _)| *index).collect();
        match self.below(100) {
            0..32 => self.new_thread(guest),
            32..35 => simple(Builtin::ThreadIndex),
            35..45 => simple(Builtin::ThreadYield),
            45..50 if self.may_block(guest) => simple(Builtin::ThreadSuspend),
            _ if others.is_empty() && !self.chance(3) => self.new_thread(guest),
            50..66 if !suspended.is_empty() || self.chance(3) => {
                entry(Builtin::ThreadResumeLater, [self.index(&suspended), 0, 0, 0])
            }
            66..74 if !suspended.is_empty() => {
                entry(Builtin::ThreadYieldThenResume, [self.index(&suspended), 0, 0, 0])
            }
            74..82 if !suspended.is_empty() => {
                entry(Builtin::ThreadSuspendThenResume, [self.index(&suspended), 0, 0, 0])
            }
            82..91 => entry(Builtin::ThreadYieldThenPromote, [self.index(&others), 0, 0, 0]),
            _ if self.may_block(guest) => {
                entry(Builtin::ThreadSuspendThenPromote, [self.index(&others), 0, 0, 0])
            }
            _ => simple(Builtin::ThreadYield),
        }
    }
}

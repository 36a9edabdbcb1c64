//! The actions of the host, at the bottom of the stack and in its functions.

use weft::chooser::Chooser;
use weft::limits::Limits;

use super::{Generator, entry, simple};
use crate::programs::host::HostedState;
use crate::programs::operation::{Entry, Operation};
use crate::programs::player::ProgramPlayer;
use crate::programs::world::HOST_CALLABLE;

impl Generator {
    pub(super) fn host<L: Limits, C: Chooser>(&mut self, player: &ProgramPlayer<L, C>) -> Entry {
        let numbers = [self.below(8), self.below(8), self.below(8), 0];
        match self.below(100) {
            0..32 => self.invokes(player),
            32..62 => entry(Operation::HostTick, numbers),
            62..72 => entry(Operation::HostCopy, numbers),
            72..75 => entry(Operation::HostCancelCopy, numbers),
            75..78 => entry(Operation::HostDrop, numbers),
            78..83 => entry(Operation::HostEvents, numbers),
            83..86 => entry(Operation::HostFinishCancellation, numbers),
            86..91 => entry(Operation::HostCancel, numbers),
            91..94 => entry(Operation::HostStart, numbers),
            94..98 => entry(Operation::HostReturn, numbers),
            _ => entry(Operation::HostCancelled, numbers),
        }
    }

    fn invokes<L: Limits, C: Chooser>(&mut self, player: &ProgramPlayer<L, C>) -> Entry {
        let instances = u32::try_from(player.world.instances.len()).unwrap_or(1);
        let is_nesting = self.is_nesting && self.chance(70);
        let functions = if is_nesting { 2 } else { HOST_CALLABLE };
        let numbers = [self.below(instances), self.below(functions), self.below(100), 0];
        entry(Operation::HostInvoke, numbers)
    }

    /// Returns the host's action after a guest has called it.
    pub(super) fn called_host<L: Limits, C: Chooser>(
        &mut self,
        player: &ProgramPlayer<L, C>,
        is_over: bool,
    ) -> Entry {
        let numbers = [self.below(8), self.below(8), self.below(8), 0];
        if is_over {
            return simple(Operation::HostDone);
        }
        if self.is_nesting
            && let Some(entry) = self.returns_from_host(player)
        {
            return entry;
        }
        match self.below(100) {
            0..85
                if player.hosted_calls.last().is_some_and(|call| {
                    call.state == HostedState::Starting
                        && call.subtask.is_some_and(|it| player.call(it).argument > 0)
                }) =>
            {
                let open = player.hosted_calls.iter();
                let open = open.filter(|call| call.state == HostedState::Starting).count();
                let last = u32::try_from(open).unwrap_or(1).saturating_sub(1);
                entry(Operation::HostStart, [last, 0, 0, 0])
            }
            0..25 => entry(Operation::HostStart, numbers),
            25..45 => entry(Operation::HostReturn, numbers),
            45..55 => entry(Operation::HostCancelled, numbers),
            55..60 => self.invokes(player),
            60..64 => entry(Operation::HostCopy, numbers),
            _ => entry(Operation::HostDone, numbers),
        }
    }

    /// Returns an action that, mostly, leads to the end of the innermost call of a host function.
    fn returns_from_host<L: Limits, C: Chooser>(
        &mut self,
        player: &ProgramPlayer<L, C>,
    ) -> Option<Entry> {
        let last = player.hosted_calls.last()?.state;
        let calls = player.hosted_calls.iter().filter(|call| call.state == last).count();
        let number = u32::try_from(calls).ok()?.checked_sub(1)?;
        let operation = match last {
            HostedState::Starting => Operation::HostStart,
            HostedState::Started => Operation::HostReturn,
            HostedState::Resolved => Operation::HostDone,
        };
        self.chance(75).then_some(entry(operation, [number, 0, 0, 0]))
    }

    /// Returns an action that leads to the end of everything, if the host can do one.
    pub(super) fn host_ends<L: Limits, C: Chooser>(
        &mut self,
        player: &ProgramPlayer<L, C>,
    ) -> Option<Entry> {
        let numbers = [self.below(8), self.below(8), self.below(8), 0];
        if player.machine.ready_threads() > 0 {
            return Some(entry(Operation::HostTick, numbers));
        }
        let mut hosted = player.hosted_calls.iter();
        let open = hosted.find(|call| call.state != HostedState::Resolved)?;
        Some(match open.state {
            HostedState::Starting => entry(Operation::HostStart, [0; 4]),
            _ => entry(Operation::HostReturn, [0; 4]),
        })
    }
}

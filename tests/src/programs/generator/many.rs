//! Programs with many handles or tasks: guests that fill their tables, and guests that call until
//! there are hundreds of tasks.

use weft::builtin::Builtin;
use weft::machine::LiftMode;

use super::{Generator, entry, make, simple};
use crate::programs::guest::Code;
use crate::programs::operation::{Entry, Operation};
use crate::programs::view::Guest;
use crate::programs::world::{Function, STREAMS, Value};

/// The functions that take and return nothing, and can wait; mostly one that needs no lock.
const WAITING: [u32; 5] = [2, 3, 3, 3, 4];

impl Generator {
    /// Returns an action that fills a table.
    pub(super) fn fills(&mut self, guest: &Guest) -> Entry {
        match self.below(9) {
            0 => make(Value::Own),
            1 => make(Value::End(self.below(STREAMS))),
            2 => make(Value::FUTURE),
            3 => make(Value::ErrorContext),
            4 => simple(Builtin::WaitableSetNew),
            5 | 6 => self.new_thread(guest),
            // A call that doesn't return takes a handle here, and a thread there.
            7 => self.calls_waiting(guest),
            _ => self.passes(guest),
        }
    }

    /// Returns a call with `async` of a function that can wait.
    fn calls_waiting(&mut self, guest: &Guest) -> Entry {
        let function = self.one_of(&WAITING).unwrap_or(2);
        entry(Operation::Call, [self.below(guest.instances), function, 1, 0])
    }

    /// Returns an action that leads to more tasks: guests call, and their callees wait.
    pub(super) fn crowds(&mut self, guest: &Guest) -> Entry {
        if self.chance(50) {
            return self.calls_waiting(guest);
        }
        match guest.code {
            _ if self.chance(4) => self.resolves(guest),
            Some(Code::Function(Function { lift: LiftMode::Callback, .. })) => {
                entry(Operation::Return, [1, 0, 0, 0])
            }
            _ => simple(Builtin::ThreadYield),
        }
    }
}

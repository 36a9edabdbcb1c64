//! The actions of a guest: which kind comes next, calls, results, and its end.

use weft::builtin::Builtin;
use weft::machine::LiftMode;

use super::{Generator, Theme, entry, make, simple};
use crate::programs::guest::Code;
use crate::programs::operation::{Entry, Operation};
use crate::programs::view::Guest;
use crate::programs::world::{
    FUNCTIONS, Function, HOST_CALLABLE, HOST_FUNCTIONS, POST_RETURN, Value,
};

impl Generator {
    /// Returns an action that a guest can do; rarely one that it cannot.
    pub(super) fn guest(&mut self, guest: &Guest) -> Entry {
        for _ in 0..20 {
            self.is_wild = false;
            let entry = self.anything(guest);
            if !self.is_wild || self.below(200) == 0 {
                return entry;
            }
        }
        simple(Builtin::ThreadYield)
    }

    fn anything(&mut self, guest: &Guest) -> Entry {
        if self.filling > 0 && self.chance(self.filling) {
            return self.fills(guest);
        }
        if self.crowding > 0 && self.chance(self.crowding) {
            return self.crowds(guest);
        }
        let is_callback =
            guest.function.is_some_and(|function| function.lift == LiftMode::Callback);
        if self.is_nesting && is_callback && self.chance(35) {
            // The guest resolves its task, and exits.
            let is_first = !guest.is_resolved;
            return if is_first { self.resolves(guest) } else { simple(Operation::Return) };
        }
        if is_callback && self.chance(18) {
            return self.returns(guest);
        }
        if self.is_passing && self.chance(50) {
            return self.passes(guest);
        }
        let Theme(shares) = self.theme;
        let mut point = self.below(100);
        let about = shares.iter().position(|share| {
            let is_it = point < *share;
            point = point.saturating_sub(*share);
            is_it
        });
        match about {
            Some(0) => self.returns(guest),
            Some(1) => self.resolves(guest),
            Some(2) => self.calls(guest),
            Some(3) => self.ends(guest),
            Some(4) => self.waits(guest),
            Some(5) => self.threads(guest),
            _ => self.others(guest),
        }
    }

    /// Returns true if a blocking action is done; this is rare if the whole instance would have to
    /// wait for a call that may not block.
    pub(super) fn may_block(&mut self, guest: &Guest) -> bool {
        let is_async = guest.function.is_some_and(|function| function.is_async);
        if is_async { self.chance(70) } else { self.chance(3) }
    }

    fn returns(&mut self, guest: &Guest) -> Entry {
        if let Some(index) = self.one_of(&guest.borrowed())
            && self.chance(90)
        {
            return entry(Builtin::ResourceDrop, [0, index, 0, 0]);
        }
        match guest.code {
            Some(Code::Function(function)) if function.lift == LiftMode::Callback => {
                let code = match self.below(100) {
                    0 if self.chance(30) => 3 + self.below(13),
                    0..40 if guest.is_resolved => 0,
                    0..50 => 1,
                    _ => 2,
                };
                let sets = guest.sets_with_members();
                if code == 2 && sets.is_empty() && self.chance(90) {
                    return self.waits(guest);
                }
                let set = if code == 2 { self.index(&sets) } else { 0 };
                entry(Operation::Return, [code, set, 0, 0])
            }
            Some(Code::Function(function)) if function.lift == LiftMode::Stackful => {
                if guest.is_resolved || self.below(200) == 0 {
                    return simple(Operation::Return);
                }
                self.resolves(guest)
            }
            Some(Code::Function(Function { result: Some(value), .. })) => {
                let index = self.index(&guest.passable(*value));
                entry(Operation::Return, [index, 0, 0, 0])
            }
            Some(Code::Function(function)) if function.lift == POST_RETURN && self.chance(6) => {
                let builtins = u32::try_from(Builtin::ALL.len()).unwrap_or(1);
                entry(Operation::Return, [0, 0, 1 + self.below(builtins), 0])
            }
            _ => simple(Operation::Return),
        }
    }

    /// Returns `task.return`, `task.cancel`, or an action that must come before.
    pub(super) fn resolves(&mut self, guest: &Guest) -> Entry {
        if !guest.is_async_lifted() || guest.is_resolved {
            let point = self.below(100);
            if self.below(100) > 0 {
                return self.others(guest);
            }
            let is_return = point < 60;
            return simple(if is_return { Builtin::TaskReturn } else { Builtin::TaskCancel });
        }
        if let Some(index) = self.one_of(&guest.borrowed())
            && self.chance(95)
        {
            return entry(Builtin::ResourceDrop, [0, index, 0, 0]);
        }
        if guest.is_cancelled && self.chance(60) || self.below(300) == 0 {
            return simple(Builtin::TaskCancel);
        }
        let wrong = if self.below(200) == 0 { 1 + self.below(3) } else { 0 };
        let value = match guest.function.and_then(|function| function.result) {
            None => 0,
            Some(value) => {
                let passable = guest.passable(value);
                if passable.is_empty() && self.chance(95) {
                    return make(value);
                }
                self.index(&passable)
            }
        };
        entry(Builtin::TaskReturn, [value, wrong, 0, 0])
    }

    pub(super) fn calls(&mut self, guest: &Guest) -> Entry {
        let instance = self.below(guest.instances + 1);
        if self.is_nesting && self.chance(85) {
            // Functions that take and return nothing, and may return before they wait.
            let index = match self.below(3) {
                _ if instance == guest.instances => 0,
                2 => 4,
                index => index,
            };
            let is_async = instance < guest.instances && self.chance(25);
            return entry(Operation::Call, [instance, index, u32::from(is_async), 0]);
        }
        let functions: &[Function] =
            if instance == guest.instances { &HOST_FUNCTIONS } else { &FUNCTIONS };
        let all = u32::try_from(functions.len()).unwrap_or(1);
        let index = if self.chance(85) { all.min(HOST_CALLABLE) } else { all };
        let index = self.below(index);
        let function = &functions[index as usize];
        let is_async = if function.is_async {
            !self.may_block(guest) || self.chance(60)
        } else {
            self.chance(40)
        };
        let argument = match function.param {
            None => 0,
            Some(value) => {
                let passable = guest.passable(value);
                let can_make = value != Value::Own && value != Value::Borrow || guest.number == 0;
                if passable.is_empty() && can_make && self.chance(90) {
                    return make(value);
                }
                self.index(&passable)
            }
        };
        let is_async = u32::from(is_async) + if is_async { self.offset() } else { 0 };
        entry(Operation::Call, [instance, index, is_async, argument])
    }

    /// Returns the action that leads to the end of a guest's function.
    pub(super) fn guest_ends(&mut self, guest: &Guest) -> Entry {
        let borrowed = guest.borrowed();
        if let Some(index) = self.one_of(&borrowed) {
            return entry(Builtin::ResourceDrop, [0, index, 0, 0]);
        }
        if let Some(index) = self.one_of(&guest.suspended()) {
            return entry(Builtin::ThreadResumeLater, [index, 0, 0, 0]);
        }
        if guest.backpressure > 0 {
            return simple(Builtin::BackpressureDec);
        }
        if guest.is_async_lifted() && !guest.is_resolved {
            let value = match guest.function.and_then(|function| function.result) {
                None => 0,
                Some(value) => match self.one_of(&guest.passable(value)) {
                    None => return make(value),
                    Some(index) => index,
                },
            };
            return entry(Builtin::TaskReturn, [value, 0, 0, 0]);
        }
        let value = match guest.code {
            Some(Code::Function(Function {
                lift: LiftMode::Sync { .. },
                result: Some(value),
                ..
            })) => self.index(&guest.passable(*value)),
            _ => 0,
        };
        entry(Operation::Return, [value, 0, 0, 0])
    }
}

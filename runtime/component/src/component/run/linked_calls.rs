//! Linked calls between guests: keeping the flags of callees up to date, and Weft's functions for
//! the code of links.

use alloc::vec::Vec;

use crate::abi::NanBits;
use crate::component::definition::linking::call_part::CallPart;
use crate::component::definition::linking::link_import::LinkFunction;
use crate::component::definition::linking::link_trap::LinkTrap;
use crate::component::store::fault::Fault;
use crate::component::store::links::{ActiveLink, Link, LinkCall};
use crate::core_value::CoreValue;
use crate::engine::{CoreContext as _, CoreEngine, CoreProgress, CoreTrap};
use crate::error::{AbiError, Error, MachineError};
use crate::limits::Table;
use crate::machine::{GuestCode, InstanceId};

use super::context::Context;

impl<E: CoreEngine, T: 'static> Context<'_, E, T> {
    /// Finishes the linking of instances that were locked down, before guests go on.
    #[inline]
    pub(crate) fn sync_links(&mut self) -> Result<(), Fault> {
        let state = self.data();
        if state.links.knows(state.machine.lockdowns()) { Ok(()) } else { self.unlink_locked() }
    }

    #[cold]
    fn unlink_locked(&mut self) -> Result<(), Fault> {
        let state = self.data_mut();
        state.links.look(state.machine.lockdowns());
        let sets: Vec<u32> = state.links.numbers().collect();
        for set in sets {
            let state = self.data();
            let links = state.links.get(set)?;
            let is_locked = |instance| state.machine.is_locked_down(instance) != Ok(false);
            let flags = links.flagged().filter(|(_, instance)| is_locked(*instance));
            let flags: Vec<u32> = flags.map(|(flag, _)| flag).collect();
            for flag in flags {
                self.call_flags(set, "unlink", flag)?;
                self.data_mut().links.get_mut(set)?.set_unlinked(flag);
            }
        }
        Ok(())
    }

    /// Finishes the linking of all instances for good, so that the machine learns of all calls.
    ///
    /// No linked call may be under way.
    pub(crate) fn unlink_all(&mut self) -> Result<(), Fault> {
        let sets: Vec<u32> = self.data().links.numbers().collect();
        for set in sets {
            let flags = self.data().links.get(set)?.flagged().map(|(flag, _)| flag);
            let flags: Vec<u32> = flags.collect();
            for flag in flags {
                self.call_flags(set, "unlink", flag)?;
                self.data_mut().links.get_mut(set)?.set_unlinked(flag);
            }
        }
        Ok(())
    }

    /// Calls a function of the module with the flags.
    fn call_flags(&mut self, set: u32, name: &str, flag: u32) -> Result<i32, Fault> {
        let function = self.link_export(self.data().links.get(set)?.flags(), name)?;
        match self.call(function, &[CoreValue::I32(flag)]).map_err(Fault::Core)? {
            CoreProgress::Returned(Some(CoreValue::I32(value))) => Ok(value.cast_signed()),
            CoreProgress::Returned(None) => Ok(0),
            _ => Err(Fault::Core(CoreTrap::CannotStop)),
        }
    }

    /// Handles a trap: locks down the instances in which linked calls were active, and remembers
    /// the calls. Their flags stay set, so that these instances are no longer linked.
    pub(crate) fn end_linked_calls(&mut self) {
        let native_part = self.data_mut().links.take_native_part();
        // Without flags, or if the engine can't read them, there is nothing to find.
        let active = self.active_links(native_part).ok().flatten().unwrap_or_default();
        self.data_mut().links.set_active(active);
    }

    fn active_links(
        &mut self,
        native_part: Option<CallPart>,
    ) -> Result<Option<Vec<ActiveLink>>, Fault> {
        let state = self.data_mut();
        let Some(thread) = state.machine.current() else { return Ok(None) };
        let task = state.machine.task_of(thread)?;
        let caller = state.machine.instance_of(task)?;
        let Some(set) = state.links.of_instance(caller) else { return Ok(None) };
        let flags: Vec<_> = state.links.get(set)?.flagged().collect();
        let mut found = Vec::new();
        for (flag, instance) in flags {
            let value = self.call_flags(set, "get", flag)?;
            let Some((position, part)) = CallPart::of_flag(value) else { continue };
            let state = self.data_mut();
            state.machine.lock_down_instance(instance)?;
            let links = state.links.get_mut(set)?;
            links.set_unlinked(flag);
            found.extend(links.link_at(flag, position).map(|link| (link, part)));
        }
        let mut active = self.way_through(caller, &found)?;
        if let (Some(part), Some(innermost)) = (native_part, active.first_mut()) {
            innermost.0.realloc_of = realloc_of(part, innermost.1, innermost.2);
        }
        Ok(Some(active.into_iter().map(|(call, _, _)| call).collect()))
    }

    /// Returns the active calls of links, the innermost first, each with the instances of its
    /// caller and its callee. Each instance is on the stack at most once.
    fn way_through(
        &self,
        mut caller: InstanceId,
        links: &[(Link, CallPart)],
    ) -> Result<Vec<(ActiveLink, InstanceId, InstanceId)>, Fault> {
        let mut way = Vec::new();
        while way.len() < links.len() {
            let next = links.iter().find(|(link, _)| link.caller == caller);
            let Some((link, part)) = next else { break };
            let callee = self.data().functions.lifted(link.callee)?.instance;
            let code = match *part {
                CallPart::PostReturn => GuestCode::PostReturn,
                _ => GuestCode::Function,
            };
            let realloc_of = realloc_of(*part, caller, callee);
            way.push((ActiveLink { function: link.callee, code, realloc_of }, caller, callee));
            caller = callee;
        }
        way.reverse();
        Ok(way)
    }

    /// Runs a function of Weft for the code of links.
    pub(crate) fn link_calls(
        &mut self,
        link: LinkCall,
        arguments: &[CoreValue],
    ) -> Result<Option<CoreValue>, Fault> {
        match (link.function, arguments) {
            (LinkFunction::Trap, [CoreValue::I32(code)]) => {
                let trap = LinkTrap::of_code(*code).ok_or(Error::Inconsistent(Table::Functions))?;
                Err(trap.into())
            }
            (LinkFunction::Charge, [CoreValue::I64(bytes)]) => {
                if *bytes > self.data().settings.limits.lifted_bytes {
                    return Err(AbiError::LiftedTooLarge.into());
                }
                Ok(None)
            }
            (
                LinkFunction::CheckString,
                [CoreValue::I32(code), CoreValue::I64(address), CoreValue::I64(length)],
            ) => {
                self.check_string(link.set, *code, *address, *length)?;
                Ok(None)
            }
            (LinkFunction::Arguments(_), [CoreValue::I32(code), arguments @ ..]) => {
                self.move_arguments(link.set, *code, arguments)?;
                Ok(None)
            }
            (LinkFunction::Results(_), [CoreValue::I32(code), from, to]) => {
                self.move_results(link.set, *code, *from, *to)?;
                Ok(None)
            }
            (LinkFunction::Next, []) => {
                let next = self.data_mut().links.next_moved();
                Ok(Some(CoreValue::I64(next.ok_or(AbiError::FlatValueCount)?)))
            }
            (LinkFunction::NanF32, [CoreValue::I32(chosen)]) => {
                let nan = self.nan_of_link(*chosen)?;
                Ok(Some(CoreValue::I32(nan.encode_f32(f32::NAN))))
            }
            (LinkFunction::NanF64, [CoreValue::I32(chosen)]) => {
                let nan = self.nan_of_link(*chosen)?;
                Ok(Some(CoreValue::I64(nan.encode_f64(f64::NAN))))
            }
            _ => Err(MachineError::OtherStep.into()),
        }
    }

    /// Returns the bits of the NaNs among the values that the code of a link moves. If `chosen` is
    /// 0, the chooser decides on them.
    fn nan_of_link(&mut self, chosen: u32) -> Result<NanBits, Error> {
        let state = self.data_mut();
        if chosen == 0 {
            let nan = NanBits::choose(state.machine.chooser_mut())?;
            state.links.set_nan(nan);
        }
        Ok(state.links.nan())
    }
}

/// Returns the instance whose `realloc` runs in a part of a call.
fn realloc_of(part: CallPart, caller: InstanceId, callee: InstanceId) -> Option<InstanceId> {
    match part {
        CallPart::CallerRealloc => Some(caller),
        CallPart::CalleeRealloc => Some(callee),
        CallPart::Function | CallPart::PostReturn => None,
    }
}

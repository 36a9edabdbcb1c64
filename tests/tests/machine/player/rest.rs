//! The actions of a host without calls of guests, and the checks after each action.

use weft_core::chooser::Chooser;
use weft_core::code::SubtaskState;
use weft_core::core_value::CoreValue;
use weft_core::error::{Error, Failure, MachineError};
use weft_core::limits::{Limits, Table};
use weft_core::machine::{
    ErrorContextId, HandleView, InstanceId, Machine, ThreadState, ThreadView, WaitingOn,
};
use weft_core::trap::CopyDirection;

use super::{RandomPlayer, one_of};
use crate::calls::{BOTH, Of};
use crate::operations::{Doing, Operation};

/// The actions of the host without calls of guests, and the checks after each action.
impl<L: Limits, C: Chooser> RandomPlayer<L, C> {
    pub(super) fn do_at_rest(&mut self, operation: Operation) -> Result<(), Failure> {
        let Operation { doing, a, b, c } = operation;
        let of = BOTH[usize::from(b) % 2];
        let call = one_of(&self.guest_calls, if operation.is_blind() { a } else { a % 4 / 3 });
        let call = self.held_call(operation).filter(|_| a % 3 > 0).or(call);
        let end = one_of(&self.ends, a);
        let error_context = one_of(&self.error_contexts, a);
        match (doing, call, end, error_context, self.instance(c)) {
            (Doing::DropCall, ..) => {
                let Some(call) = one_of(&self.calls, a) else { return Ok(()) };
                self.attempt("drop_call", |machine| machine.drop_call(call))?;
                self.calls.retain(|it| *it != call);
                Ok(())
            }
            (Doing::StartHostFunctionCall, Some(call), ..) => self
                .attempt("start_host_function_call", |machine| {
                    machine.start_host_function_call(call)
                }),
            (Doing::ReturnHostFunctionCall, Some(call), ..) => {
                let value = (b % 2 == 0).then_some(CoreValue::I64(b.into()));
                self.attempt("return_host_function_call", |machine| {
                    machine.return_host_function_call(call, value)
                })
            }
            (Doing::CancelHostFunctionCall, Some(call), ..) => self
                .attempt("cancel_host_function_call", |machine| {
                    machine.cancel_host_function_call(call)
                }),
            (Doing::UnwindHeld, ..) => {
                self.attempt("unwind_held", Machine::unwind_held).map(|_| ())?;
                Ok(())
            }
            (Doing::HostEvent, ..) => {
                self.attempt("next_host_event", Machine::next_host_event).map(|_| ())
            }
            (Doing::HostEnds, ..) => {
                let new = |machine: &mut Machine<L, C>| machine.new_host_ends(of.kind, of.ty);
                let (readable, writable) = self.attempt("new_host_ends", new)?;
                self.ends.extend([readable, writable]);
                Ok(())
            }
            (Doing::CancelCopy, _, Some(end), ..) => {
                self.attempt("cancel_host_copy", |machine| machine.cancel_host_copy(end))
            }
            (Doing::FinishCancellation, _, Some(end), ..) => {
                self.attempt("finish_cancellation", |machine| machine.finish_cancellation(end))
            }
            (Doing::DropEnd, _, Some(end), ..) => {
                self.attempt("drop_host_end", |machine| machine.drop_host_end(end))
            }
            (Doing::LiftEnd, _, _, _, Some(instance)) => {
                let is_readable = |(index, view)| match view {
                    HandleView::End { ty, kind, direction: CopyDirection::Read, .. } => {
                        Some((Of { kind, ty }, index))
                    }
                    _ => None,
                };
                let ends: Vec<_> =
                    self.handles_of(Some(instance)).filter_map(is_readable).collect();
                let blind = operation.is_blind().then_some((of, a.into()));
                match blind.or(one_of(&ends, a)) {
                    Some((of, index)) => self.lift_end(instance, of, index),
                    None => Ok(()),
                }
            }
            (Doing::LowerEnd, _, Some(end), _, Some(instance)) => {
                let (kind, ty) = match self.machine.end_view(end) {
                    Ok(HandleView::End { kind, ty, .. }) if !operation.is_blind() => (kind, ty),
                    _ => (of.kind, of.ty),
                };
                self.attempt("lower_end", |machine| machine.lower_end(instance, kind, ty, end))
                    .map(|_| ())
            }
            (_, _, _, _, Some(instance)) => self.give(doing, a, b, instance, error_context),
            _ => Ok(()),
        }
    }

    /// Moves resources and error contexts in and out.
    fn give(
        &mut self,
        doing: Doing,
        a: u8,
        b: u8,
        instance: InstanceId,
        error_context: Option<ErrorContextId>,
    ) -> Result<(), Failure> {
        let ty = self.resource_type(b);
        let fits = |(index, view): (u32, HandleView)| {
            let fits = match view {
                HandleView::Resource { ty: found, .. } => doing == Doing::LiftOwn && found == ty,
                HandleView::ErrorContext(_) => doing == Doing::LiftErrorContext,
                _ => false,
            };
            fits.then_some(index)
        };
        let fitting: Vec<_> = self.handles_of(Some(instance)).filter_map(fits).collect();
        let Some(index) = one_of(&fitting, a).or((b == 8).then_some(u32::from(a))) else {
            return Ok(());
        };
        match (doing, error_context) {
            (Doing::LiftOwn, _) => {
                self.attempt("lift_own", |m| m.lift_own(instance, ty, index)).map(|_| ())
            }
            (Doing::LowerOwn, _) => {
                self.attempt("lower_own", |m| m.lower_own(instance, ty, b.into())).map(|_| ())
            }
            (Doing::LiftErrorContext, _) => {
                let lift = |m: &mut Machine<L, C>| m.lift_error_context(instance, index);
                let id = self.attempt("lift_error_context", lift)?;
                self.error_contexts.push(id);
                Ok(())
            }
            (Doing::NewErrorContext, _) => {
                let new = |m: &mut Machine<L, C>| m.new_host_error_context("host");
                let id = self.attempt("new_host_error_context", new)?;
                self.error_contexts.push(id);
                Ok(())
            }
            (Doing::LowerErrorContext, Some(id)) => {
                let lower = |m: &mut Machine<L, C>| m.lower_error_context(instance, id);
                self.attempt("lower_error_context", lower).map(|_| ())
            }
            (Doing::DropErrorContext, Some(id)) => {
                self.attempt("drop_error_context", |m| m.drop_error_context(id))
            }
            _ => Ok(()),
        }
    }

    /// Checks that a call starts once, and resolves once.
    fn check_calls(&mut self) {
        for call in self.calls.iter().chain(&self.guest_calls) {
            let Ok(state) = self.machine.call_state(*call) else { continue };
            let before = self.states.insert(*call, state).unwrap_or(SubtaskState::Starting);
            assert!(before <= state, "{call:?} was {before:?} and is {state:?}");
            assert!(before <= SubtaskState::Started || before == state, "{call:?} resolves again");
        }
    }

    /// Checks the properties that always hold.
    pub(super) fn check(&mut self) {
        self.check_calls();
        let is_ready = |state| matches!(state, ThreadState::Waiting { is_ready: true, .. });
        let threads: Vec<_> = self.machine.thread_views().collect();
        let machine = &mut self.machine;
        let can_run = |it: &&ThreadView| {
            is_ready(it.state) && machine.is_locked_down(it.instance) == Ok(false)
        };
        let ready = threads.iter().filter(can_run).count();
        assert_eq!(machine.ready_threads() as usize, ready);
        let (mut handles, mut lends) = (0, 0);
        for instance in &self.instances {
            let (mut members, mut in_sets, mut pending, mut in_sets_pending) = (0, 0, 0, 0);
            for index in 1..=machine.highest_handle(*instance).unwrap() {
                let Some(view) = machine.handle_view(*instance, index).unwrap() else { continue };
                handles += 1;
                let waitable = match view {
                    HandleView::Resource { num_lends, .. } => {
                        lends += num_lends as usize;
                        continue;
                    }
                    HandleView::WaitableSet { members: more, pending: events, .. } => {
                        members += more;
                        pending += events;
                        continue;
                    }
                    HandleView::ErrorContext(_) => continue,
                    HandleView::Subtask { waitable, .. } => waitable,
                    HandleView::End { id, waitable, .. } => {
                        let other = machine.other_end(id).unwrap();
                        let back = other.map(|other| machine.other_end(other).unwrap());
                        assert!(back.is_none_or(|back| back == Some(id)));
                        waitable
                    }
                };
                in_sets += u32::from(waitable.is_in_set);
                in_sets_pending += u32::from(waitable.is_in_set && waitable.has_pending_event);
                assert!(!(waitable.is_in_set && waitable.has_sync_waiter));
            }
            assert_eq!((members, pending), (in_sets, in_sets_pending));
        }
        for thread in &threads {
            let is_held = machine.instance_view(thread.instance).unwrap().is_held;
            if is_held && is_ready(thread.state) {
                assert!(matches!(
                    thread.state,
                    ThreadState::Waiting { on: WaitingOn::Call(_), .. }
                ));
            }
        }
        for end in &self.ends {
            let other = machine.other_end(*end);
            assert!(!matches!(other, Err(Error::Inconsistent(_))), "{end:?}");
        }
        assert_eq!(machine.count_of(Table::Handles), handles);
        assert_eq!(machine.count_of(Table::Lends), lends);
    }

    /// Stops, removes and drops everything, and checks that nothing is left.
    pub(crate) fn clean_up(&mut self) {
        while self.machine.trapped().is_ok() {}
        for instance in std::mem::take(&mut self.instances) {
            if self.machine.instance_view(instance).unwrap().is_held {
                self.machine.lock_down_instance(instance).unwrap();
            }
            self.machine.remove_instance(instance).unwrap();
        }
        for call in std::mem::take(&mut self.calls) {
            self.machine.drop_call(call).unwrap();
        }
        let ends = std::mem::take(&mut self.ends);
        for end in &ends {
            let cancelled = self.machine.cancel_host_copy(*end);
            assert!(matches!(cancelled, Ok(()) | Err(Failure::Error(_))), "{cancelled:?}");
        }
        for end in &ends {
            let finished = self.machine.finish_cancellation(*end);
            let gone = Error::Unknown(Table::Waitables);
            assert!(
                [Ok(()), Err(MachineError::NotCancelled.into()), Err(gone)].contains(&finished),
                "{finished:?}"
            );
        }
        while self.machine.next_host_event().unwrap().is_some() {}
        for end in &ends {
            let dropped = self.machine.drop_host_end(*end);
            assert!(matches!(dropped, Ok(()) | Err(Error::Unknown(_))), "{dropped:?}");
        }
        for error_context in std::mem::take(&mut self.error_contexts) {
            while self.machine.drop_error_context(error_context).is_ok() {}
        }
        assert_eq!(self.machine.ready_threads(), 0);
        for table in Table::ALL {
            if !matches!(table, Table::Functions | Table::Types) {
                assert_eq!(self.machine.count_of(table), 0, "{table} are left");
            }
        }
    }
}

//! The host's actions for an entry, at the bottom of the stack and inside calls by guests. An
//! action that is impossible at the moment is skipped, and leaves no line.

use weft::chooser::Chooser;
use weft::code::SubtaskState;
use weft::error::Failure;
use weft::limits::Limits;
use weft::machine::{EndId, EndState, HandleView, SubtaskId, WaitableId};
use weft::trap::EndKind;

use super::operation::{Entry, Operation};
use super::player::{Call, Control, ProgramPlayer};
use super::world::{FUNCTIONS, HOST_CALLABLE, HOST_FUNCTIONS};

/// The position of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// At the bottom of the stack.
    Top,
    /// Inside a call of a host function, or inside the cancellation of that call.
    Call,
}

/// A call that the host made.
#[derive(Clone, Copy, Debug)]
pub struct HostFunctionCall {
    /// Its number.
    pub number: u32,
    /// The call; `None` while there is no record of it, and after it has ended without one.
    pub subtask: Option<SubtaskId>,
    /// Set after the host has asked it to cancel.
    pub is_cancelled: bool,
}

/// A call of a host function.
#[derive(Clone, Copy, Debug)]
pub struct HostedCall {
    /// Its number.
    pub number: u32,
    /// The call; `None` while there is no record of it, and after it has ended without one.
    pub subtask: Option<SubtaskId>,
    /// The progress of the host with it.
    pub state: HostedState,
    /// Set after its caller has asked it to cancel.
    pub is_cancelled: bool,
    /// Set if the machine treats it as started, because it started without a record.
    pub(crate) has_started: bool,
}

/// The progress of the host with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostedState {
    /// It has not taken its arguments.
    Starting,
    /// It has taken its arguments.
    Started,
    /// It has ended.
    Resolved,
}

/// An end that the host holds.
#[derive(Clone, Copy, Debug)]
pub struct HostEnd {
    /// The end.
    pub id: EndId,
}

/// The origin of an end of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EndOrigin {
    /// The number of the call in which it was passed.
    pub call: u32,
    /// Set if the host has kept the writable end, and passed the other one; otherwise it received
    /// the readable end.
    pub is_writable: bool,
}

impl<L: Limits, C: Chooser> ProgramPlayer<L, C> {
    /// Performs `entry` for the host, which is in control.
    pub(crate) fn host_does(&mut self, entry: Entry) -> Result<(), Failure> {
        let Entry { operation, arguments: [a, b, c, _] } = entry;
        let is_top = self.places.len() == 1;
        if !matches!(operation, Operation::HostStart | Operation::HostReturn | Operation::HostDone)
        {
            self.make_records();
        }
        match operation {
            Operation::HostTick if is_top => self.host_ticks(),
            Operation::HostInvoke => self.host_invokes(a, b, c),
            Operation::HostCancel => self.host_cancels(a),
            Operation::HostStart => self.hosted_starts(a),
            Operation::HostReturn => self.hosted_returns(a),
            Operation::HostCancelled => self.hosted_is_cancelled(a),
            Operation::HostCopy => self.host_copies(a, b),
            Operation::HostCancelCopy => self.host_cancels_copy(a),
            Operation::HostFinishCancellation => self.host_finishes_cancellation(a),
            Operation::HostDrop => self.host_drops(a),
            Operation::HostEvents => self.host_takes_events(),
            Operation::HostDone if !is_top => {
                self.emit("host.done".to_owned());
                self.host_is_done()
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn host_ticks(&mut self) -> Result<(), Failure> {
        self.emit("host.tick".to_owned());
        self.note_ready();
        let step = self.machine.tick()?;
        self.take(step)
    }

    /// Returns control from the host to the guest that called it.
    pub(crate) fn host_is_done(&mut self) -> Result<(), Failure> {
        self.places.pop();
        if self.is_hosted_over() {
            self.unrecorded_ends();
            return Ok(());
        }
        self.make_records();
        let step = self.machine.host_returned()?;
        self.take(step)
    }

    fn host_invokes(&mut self, instance: u32, index: u32, argument: u32) -> Result<(), Failure> {
        let instance = instance as usize % self.world.instances.len();
        let index = (index % HOST_CALLABLE) as usize;
        let number = self.new_call_number();
        self.emit(format!("host.invoke C{number} i{instance}.f{index}"));
        if self.invokes_unrecorded(number, instance, index)? {
            return Ok(());
        }
        let invoked = self.machine.invoke(self.world.functions[instance][index]);
        self.is_refused = invoked.is_err();
        let (subtask, step) = invoked?;
        let function = &FUNCTIONS[index];
        let (caller, is_async, result_address) = (None, false, 0);
        let call = Call { number, function, caller, argument, is_async, result_address };
        self.calls.insert(subtask, call);
        let subtask = Some(subtask);
        self.host_function_calls.push(HostFunctionCall { number, subtask, is_cancelled: false });
        self.take(step)
    }

    fn host_cancels(&mut self, number: u32) -> Result<(), Failure> {
        let Some(at) = position(self.host_function_calls.len(), number) else { return Ok(()) };
        let call = self.host_function_calls[at];
        let Some(subtask) = call.subtask else { return Ok(()) };
        let state = self.machine.call_state(subtask)?;
        if !matches!(state, SubtaskState::Starting | SubtaskState::Started) || call.is_cancelled {
            return Ok(());
        }
        if self.machine.is_callee_gone(subtask)? {
            return Ok(());
        }
        self.host_function_calls[at].is_cancelled = true;
        self.emit(format!("host.cancel C{}", call.number));
        let step = self.machine.cancel_call(subtask)?;
        self.take(step)
    }

    /// Calls a host function for a guest.
    pub(crate) fn call_host(&mut self, subtask: SubtaskId, function: u32) {
        let number = self.call(subtask).number;
        self.emit(format!("host-call C{number} h{}", function as usize % HOST_FUNCTIONS.len()));
        self.host_is_called(number, Some(subtask));
    }

    /// Enters a call of a host function.
    pub(crate) fn host_is_called(&mut self, number: u32, subtask: Option<SubtaskId>) {
        let state = HostedState::Starting;
        let call = HostedCall { number, subtask, state, is_cancelled: false, has_started: false };
        self.hosted_calls.push(call);
        self.places.push(Place::Call);
        self.control = Control::Host;
    }

    /// Asks a host function to cancel, for a guest.
    pub(crate) fn cancel_hosted(&mut self, subtask: SubtaskId) {
        for call in &mut self.hosted_calls {
            if call.subtask == Some(subtask) {
                call.is_cancelled = true;
            }
        }
        let number = self.call(subtask).number;
        self.emit(format!("host-cancel C{number}"));
        self.places.push(Place::Call);
        self.control = Control::Host;
    }

    fn hosted(&self, number: u32, condition: impl Fn(&HostedCall) -> bool) -> Option<usize> {
        let calls = self.hosted_calls.iter().enumerate();
        let calls: Vec<usize> = calls
            .filter(|(_, call)| condition(call) && !self.is_callers_locked_down(call))
            .map(|(at, _)| at)
            .collect();
        position(calls.len(), number).map(|at| calls[at])
    }

    /// Returns true if the caller of a host function is an instance that has trapped.
    fn is_callers_locked_down(&self, call: &HostedCall) -> bool {
        let caller = call.subtask.map(|it| self.machine.calling_instance(it));
        let Some(Ok(Some(caller))) = caller else { return false };
        self.machine.is_locked_down(caller).unwrap_or(false)
    }

    fn hosted_starts(&mut self, number: u32) -> Result<(), Failure> {
        let starting = |call: &HostedCall| call.state == HostedState::Starting;
        let Some(at) = self.hosted(number, starting) else { return Ok(()) };
        let call = self.hosted_calls[at];
        self.emit(format!("host.start C{}", call.number));
        self.hosted_calls[at].state = HostedState::Started;
        let Some(subtask) = call.subtask else { return Ok(()) };
        // An end that is taken may have an event.
        self.make_records();
        if !call.has_started {
            self.machine.start_host_function_call(subtask)?;
        }
        self.carry_to_host(subtask)
    }

    fn hosted_returns(&mut self, number: u32) -> Result<(), Failure> {
        let started = |call: &HostedCall| call.state == HostedState::Started;
        let Some(at) = self.hosted(number, started) else { return Ok(()) };
        let call = self.hosted_calls[at];
        self.emit(format!("host.return C{}", call.number));
        self.hosted_calls[at].state = HostedState::Resolved;
        match call.subtask {
            Some(subtask) => self.machine.return_host_function_call(subtask, None),
            None => Ok(()),
        }
    }

    fn hosted_is_cancelled(&mut self, number: u32) -> Result<(), Failure> {
        let cancelled =
            |call: &HostedCall| call.is_cancelled && call.state != HostedState::Resolved;
        let Some(at) = self.hosted(number, cancelled) else { return Ok(()) };
        let call = self.hosted_calls[at];
        self.emit(format!("host.cancelled C{}", call.number));
        self.hosted_calls[at].state = HostedState::Resolved;
        match call.subtask {
            Some(subtask) => self.machine.cancel_host_function_call(subtask),
            None => Ok(()),
        }
    }

    /// Returns a host end in one of `states`, for which `condition` holds.
    fn host_end(
        &self,
        number: u32,
        states: &[EndState],
        condition: impl Fn(EndId) -> bool,
    ) -> Option<(usize, EndId, EndKind)> {
        let ends = self.host_ends.iter().enumerate();
        let ends = ends.filter_map(|(at, end)| {
            let id = end.as_ref()?.id;
            match self.machine.end_view(id) {
                Ok(HandleView::End { state, kind, .. })
                    if states.contains(&state) && condition(id) =>
                {
                    Some((at, id, kind))
                }
                _ => None,
            }
        });
        let ends: Vec<_> = ends.collect();
        position(ends.len(), number).map(|at| ends[at])
    }

    fn host_copies(&mut self, number: u32, length: u32) -> Result<(), Failure> {
        let Some((at, id, kind)) = self.host_end(number, &[EndState::Idle], |_| true) else {
            return Ok(());
        };
        let length = if kind == EndKind::Future { 1 } else { length % 9 };
        self.emit(format!("host.copy E{at} {length}"));
        let step = self.machine.host_copy(id, at as u64, length)?;
        self.take(step)
    }

    fn host_cancels_copy(&mut self, number: u32) -> Result<(), Failure> {
        let Some((at, id, _)) = self.host_end(number, &[EndState::Copying], |_| true) else {
            return Ok(());
        };
        self.emit(format!("host.cancel-copy E{at}"));
        self.machine.cancel_host_copy(id)?;
        self.log_choices(None);
        Ok(())
    }

    fn host_finishes_cancellation(&mut self, number: u32) -> Result<(), Failure> {
        let any = [EndState::Idle, EndState::Copying, EndState::CancellingCopy, EndState::Done];
        let is_cancelled = |id| {
            let other = self.machine.other_end(id).ok().flatten();
            matches!(
                other.map(|other| self.machine.end_view(other)),
                Some(Ok(HandleView::End { state: EndState::CancellingCopy, waitable, .. }))
                    if !waitable.has_pending_event
            )
        };
        let Some((at, id, _)) = self.host_end(number, &any, is_cancelled) else { return Ok(()) };
        self.emit(format!("host.finish-cancellation E{at}"));
        self.machine.finish_cancellation(id)?;
        Ok(())
    }

    fn host_drops(&mut self, number: u32) -> Result<(), Failure> {
        let droppable = [EndState::Idle, EndState::Done];
        let Some((at, id, _)) = self.host_end(number, &droppable, |_| true) else {
            return Ok(());
        };
        self.emit(format!("host.drop E{at}"));
        self.host_ends[at] = None;
        self.machine.drop_host_end(id)?;
        Ok(())
    }

    fn host_takes_events(&mut self) -> Result<(), Failure> {
        let mut events = Vec::new();
        while let Some(event) = self.machine.next_host_event()? {
            if let WaitableId::End(end) = event.waitable {
                let mut ends = self.host_ends.iter();
                let at = ends.position(|it| it.as_ref().is_some_and(|it| it.id == end));
                events.push((at, event.event));
            }
        }
        events.sort_by_key(|(at, _)| *at);
        for (at, event) in events {
            if at.is_none() && self.settings.goes_on {
                // The result of a call whose caller was locked down: nobody holds it.
                continue;
            }
            let at = at.expect("an end of the host");
            self.emit(format!("host.event E{at} {} {}", event.code.code(), event.payload));
        }
        Ok(())
    }
}

/// Returns `number` modulo `count`; nothing if `count` is 0.
fn position(count: usize, number: u32) -> Option<usize> {
    (number as usize).checked_rem(count)
}

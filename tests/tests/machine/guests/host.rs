//! The actions of the host, and the state that it can see.

use std::fmt::Write as _;

use weft_core::chooser::Chooser;
use weft_core::error::{Error, Failure, MachineError};
use weft_core::host::ExtendedMachine;
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::Table;
use weft_core::machine::{
    EndId, ErrorContextId, FunctionId, HandleView, HostEvent, InstanceId, Step, SubtaskId,
    ThreadId, WaitableId,
};

use super::{GuestMachine, HOSTS};
use crate::calls::Of;
use crate::steps::{HOST, back_from_import, calls_host, enters};

/// Actions of the host.
impl<L: ExtensionLimits, C: Chooser> GuestMachine<L, C> {
    /// Calls a function, which starts at once.
    #[track_caller]
    pub(crate) fn invoke(&mut self, function: FunctionId) -> (SubtaskId, ThreadId) {
        let (call, step) = self.begin(function);
        (call, enters(&step, function))
    }

    /// Calls a function.
    #[track_caller]
    pub(crate) fn begin(&mut self, function: FunctionId) -> (SubtaskId, Step) {
        self.try_begin(function).unwrap()
    }

    /// Calls a function, if it can.
    pub(crate) fn try_begin(&mut self, function: FunctionId) -> Result<(SubtaskId, Step), Failure> {
        let (call, step) = self.machine.invoke(function)?;
        self.calls.push(call);
        Ok((call, self.answer(Ok(step))?))
    }

    /// Calls a function for the host function of the call `held`.
    #[track_caller]
    pub(crate) fn begin_for_held(
        &mut self,
        held: SubtaskId,
        function: FunctionId,
    ) -> (SubtaskId, Step) {
        let (call, step) = self.machine.invoke_for_held(held, function).unwrap();
        self.calls.push(call);
        (call, self.answer(Ok(step)).unwrap())
    }

    /// Lets one ready thread run.
    #[track_caller]
    pub(crate) fn tick(&mut self) -> Step {
        let step = self.machine.tick();
        self.answer(step).unwrap()
    }

    /// Returns control from the host, which was called.
    #[track_caller]
    pub(crate) fn host_returned(&mut self) -> Step {
        let step = self.machine.host_returned();
        self.answer(step).unwrap()
    }

    /// Calls a host function from the running guest, which runs `act`.
    #[track_caller]
    pub(crate) fn as_host<T>(&mut self, act: impl FnOnce(&mut Self) -> T) -> T {
        let guest = self.machine.current().unwrap();
        let step = self.import(self.host);
        let call = calls_host(&step, HOSTS);
        let done = act(self);
        self.machine.start_host_function_call(call).unwrap();
        self.machine.return_host_function_call(call, None).unwrap();
        let step = self.host_returned();
        assert_eq!(back_from_import(&step, guest), None);
        done
    }

    /// Creates ends that the host holds: the readable one, and the writable one.
    #[track_caller]
    pub(crate) fn host_ends(&mut self, of: Of) -> (EndId, EndId) {
        let (readable, writable) = self.machine.new_host_ends(of.kind, of.ty).unwrap();
        self.ends.extend([readable, writable]);
        (readable, writable)
    }

    /// Takes a readable end out of an instance.
    #[track_caller]
    pub(crate) fn lift_end(&mut self, instance: InstanceId, of: Of, index: u32) -> EndId {
        let end = self.machine.lift_end(instance, of.kind, of.ty, index).unwrap();
        self.ends.push(end);
        end
    }

    /// Moves a readable end from one instance to another, and returns its index there.
    #[track_caller]
    pub(crate) fn pass(&mut self, of: Of, from: InstanceId, index: u32, to: InstanceId) -> u32 {
        let end = self.lift_end(from, of, index);
        self.machine.lower_end(to, of.kind, of.ty, end).unwrap()
    }

    /// Starts a read or write of the host.
    #[track_caller]
    pub(crate) fn host_copy(&mut self, end: EndId, length: u32) {
        let step = self.machine.host_copy(end, 0, length);
        assert_eq!(self.answer(step), Ok(HOST));
    }

    #[track_caller]
    pub(crate) fn lift_error_context(
        &mut self,
        instance: InstanceId,
        index: u32,
    ) -> ErrorContextId {
        let error_context = self.machine.lift_error_context(instance, index).unwrap();
        self.error_contexts.push(error_context);
        error_context
    }

    /// Returns the events of the host, in order.
    #[track_caller]
    pub(crate) fn host_events(&mut self) -> Vec<HostEvent> {
        std::iter::from_fn(|| self.machine.next_host_event().unwrap()).collect()
    }

    /// Returns the events of host ends: the results of their reads and writes.
    #[track_caller]
    pub(crate) fn end_events(&mut self) -> Vec<(EndId, u32)> {
        let of_end = |event: HostEvent| match event.waitable {
            WaitableId::End(end) => Some((end, event.event.payload)),
            WaitableId::Subtask(_) => None,
        };
        self.host_events().into_iter().filter_map(of_end).collect()
    }

    /// Handles the steps of the layer above, and returns the first step that concerns a guest, or
    /// that the host has to decide.
    pub(crate) fn answer(&mut self, step: Result<Step, Failure>) -> Result<Step, Failure> {
        let mut step = step?;
        loop {
            self.check_current(&step);
            let machine = &mut self.machine;
            step = match step {
                Step::CheckBuffer(check) => machine.buffer_checked(check)?,
                Step::Copy(copy) => {
                    self.copies.push(copy.count());
                    if copy.readable().is_served || copy.writable().is_served {
                        let (count, then) = self.served.pop_front().expect("what to copy");
                        machine.served_copied(copy, count, then)?
                    } else {
                        machine.copied(copy)?
                    }
                }
                Step::LoadDebugMessage { .. } => machine.new_error_context("message")?,
                Step::StoreDebugMessage { .. } => machine.debug_message_stored()?,
                Step::FindStartFunction(search) => {
                    let function = u32::try_from(search.index()).unwrap();
                    machine.new_thread(&search, function)?
                }
                Step::DropHostResource { representation, .. } => {
                    self.dropped.push(representation);
                    machine.host_resource_dropped()?
                }
                _ => return Ok(step),
            };
        }
    }

    /// Checks that a step for a thread is one for the current thread.
    fn check_current(&mut self, step: &Step) {
        let thread = match step {
            Step::CallFunction { thread, .. }
            | Step::CallDestructor { thread, .. }
            | Step::CallCallback { thread, .. }
            | Step::CallPostReturn { thread, .. }
            | Step::CallStartFunction { thread, .. }
            | Step::DropHostResource { thread, .. }
            | Step::LoadDebugMessage { thread, .. }
            | Step::StoreDebugMessage { thread, .. }
            | Step::Resume { thread, .. } => *thread,
            Step::Return(token) => token.thread(),
            Step::CheckBuffer(check) => check.thread(),
            Step::FindStartFunction(search) => search.thread(),
            Step::CallHost { .. } | Step::CancelHost { .. } => {
                assert_eq!(self.machine.current(), None);
                return;
            }
            Step::Copy(_) | Step::ReturnToHost => return,
        };
        assert_eq!(self.machine.current(), Some(thread));
    }
}

/// Inspection and removal.
impl<L: ExtensionLimits, C: Chooser> GuestMachine<L, C> {
    pub(crate) fn counts(&self) -> [usize; Table::ALL.len()] {
        Table::ALL.map(|table| self.machine.count_of(table))
    }

    /// Formats the state that is visible from outside.
    pub(crate) fn state(&mut self) -> String {
        let machine = &mut self.machine;
        let current = machine.current();
        let mut state = format!("{machine:?} {current:?}\n");
        for thread in machine.thread_views() {
            writeln!(state, "{thread:?}").unwrap();
        }
        for instance in &self.instances {
            writeln!(state, "{:?}", machine.instance_view(*instance)).unwrap();
            for index in 0..=machine.highest_handle(*instance).unwrap_or(0) {
                writeln!(state, "{index} {:?}", machine.handle_view(*instance, index)).unwrap();
            }
        }
        for call in &self.calls {
            let (state_, gone) = (machine.call_state(*call), machine.is_callee_gone(*call));
            writeln!(state, "{call:?} {state_:?} {gone:?}").unwrap();
        }
        for end in &self.ends {
            writeln!(state, "{end:?} {:?}", machine.end_view(*end)).unwrap();
        }
        state
    }

    /// Checks that an operation fails with `error`, and changes nothing.
    #[track_caller]
    pub(crate) fn refuses<T: std::fmt::Debug, F: Into<Failure>>(
        &mut self,
        error: impl Into<Error>,
        attempt: impl FnOnce(&mut ExtendedMachine<L, C>) -> Result<T, F>,
    ) -> Error {
        let error = error.into();
        let before = self.state();
        let failure = attempt(&mut self.machine).map_err(Into::into).unwrap_err();
        assert_eq!(failure, Failure::Error(error));
        assert_eq!(self.state(), before);
        self.refused.push(error);
        error
    }

    /// Stops everything that is active, removes and drops all objects, and asserts that nothing is
    /// left.
    #[track_caller]
    pub(crate) fn clean_up(&mut self) {
        while self.machine.trapped().is_ok() {}
        for instance in std::mem::take(&mut self.instances) {
            if self.machine.instance_view(instance).is_ok_and(|view| view.is_held) {
                self.machine.lock_down_instance(instance).unwrap();
            }
            let removed = self.machine.remove_instance(instance);
            assert!(matches!(removed, Ok(()) | Err(Error::Unknown(Table::Instances))));
        }
        for call in std::mem::take(&mut self.calls) {
            let dropped = self.machine.drop_call(call);
            assert!(matches!(dropped, Ok(()) | Err(Error::Unknown(Table::Waitables))));
        }
        self.drop_host_ends();
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

    /// Drops the ends that the host still holds, in any state.
    fn drop_host_ends(&mut self) {
        let ends = std::mem::take(&mut self.ends);
        for end in &ends {
            let cancelled = self.machine.cancel_host_copy(*end);
            assert!(matches!(cancelled, Ok(()) | Err(Failure::Error(_))), "{cancelled:?}");
        }
        for end in &ends {
            let finished = self.machine.finish_cancellation(*end);
            let misused = [
                Error::Machine(MachineError::NotCancelled),
                Error::Unknown(Table::Waitables),
                Error::Machine(MachineError::NotHeld),
            ];
            assert!(finished.map_or_else(|error| misused.contains(&error), |()| true));
        }
        while self.machine.next_host_event().unwrap().is_some() {}
        for end in ends {
            let dropped = self.machine.drop_host_end(end);
            assert!(matches!(dropped, Ok(()) | Err(Error::Unknown(Table::Waitables))));
        }
    }

    /// Returns the object of a handle.
    #[track_caller]
    pub(crate) fn view(&mut self, instance: InstanceId, index: u32) -> HandleView {
        self.machine.handle_view(instance, index).unwrap().unwrap()
    }
}

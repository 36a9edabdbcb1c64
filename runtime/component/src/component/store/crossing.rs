//! The data that is passed across a call of the engine.
//!
//! A guest and the host share a native stack: the engine is called to run a guest, and calls back
//! for each import. Apart from core values, all data that both sides of such a call exchange is
//! kept here in the meantime.

use alloc::vec::Vec;

use crate::abi::FlatValues;
use crate::core_value::CoreValue;
use crate::engine::{CoreEngine, CoreExtern, CoreTrap};
use crate::error::{Error, Failure, MachineError};
use crate::machine::{Step, ThreadId};

use super::fault::Fault;
use super::flat_values::set_flat_values;
use super::module::Module;
use super::store_limits::StoreLimits;

/// The data that is passed. `S` is a core module that is about to be instantiated, `I` its
/// instance.
pub(crate) struct Crossing<S, I> {
    /// The arguments of the guest function that is called next, if they are already lowered.
    lowered: Option<FlatValues>,
    /// The core values that a guest's function returned, or that `task.return` got.
    returned: FlatValues,
    stop: Option<Stop>,
    /// The next thing after a call that has got records.
    next: Option<Next>,
    /// The reason why guests are being unwound.
    fault: Option<Fault>,
    /// The current depth of nested calls of the engine.
    depth: u32,
    /// The largest allowed depth.
    max_depth: u32,
    starting: Option<S>,
    started: Option<I>,
}

/// The place where a guest has stopped in a host function, and the next thing.
#[derive(Debug)]
pub(crate) struct Stop {
    pub(crate) site: CallSite,
    pub(crate) next: Next,
}

/// The next thing that has to happen.
#[derive(Debug)]
pub(crate) enum Next {
    /// The machine takes a step.
    Step(Step),
    /// The interrupted thread continues.
    Continue(ThreadId),
}

/// The place where a guest has stopped: its call of a host function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CallSite {
    pub(crate) thread: ThreadId,
    /// The number of the function.
    pub(crate) number: u32,
    /// The address for the event that it waits for, if it waits for one.
    pub(crate) event_address: u64,
}

/// A core module that is being instantiated.
pub(crate) enum Starting<E: CoreEngine> {
    /// The module and its imports.
    Module(Module<E>, Vec<CoreExtern<E>>),
    /// The reason why it could not be instantiated, which was found without a task.
    Trapped(CoreTrap),
}

impl<S, I> Crossing<S, I> {
    pub(crate) const fn new() -> Self {
        Self {
            lowered: None,
            returned: FlatValues::EMPTY,
            stop: None,
            next: None,
            fault: None,
            depth: 0,
            max_depth: StoreLimits::DEFAULT.native_calls,
            starting: None,
            started: None,
        }
    }

    /// Registers a call of the engine that begins.
    #[inline]
    pub(crate) const fn enter(&mut self) {
        self.depth += 1;
    }

    /// Registers a call of the engine that has ended.
    #[inline]
    pub(crate) const fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Returns `true` if no call of the engine is active.
    #[inline]
    pub(crate) const fn is_outermost(&self) -> bool {
        self.depth == 0
    }

    /// Returns `true` if one more call of the engine may begin.
    #[inline]
    pub(crate) const fn may_nest(&self) -> bool {
        self.depth < self.max_depth
    }

    /// Sets the largest allowed depth of nested calls of the engine.
    pub(crate) const fn set_max_depth(&mut self, max_depth: u32) {
        self.max_depth = max_depth;
    }

    /// Passes the arguments of the guest function that is called next.
    #[inline]
    pub(crate) fn put_lowered(&mut self, arguments: FlatValues) {
        self.lowered = Some(arguments);
    }

    /// Takes the arguments of the guest function that is called now.
    #[inline]
    pub(crate) fn take_lowered(&mut self) -> Option<FlatValues> {
        self.lowered.take()
    }

    /// Passes the core values that a guest has returned.
    #[inline]
    pub(crate) fn set_returned(&mut self, values: &[CoreValue]) -> Result<(), Failure> {
        set_flat_values(&mut self.returned, values)
    }

    /// Returns the core values that a guest has returned.
    #[inline]
    pub(crate) const fn returned(&self) -> &FlatValues {
        &self.returned
    }

    /// Tells the caller of the engine that the guest stops, and the next thing.
    pub(crate) fn stop(&mut self, stop: Stop) {
        self.stop = Some(stop);
    }

    /// Takes the place where a guest has stopped, and the next thing.
    pub(crate) fn take_stop(&mut self) -> Option<Stop> {
        self.stop.take()
    }

    /// Passes the next thing after a call that has got records to the code that has begun it.
    pub(crate) fn put_next(&mut self, next: Next) {
        self.next = Some(next);
    }

    /// Takes the next thing after a call that has got records.
    pub(crate) fn take_next(&mut self) -> Result<Next, Error> {
        self.next.take().ok_or(MachineError::OtherStep.into())
    }

    /// Sets the reason why guests are unwound, unless there is one: the first is closest to the
    /// cause.
    pub(crate) fn fail(&mut self, fault: Fault) {
        if self.fault.is_none() {
            self.fault = Some(fault);
        }
    }

    /// Takes the reason why guests were unwound: the first that was set, or else `fault`.
    pub(crate) fn take_fault(&mut self, fault: Fault) -> Fault {
        self.fault.take().unwrap_or(fault)
    }

    /// Takes the reason why guests were unwound, after a trap in the engine.
    pub(crate) fn take_trap(&mut self, trap: CoreTrap) -> Fault {
        self.take_fault(Fault::Core(trap))
    }

    /// Drops all data that is passed, and returns the reason why guests were unwound.
    pub(crate) fn give_up(&mut self, fault: Fault) -> Fault {
        let fault = self.take_fault(fault);
        self.stop = None;
        self.next = None;
        self.starting = None;
        self.lowered = None;
        fault
    }

    /// Passes a core module that is instantiated when its instance's task starts.
    pub(crate) fn put_starting(&mut self, starting: S) {
        self.starting = Some(starting);
    }

    /// Takes the core module that is instantiated now.
    pub(crate) fn take_starting(&mut self) -> Result<S, Error> {
        self.starting.take().ok_or(MachineError::NotEntered.into())
    }

    /// Passes the instance of the core module.
    pub(crate) fn put_started(&mut self, instance: I) {
        self.started = Some(instance);
    }

    /// Takes the instance of the core module.
    pub(crate) fn take_started(&mut self) -> Result<I, Error> {
        self.started.take().ok_or(MachineError::NotEntered.into())
    }
}

#[cfg(test)]
mod tests {
    use crate::component::store::example_ids::ids;

    use super::*;

    type TestCrossing = Crossing<u8, u8>;

    fn stop() -> Stop {
        let thread = ids(0).thread;
        let site = CallSite { thread, number: 7, event_address: 0 };
        Stop { site, next: Next::Continue(thread) }
    }

    #[test]
    fn calls_of_the_engine_nest_up_to_the_limit() {
        let mut crossing = TestCrossing::new();
        assert!(crossing.is_outermost());
        (0..StoreLimits::DEFAULT.native_calls).for_each(|_| crossing.enter());
        assert!(!crossing.may_nest() && !crossing.is_outermost());
        crossing.leave();
        assert!(crossing.may_nest());
        crossing.set_max_depth(1);
        assert!(!crossing.may_nest());
    }

    #[test]
    fn the_first_fault_is_the_one_that_is_told() {
        let mut crossing = TestCrossing::new();
        crossing.fail(Fault::Interrupted);
        crossing.fail(Fault::CallerResumed);
        assert!(matches!(crossing.take_trap(CoreTrap::Host), Fault::Interrupted));
        assert!(matches!(crossing.take_trap(CoreTrap::Host), Fault::Core(CoreTrap::Host)));
    }

    #[test]
    fn giving_up_leaves_nothing_for_the_next_call() {
        let mut crossing = TestCrossing::new();
        crossing.put_lowered(FlatValues::EMPTY);
        crossing.put_starting(1);
        crossing.stop(stop());
        assert!(matches!(crossing.give_up(Fault::Interrupted), Fault::Interrupted));
        assert!(crossing.take_lowered().is_none() && crossing.take_stop().is_none());
        assert_eq!(crossing.take_starting(), Err(MachineError::NotEntered.into()));
    }

    #[test]
    fn what_is_handed_over_is_taken_once() {
        let mut crossing = TestCrossing::new();
        crossing.stop(stop());
        assert_eq!(crossing.take_stop().map(|stop| stop.site), Some(stop().site));
        assert!(crossing.take_stop().is_none());
        crossing.put_starting(1);
        assert_eq!(crossing.take_starting(), Ok(1));
        crossing.put_started(2);
        assert_eq!(crossing.take_started(), Ok(2));
        assert_eq!(crossing.take_started(), Err(MachineError::NotEntered.into()));
    }

    #[test]
    fn what_was_returned_is_there_until_something_else_is() {
        let mut crossing = TestCrossing::new();
        assert!(crossing.set_returned(&[CoreValue::I32(1), CoreValue::I64(2)]).is_ok());
        assert_eq!(crossing.returned().as_slice(), [1, 2]);
        assert!(crossing.set_returned(&[]).is_ok());
        assert!(crossing.returned().as_slice().is_empty());
    }
}

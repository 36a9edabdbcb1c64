//! Calls that were begun without records in the machine, and the data that the store keeps once the
//! records are made.
//!
//! `L` is the function that lifts the result of a call by the embedder.

use alloc::vec::Vec;

use crate::core_value::CoreValue;
use crate::engine::CoreEngine;
use crate::error::{Error, Failure};
use crate::limits::Table;
use crate::machine::{FunctionId, MadeCall};

use super::acting::Acting;
use super::core_function::CoreFunction;
use super::outcome::Outcome;
use super::state::{Callbacks, StoreState};

/// The calls under way that were begun without records, the outermost first.
///
/// The code that begins such a call adds it, and removes it when the call is over or has got its
/// records. Calls with records come before those without.
pub(crate) struct DeferredCalls<L> {
    calls: Vec<DeferredCall<L>>,
    /// The running call of a host function, if the machine has no frame of it, either.
    pending: Option<PendingCall>,
}

/// A call of a host function by a guest, which the machine does not know yet.
#[derive(Clone, Copy)]
pub(crate) struct PendingCall {
    /// The number of the core function.
    pub(crate) number: u32,
    pub(crate) last_argument: Option<u64>,
}

struct DeferredCall<L> {
    begun: BegunCall<L>,
    made: Option<MadeCall>,
    /// The argument of `task.return`: lifted for the embedder, or lowered into the caller.
    resolved: Option<Resolved>,
}

/// The result that `task.return` was called with.
pub(crate) enum Resolved {
    /// In the form that the embedder wants.
    Outcome(Outcome),
    /// Its core value, if the caller gets one.
    Lowered(Option<CoreValue>),
}

/// A call that was begun without records.
#[derive(Clone, Copy)]
pub(crate) enum BegunCall<L> {
    /// By the embedder: the function, and the function that lifts its result.
    Embedder(FunctionId, L),
    /// By a guest: the number of the core function. The last argument may be the address for the
    /// result.
    Guest { number: u32, last_argument: Option<u64> },
}

impl<L: Copy> DeferredCalls<L> {
    pub(crate) const fn new() -> Self {
        Self { calls: Vec::new(), pending: None }
    }

    /// Returns the number of calls.
    #[inline]
    pub(crate) const fn len(&self) -> usize {
        self.calls.len()
    }

    /// Adds a call, for which the machine has just pushed its frames.
    #[inline]
    pub(crate) fn push(&mut self, begun: BegunCall<L>) {
        self.calls.push(DeferredCall { begun, made: None, resolved: None });
    }

    /// Removes the innermost call. Returns its records, if it has some.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<MadeCall> {
        self.calls.pop().and_then(|call| call.made)
    }

    /// Returns the records of the innermost call, if it has some.
    #[inline]
    pub(crate) fn made(&self) -> Option<MadeCall> {
        if self.pending.is_some() { None } else { self.calls.last().and_then(|call| call.made) }
    }

    /// Sets the innermost call of a host function.
    #[inline]
    pub(crate) const fn set_pending(&mut self, call: PendingCall) {
        self.pending = Some(call);
    }

    /// Takes the innermost call, if it is of a host function and the machine does not know it.
    #[inline]
    pub(crate) const fn take_pending(&mut self) -> Option<PendingCall> {
        self.pending.take()
    }

    /// Returns the beginning of the innermost call, if it has no records.
    #[inline]
    pub(crate) fn innermost(&self) -> Option<BegunCall<L>> {
        self.calls.last().filter(|call| call.made.is_none()).map(|call| call.begun)
    }

    /// Keeps the result of the innermost call, which has no records.
    pub(crate) fn resolve(&mut self, result: Resolved) {
        if let Some(call) = self.calls.last_mut() {
            call.resolved = Some(result);
        }
    }

    /// Takes the result of the innermost call, if it has resolved.
    #[inline]
    pub(crate) fn take_resolved(&mut self) -> Option<Resolved> {
        self.calls.last_mut().and_then(|call| call.resolved.take())
    }

    /// Removes calls until only this many are left.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.calls.truncate(len);
    }

    /// Returns the calls without records, the outermost first.
    fn without_records(&mut self) -> &mut [DeferredCall<L>] {
        let first = self.calls.iter().rposition(|call| call.made.is_some()).map_or(0, |it| it + 1);
        self.calls.get_mut(first..).unwrap_or_default()
    }
}

impl<E: CoreEngine, T, C: Callbacks> StoreState<E, T, C> {
    /// Makes the records of the calls under way that have none, because something looks at them.
    #[inline]
    pub(crate) fn look(&mut self) -> Result<(), Error> {
        if self.machine.has_deferred() || self.deferred.pending.is_some() {
            self.make_records()
        } else {
            Ok(())
        }
    }

    /// Tells the machine of the running call of a host function, if it does not know it, before a
    /// guest runs again.
    #[inline]
    pub(crate) fn push_pending(&mut self) -> Result<(), Error> {
        match self.deferred.take_pending() {
            None => Ok(()),
            Some(call) => self.push_call(call),
        }
    }

    #[cold]
    fn push_call(&mut self, call: PendingCall) -> Result<(), Error> {
        let PendingCall { number, last_argument } = call;
        let CoreFunction::Lowered(lowered) = self.functions.core_function(number)? else {
            return Err(Error::Unknown(Table::Functions));
        };
        match self.machine.canon_lower_deferred(lowered.function, lowered.is_async)? {
            Some(_) => {
                self.deferred.push(BegunCall::Guest { number, last_argument });
                Ok(())
            }
            None => Err(Error::Full(Table::Waitables)),
        }
    }

    #[cold]
    fn make_records(&mut self) -> Result<(), Error> {
        self.push_pending()?;
        let Self { machine, calls, origins, functions, deferred, acting, .. } = self;
        let mut without = deferred.without_records().iter_mut();
        let mut kept = Ok(());
        machine.make_records(|made| {
            let Some(call) = without.next() else {
                kept = Err(Error::Inconsistent(Table::Waitables));
                return;
            };
            call.made = Some(made);
            let mut keep = || {
                let origin = match call.begun {
                    BegunCall::Embedder(_, lift_result) => {
                        calls.add_embedder_call(made.call, Vec::new(), lift_result)?;
                        if let Some(Resolved::Outcome(outcome)) = call.resolved.take() {
                            calls.embedder_call(made.call)?.put_result(outcome);
                        }
                        origins.set_running(Some(made.call));
                        Some(made.call)
                    }
                    BegunCall::Guest { number, last_argument } => {
                        let origin = made.caller.and_then(|(task, _)| origins.of_task(task));
                        let CoreFunction::Lowered(lowered) = functions.core_function(number)?
                        else {
                            return Err(Error::Unknown(Table::Functions).into());
                        };
                        // The other arguments were taken when the callee started.
                        let arguments = last_argument.map(CoreValue::I64);
                        calls.add_guest_call(made.call, lowered, arguments.as_slice(), origin)?;
                        origin
                    }
                };
                match made.callee {
                    Some((task, _)) => origins.task_begins(task, origin)?,
                    None => *acting = Acting { call: Some(made.call), task: None },
                }
                Ok::<_, Failure>(())
            };
            if kept.is_ok() {
                kept = keep().map_err(|failure| match failure {
                    Failure::Error(error) => error,
                    Failure::Trap(_) => Error::Inconsistent(Table::Waitables),
                });
            }
        })?;
        kept
    }
}

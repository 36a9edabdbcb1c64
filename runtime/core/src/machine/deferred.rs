//! Calls whose records are put off: a subtask, a task, a thread and its index are made only when
//! they are needed.
//!
//! Records are needed by a built-in that blocks, waits, spawns or reads a context slot, by a host
//! function that asks for them, and by a trap. Most calls return before any of that. Such a call
//! pushes its frames and nothing else. When records are needed, they are made for all calls that
//! have none, the outermost first. So each index that a guest sees, and every order, is the same
//! as without this.
//!
//! There is room for the records from the beginning: a call begins without records only if each
//! table has room for the records of all such calls together.

use crate::builtin::{OptionsIndex, TypeIndex};
use crate::chooser::Chooser;
use crate::core_value::CoreValue;
use crate::error::{Error, MachineError};
use crate::id::{FunctionId, SubtaskId};
use crate::limits::{Limits, Storage as _, Table};

use super::arena::Key;
use super::hooks::Hooks;
use super::record::definition::{DefinedFunction, Function, LiftMode};
use super::record::frame::{Deferred, Frame, Outstanding};
use super::record::instance::Instance;
use super::record::tables::Handle;
use super::record::task::Thread;
use super::record::waitable::FlatResult;
use super::state::Machine;

/// The callee of a call that was [begun without records](Machine::canon_lower_deferred).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeferredCallee {
    /// A guest's function.
    Guest,
    /// The host function with this number.
    Host(u32),
}

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Sets whether the records of all calls are made at once, from now on. Guests see no
    /// difference.
    ///
    /// In a new machine, records are made at once if its [hooks](Hooks::EAGER) have to be told of
    /// each call.
    ///
    /// While the hooks [observe](Hooks::observes) the machine, records are made at once.
    pub fn set_eager(&mut self, is_eager: bool) {
        self.is_eager = is_eager || H::EAGER || H::LISTENS && self.hooks.observes();
    }

    /// Returns `true` if there are calls without records.
    #[inline]
    #[must_use]
    pub const fn has_deferred(&self) -> bool {
        self.deferred > 0
    }

    /// Calls a guest's export without making records: `Store.invoke`.
    ///
    /// Returns `true` if the call has begun. The host lowers the arguments, calls the core
    /// function, and calls [`deferred_returned`](Self::deferred_returned) after it. Such a call
    /// can't be [dropped](Self::drop_call).
    ///
    /// Returns `false` if that can't be done, with nothing changed. Then [`invoke`](Self::invoke)
    /// begins the call, or fails with the reason.
    ///
    /// # Errors
    ///
    /// - [`MachineError::GuestHasControl`] if a guest runs.
    /// - [`MachineError::MustUnwind`] after a trap.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#embedding)
    pub fn invoke_deferred(&mut self, function: FunctionId) -> Result<bool, Error> {
        self.check_host_has_control()?;
        let Some(lift) = self.deferrable(function) else { return Ok(false) };
        if !self.frames.reserve(2) {
            return Ok(false);
        }
        let holder = self.current_holder();
        self.push_frame(Frame::Host { holder, is_tick: false })?;
        self.push_lift(lift)?;
        Ok(true)
    }

    /// Calls `function` for the guest that runs, without making records: `canon_lower`.
    ///
    /// Returns the callee if the call has begun. If it is a guest, the driver calls its core
    /// function. If it is a host function, it counts as having taken its arguments. In both
    /// cases, the driver calls [`deferred_returned`](Self::deferred_returned) after it. If the
    /// host function does not return at once, it first [makes the records](Self::make_records).
    ///
    /// Returns `None` if that can't be done, with nothing changed. Then
    /// [`canon_lower`](Self::canon_lower) begins the call, or fails with the reason.
    ///
    /// # Errors
    ///
    /// - [`MachineError::NoCurrentThread`] if no guest runs.
    /// - [`MachineError::OtherStep`] if the machine waits for the end of a step.
    /// - [`MachineError::MustUnwind`] after a trap.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#canon-lower)
    #[inline]
    pub fn canon_lower_deferred(
        &mut self,
        function: FunctionId,
        is_async: bool,
    ) -> Result<Option<DeferredCallee>, Error> {
        let caller = self.current_instance()?;
        if !self.instances.get(caller)?.may_leave {
            return Ok(None);
        }
        let Ok(key) = self.function_key(function) else { return Ok(None) };
        let (lift, callee) = match self.functions.get(key)?.function {
            Function::Host { number } => {
                if !self.may_defer() || !self.has_room_for_deferred_call() {
                    return Ok(None);
                }
                (None, DeferredCallee::Host(number))
            }
            Function::Lifted(_) => match self.deferrable(function) {
                Some(lift) => (Some(lift), DeferredCallee::Guest),
                None => return Ok(None),
            },
        };
        if !self.frames.reserve(2)
            || is_async && self.tables_mut(caller)?.handles.reserve::<Handle>().is_err()
        {
            return Ok(None);
        }
        self.push_deferred(Deferred::Lower { function: key, is_async })?;
        if let Some(lift) = lift {
            self.push_lift(lift)?;
        }
        Ok(Some(callee))
    }

    /// Finishes the innermost call, whose callee has returned.
    ///
    /// Its result must be lifted and lowered already, either now or before a call of
    /// [`deferred_resolved`](Self::deferred_resolved). A function that is lifted with `async` has
    /// returned `exit`; pass any other result to [`function_returned`](Self::function_returned).
    ///
    /// Returns `true` if the call had no records, and is over: the caller has control. If the
    /// caller has lowered the function with `async`, it gets the
    /// [`CallResult`](crate::code::CallResult) `Returned`.
    ///
    /// Returns `false`, with nothing changed, if the call's records were made meanwhile, or if a
    /// function that is lifted with `async` has not resolved. Then go on with
    /// [`function_returned`](Self::function_returned) or
    /// [`return_host_function_call`](Self::return_host_function_call).
    ///
    /// # Errors
    ///
    /// - [`MachineError::OtherStep`] if the machine waits for the end of a step.
    /// - [`MachineError::MustUnwind`] after a trap.
    /// - [`Error::Inconsistent`] after a fault in Weft.
    #[inline]
    pub fn deferred_returned(&mut self) -> Result<bool, Error> {
        self.check_outstanding(Outstanding::Nothing)?;
        let Some(Frame::Deferred(deferred)) = self.top_frame() else { return Ok(false) };
        match deferred {
            Deferred::Realloc { .. } | Deferred::Lift { is_async: true, .. } => return Ok(false),
            Deferred::Lower { is_async, .. } => {
                self.pop_lower(is_async)?;
                return Ok(true);
            }
            Deferred::Lift { is_async: false, .. } => {}
            Deferred::Resolved { function, instance, .. } => {
                if self.is_async_lifted(function)? {
                    self.unlock(instance)?;
                } else {
                    self.instances.get_mut(instance)?.may_leave = true;
                }
            }
        }
        self.pop_deferred();
        match self.top_frame() {
            Some(Frame::Deferred(Deferred::Lower { is_async, .. })) => self.pop_lower(is_async)?,
            Some(Frame::Host { .. }) => {
                self.frames.pop();
            }
            _ => return Err(Error::Inconsistent(Table::Frames)),
        }
        Ok(true)
    }

    /// Resolves the innermost call before the callee returns. `result` is that of
    /// [`resolve`](Self::resolve), and was lifted and lowered.
    ///
    /// If the function is lifted without `async`, call its `post-return` now. If it is lifted
    /// with `async`, it has called `task.return`, and
    /// [`check_deferred_return`](Self::check_deferred_return) has returned `true`.
    ///
    /// Returns `false`, with nothing changed, if the records of the call were made meanwhile, or
    /// if it has resolved before.
    ///
    /// # Errors
    ///
    /// - [`MachineError::OtherStep`] if the machine waits for the end of a step.
    /// - [`MachineError::MustUnwind`] after a trap.
    /// - [`Error::Inconsistent`] after a fault in Weft.
    pub fn deferred_resolved(&mut self, result: Option<CoreValue>) -> Result<bool, Error> {
        self.check_outstanding(Outstanding::Nothing)?;
        let Some(Frame::Deferred(Deferred::Lift { function, instance, is_async })) =
            self.top_frame()
        else {
            return Ok(false);
        };
        let result = FlatResult::pack(result);
        let resolved = Deferred::Resolved { function, instance, result };
        self.set_top_frame(Frame::Deferred(resolved))?;
        if !is_async {
            self.instances.get_mut(instance)?.may_leave = false;
        }
        Ok(true)
    }

    /// Checks a call of `task.return` by the innermost call, without making records:
    /// `canon_task_return`.
    ///
    /// Returns `true` if the result may be lifted now, for
    /// [`deferred_resolved`](Self::deferred_resolved). Returns `false` if the call has records,
    /// or if `task.return` traps. Then call
    /// [`canon_task_return`](crate::builtin::TaskBuiltins::canon_task_return).
    ///
    /// # Errors
    ///
    /// - [`MachineError::OtherStep`] if the machine waits for the end of a step.
    /// - [`MachineError::MustUnwind`] after a trap.
    /// - [`Error::Inconsistent`] after a fault in Weft.
    pub fn check_deferred_return(
        &self,
        result_type: Option<TypeIndex>,
        options: OptionsIndex,
    ) -> Result<bool, Error> {
        self.check_outstanding(Outstanding::Nothing)?;
        let Some(Frame::Deferred(Deferred::Lift { function, instance, is_async: true })) =
            self.top_frame()
        else {
            return Ok(false);
        };
        if !self.instances.get(instance)?.may_leave {
            return Ok(false);
        }
        Ok(match &self.functions.get(function)?.function {
            Function::Lifted(lifted) => {
                lifted.result_type == result_type && lifted.lift_options == options
            }
            Function::Host { .. } => false,
        })
    }

    /// Returns `true` if the innermost call has no records, and has
    /// [resolved](Self::deferred_resolved).
    #[must_use]
    pub fn is_deferred_resolved(&self) -> bool {
        matches!(self.top_frame(), Some(Frame::Deferred(Deferred::Resolved { .. })))
    }

    /// Returns `true` if the guest that runs may call a host function without telling the
    /// machine.
    ///
    /// The machine needn't be told as long as the host function needs no records and runs no guest.
    /// Before it does either, call [`canon_lower_deferred`](Self::canon_lower_deferred).
    #[inline]
    #[must_use]
    pub fn can_call_host_unseen(&self) -> bool {
        self.may_defer()
            && self
                .current_instance()
                .and_then(|caller| self.instances.get(caller))
                .is_ok_and(|caller| caller.may_leave)
    }

    /// Returns the id that the innermost call gets if its records are made now.
    ///
    /// # Errors
    ///
    /// - [`Error::Full`] if there is no room for it.
    /// - [`Error::Inconsistent`] after a fault in Weft.
    pub fn id_of_deferred(&self) -> Result<SubtaskId, Error> {
        let end = self.frames.len();
        let first = end.saturating_sub(self.deferred as usize);
        // A call has one frame, that of its callee if that is a guest.
        let is_call = |position: &usize| match self.frames.get(*position) {
            Some(Frame::Deferred(Deferred::Lift { .. } | Deferred::Resolved { .. })) => true,
            Some(Frame::Deferred(Deferred::Lower { .. })) => position + 1 == end,
            _ => false,
        };
        let calls_before = (first..end).filter(is_call).count().saturating_sub(1);
        let (key, generation) = self.waitables.next_but(calls_before)?;
        Ok(SubtaskId { number: key.number(), generation })
    }

    /// Returns `true` if a function that may run without records is lifted with `async`.
    pub(crate) fn is_async_lifted(&self, function: Key<DefinedFunction>) -> Result<bool, Error> {
        match &self.functions.get(function)?.function {
            Function::Lifted(lifted) => Ok(lifted.lift.is_async()),
            Function::Host { .. } => Ok(false),
        }
    }

    /// Returns `true` if the guest that runs, which has no records, is lifted with `async`, or if
    /// no guest runs.
    pub(crate) fn is_deferred_async_lifted(&self, deferred: Deferred) -> bool {
        match (deferred.instance(), deferred.function()) {
            (None, _) => true,
            (Some(_), function) => function.is_some_and(|it| self.is_async_lifted(it) == Ok(true)),
        }
    }

    /// Returns the instance that runs, if the innermost call has no records.
    #[inline]
    pub(crate) fn deferred_instance(&self) -> Result<Key<Instance>, Error> {
        match self.top_frame() {
            Some(Frame::Deferred(deferred)) => deferred.instance(),
            _ => None,
        }
        .ok_or(MachineError::NoCurrentThread.into())
    }

    /// Begins a `realloc` of `instance` without records. Returns `false`, with nothing changed, if
    /// that can't be done.
    pub(crate) fn begin_deferred_realloc(
        &mut self,
        instance: Key<Instance>,
    ) -> Result<bool, Error> {
        if !self.may_defer()
            || !self.has_room_for_deferred_call()
            || !self.has_room_for_deferred_task(instance)
            || !self.frames.reserve(1)
        {
            return Ok(false);
        }
        self.instances.get_mut(instance)?.may_leave = false;
        let outstanding = core::mem::take(&mut self.outstanding);
        self.push_deferred(Deferred::Realloc { instance, outstanding })?;
        Ok(true)
    }

    /// Finishes the `realloc` that runs, if it has no records. Returns `false` if it has.
    pub(crate) fn end_deferred_realloc(&mut self) -> Result<bool, Error> {
        let Some(Frame::Deferred(Deferred::Realloc { instance, outstanding })) = self.top_frame()
        else {
            return Ok(false);
        };
        self.instances.get_mut(instance)?.may_leave = true;
        self.outstanding = outstanding;
        self.pop_deferred();
        Ok(true)
    }

    /// Returns the frame of a function, if a call of it can begin without records. That is so if
    /// it can enter at once, no other thread waits that could see a difference, and there is
    /// room.
    #[inline]
    fn deferrable(&mut self, function: FunctionId) -> Option<Deferred> {
        let function = self.function_key(function).ok()?;
        let Function::Lifted(lifted) = &self.functions.get(function).ok()?.function else {
            return None;
        };
        let is_async = lifted.is_async;
        if is_async && lifted.lift != LiftMode::Callback {
            return None;
        }
        let instance = self.instance_key(lifted.instance).ok()?;
        let entered = self.instances.get(instance).ok()?;
        let may_enter = !entered.lockdown
            && entered.held == 0
            && (!is_async
                || entered.backpressure == 0
                    && entered.is_unlocked()
                    && entered.queues.are_empty());
        let can_defer = may_enter
            && self.may_defer()
            && self.has_room_for_deferred_call()
            && self.has_room_for_deferred_task(instance);
        can_defer.then_some(Deferred::Lift { function, instance, is_async })
    }

    /// Returns `true` if records may be put off, because no hook has to be told of them at once.
    #[inline]
    fn may_defer(&self) -> bool {
        !self.is_eager
            && (!H::LISTENS || !self.hooks.hears_of_next_task() && !self.hooks.hears_of_next_call())
    }

    /// Returns `true` if there is room for one more call without records. A frame stands for at
    /// most one record of each kind.
    #[inline]
    fn has_room_for_deferred_call(&mut self) -> bool {
        self.waitables.reserve(self.deferred as usize + 1).is_ok()
    }

    /// Returns `true` if there is room for one more task of `instance` without records, and for
    /// its thread.
    #[inline]
    fn has_room_for_deferred_task(&mut self, instance: Key<Instance>) -> bool {
        let num_tasks = self.deferred + 1;
        let Ok(tables) = self.tables_mut(instance) else { return false };
        tables.threads.check_room::<Key<Thread>>(num_tasks).is_ok()
            && self.tasks.reserve(num_tasks as usize).is_ok()
            && self.threads.reserve(num_tasks as usize).is_ok()
    }

    /// Pushes a frame of a call without records.
    #[inline]
    fn push_deferred(&mut self, deferred: Deferred) -> Result<(), Error> {
        self.push_frame(Frame::Deferred(deferred))?;
        self.deferred += 1;
        Ok(())
    }

    /// Pushes the frame of a guest's function, which takes the exclusive lock if it needs to.
    #[inline]
    fn push_lift(&mut self, lift: Deferred) -> Result<(), Error> {
        if let Deferred::Lift { instance, is_async: true, .. } = lift {
            self.instances.get_mut(instance)?.is_locked_by_deferred = true;
        }
        self.push_deferred(lift)
    }

    /// Releases the exclusive lock of an instance.
    fn unlock(&mut self, instance: Key<Instance>) -> Result<(), Error> {
        let entered = self.instances.get_mut(instance)?;
        entered.is_locked_by_deferred = false;
        if entered.queues.are_empty() { Ok(()) } else { self.count(instance) }
    }

    /// Pops the frame of a caller.
    #[inline]
    fn pop_lower(&mut self, is_async: bool) -> Result<(), Error> {
        self.pop_deferred();
        if is_async {
            let caller = self.current_instance()?;
            self.tables_mut(caller)?.handles.unreserve();
        }
        Ok(())
    }

    /// Pops a frame of a call without records.
    #[inline]
    fn pop_deferred(&mut self) {
        self.frames.pop();
        self.deferred = self.deferred.saturating_sub(1);
    }
}

//! `canon_lift`, and `LiftLowerContext.reallocate`.

use crate::chooser::{Choice, Chooser};
use crate::code::{CallbackCode, CallbackResult};
use crate::error::{Error, Failure, MachineError};
use crate::limits::{Limits, Storage};
use crate::trap::Trap;

use crate::id::{FunctionId, InstanceId};
use crate::machine::arena::Key;
use crate::machine::hooks::Hooks;
use crate::machine::observation::Action;
use crate::machine::record::definition::{LiftMode, LiftedFunction};
use crate::machine::record::frame::{Frame, Outstanding};
use crate::machine::record::task::{Code, Continuation, Queue, TaskState, Thread};
use crate::machine::record::waitable::{Callee, Waitable};
use crate::machine::record::words::words;
use crate::machine::state::Machine;
use crate::machine::step::{Event, Flow, Resolution, ReturnFrom, Step};

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Checks that `canon_lift` can begin: the instance may be entered, and there is room.
    pub(crate) fn check_lift(
        &mut self,
        function: FunctionId,
        lifted: &LiftedFunction,
    ) -> Result<(), Failure> {
        // An instance that was removed can't be entered, as one that has trapped can't.
        let entered = self.instance_key(lifted.instance).map_err(Failure::from);
        if entered.and_then(|instance| self.check_enter(instance)).is_err() {
            let callee = Some(lifted.instance);
            self.observe(|_| Ok(Action::CallRefused { callee, function }));
            return Err(Trap::CannotEnterComponentInstance.into());
        }
        self.tasks.reserve(1)?;
        self.threads.reserve(1)?;
        Ok(self.prepare_task(lifted.instance, Some(function))?)
    }

    /// Reserves a place for the callee's implicit thread in its instance's thread table.
    pub(crate) fn reserve_thread_index(&mut self, lifted: &LiftedFunction) -> Result<(), Error> {
        let instance = self.instance_key(lifted.instance)?;
        self.tables_mut(instance)?.threads.reserve::<Key<Thread>>()
    }

    /// Begins a call of a lifted function: `canon_lift`. There is room, and a place in the thread
    /// table is reserved.
    ///
    /// `destroyed` is the representation that a destructor is called with.
    pub(crate) fn canon_lift(
        &mut self,
        function: FunctionId,
        lifted: LiftedFunction,
        caller: Key<Waitable>,
        destroyed: Option<u64>,
    ) -> Result<Flow, Failure> {
        let instance = self.instance_key(lifted.instance)?;
        let begin = match destroyed {
            None => (Continuation::Begin, Code::Function),
            Some(representation) => {
                let representation = words(representation);
                (Continuation::BeginDestructor { representation }, Code::Destructor)
            }
        };
        let (task, thread) = self.new_task(Some(function), instance, Some(caller), begin)?;
        self.subtask_mut(caller)?.callee = Callee::Task(task);
        if self.is_closed_by_held(instance)? {
            return self.hold_entering(thread, begin.0);
        }
        if !lifted.is_async {
            let task = self.task_id(task)?;
            self.push_frame(Frame::Lift { task, instance })?;
        }
        self.resume(thread)
    }

    /// Tells the machine that a core function that a step called has returned. It is the lifted
    /// function, its callback, `post-return`, a destructor, or a thread's start function.
    ///
    /// `packed` is the result of a function that was lifted with a callback, or of the callback.
    /// The driver keeps the result of other functions. It lifts that result when it takes
    /// [`Step::Return`], and calls `post-return` with it.
    ///
    /// # Errors
    ///
    /// - [`MachineError::NoCurrentThread`] if no guest runs.
    /// - [`MachineError::NoCallbackResult`] if `packed` is missing.
    /// - [`MachineError::InRealloc`] while `realloc` runs.
    /// - The traps `unsupported-callback-code`, `unknown-handle-index`, `handle-wrong-type`,
    ///   `no-async-result` and `borrows-remain`, and those of the threads that run next.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#canon-lift)
    pub fn function_returned(&mut self, packed: Option<u32>) -> Result<Step, Failure> {
        let thread = self.current_thread()?;
        let code = self.threads.get(thread)?.code;
        let task = self.threads.get(thread)?.task;
        let lift = self.lifted(task)?.map(|lifted| lifted.lift);
        match (code, lift) {
            (Code::Function, None) | (Code::Realloc, _) => {
                return Err(MachineError::InRealloc.into());
            }
            (Code::Function, Some(LiftMode::Callback)) | (Code::Callback, _)
                if packed.is_none() =>
            {
                return Err(MachineError::NoCallbackResult.into());
            }
            _ => {}
        }
        self.advance(|machine| match (code, lift) {
            (Code::Function, Some(LiftMode::Sync { .. })) => {
                machine.task_return(thread, ReturnFrom::Function)
            }
            (Code::Function, Some(LiftMode::Callback)) | (Code::Callback, _) => {
                machine.callback_returned(thread, packed.unwrap_or_default())
            }
            (Code::Function | Code::Realloc, _) => machine.exit_implicit_thread(thread),
            (Code::Destructor, _) => {
                if machine.tasks.get(task)?.num_borrows > 0 {
                    return Err(Trap::BorrowsRemain.into());
                }
                machine.resolve_task(task, Resolution::Returned(None))?;
                machine.exit_implicit_thread(thread)
            }
            (Code::PostReturn, _) => {
                machine.set_may_leave(thread, true)?;
                machine.exit_implicit_thread(thread)
            }
            (Code::StartFunction, _) => machine.unregister_thread(thread),
        })
    }

    /// Goes on with a function that is lifted without `async`: `canon_lift`, after
    /// `task.return_`.
    pub(crate) fn sync_returned(&mut self, thread: Key<Thread>) -> Result<Flow, Failure> {
        let task = self.threads.get(thread)?.task;
        let lift = self.lifted(task)?.map(|lifted| lifted.lift);
        if lift != Some(LiftMode::Sync { has_post_return: true }) {
            return self.exit_implicit_thread(thread);
        }
        self.set_may_leave(thread, false)?;
        self.threads.get_mut(thread)?.code = Code::PostReturn;
        Ok(Some(Step::CallPostReturn {
            thread: self.thread_id(thread)?,
            task: self.task_id(task)?,
            function: self.task_function(task)?,
        }))
    }

    /// Sets `may_leave` of the instance that a thread runs in.
    fn set_may_leave(&mut self, thread: Key<Thread>, may_leave: bool) -> Result<(), Error> {
        let instance = self.tasks.get(self.threads.get(thread)?.task)?.instance;
        self.instances.get_mut(instance)?.may_leave = may_leave;
        Ok(())
    }

    /// Acts on the result of a function with a callback, or of the callback: the callback loop of
    /// `canon_lift`.
    fn callback_returned(&mut self, thread: Key<Thread>, packed: u32) -> Result<Flow, Failure> {
        let CallbackResult { code, waitable_set } = CallbackResult::unpack(packed)?;
        if code == CallbackCode::Exit {
            return self.exit_implicit_thread(thread);
        }
        let task = self.threads.get(thread)?.task;
        if self.deliver_pending_cancel(task)? {
            return self.call_callback(thread, Event::TASK_CANCELLED);
        }
        self.set_exclusive_thread(task, None)?;
        if code == CallbackCode::Wait {
            let instance = self.tasks.get(task)?.instance;
            let set = self.set_at(instance, waitable_set)?;
            return self.wait_from_callback(thread, set);
        }
        if self.choose_to_go_on(Choice::Yield, 0)? == 1 {
            return self.callback_event(thread, Event::NONE);
        }
        self.start_waiting(thread, Queue::Exclusive, Continuation::CallbackYield)?;
        Ok(None)
    }

    /// Goes on with the callback loop of `canon_lift`, after `wait_until` of a yield.
    pub(crate) fn callback_yielded(&mut self, thread: Key<Thread>) -> Result<Flow, Failure> {
        let task = self.threads.get(thread)?.task;
        let is_cancelled = self.deliver_pending_cancel(task)?;
        self.callback_event(thread, if is_cancelled { Event::TASK_CANCELLED } else { Event::NONE })
    }

    /// Takes the lock again, and calls the callback: the callback loop of `canon_lift`.
    pub(crate) fn callback_event(
        &mut self,
        thread: Key<Thread>,
        event: Event,
    ) -> Result<Flow, Failure> {
        let task = self.threads.get(thread)?.task;
        self.set_exclusive_thread(task, Some(thread))?;
        self.call_callback(thread, event)
    }

    /// Begins a call of the core function `realloc` of `instance`: `LiftLowerContext.reallocate`,
    /// up to the call.
    ///
    /// The driver calls the function now, on a thread that has its own context slots. Call
    /// [`realloc_returned`](Self::realloc_returned) afterwards.
    ///
    /// # Errors
    ///
    /// - [`Error::Unknown`] if the instance doesn't exist.
    /// - [`Error::Full`] if there is no room in [`Tasks`](crate::limits::Table::Tasks),
    ///   [`Threads`](crate::limits::Table::Threads),
    ///   [`ThreadIndices`](crate::limits::Table::ThreadIndices) or
    ///   [`Frames`](crate::limits::Table::Frames).
    /// - The traps `cannot-enter-component-instance` and `table-full`.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#lifting-and-lowering-context)
    pub fn begin_realloc(&mut self, instance: InstanceId) -> Result<(), Failure> {
        if self.must_unwind {
            return Err(MachineError::MustUnwind.into());
        }
        let instance = self.instance_key(instance)?;
        self.check_enter(instance)?;
        if !self.instances.get(instance)?.may_leave {
            return Err(MachineError::InRealloc.into());
        }
        if self.begin_deferred_realloc(instance)? {
            return Ok(());
        }
        self.look()?;
        self.tasks.reserve(1)?;
        self.threads.reserve(1)?;
        self.reserve_frames(1)?;
        self.tables_mut(instance)?.threads.check_room::<Key<Thread>>(1)?;
        let previous = self.current;
        self.make_realloc_task(instance)?;
        self.instances.get_mut(instance)?.may_leave = false;
        let outstanding = core::mem::take(&mut self.outstanding);
        Ok(self.push_frame(Frame::Realloc { previous, outstanding })?)
    }

    /// Finishes a call of `realloc`: `LiftLowerContext.reallocate`, after the call.
    ///
    /// # Errors
    ///
    /// [`MachineError::NotEntered`] if `realloc` isn't running.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#lifting-and-lowering-context)
    pub fn realloc_returned(&mut self) -> Result<(), Failure> {
        self.check_outstanding(Outstanding::Nothing)?;
        if self.end_deferred_realloc()? {
            return Ok(());
        }
        let thread = self.current_thread()?;
        let Some(Frame::Realloc { previous, outstanding }) = self.top_frame() else {
            return Err(MachineError::NotEntered.into());
        };
        let task = self.threads.get(thread)?.task;
        self.frames.pop();
        self.set_may_leave(thread, true)?;
        self.tasks.get_mut(task)?.state = TaskState::Resolved;
        self.exit_implicit_thread(thread)?;
        self.current = previous;
        self.outstanding = outstanding;
        Ok(())
    }
}

//! `canon_lower`: calls of imports by guests.

use crate::chooser::Chooser;
use crate::code::{CallResult, SubtaskState};
use crate::error::{Error, Failure};
use crate::limits::{Limits, Table};
use crate::trap::Trap;

use crate::id::{FunctionId, SubtaskId};
use crate::machine::arena::Key;
use crate::machine::hooks::Hooks;
use crate::machine::record::definition::{Function, frames_of};
use crate::machine::record::frame::Frame;
use crate::machine::record::instance::Instance;
use crate::machine::record::tables::Handle;
use crate::machine::record::task::{Continuation, Queue, Thread};
use crate::machine::record::waitable::{Callee, Ends, Kind, Subtask, Waitable};
use crate::machine::state::Machine;
use crate::machine::step::{Flow, Resumed, Step};

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Calls `function` for the current thread, which imports it lowered with or without `async`:
    /// `canon_lower`.
    ///
    /// Returns the call, which may be over already, and the next step. The arguments are lifted
    /// when the callee takes them, by [`Step::CallFunction`] or
    /// [`start_host_function_call`](Self::start_host_function_call). The call ends by
    /// [`Step::Resume`] with [`Resumed::Import`] or [`Resumed::AsyncImport`].
    ///
    /// # Errors
    ///
    /// - [`MachineError::NoCurrentThread`] if no guest runs.
    /// - [`Error::Unknown`] if the function doesn't exist.
    /// - [`Error::Full`] if there is no room in [`Waitables`](crate::limits::Table::Waitables),
    ///   [`Handles`](crate::limits::Table::Handles), [`Tasks`](crate::limits::Table::Tasks),
    ///   [`Threads`](crate::limits::Table::Threads),
    ///   [`ThreadIndices`](crate::limits::Table::ThreadIndices),
    ///   [`Frames`](crate::limits::Table::Frames) or
    ///   [`HeldFrames`](crate::limits::Table::HeldFrames), or if the
    ///   [hooks](crate::machine::Hooks) have none.
    /// - The traps `cannot-leave-component-instance`, `cannot-enter-component-instance`,
    ///   `table-full` and `cannot-block-sync-task`, and those of the threads that run meanwhile.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#canon-lower)
    ///
    /// [`MachineError::NoCurrentThread`]: crate::error::MachineError::NoCurrentThread
    pub fn canon_lower(
        &mut self,
        function: FunctionId,
        is_async: bool,
    ) -> Result<(SubtaskId, Step), Failure> {
        let thread = self.current_thread()?;
        let instance = self.current_instance()?;
        let call = if self.instances.get(instance)?.may_leave {
            self.prepare_lower(instance, function, is_async)
        } else {
            Err(Trap::CannotLeaveComponentInstance.into())
        };
        self.must_unwind |= matches!(call, Err(Failure::Trap(_)));
        let call = call?;
        let mut id = None;
        let step = self.advance(|machine| {
            let (subtask, flow) = machine.lower(thread, instance, call, (is_async, None))?;
            id = Some(subtask);
            Ok(flow)
        })?;
        Ok((id.ok_or(Error::Inconsistent(Table::Waitables))?, step))
    }

    /// Makes sure that [`lower`](Self::lower) has room, and that the callee may be entered.
    ///
    /// Traps: `cannot-enter-component-instance`.
    pub(crate) fn prepare_lower(
        &mut self,
        instance: Key<Instance>,
        function: FunctionId,
        is_async: bool,
    ) -> Result<(FunctionId, Function), Failure> {
        let callee = self.called_function(function)?;
        let caller = self.instance_id(instance)?;
        self.prepare_call(Some(caller), Some(function))?;
        if is_async {
            self.tables_mut(instance)?.handles.reserve::<Handle>()?;
        }
        let frames = match &callee {
            Function::Lifted(lifted) => 1 + frames_of(lifted),
            Function::Host { .. } => 1,
        };
        let mut has_room = self.reserve_frames(frames).map_err(Failure::from);
        if let Function::Lifted(lifted) = &callee {
            has_room = has_room.and_then(|()| self.check_lift(function, lifted));
            has_room = has_room.and_then(|()| Ok(self.reserve_entering(lifted, !is_async)?));
            has_room = has_room.and_then(|()| Ok(self.reserve_thread_index(lifted)?));
        }
        if has_room.is_err() && is_async {
            self.tables_mut(instance)?.handles.unreserve();
        }
        has_room.map(|()| (function, callee))
    }

    /// Begins a prepared call of an import or of a destructor: `canon_lower`, up to the call.
    ///
    /// `destroyed` is the representation that a destructor is called with.
    pub(crate) fn lower(
        &mut self,
        thread: Key<Thread>,
        instance: Key<Instance>,
        (function, callee): (FunctionId, Function),
        (is_async, destroyed): (bool, Option<u64>),
    ) -> Result<(SubtaskId, Flow), Failure> {
        let mut subtask = Subtask::new(Callee::Gone);
        if destroyed.is_some() {
            subtask.ends = Ends::Destructor;
        }
        let call = Waitable::new(Some(instance), Kind::Subtask(subtask));
        let (subtask, id) = self.insert_call(call, Some(function))?;
        self.push_frame(Frame::Lower { thread, subtask, is_async })?;
        let flow = match callee {
            Function::Lifted(lifted) => self.canon_lift(function, lifted, subtask, destroyed)?,
            Function::Host { number } => {
                self.subtask_mut(subtask)?.callee = Callee::Host(number);
                self.current = None;
                let thread = self.thread_id(thread)?;
                Some(Step::CallHost { thread, subtask: id, function: number })
            }
        };
        Ok((id, flow))
    }

    /// Goes on after the callee was called: `canon_lower`, after the call.
    pub(crate) fn called(
        &mut self,
        thread: Key<Thread>,
        subtask: Key<Waitable>,
        is_async: bool,
    ) -> Result<Flow, Failure> {
        let instance = self.tasks.get(self.threads.get(thread)?.task)?.instance;
        let resolved = self.subtask(subtask)?.resolved();
        if !is_async {
            if resolved {
                return self.lower_resolved(thread, subtask);
            }
            return self.wait_for(thread, subtask, Continuation::Lower(subtask));
        }
        let result = if resolved {
            self.tables_mut(instance)?.handles.unreserve();
            self.deliver_resolve(subtask)?;
            self.remove_waitable(subtask)?;
            CallResult { state: SubtaskState::Returned, subtask: 0 }
        } else {
            let index =
                self.tables_mut(instance)?.handles.add_reserved(Handle::Waitable(subtask))?;
            self.waitables.get_mut(subtask)?.index = index;
            let subtask = self.subtask_mut(subtask)?;
            subtask.ends = Ends::Event;
            CallResult { state: subtask.state, subtask: index }
        };
        let packed = result.pack().map_err(Error::from)?;
        self.return_to(thread, Resumed::AsyncImport(packed))
    }

    /// Returns to a caller that lowered without `async`, after the subtask has resolved:
    /// `canon_lower`.
    pub(crate) fn lower_resolved(
        &mut self,
        thread: Key<Thread>,
        subtask: Key<Waitable>,
    ) -> Result<Flow, Failure> {
        self.deliver_resolve(subtask)?;
        let resolved = self.subtask(subtask)?;
        let value = match resolved.ends {
            Ends::Destructor => Resumed::Builtin(0),
            Ends::Import | Ends::Event => Resumed::Import(resolved.flat_result()),
        };
        self.remove_waitable(subtask)?;
        self.return_to(thread, value)
    }

    /// Lets `thread` wait until `waitable` has an event, as its only waiter.
    pub(crate) fn wait_for(
        &mut self,
        thread: Key<Thread>,
        waitable: Key<Waitable>,
        continuation: Continuation,
    ) -> Result<Flow, Failure> {
        self.start_waiting(thread, Queue::Unlisted, continuation)?;
        self.waitables.get_mut(waitable)?.waiter = Some(thread);
        Ok(None)
    }
}

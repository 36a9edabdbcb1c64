//! Held stacks of calls: a **host extension**, on the embedder's side of the rules.
//!
//! A host function whose type isn't `async` can wait as well, because the spec lets the host define
//! what blocking is. Then its caller, and the callers of that, are *held*: the frames of the stack
//! are put aside until the function has returned. Meanwhile, other instances go on.
//!
//! - No thread of an instance runs while the instance has a thread in a held stack.
//! - A call that would enter such an instance waits. If a caller on its stack can't wait, because
//!   it is in a call of a function that isn't `async`, or has called one, that stack is held, too.
//! - Calls that the function makes [itself](Machine::invoke_for_held) may enter, as if the function
//!   did not wait. If their own stack is held, it has to come back first. So stacks that are held
//!   in one instance come back in the reverse order. Guests that keep a stack in memory rely on
//!   that.
//! - An instance that would be held may also run below, under a host function that doesn't wait.
//!   Then the stack can't be held, because that function goes on, and so its caller would run
//!   before the held one. This is the trap `cannot-block-sync-task`.
//!
//! Guests see no difference to a function that runs all the time on the caller's stack.
//! [Blocking](https://github.com/WebAssembly/component-model/blob/main/design/mvp/Concurrency.md#blocking)

use crate::builtin::TypeIndex;
use crate::chooser::Chooser;
use crate::error::{Error, Failure, MachineError};
use crate::limits::{Limits, Storage};
use crate::trap::Trap;

use super::arena::Key;
use super::hooks::Hooks;
use super::observation::Action;
use super::record::definition::LiftedFunction;
use super::record::frame::Frame;
use super::record::held::{Bottom, HeldEntry, HeldFrame};
use super::record::instance::Instance;
use super::record::task::{Continuation, Queue, Thread};
use super::record::waitable::Callee;
use super::state::Machine;
use super::step::{Flow, Step};
use crate::id::{FunctionId, SubtaskId};

/// The entries of a stack whose thread at the top waits to enter, without its frames: the bottom,
/// and the entering.
const ENTRIES_OF_ENTERING: usize = 2;

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Returns control to the machine after [`Step::CallHost`], because the host function waits.
    /// It takes the place of [`host_returned`](Self::host_returned).
    ///
    /// The guests on the stack are held until
    /// [`return_host_function_call`](Self::return_host_function_call). Then they go on by
    /// [`tick`](Self::tick).
    ///
    /// # Errors
    ///
    /// - [`MachineError::NotEntered`] if the call isn't the one that is under way.
    /// - [`MachineError::AlreadyResolved`] if the call has resolved.
    /// - [`Error::Unknown`] if the call doesn't exist.
    /// - [`Error::Full`] if there is no room in [`HeldFrames`](crate::limits::Table::HeldFrames).
    /// - The trap `cannot-block-sync-task` if an instance on the stack also runs below another
    ///   host function, or if [holding is forbidden](Self::forbid_holding).
    pub fn hold_callers(&mut self, call: SubtaskId) -> Result<Step, Failure> {
        self.check_host_has_control()?;
        let subtask = self.host_function_call(call)?;
        let thread = match self.top_frame() {
            Some(Frame::Lower { thread, subtask: lowered, .. }) if lowered == subtask => thread,
            _ => return Err(MachineError::NotEntered.into()),
        };
        self.held.reserve(self.num_frames_of_host().saturating_add(1))?;
        self.advance(|machine| {
            machine.check_hold()?;
            machine.hold(thread, Queue::Unlisted, None)?;
            machine.waitables.get_mut(subtask)?.waiter = Some(thread);
            Ok(None)
        })
    }

    /// Calls a guest's export as [`invoke`](Self::invoke) does, for the host function whose call
    /// `call` is. If the callers of that host function are held, the new call enters their
    /// instances.
    ///
    /// # Errors
    ///
    /// - [`MachineError::GuestHasControl`] if a guest runs.
    /// - [`Error::Full`] if there is no room for the records of the call, or the
    ///   [hooks](super::Hooks) have none.
    /// - The traps `cannot-enter-component-instance`, `table-full` and `cannot-block-sync-task`,
    ///   and those of the threads that run meanwhile.
    /// - [`Error::Unknown`] if there is no such call, or if it isn't a lifted function.
    pub fn invoke_for_held(
        &mut self,
        call: SubtaskId,
        function: FunctionId,
    ) -> Result<(SubtaskId, Step), Failure> {
        let holder = self.holder_for(call)?;
        self.invoke_with(function, None, holder)
    }

    /// Drops a resource as [`drop_host_resource`](Self::drop_host_resource) does, for the host
    /// function whose call `call` is. If the callers of that host function are held, the destructor
    /// enters their instances.
    ///
    /// # Errors
    ///
    /// - [`MachineError::GuestHasControl`] if a guest runs.
    /// - [`Error::Full`] if there is no room for the records of the call, or the
    ///   [hooks](super::Hooks) have none.
    /// - The traps `cannot-enter-component-instance`, `table-full` and `cannot-block-sync-task`,
    ///   and those of the threads that run meanwhile.
    /// - [`Error::Unknown`] if there is no such call, or if `ty` isn't a resource type.
    pub fn drop_host_resource_for_held(
        &mut self,
        call: SubtaskId,
        ty: TypeIndex,
        representation: u64,
    ) -> Result<Option<(SubtaskId, Step)>, Failure> {
        let holder = self.holder_for(call)?;
        self.drop_host_resource_with(ty, representation, holder)
    }

    /// Returns the thread at the top of the stack that is held for a host function.
    fn holder_for(&self, call: SubtaskId) -> Result<Option<Key<Thread>>, Error> {
        match self.waitables.get(self.subtask_key(call)?)?.waiter {
            Some(thread) if self.held_stack(thread)?.is_some() => Ok(Some(thread)),
            _ => Ok(None),
        }
    }

    /// Returns `true` if the callers of a host function are held.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if there is no such call.
    pub fn are_callers_held(&self, call: SubtaskId) -> Result<bool, Error> {
        Ok(self.holder_for(call)?.is_some())
    }

    /// Returns `true` if `call`, which a host function has made, can't go on before that function
    /// returns.
    ///
    /// `holder` is the call of the host function. Its callers are held, and the callee of `call`
    /// runs in one of their instances.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if one of the calls doesn't exist.
    pub fn waits_for_holder(&self, holder: SubtaskId, call: SubtaskId) -> Result<bool, Error> {
        let Callee::Task(task) = self.subtask(self.subtask_key(call)?)?.callee else {
            return Ok(false);
        };
        let task = self.tasks.get(task)?;
        if let Some(thread) = task.implicit_thread
            && self.is_on_held_stack(thread)?
        {
            // It goes on when the host function that it is held for has returned.
            return Ok(false);
        }
        let instance = task.instance;
        let mut holder = self.holder_for(holder)?;
        while let Some(thread) = holder {
            let Some(stack) = self.held_stack(thread)? else { break };
            if self.num_held_frames(stack, instance)? > 0 {
                return Ok(true);
            }
            holder = self.bottom(stack)?.inside_of;
        }
        Ok(false)
    }

    /// Unwinds a held stack that can't go on, because the instance at its top is locked down. As
    /// a trap does, it locks down all instances on the stack.
    ///
    /// Returns `true` if there was such a stack. There may be others.
    ///
    /// # Errors
    ///
    /// - [`MachineError::GuestHasControl`] if a guest runs.
    /// - [`Error::Inconsistent`] after a fault in Weft.
    pub fn unwind_held(&mut self) -> Result<bool, Error> {
        self.look()?;
        if self.current.is_some() {
            return Err(MachineError::GuestHasControl.into());
        }
        self.unwind_held_of_gone()
    }

    /// Unwinds a held stack as [`unwind_held`](Self::unwind_held) does. The instance at its top
    /// is locked down.
    pub(crate) fn unwind_held_of_gone(&mut self) -> Result<bool, Error> {
        self.unwind_held_if(|machine, thread, _| {
            let instance = machine.tasks.get(machine.threads.get(thread)?.task)?.instance;
            Ok(machine.instances.get(instance)?.lockdown)
        })
    }

    /// Unwinds a held stack that `instance`, which is locked down, is part of. Returns `true` if
    /// there was one.
    pub(crate) fn unwind_held_of(&mut self, instance: Key<Instance>) -> Result<bool, Error> {
        self.unwind_held_if(|machine, _, stack| Ok(machine.num_held_frames(stack, instance)? > 0))
    }

    /// Unwinds the first held stack for which `is_lost` returns `true`. Returns `true` if there
    /// was one.
    fn unwind_held_if(
        &mut self,
        is_lost: impl Fn(&Self, Key<Thread>, Key<HeldFrame>) -> Result<bool, Error>,
    ) -> Result<bool, Error> {
        if self.held.len() == 0 {
            return Ok(false);
        }
        for position in 0..self.threads.positions() {
            let Some(thread) = self.threads.key_at(position) else { continue };
            let Some(stack) = self.held_stack(thread)? else { continue };
            if self.has_held_frames(stack)? && is_lost(self, thread, stack)? {
                self.abandon_held(thread, stack)?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Makes sure that there is room for a call that would enter an instance with a held guest,
    /// and for its callers, if they may have to be held.
    #[inline]
    pub(crate) fn reserve_entering(
        &mut self,
        lifted: &LiftedFunction,
        with_callers: bool,
    ) -> Result<(), Error> {
        if self.instances.get(self.instance_key(lifted.instance)?)?.held == 0 {
            return Ok(());
        }
        // The frame of the call is not there yet.
        let frames = if with_callers { self.num_frames_of_host().saturating_add(1) } else { 0 };
        self.held.reserve(frames.saturating_add(ENTRIES_OF_ENTERING))
    }

    /// Returns the frames of the stack of nested calls, the innermost first.
    fn frames_from_top(&self) -> impl Iterator<Item = Frame> {
        (0..self.frames.len()).rev().filter_map(|it| self.frames.get(it)).copied()
    }

    /// Returns the number of frames above the host's own frame, which began them.
    fn num_frames_of_host(&self) -> usize {
        self.frames_from_top()
            .take_while(|frame| {
                !matches!(
                    frame,
                    Frame::Host { .. } | Frame::HostCopy { .. } | Frame::Realloc { .. }
                )
            })
            .count()
    }

    /// Returns the thread at the top of the held stack whose host function has begun the current
    /// call, if there is one.
    pub(crate) fn current_holder(&self) -> Option<Key<Thread>> {
        self.frames_from_top().find_map(|frame| match frame {
            Frame::Host { holder, .. } => Some(holder),
            _ => None,
        })?
    }

    /// Returns the thread at the top of the held stack whose host function has begun the call
    /// that `thread` is held in.
    pub(crate) fn holder_of(&self, thread: Key<Thread>) -> Result<Option<Key<Thread>>, Error> {
        match self.held_stack(thread)? {
            Some(stack) => Ok(self.bottom(stack)?.inside_of),
            None => Ok(None),
        }
    }

    /// Sets whether holding the stack of nested calls is forbidden from now on. Returns `true` if
    /// it was forbidden before.
    ///
    /// Forbid it while the stack has a frame that can't stop, such as the start function of a
    /// core module. A call that would be held then traps with
    /// [`CannotBlockSyncTask`](Trap::CannotBlockSyncTask).
    #[inline]
    pub const fn forbid_holding(&mut self, is_forbidden: bool) -> bool {
        core::mem::replace(&mut self.is_holding_forbidden, is_forbidden)
    }

    /// Fails if the stack of nested calls can't be held. Either that is
    /// [forbidden](Self::forbid_holding), or one of its instances also runs below the host
    /// function that has begun it, which does not wait.
    fn check_hold(&self) -> Result<(), Failure> {
        if self.is_holding_forbidden {
            return Err(Trap::CannotBlockSyncTask.into());
        }
        let num_frames = self.num_frames_of_host();
        for below in self.frames_from_top().skip(num_frames) {
            let Some(instance) = self.instance_of_frame(below)? else { continue };
            for frame in self.frames_from_top().take(num_frames) {
                if self.instance_of_frame(frame)? == Some(instance) {
                    return Err(Trap::CannotBlockSyncTask.into());
                }
            }
        }
        Ok(())
    }

    /// Holds the stack of nested calls, down to the host's frame that has begun it. `thread` is
    /// at its top, and waits in `queue`. If it waits to enter, `enter` is its continuation.
    pub(crate) fn hold(
        &mut self,
        thread: Key<Thread>,
        queue: Queue,
        enter: Option<Continuation>,
    ) -> Result<(), Error> {
        let mut above = None;
        if let Some(enter) = enter {
            above = Some(self.held.insert(HeldFrame { entry: HeldEntry::Enter(enter), above })?);
        }
        while let Some(frame) = self.top_frame() {
            let Some(instance) = self.instance_of_frame(frame)? else { break };
            self.frames.pop();
            self.instances.get_mut(instance)?.held += 1;
            self.observe(|it| Ok(Action::Held { instance: it.instance_id(instance)? }));
            self.count(instance)?;
            above = Some(self.held.insert(HeldFrame { entry: HeldEntry::Frame(frame), above })?);
        }
        self.wait_in_held(thread, queue, above)
    }

    /// Adds the bottom of a held stack, and lets the thread at its top wait.
    fn wait_in_held(
        &mut self,
        thread: Key<Thread>,
        queue: Queue,
        above: Option<Key<HeldFrame>>,
    ) -> Result<(), Error> {
        let inside_of = self.current_holder();
        let bottom = Bottom { inside_of, held_inside: 0, entering_inside: 0 };
        let stack = self.held.insert(HeldFrame { entry: HeldEntry::Bottom(bottom), above })?;
        let has_frames = self.has_held_frames(stack)?;
        self.change_inside(inside_of, |holder| *holder.count(has_frames) += 1)?;
        self.start_waiting(thread, queue, Continuation::Held(stack.into()))
    }

    /// Lets a call wait that would enter an instance with a held guest. If one of its callers
    /// can't wait, they are held. The frame of the callee's own loop is not pushed yet.
    pub(crate) fn hold_entering(
        &mut self,
        thread: Key<Thread>,
        begin: Continuation,
    ) -> Result<Flow, Failure> {
        if self.is_waited_for(self.is_async_typed(self.threads.get(thread)?.task)?) {
            self.check_hold()?;
            self.hold(thread, Queue::Freed, Some(begin))?;
            return Ok(None);
        }
        let enter = HeldFrame { entry: HeldEntry::Enter(begin), above: None };
        let above = Some(self.held.insert(enter)?);
        self.wait_in_held(thread, Queue::Freed, above)?;
        Ok(None)
    }

    /// Returns `true` if a caller on the stack can neither go on nor wait before the callee has
    /// returned.
    fn is_waited_for(&self, is_async_typed: bool) -> bool {
        for frame in self.frames_from_top() {
            match frame {
                Frame::Lower { is_async: true, .. }
                | Frame::CancelSubtask { is_async: true, .. }
                | Frame::Host { .. }
                | Frame::HostCopy { .. }
                | Frame::Realloc { .. } => return false,
                Frame::Lift { .. } => return true,
                Frame::Lower { .. } if !is_async_typed => return true,
                Frame::Lower { .. }
                | Frame::CancelSubtask { .. }
                | Frame::RequestCancellation { .. }
                // No call waits before its records are made.
                | Frame::Deferred(_) => {}
            }
        }
        false
    }

    /// Returns `true` if a call has to wait before it enters `instance`, because a guest of it is
    /// held, but not for the host function that has begun the call.
    #[inline]
    pub(crate) fn is_closed_by_held(&self, instance: Key<Instance>) -> Result<bool, Error> {
        let num_held = self.instances.get(instance)?.held;
        if num_held == 0 {
            return Ok(false);
        }
        self.is_held_by_others(instance, num_held)
    }

    #[cold]
    fn is_held_by_others(&self, instance: Key<Instance>, num_held: u32) -> Result<bool, Error> {
        let mut num_of_holders = 0;
        let mut holder = self.current_holder();
        while let Some(thread) = holder {
            let Some(stack) = self.held_stack(thread)? else { break };
            num_of_holders += self.num_held_frames(stack, instance)?;
            holder = self.bottom(stack)?.inside_of;
        }
        Ok(num_of_holders < num_held)
    }

    /// Puts back the frames of a held stack, with `thread` at its top, and goes on.
    pub(crate) fn continue_held(
        &mut self,
        thread: Key<Thread>,
        stack: Key<HeldFrame>,
    ) -> Result<Flow, Failure> {
        self.leave_holder(stack)?;
        self.forget_holder(thread, stack)?;
        let mut entry = Some(stack);
        let mut enter = None;
        while let Some(key) = entry {
            let HeldFrame { entry: restored, above } = self.held.remove(key)?;
            match restored {
                HeldEntry::Bottom(_) => {}
                HeldEntry::Frame(frame) => {
                    self.push_frame(frame)?;
                    self.release_frame(frame)?;
                }
                HeldEntry::Enter(begin) => enter = Some(begin),
            }
            entry = above;
        }
        match enter {
            // The frame at the top is that of the call that has resolved.
            None => Ok(None),
            Some(begin) => self.enter_after_hold(thread, begin),
        }
    }

    /// Gives up a held stack, as [`trapped`](Self::trapped) gives up the stack of nested calls.
    fn abandon_held(&mut self, thread: Key<Thread>, stack: Key<HeldFrame>) -> Result<(), Error> {
        if let Some(call) = self.call_of_held(stack)? {
            self.waitables.get_mut(call)?.waiter = None;
        }
        self.stop_waiting(thread)?;
        self.threads.get_mut(thread)?.continuation = Continuation::Running;
        self.abandon(thread)?;
        let mut entry = Some(stack);
        while let Some(key) = entry {
            let held = self.held.get(key)?;
            let (abandoned, above) = (held.entry, held.above);
            if let HeldEntry::Frame(frame) = abandoned {
                self.abandon_frame(frame)?;
            }
            entry = above;
        }
        self.drop_held(thread, stack)
    }
}

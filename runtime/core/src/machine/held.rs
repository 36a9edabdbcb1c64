//! Held stacks of calls: a **host extension**, on the embedder's side of the rules.
//!
//! A host function whose type isn't `async` may wait all the same: what counts as blocking is up to
//! the host. Its caller, and those that have called it, are then *held*: the frames of the stack are
//! put aside, and come back when the function has returned. Meanwhile, other instances go on.
//!
//! - No thread of an instance runs that has a thread in a held stack.
//! - A call that would enter such an instance waits. If its caller can't wait, as it is in a call of
//!   a function that isn't `async` or called one, the caller is held, too.
//! - Calls that the function makes [itself](Machine::invoke_for_held) enter, as those of a host function
//!   do that doesn't wait. A stack of theirs that is held has to come back first.
//!
//! To guests, it is as if the function had run all the time, on the caller's stack.
//!
//! [Blocking](https://github.com/WebAssembly/component-model/blob/main/design/mvp/Concurrency.md#blocking)

use crate::chooser::Chooser;
use crate::error::{Error, Failure, MachineError};
use crate::limits::{Limits, Storage, Table};

use super::arena::Key;
use super::hooks::Hooks;
use super::record::frame::Frame;
use super::record::held::{HeldEntry, HeldFrame};
use super::record::instance::Instance;
use super::record::task::{Continuation, Queue, Thread, ThreadActivity};
use super::record::waitable::Waitable;
use super::state::Machine;
use super::step::{Flow, Step};
use crate::id::{FunctionId, SubtaskId};

/// The most entries that a held stack has besides the frames that there are now: its bottom, a frame
/// that is pushed for a call, and the entering of the thread at its top.
const EXTRA_ENTRIES: usize = 3;

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// The host gives control back after [`Step::CallHost`], in place of
    /// [`host_returned`](Self::host_returned): its function waits, and the guests on the stack are held
    /// until [`return_host_function_call`](Self::return_host_function_call). Then they go on by
    /// [`tick`](Self::tick).
    ///
    /// # Errors
    ///
    /// [`MachineError::NotEntered`] if the call isn't the one that is under way;
    /// [`MachineError::AlreadyResolved`]; [`Error::Unknown`]; [`Error::Full`]:
    /// [`Table::HeldFrames`].
    pub fn hold_callers(&mut self, call: SubtaskId) -> Result<Step, Failure> {
        self.check_host_has_control()?;
        let subtask = self.host_function_call(call)?;
        let thread = match self.top_frame() {
            Some(Frame::Lower { thread, subtask: lowered, .. }) if lowered == subtask => thread,
            _ => return Err(MachineError::NotEntered.into()),
        };
        self.reserve_held()?;
        self.advance(|machine| {
            machine.hold(thread, Queue::Unlisted, None)?;
            machine.waitables.get_mut(subtask)?.waiter = Some(thread);
            Ok(None)
        })
    }

    /// [`invoke`](Self::invoke), by the host function that `call` is a call of. If its callers are
    /// held, the call enters their instances.
    ///
    /// # Errors
    ///
    /// Those of [`invoke`](Self::invoke), and [`Error::Unknown`] if there is no such call.
    pub fn invoke_for_held(
        &mut self,
        call: SubtaskId,
        function: FunctionId,
    ) -> Result<(SubtaskId, Step), Failure> {
        let holder = self.waitables.get(self.subtask_key(call)?)?.waiter;
        let holder = match holder {
            Some(thread) if self.held_stack(thread)?.is_some() => Some(thread),
            _ => None,
        };
        self.invoke_with(function, None, holder)
    }

    /// Returns `true` if the callers of a host function are held.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn are_callers_held(&self, call: SubtaskId) -> Result<bool, Error> {
        match self.waitables.get(self.subtask_key(call)?)?.waiter {
            Some(thread) => Ok(self.held_stack(thread)?.is_some()),
            None => Ok(false),
        }
    }

    /// Unwinds a held stack that can't go on, as the instance at its top is locked down: as a trap
    /// does, it locks down all instances on the stack. Returns `true` if there was one, so that there
    /// may be others.
    ///
    /// # Errors
    ///
    /// [`Error::Inconsistent`], which is a mistake of Weft's.
    pub fn unwind_held(&mut self) -> Result<bool, Error> {
        if self.held.len() == 0 {
            return Ok(false);
        }
        for position in 0..self.threads.positions() {
            let Some(thread) = self.threads.key_at(position) else { continue };
            let Some(stack) = self.held_stack(thread)? else { continue };
            let instance = self.tasks.get(self.threads.get(thread)?.task)?.instance;
            if self.instances.get(instance)?.lockdown && self.has_held_frames(stack)? {
                self.abandon_held(thread, stack)?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Unwinds a held stack with a guest of `instance` on it, which is given up. Returns `true` if there
    /// was one, so that there may be others.
    pub(crate) fn unwind_held_of(&mut self, instance: Key<Instance>) -> Result<bool, Error> {
        if self.instances.get(instance)?.held == 0 {
            return Ok(false);
        }
        for position in 0..self.threads.positions() {
            let Some(thread) = self.threads.key_at(position) else { continue };
            let Some(stack) = self.held_stack(thread)? else { continue };
            if self.is_on_stack(instance, stack)? {
                self.abandon_held(thread, stack)?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns `true` if a guest of `instance` is on a held stack.
    fn is_on_stack(&self, instance: Key<Instance>, stack: Key<HeldFrame>) -> Result<bool, Error> {
        let mut entry = Some(stack);
        while let Some(key) = entry {
            let HeldFrame { entry: held, above } = *self.held.get(key)?;
            if let HeldEntry::Frame(frame) = held
                && self.instance_of_frame(frame)? == Some(instance)
            {
                return Ok(true);
            }
            entry = above;
        }
        Ok(false)
    }

    /// Makes sure that there is room to hold the stack of nested calls.
    pub(crate) fn reserve_held(&mut self) -> Result<(), Error> {
        self.held.reserve(self.frames.len().saturating_add(EXTRA_ENTRIES))
    }

    /// Holds the stack of nested calls down to where the host has begun it. `thread` is at its top,
    /// and waits in `queue`. If it waits to enter, `enter` is its continuation.
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
        let mut inside_of = None;
        while let Some(frame) = self.top_frame() {
            if let Frame::Host { holder } = frame {
                inside_of = holder;
            }
            let Some(instance) = self.instance_of_frame(frame)? else { break };
            self.frames.pop();
            self.instances.get_mut(instance)?.held += 1;
            self.count(instance)?;
            above = Some(self.held.insert(HeldFrame { entry: HeldEntry::Frame(frame), above })?);
        }
        let bottom = HeldEntry::Bottom { inside_of, held_inside: 0 };
        let stack = self.held.insert(HeldFrame { entry: bottom, above })?;
        self.change_held_inside(inside_of, |held_inside| held_inside + 1)?;
        self.start_waiting(thread, queue, Continuation::Held(stack))
    }

    /// Holds the callers of a call that would enter an instance with a held guest, if they can't wait.
    /// The callee's `thread` waits in any case. The frame of the callee's own loop is not pushed yet.
    pub(crate) fn hold_entering(
        &mut self,
        thread: Key<Thread>,
        begin: Continuation,
    ) -> Result<Flow, Failure> {
        let is_async = self.is_async_typed(self.threads.get(thread)?.task)?;
        if let Some(Frame::Lower { thread: caller, is_async: false, .. }) = self.top_frame()
            && !(is_async && self.is_async_typed(self.threads.get(caller)?.task)?)
        {
            self.hold(thread, Queue::Freed, Some(begin))?;
            return Ok(None);
        }
        let enter = HeldFrame { entry: HeldEntry::Enter(begin), above: None };
        let above = Some(self.held.insert(enter)?);
        let bottom = HeldEntry::Bottom { inside_of: None, held_inside: 0 };
        let stack = self.held.insert(HeldFrame { entry: bottom, above })?;
        self.start_waiting(thread, Queue::Freed, Continuation::Held(stack))?;
        Ok(None)
    }

    /// Returns `true` if a call has to wait before it enters `instance`, as a guest of it is held, and
    /// not for the host function that has begun the call.
    #[inline]
    pub(crate) fn is_closed_by_held(&self, instance: Key<Instance>) -> Result<bool, Error> {
        if self.instances.get(instance)?.held == 0 {
            return Ok(false);
        }
        let frames = (0..self.frames.len()).rev().filter_map(|it| self.frames.get(it));
        let mut holder = frames.copied().find_map(|frame| match frame {
            Frame::Host { holder } => Some(holder),
            _ => None,
        });
        while let Some(Some(thread)) = holder {
            let Some(stack) = self.held_stack(thread)? else { break };
            let mut entry = Some(stack);
            holder = None;
            while let Some(key) = entry {
                let held = self.held.get(key)?;
                match held.entry {
                    HeldEntry::Bottom { inside_of, .. } => holder = Some(inside_of),
                    HeldEntry::Frame(frame) if self.instance_of_frame(frame)? == Some(instance) => {
                        return Ok(false);
                    }
                    HeldEntry::Frame(_) | HeldEntry::Enter(_) => {}
                }
                entry = held.above;
            }
        }
        Ok(true)
    }

    /// Puts the frames of a held stack back, at whose top `thread` is, and goes on.
    pub(crate) fn continue_held(
        &mut self,
        thread: Key<Thread>,
        stack: Key<HeldFrame>,
    ) -> Result<Flow, Failure> {
        let mut entry = Some(stack);
        let mut enter = None;
        while let Some(key) = entry {
            let HeldFrame { entry: restored, above } = self.held.remove(key)?;
            match restored {
                HeldEntry::Bottom { inside_of, .. } => self.leave_held(inside_of)?,
                HeldEntry::Frame(frame) => {
                    self.push_frame(frame)?;
                    self.release_frame(frame)?;
                }
                HeldEntry::Enter(begin) => enter = Some(begin),
            }
            entry = above;
        }
        match enter {
            // The frame at the top is that of the call which has resolved.
            None => Ok(None),
            Some(begin) => self.enter_after_hold(thread, begin),
        }
    }

    /// The queue of a thread whose host function has returned, at the top of a held stack.
    pub(crate) fn queue_of_resolved(&self, stack: Key<HeldFrame>) -> Result<Queue, Error> {
        Ok(match self.held.get(stack)?.entry {
            HeldEntry::Bottom { held_inside, .. } if held_inside > 0 => Queue::Unlisted,
            _ => Queue::Resolved,
        })
    }

    /// Returns the call that the thread at the top of a held stack has made; nothing if it waits to
    /// enter.
    pub(crate) fn call_of_held(
        &self,
        stack: Key<HeldFrame>,
    ) -> Result<Option<Key<Waitable>>, Error> {
        let mut entry = Some(stack);
        let mut call = None;
        while let Some(key) = entry {
            let held = self.held.get(key)?;
            call = match held.entry {
                HeldEntry::Frame(Frame::Lower { subtask, .. }) => Some(subtask),
                _ => None,
            };
            entry = held.above;
        }
        Ok(call)
    }

    /// Forgets what is held for a thread that is removed, and waits to enter.
    pub(crate) fn drop_held(&mut self, stack: Key<HeldFrame>) -> Result<(), Error> {
        let mut entry = Some(stack);
        while let Some(key) = entry {
            let HeldFrame { entry: dropped, above } = self.held.remove(key)?;
            match dropped {
                HeldEntry::Bottom { inside_of, .. } => self.leave_held(inside_of)?,
                HeldEntry::Frame(frame) => self.release_frame(frame)?,
                HeldEntry::Enter(_) => {}
            }
            entry = above;
        }
        Ok(())
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
        self.drop_held(stack)
    }

    /// Returns the stack at whose top `thread` is held.
    pub(crate) fn held_stack(&self, thread: Key<Thread>) -> Result<Option<Key<HeldFrame>>, Error> {
        let held = self.threads.get(thread)?;
        Ok(match held.continuation {
            Continuation::Held(stack) if held.state == ThreadActivity::Waiting => Some(stack),
            _ => None,
        })
    }

    fn has_held_frames(&self, stack: Key<HeldFrame>) -> Result<bool, Error> {
        match self.held.get(stack)?.above {
            Some(above) => Ok(matches!(self.held.get(above)?.entry, HeldEntry::Frame(_))),
            None => Ok(false),
        }
    }

    /// The instance of a frame that can be held; nothing where the host has begun something.
    pub(crate) fn instance_of_frame(&self, frame: Frame) -> Result<Option<Key<Instance>>, Error> {
        Ok(match frame {
            Frame::Host { .. } | Frame::HostCopy { .. } | Frame::Realloc { .. } => None,
            Frame::Lower { thread, .. } | Frame::CancelSubtask { thread, .. } => {
                Some(self.tasks.get(self.threads.get(thread)?.task)?.instance)
            }
            Frame::Lift { instance, .. } | Frame::RequestCancellation { instance, .. } => {
                Some(instance)
            }
        })
    }

    /// A frame is held no more.
    fn release_frame(&mut self, frame: Frame) -> Result<(), Error> {
        let Some(instance) = self.instance_of_frame(frame)? else { return Ok(()) };
        self.instances.get_mut(instance)?.held -= 1;
        self.count(instance)
    }

    /// A stack is held no more that the host function of `holder` has begun.
    fn leave_held(&mut self, holder: Option<Key<Thread>>) -> Result<(), Error> {
        self.change_held_inside(holder, |held_inside| held_inside - 1)?;
        let Some(thread) = holder else { return Ok(()) };
        let Some(stack) = self.held_stack(thread)? else { return Ok(()) };
        let has_resolved = match self.call_of_held(stack)? {
            Some(call) => self.subtask(call)?.resolved(),
            None => false,
        };
        if has_resolved && self.queue_of_resolved(stack)? == Queue::Resolved {
            self.requeue(thread, Queue::Resolved)?;
        }
        Ok(())
    }

    fn change_held_inside(
        &mut self,
        holder: Option<Key<Thread>>,
        change: impl FnOnce(u32) -> u32,
    ) -> Result<(), Error> {
        let Some(thread) = holder else { return Ok(()) };
        let Some(stack) = self.held_stack(thread)? else { return Ok(()) };
        match &mut self.held.get_mut(stack)?.entry {
            HeldEntry::Bottom { held_inside, .. } => {
                *held_inside = change(*held_inside);
                Ok(())
            }
            _ => Err(Error::Inconsistent(Table::HeldFrames)),
        }
    }
}

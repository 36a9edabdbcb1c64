//! Held stacks of calls: finding what is on one, and taking it apart.

use crate::chooser::Chooser;
use crate::error::Error;
use crate::limits::{Limits, Storage, Table};

use super::arena::Key;
use super::hooks::Hooks;
use super::observation::Action;
use super::record::frame::Frame;
use super::record::held::{Bottom, HeldEntry, HeldFrame};
use super::record::instance::Instance;
use super::record::task::{Continuation, Queue, Thread, ThreadActivity};
use super::record::waitable::Waitable;
use super::state::Machine;

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Returns the queue of a thread at the top of a held stack, whose host function has
    /// returned.
    pub(crate) fn queue_of_resolved(&self, stack: Key<HeldFrame>) -> Result<Queue, Error> {
        let is_last = self.bottom(stack)?.held_inside == 0;
        Ok(if is_last { Queue::Resolved } else { Queue::Unlisted })
    }

    /// Returns the call that the thread at the top of a held stack has made, or `None` if it
    /// waits to enter.
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

    /// Removes the held stack of a thread that is removed.
    pub(crate) fn drop_held(
        &mut self,
        thread: Key<Thread>,
        stack: Key<HeldFrame>,
    ) -> Result<(), Error> {
        self.leave_holder(stack)?;
        self.forget_holder(thread, stack)?;
        let mut entry = Some(stack);
        while let Some(key) = entry {
            let HeldFrame { entry: dropped, above } = self.held.remove(key)?;
            if let HeldEntry::Frame(frame) = dropped {
                self.release_frame(frame)?;
            }
            entry = above;
        }
        Ok(())
    }

    /// Returns the stack at whose top `thread` is held.
    pub(crate) fn held_stack(&self, thread: Key<Thread>) -> Result<Option<Key<HeldFrame>>, Error> {
        let held = self.threads.get(thread)?;
        Ok(match held.continuation {
            Continuation::Held(stack) if held.state == ThreadActivity::Waiting => {
                Some(stack.into())
            }
            _ => None,
        })
    }

    /// Returns `true` if `thread` is on a held stack, at its top or below.
    pub(crate) fn is_on_held_stack(&self, thread: Key<Thread>) -> Result<bool, Error> {
        let held = self.threads.get(thread)?;
        Ok(held.state == ThreadActivity::Running || self.held_stack(thread)?.is_some())
    }

    /// Returns `true` if a held stack has frames.
    pub(crate) fn has_held_frames(&self, stack: Key<HeldFrame>) -> Result<bool, Error> {
        match self.held.get(stack)?.above {
            Some(above) => Ok(matches!(self.held.get(above)?.entry, HeldEntry::Frame(_))),
            None => Ok(false),
        }
    }

    /// Returns the instance of a frame that can be held, or `None` for a frame of the host.
    pub(crate) fn instance_of_frame(&self, frame: Frame) -> Result<Option<Key<Instance>>, Error> {
        Ok(match frame {
            Frame::Host { .. } | Frame::HostCopy { .. } | Frame::Realloc { .. } => None,
            Frame::Lower { thread, .. } | Frame::CancelSubtask { thread, .. } => {
                Some(self.tasks.get(self.threads.get(thread)?.task)?.instance)
            }
            Frame::Lift { instance, .. } | Frame::RequestCancellation { instance, .. } => {
                Some(instance)
            }
            Frame::Deferred(_) => return Err(Error::Inconsistent(Table::Frames)),
        })
    }

    /// Removes a frame that is held no longer from the count of its instance.
    pub(crate) fn release_frame(&mut self, frame: Frame) -> Result<(), Error> {
        let Some(instance) = self.instance_of_frame(frame)? else { return Ok(()) };
        self.instances.get_mut(instance)?.held -= 1;
        self.observe(|it| Ok(Action::Released { instance: it.instance_id(instance)? }));
        self.count(instance)
    }

    /// Returns the number of a held stack's frames that belong to `instance`.
    pub(crate) fn num_held_frames(
        &self,
        stack: Key<HeldFrame>,
        instance: Key<Instance>,
    ) -> Result<u32, Error> {
        let mut num_frames = 0;
        let mut entry = Some(stack);
        while let Some(key) = entry {
            let held = self.held.get(key)?;
            if let HeldEntry::Frame(frame) = held.entry
                && self.instance_of_frame(frame)? == Some(instance)
            {
                num_frames += 1;
            }
            entry = held.above;
        }
        Ok(num_frames)
    }

    /// Returns the bottom of a held stack.
    pub(crate) fn bottom(&self, stack: Key<HeldFrame>) -> Result<&Bottom, Error> {
        match &self.held.get(stack)?.entry {
            HeldEntry::Bottom(bottom) => Ok(bottom),
            _ => Err(Error::Inconsistent(Table::HeldFrames)),
        }
    }

    /// Returns the bottom of a held stack, to change it.
    pub(crate) fn bottom_mut(&mut self, stack: Key<HeldFrame>) -> Result<&mut Bottom, Error> {
        match &mut self.held.get_mut(stack)?.entry {
            HeldEntry::Bottom(bottom) => Ok(bottom),
            _ => Err(Error::Inconsistent(Table::HeldFrames)),
        }
    }

    /// Removes a stack that no longer waits from the count of the stack whose host function has
    /// begun it, if there is one.
    pub(crate) fn leave_holder(&mut self, stack: Key<HeldFrame>) -> Result<(), Error> {
        let has_frames = self.has_held_frames(stack)?;
        let inside_of = self.bottom_mut(stack)?.inside_of.take();
        self.change_inside(inside_of, |holder| *holder.count(has_frames) -= 1)
    }

    /// Changes the number of stacks that the host function of `holder` has begun. The callers of
    /// that function come back if it has returned, and no such stack is held.
    pub(crate) fn change_inside(
        &mut self,
        holder: Option<Key<Thread>>,
        change: impl FnOnce(&mut Bottom),
    ) -> Result<(), Error> {
        let Some(thread) = holder else { return Ok(()) };
        let Some(stack) = self.held_stack(thread)? else { return Ok(()) };
        self.observe(|it| {
            let instance = it.instance_id(it.instance_of_thread(thread)?)?;
            Ok(Action::Held { instance })
        });
        change(self.bottom_mut(stack)?);
        let Some(call) = self.call_of_held(stack)? else { return Ok(()) };
        let queue = self.queue_of_resolved(stack)?;
        if self.subtask(call)?.resolved() && self.threads.get(thread)?.queue != queue {
            self.requeue(thread, queue)?;
        }
        Ok(())
    }

    /// Removes `thread`, which leaves the top of a held stack, from the calls that its host
    /// function has begun. They don't depend on it from now on.
    pub(crate) fn forget_holder(
        &mut self,
        thread: Key<Thread>,
        stack: Key<HeldFrame>,
    ) -> Result<(), Error> {
        for position in 0..self.frames.len() {
            if let Some(Frame::Host { holder, .. }) = self.frames.get_mut(position)
                && *holder == Some(thread)
            {
                *holder = None;
            }
        }
        let bottom = self.bottom(stack)?;
        if bottom.held_inside == 0 && bottom.entering_inside == 0 {
            return Ok(());
        }
        for position in 0..self.held.positions() {
            let Some(key) = self.held.key_at(position) else { continue };
            if let HeldEntry::Bottom(Bottom { inside_of, .. }) = &mut self.held.get_mut(key)?.entry
                && *inside_of == Some(thread)
            {
                *inside_of = None;
            }
        }
        Ok(())
    }
}

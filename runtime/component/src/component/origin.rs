//! Which call of the host's something belongs to: who hears of it when it traps.
//!
//! A task belongs to the call that it was begun by, and what it calls belongs to the same one,
//! also after it has returned. Where that call is over, or was given up, a trap belongs to nobody,
//! and is kept until the host asks for it.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::code::SubtaskState;
use crate::engine::CoreEngine;
use crate::id::Id as _;
use crate::machine::{SubtaskId, TaskId, ThreadId};

use super::calls::Call;
use super::error::CallError;
use super::state::{State, put};

/// Who belongs to whom.
#[derive(Default)]
pub(crate) struct Origins {
    /// By the number of the task.
    of_tasks: Vec<Option<(TaskId, Option<SubtaskId>)>>,
    /// The call that what runs belongs to; nothing if that call is over.
    pub(crate) running: Option<SubtaskId>,
    /// What trapped and belongs to nobody.
    pub(crate) background: VecDeque<CallError>,
}

impl<E: CoreEngine, T: Send + 'static> State<E, T> {
    /// A task begins, for a call.
    pub(crate) fn task_begins(&mut self, task: TaskId, caller: SubtaskId) {
        let origin = self.origin_of_call(caller);
        put(&mut self.origins.of_tasks, task.position(), (task, origin));
    }

    /// Which call by the host a call belongs to.
    pub(crate) fn origin_of_call(&mut self, call: SubtaskId) -> Option<SubtaskId> {
        match self.call(call) {
            Ok(Call::Host(_)) => Some(call),
            Ok(Call::Guest(found)) => found.origin,
            Err(_) => None,
        }
    }

    /// Which call by the host a task belongs to.
    pub(crate) fn origin_of_task(&self, task: TaskId) -> Option<SubtaskId> {
        match self.origins.of_tasks.get(task.position()) {
            Some(Some((found, origin))) if *found == task => *origin,
            _ => None,
        }
    }

    /// Which call by the host a thread belongs to.
    pub(crate) fn origin_of_thread(&self, thread: ThreadId) -> Option<SubtaskId> {
        self.origin_of_task(self.machine.task_of(thread).ok()?)
    }

    /// Whether a call by the host is not over.
    pub(crate) fn is_open(&self, call: SubtaskId) -> bool {
        matches!(self.machine.call_state(call), Ok(SubtaskState::Starting | SubtaskState::Started))
    }

    /// Something trapped, and was unwound: tells the call that it belongs to, and all calls of
    /// instances that are locked down now.
    pub(crate) fn trapped(&mut self, origin: Option<SubtaskId>, error: CallError) {
        let mut unheard = true;
        if let Some(origin) = origin
            && !self.abandoned.contains(&origin)
            && let Ok(call) = self.host_call(origin)
            && call.error.is_none()
        {
            call.error = Some(error.clone());
            unheard = false;
            // It fails only if the machine is inconsistent, and here is nobody to tell.
            let _ = self.machine.call_failed(origin);
        }
        self.others_trapped(&error);
        if unheard {
            self.origins.background.push_back(error);
        }
    }

    /// The same, after the one that it belongs to was told.
    pub(crate) fn others_trapped(&mut self, error: &CallError) {
        self.forget_abandoned();
        let Self { waiting, machine, .. } = self;
        waiting.retain(|call| match machine.calling_instance(call) {
            Ok(Some(instance)) => machine.is_locked_down(instance) == Ok(false),
            Ok(None) | Err(_) => false,
        });
        let is_gone = |call: &SubtaskId| self.machine.is_callee_gone(*call) == Ok(true);
        let gone: Vec<_> = self.host_calls().filter(is_gone).collect();
        if gone.is_empty() {
            return;
        }
        let shared = Arc::new(error.clone());
        for call in gone {
            if let Ok(host_call) = self.host_call(call)
                && host_call.error.is_none()
            {
                host_call.error = Some(CallError::InstanceTrapped(shared.clone()));
                let _ = self.machine.call_failed(call);
            }
        }
    }
}

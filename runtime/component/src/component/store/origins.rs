//! Origins: the call by the host that something belongs to, and that gets its traps.
//!
//! A task belongs to the call that has begun it, and so do the tasks that it calls, even after the
//! call has returned. If that call is over, or was given up, a trap belongs to no call, and is kept
//! until the host asks for it.

use alloc::collections::VecDeque;

use crate::error::Error;
use crate::limits::Table;
use crate::machine::{SubtaskId, TaskId};

use super::call_error::CallError;
use super::machine::ById;

/// The calls by the host that tasks belong to.
pub(crate) struct Origins {
    of_tasks: ById<TaskId, Option<SubtaskId>>,
    /// The call that the running code belongs to. `None` if that call is over.
    running: Option<SubtaskId>,
    /// The traps that belong to no call.
    background: VecDeque<CallError>,
}

impl Origins {
    pub(crate) fn new() -> Self {
        Self { of_tasks: ById::new(Table::Tasks), running: None, background: VecDeque::new() }
    }

    /// Records the call by the host that a new task belongs to.
    #[inline]
    pub(crate) fn task_begins(
        &mut self,
        task: TaskId,
        origin: Option<SubtaskId>,
    ) -> Result<(), Error> {
        self.of_tasks.put(task, origin)
    }

    /// Returns the call by the host that a task belongs to.
    #[inline]
    pub(crate) fn of_task(&self, task: TaskId) -> Option<SubtaskId> {
        self.of_tasks.get(task).copied().flatten()
    }

    /// Returns the tasks that belong to a call by the host. Some of them may be over.
    pub(crate) fn tasks_of(&self, call: SubtaskId) -> impl Iterator<Item = TaskId> {
        let tasks = self.of_tasks.iter().filter(move |(_, origin)| **origin == Some(call));
        tasks.map(|(task, _)| task)
    }

    /// Returns the call by the host that the running code belongs to.
    #[inline]
    pub(crate) const fn running(&self) -> Option<SubtaskId> {
        self.running
    }

    /// Sets the call by the host that the running code belongs to. Returns the previous one.
    #[inline]
    pub(crate) const fn set_running(&mut self, call: Option<SubtaskId>) -> Option<SubtaskId> {
        core::mem::replace(&mut self.running, call)
    }

    /// Keeps a trap that belongs to no call.
    pub(crate) fn add_background_trap(&mut self, error: CallError) {
        self.background.push_back(error);
    }

    /// Takes the first trap that belongs to no call.
    pub(crate) fn take_background_trap(&mut self) -> Option<CallError> {
        self.background.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use crate::component::store::example_ids::ids;

    use super::*;

    #[test]
    fn a_task_belongs_to_the_call_that_it_was_begun_by() {
        let mut origins = Origins::new();
        let call = ids(3).call;
        let task = |generation| ids(generation).task;
        assert_eq!(origins.task_begins(task(0), Some(call)), Ok(()));
        assert_eq!(origins.of_task(task(0)), Some(call));
        assert!(origins.tasks_of(call).eq([task(0)]));
        assert_eq!(origins.task_begins(task(1), None), Ok(()));
        assert_eq!((origins.of_task(task(0)), origins.of_task(task(1))), (None, None));
    }

    #[test]
    fn what_runs_is_told_when_it_changes() {
        let mut origins = Origins::new();
        let call = ids(3).call;
        assert_eq!(origins.set_running(Some(call)), None);
        assert_eq!(origins.running(), Some(call));
        assert_eq!(origins.set_running(None), Some(call));
    }

    #[test]
    fn traps_of_nobody_are_taken_in_their_order() {
        let mut origins = Origins::new();
        origins.add_background_trap(CallError::Cancelled);
        origins.add_background_trap(CallError::Interrupted);
        assert!(matches!(origins.take_background_trap(), Some(CallError::Cancelled)));
        assert!(matches!(origins.take_background_trap(), Some(CallError::Interrupted)));
        assert!(origins.take_background_trap().is_none());
    }
}

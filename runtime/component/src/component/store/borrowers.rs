//! The calls by the host that have borrowed values of its resources.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::abi::Resource;
use crate::machine::{SubtaskId, TaskId};

/// The calls by the host that have borrowed values of its resources.
#[derive(Debug, Default)]
pub(crate) struct Borrowers {
    calls: BTreeMap<SubtaskId, Borrower>,
    /// The calls by their tasks, once they have started.
    tasks: BTreeMap<TaskId, SubtaskId>,
    /// The calls that the host has forgotten while their guests ran.
    orphans: Vec<SubtaskId>,
    /// The number of orphans at which those are removed whose guests have returned.
    remove_at: usize,
}

#[derive(Debug, Default)]
struct Borrower {
    /// The task, once the call has started.
    task: Option<TaskId>,
    resources: Vec<Resource>,
}

/// The largest number of orphans that are checked each time, as that costs very little.
const FEW: usize = 8;

impl Borrowers {
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// Adds a resource that a call has borrowed.
    pub(crate) fn add(&mut self, call: SubtaskId, resource: Resource) {
        self.calls.entry(call).or_default().resources.push(resource);
    }

    /// Remembers the task as which a call has started.
    #[inline]
    pub(crate) fn started(&mut self, call: SubtaskId, task: TaskId) {
        if let Some(borrower) = self.calls.get_mut(&call) {
            borrower.task = Some(task);
            self.tasks.insert(task, call);
        }
    }

    /// Returns the call with this task, if it has borrowed something.
    #[inline]
    pub(crate) fn call_of(&self, task: TaskId) -> Option<SubtaskId> {
        self.tasks.get(&task).copied()
    }

    /// Removes a call. Returns the resources that it has borrowed.
    pub(crate) fn remove(&mut self, call: SubtaskId) -> Vec<Resource> {
        let Some(borrower) = self.calls.remove(&call) else { return Vec::new() };
        if let Some(task) = borrower.task {
            self.tasks.remove(&task);
        }
        borrower.resources
    }

    /// Records that the host has forgotten a call.
    pub(crate) fn forget(&mut self, call: SubtaskId) {
        if self.calls.contains_key(&call) {
            self.orphans.push(call);
        }
    }

    /// Removes the forgotten calls that are over. Returns the resources that they have borrowed.
    pub(crate) fn remove_orphans(
        &mut self,
        goes_on: impl Fn(SubtaskId, Option<TaskId>) -> bool,
    ) -> Vec<Resource> {
        if self.orphans.is_empty() || self.orphans.len() < self.remove_at {
            return Vec::new();
        }
        let mut left = Vec::new();
        for call in core::mem::take(&mut self.orphans) {
            match self.calls.get(&call) {
                Some(borrower) if goes_on(call, borrower.task) => self.orphans.push(call),
                Some(_) => left.append(&mut self.remove(call)),
                None => {}
            }
        }
        let count = self.orphans.len();
        self.remove_at = if count > FEW { count.saturating_mul(2) } else { 0 };
        left
    }

    /// Removes the calls that are over. Returns the resources that they have borrowed.
    pub(crate) fn remove_over(
        &mut self,
        goes_on: impl Fn(SubtaskId, Option<TaskId>) -> bool,
    ) -> Vec<Resource> {
        let over = self.calls.iter().filter(|(call, borrower)| !goes_on(**call, borrower.task));
        let over: Vec<_> = over.map(|(call, _)| *call).collect();
        over.into_iter().flat_map(|call| self.remove(call)).collect()
    }
}

//! The calls by the host that have borrowed values of its resources.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::abi::Resource;
use crate::machine::{SubtaskId, TaskId};

/// The calls by the host that have borrowed values of its resources.
#[derive(Debug, Default)]
pub(crate) struct Borrowers {
    calls: BTreeMap<SubtaskId, Borrower>,
    /// Those that the host has forgotten, and whose guests went on.
    orphans: Vec<SubtaskId>,
    /// With so many orphans, those are removed whose guests have returned.
    remove_at: usize,
}

#[derive(Debug, Default)]
struct Borrower {
    /// The task, once the call has started.
    task: Option<TaskId>,
    resources: Vec<Resource>,
}

/// The largest number of orphans that are looked at each time: it costs next to nothing.
const FEW: usize = 8;

impl Borrowers {
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// Adds what a call has borrowed.
    pub(crate) fn add(&mut self, call: SubtaskId, resource: Resource) {
        self.calls.entry(call).or_default().resources.push(resource);
    }

    /// Remembers which task a call has started as.
    #[inline]
    pub(crate) fn started(&mut self, call: SubtaskId, task: TaskId) {
        if let Some(borrower) = self.calls.get_mut(&call) {
            borrower.task = Some(task);
        }
    }

    /// Removes a call. Returns what it has borrowed.
    pub(crate) fn remove(&mut self, call: SubtaskId) -> Vec<Resource> {
        self.calls.remove(&call).map(|borrower| borrower.resources).unwrap_or_default()
    }

    /// Says that the host has forgotten a call.
    pub(crate) fn forget(&mut self, call: SubtaskId) {
        if self.calls.contains_key(&call) {
            self.orphans.push(call);
        }
    }

    /// Removes the calls that the host has forgotten and that are over. Returns what they have
    /// borrowed.
    pub(crate) fn remove_orphans(
        &mut self,
        goes_on: impl Fn(SubtaskId, Option<TaskId>) -> bool,
    ) -> Vec<Resource> {
        let Self { calls, orphans, remove_at } = self;
        if orphans.is_empty() || orphans.len() < *remove_at {
            return Vec::new();
        }
        let mut left = Vec::new();
        orphans.retain(|call| match calls.get_mut(call) {
            Some(borrower) if goes_on(*call, borrower.task) => true,
            Some(borrower) => {
                left.append(&mut borrower.resources);
                calls.remove(call);
                false
            }
            None => false,
        });
        *remove_at = if orphans.len() > FEW { orphans.len().saturating_mul(2) } else { 0 };
        left
    }

    /// Removes the calls that are over. Returns what they have borrowed.
    pub(crate) fn remove_over(
        &mut self,
        goes_on: impl Fn(SubtaskId, Option<TaskId>) -> bool,
    ) -> Vec<Resource> {
        let mut left = Vec::new();
        self.calls.retain(|call, borrower| {
            let is_kept = goes_on(*call, borrower.task);
            if !is_kept {
                left.append(&mut borrower.resources);
            }
            is_kept
        });
        left
    }
}

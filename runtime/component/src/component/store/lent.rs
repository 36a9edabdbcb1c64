//! Resources that the host has lent to its own calls.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::abi::Resource;
use crate::builtin::TypeIndex;
use crate::machine::{SubtaskId, TaskId};

/// The resources that the host has lent to its own calls. From time to time, those of calls that
/// are over are removed: when they may be as many as those of calls under way.
#[derive(Debug, Default)]
pub(crate) struct Lent {
    /// The calls that have borrowed something, and the task of each, once it has started.
    borrowers: BTreeMap<SubtaskId, Option<TaskId>>,
    /// The borrowers of each resource.
    resources: BTreeMap<Resource, Vec<SubtaskId>>,
    /// The number of borrowers at which those are removed whose calls are over.
    remove_at: usize,
}

/// The smallest number of borrowers among which calls that are over are searched.
const MIN_BORROWERS: usize = 16;

impl Lent {
    /// Adds a borrow of a call.
    pub(crate) fn insert(
        &mut self,
        call: SubtaskId,
        resources: impl IntoIterator<Item = Resource>,
    ) {
        for resource in resources {
            self.borrowers.insert(call, None);
            self.resources.entry(resource).or_default().push(call);
        }
    }

    /// Removes borrowers whose calls are over, before one is added. It does so only if there are so
    /// many that the cost for each is small.
    pub(crate) fn make_room(&mut self, goes_on: impl Fn(SubtaskId, Option<TaskId>) -> bool) {
        if self.borrowers.len() < self.remove_at.max(MIN_BORROWERS) {
            return;
        }
        let Self { borrowers, resources, remove_at } = self;
        borrowers.retain(|call, task| goes_on(*call, *task));
        resources.retain(|_, calls| {
            calls.retain(|call| borrowers.contains_key(call));
            !calls.is_empty()
        });
        *remove_at = borrowers.len().saturating_mul(2);
    }

    /// Forgets the resources whose types are not kept.
    pub(crate) fn retain_resources(&mut self, is_kept: impl Fn(TypeIndex) -> bool) {
        self.resources.retain(|resource, _| is_kept(resource.ty));
    }

    /// Returns `true` if a call under way has borrowed the resource.
    pub(crate) fn is_lent(
        &self,
        resource: Resource,
        goes_on: impl Fn(SubtaskId, Option<TaskId>) -> bool,
    ) -> bool {
        let calls = self.resources.get(&resource).map_or(&[][..], Vec::as_slice);
        calls.iter().any(|call| self.borrowers.get(call).is_some_and(|task| goes_on(*call, *task)))
    }
}

impl Lent {
    /// Remembers the task as which a call of the host has started.
    #[inline]
    pub(crate) fn started(&mut self, call: SubtaskId, task: TaskId) {
        if let Some(borrower) = self.borrowers.get_mut(&call) {
            *borrower = Some(task);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::component::store::example_ids::ids;

    use super::*;

    #[test]
    fn what_was_lent_to_calls_that_are_over_takes_no_room() {
        let mut lent = Lent::default();
        let resource = |representation| Resource { ty: TypeIndex(0), representation };
        let mut ids = ids(0);
        let first = ids.call;
        let goes_on = |it: SubtaskId, _| it == first;
        lent.make_room(goes_on);
        lent.insert(first, [resource(0)]);
        for representation in 1..10_000 {
            ids.call_again();
            lent.make_room(goes_on);
            lent.insert(ids.call, [resource(0), resource(representation)]);
            assert!(lent.borrowers.len() <= MIN_BORROWERS);
            assert!(lent.resources.len() <= MIN_BORROWERS);
        }
        assert!(lent.is_lent(resource(0), goes_on));
        assert!(!lent.is_lent(resource(9_999), goes_on));
        assert!(!lent.is_lent(resource(0), |_, _| false));
    }
}

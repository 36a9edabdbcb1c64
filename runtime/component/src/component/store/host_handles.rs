//! The handles that the host holds: it can pass only these to guests.
//!
//! The host has no handle table. It gets ids: the type and the representation of a guest's
//! resource, or the machine's ids of ends and error contexts. An id can be copied and kept. So
//! before anything is passed to a guest, it is looked up here. A resource that was given away or
//! dropped is no longer here, and can't be given away twice.
//!
//! Resources of host-defined types are not counted: the host decides what a representation means.
//! If they have values, these are in [`HostValues`].

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use hashbrown::HashMap;

use crate::abi::{LiftedHandle, Resource, Type, TypeList, Val};
use crate::builtin::TypeIndex;
use crate::code::SubtaskState;
use crate::error::{Error, MachineError};
use crate::machine::{EndId, SubtaskId, TaskId};

use super::claims::{Claims, may_hold};
use super::handle_error::{HandleError, HandleProblem};
use super::host_values::HostValues;
use super::lent::Lent;
use super::machine::StoreMachine;
use super::panics::LatePanics;

/// The handles that the host holds: resources of guests' types, and the buffers of its reads and
/// writes.
#[derive(Debug)]
pub(crate) struct HostHandles {
    /// The resources that the host owns, with a count: a guest may give one representation twice.
    owned: BTreeMap<Resource, u32>,
    /// The resources that host functions have borrowed, each until a call ends.
    borrowed: Vec<(SubtaskId, Resource)>,
    /// The resources that the host has lent to its own calls.
    lent: Lent,
    /// The values that the host got and did not take.
    unclaimed: Vec<Val>,
    /// The handles that were lifted, while values are lifted.
    lifted: Vec<Val>,
    /// The buffers of reads and writes by the host that are under way.
    buffers: HashMap<EndId, VecDeque<Val>>,
    /// The values of host-defined resources.
    pub(crate) values: HostValues,
}

impl HostHandles {
    /// Returns an empty collection. Panics of destructors of values go to `late`.
    pub(crate) fn new(late: LatePanics) -> Self {
        Self {
            owned: BTreeMap::new(),
            borrowed: Vec::new(),
            lent: Lent::default(),
            unclaimed: Vec::new(),
            lifted: Vec::new(),
            buffers: HashMap::new(),
            values: HostValues::new(late),
        }
    }

    fn count(&self, resource: Resource) -> u32 {
        self.owned.get(&resource).copied().unwrap_or_default()
    }

    /// Adds a resource to those that the host owns.
    fn add(&mut self, resource: Resource) {
        let count = self.owned.entry(resource).or_default();
        *count = count.saturating_add(1);
    }

    fn remove(&mut self, resource: Resource) {
        if let Some(count) = self.owned.get_mut(&resource) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.owned.remove(&resource);
            }
        }
    }

    /// Remembers the task as which a call of the host has started.
    #[inline]
    pub(crate) fn started(&mut self, call: SubtaskId, task: TaskId) {
        self.lent.started(call, task);
        self.values.started(call, task);
    }

    /// Releases the borrows of a host function that has returned.
    #[inline]
    pub(crate) fn returned(&mut self, call: SubtaskId) {
        self.borrowed.retain(|(borrower, _)| *borrower != call);
    }

    /// Adds a resource that the host got.
    pub(crate) fn hold(&mut self, machine: &StoreMachine, resource: Resource) {
        if is_guests(machine, resource.ty) {
            self.add(resource);
        } else {
            self.values.host_got(resource);
        }
    }

    /// Adds a resource that a host function has borrowed.
    pub(crate) fn hold_borrowed(
        &mut self,
        machine: &StoreMachine,
        call: SubtaskId,
        resource: Resource,
    ) {
        if !is_guests(machine, resource.ty) {
            return;
        }
        if self.borrowed.len() == self.borrowed.capacity() {
            // Calls that were given up have not returned.
            self.borrowed.retain(|(call, _)| {
                matches!(
                    machine.call_state(*call),
                    Ok(SubtaskState::Starting | SubtaskState::Started)
                )
            });
        }
        self.borrowed.push((call, resource));
    }

    /// Takes the handles in values of these types, which the host passes. Returns the resources
    /// that are lent. They are lent to a call once that is [known](Self::lend).
    ///
    /// If a handle can't be passed, no handle is taken.
    #[inline]
    pub(crate) fn claim(
        &mut self,
        machine: &StoreMachine,
        types: &TypeList,
        values: &[Val],
    ) -> Result<Vec<Resource>, HandleError> {
        if !types.types().any(may_hold) {
            return Ok(Vec::new());
        }
        let mut claims = Claims::default();
        claims.find_each(machine, types.types().zip(values), |it| format!("[{it}]"))?;
        self.take(machine, claims)
    }

    /// Takes the handles in elements of a stream, or in the value of a future.
    pub(crate) fn claim_elements(
        &mut self,
        machine: &StoreMachine,
        ty: &Type,
        values: &[Val],
    ) -> Result<(), HandleError> {
        if !may_hold(ty) {
            return Ok(());
        }
        let mut claims = Claims::default();
        claims.find_each(machine, values.iter().map(|it| (ty, it)), |it| format!("[{it}]"))?;
        self.take(machine, claims).map(|_| ())
    }

    /// Takes a resource from the host. The host's own resources without values are always there.
    pub(crate) fn claim_owned(
        &mut self,
        machine: &StoreMachine,
        resource: Resource,
    ) -> Result<(), HandleError> {
        let owned = Vec::from([(resource, String::from("the resource"))]);
        self.take(machine, Claims { owned, ..Claims::default() }).map(|_| ())
    }

    /// Returns `true` if the value of a host's own resource was taken.
    pub(crate) fn is_value_gone(&self, resource: Resource) -> bool {
        self.values.has_type(resource.ty) && !self.values.contains(resource)
    }

    /// Lends resources to a call that the host has begun.
    #[inline]
    pub(crate) fn lend(
        &mut self,
        machine: &StoreMachine,
        call: SubtaskId,
        resources: Vec<Resource>,
    ) {
        if resources.is_empty() {
            return;
        }
        let goes_on = |call, task| goes_on(machine, call, task);
        self.lent.make_room(goes_on);
        let (own, guests): (Vec<_>, Vec<_>) =
            resources.into_iter().partition(|it| self.values.has_type(it.ty));
        for resource in own {
            self.values.lend(call, resource, goes_on);
        }
        self.lent.insert(call, guests);
    }

    /// Releases the borrows of host values by a call that the host has forgotten.
    pub(crate) fn call_forgotten(&mut self, machine: &StoreMachine, call: SubtaskId) {
        self.values.forgotten(call, |call, task| goes_on(machine, call, task));
    }

    /// Releases the borrows of host values by calls that are over.
    pub(crate) fn calls_are_over(&mut self, machine: &StoreMachine) {
        self.values.release_over(|call, task| goes_on(machine, call, task));
    }

    /// Takes the handles that were found, if the host has all of them. Lends those that are lent.
    fn take(
        &mut self,
        machine: &StoreMachine,
        mut claims: Claims,
    ) -> Result<Vec<Resource>, HandleError> {
        let is_known = |it: &Resource| is_guests(machine, it.ty) || self.values.has_type(it.ty);
        claims.owned.retain(|(it, _)| is_known(it));
        claims.borrowed.retain(|(it, _)| is_known(it));
        let mut given = BTreeMap::<_, u32>::new();
        for (resource, path) in &claims.owned {
            let given = given.entry(*resource).or_default();
            *given = given.saturating_add(1);
            let count = if self.values.has_type(resource.ty) {
                u32::from(self.values.is_hosts(*resource))
            } else {
                self.count(*resource)
            };
            let left = count.checked_sub(*given);
            let problem = match left {
                None => HandleProblem::NotHeld,
                Some(0) if self.is_lent(machine, *resource) => HandleProblem::Lent,
                Some(_) => continue,
            };
            return Err(HandleError::new(path.clone(), problem));
        }
        for (resource, path) in &claims.borrowed {
            let given = given.get(resource).copied().unwrap_or_default();
            let is_owned = self.count(*resource) > given || self.values.contains(*resource);
            if !is_owned && !self.borrowed.iter().any(|(_, it)| it == resource) {
                return Err(HandleError::new(path.clone(), HandleProblem::NotHeld));
            }
        }
        let mut ends = BTreeSet::new();
        for (end, path) in &claims.ends {
            if !ends.insert(*end) {
                return Err(HandleError::new(path.clone(), HandleProblem::NotHeld));
            }
        }
        let mut error_contexts = BTreeMap::<_, u32>::new();
        for (error_context, path) in &claims.error_contexts {
            let given = error_contexts.entry(*error_context).or_default();
            *given = given.saturating_add(1);
            if machine.host_holds(*error_context).unwrap_or_default() < *given {
                return Err(HandleError::new(path.clone(), HandleProblem::NotHeld));
            }
        }
        for (resource, _) in claims.owned {
            self.remove(resource);
            self.values.claim(resource);
        }
        Ok(claims.borrowed.into_iter().map(|(resource, _)| resource).collect())
    }

    /// Returns `true` if the host has lent the resource to a call that is under way.
    fn is_lent(&self, machine: &StoreMachine, resource: Resource) -> bool {
        self.lent.is_lent(resource, |call, task| goes_on(machine, call, task))
    }

    /// Returns the handles in these values to the host, as nobody has taken them.
    #[inline]
    pub(crate) fn give_back(&mut self, machine: &StoreMachine, values: &[Val]) {
        self.values.give_back(values);
        self.hold_each(machine, values);
    }

    /// Adds the resources of guests in these values.
    fn hold_each(&mut self, machine: &StoreMachine, values: &[Val]) {
        for value in values {
            match value {
                Val::List(values) | Val::Record(values) => self.hold_each(machine, values),
                Val::Variant(_, Some(value)) => {
                    self.hold_each(machine, core::slice::from_ref(value));
                }
                Val::Own(resource) if is_guests(machine, resource.ty) => self.add(*resource),
                _ => {}
            }
        }
    }

    /// Adds a handle that the host has lifted. It belongs to values that are being lifted.
    #[inline]
    pub(crate) fn add_lifted(&mut self, handle: Val) {
        self.lifted.push(handle);
    }

    /// Records that the values with the handles that were lifted are complete.
    #[inline]
    pub(crate) fn lifted(&mut self) {
        self.lifted.clear();
    }

    /// Drops the handles that were lifted, as their values are not complete.
    #[cold]
    pub(crate) fn discard_lifted(&mut self, machine: &mut StoreMachine) {
        let handles = core::mem::take(&mut self.lifted);
        // They were lifted just now, so they are there, and ends are idle.
        let _ = self.discard(machine, handles);
    }

    /// Drops a handle that was lifted from a guest, and that no other guest gets.
    #[cold]
    pub(crate) fn give_up(&mut self, machine: &mut StoreMachine, handle: LiftedHandle) {
        let handle = match handle {
            LiftedHandle::Own(resource) => {
                self.hold(machine, resource);
                Val::Own(resource)
            }
            LiftedHandle::Borrow(resource) => Val::Borrow(resource),
            LiftedHandle::Stream(end) => Val::Stream(end),
            LiftedHandle::Future(end) => Val::Future(end),
            LiftedHandle::ErrorContext(it) => Val::ErrorContext(it),
        };
        // It was lifted just now, so it is there, and an end is idle.
        let _ = self.discard_one(machine, handle);
    }

    /// Drops values that nobody takes. Resources of guests are dropped when the store goes on.
    ///
    /// All others are dropped, too, if one is not there. The error is that of the first.
    pub(crate) fn discard(
        &mut self,
        machine: &mut StoreMachine,
        values: Vec<Val>,
    ) -> Result<(), Error> {
        let mut discarded = Ok(());
        for value in values {
            discarded = discarded.and(self.discard_one(machine, value));
        }
        discarded
    }

    fn discard_one(&mut self, machine: &mut StoreMachine, value: Val) -> Result<(), Error> {
        match value {
            Val::List(values) | Val::Record(values) => return self.discard(machine, values),
            Val::Variant(_, Some(value)) => return self.discard_one(machine, *value),
            Val::Own(resource) if self.values.has_type(resource.ty) => {
                self.values.drop_value(resource);
            }
            value @ Val::Own(_) => self.unclaimed.push(value),
            Val::Stream(end) | Val::Future(end) => return machine.drop_host_end(end),
            Val::ErrorContext(it) => return machine.drop_error_context(it),
            _ => {}
        }
        Ok(())
    }

    /// Keeps a value that the host got and did not take. Values of host-defined resources are
    /// dropped.
    pub(crate) fn add_unclaimed(&mut self, value: Option<Val>) {
        self.values.discard(value.as_slice());
        self.unclaimed.extend(value);
    }

    /// Takes a value that the host got and did not take, to drop it.
    #[inline]
    pub(crate) fn take_unclaimed(&mut self) -> Option<Val> {
        self.unclaimed.pop()
    }

    /// Forgets the resources whose types are not kept.
    pub(crate) fn retain_resources(&mut self, is_kept: impl Fn(TypeIndex) -> bool) {
        self.owned.retain(|resource, _| is_kept(resource.ty));
        self.borrowed.retain(|(_, resource)| is_kept(resource.ty));
        self.lent.retain_resources(is_kept);
    }

    /// Keeps the buffer of a read or write that begins.
    pub(crate) fn put_buffer(&mut self, end: EndId, buffer: VecDeque<Val>) {
        self.buffers.insert(end, buffer);
    }

    /// Returns the buffer of a read or write that is under way.
    pub(crate) fn buffer(&mut self, end: EndId) -> Result<&mut VecDeque<Val>, Error> {
        self.buffers.get_mut(&end).ok_or(MachineError::EndIdle.into())
    }

    /// Takes the buffer of a read or write that has ended.
    pub(crate) fn take_buffer(&mut self, end: EndId) -> Vec<Val> {
        Vec::from(self.buffers.remove(&end).unwrap_or_default())
    }
}

/// Returns `true` if a guest defines the resource type.
fn is_guests(machine: &StoreMachine, ty: TypeIndex) -> bool {
    machine.resource_instance(ty).is_ok_and(|instance| instance.is_some())
}

/// Returns `true` if a call of the host can still use its borrows.
fn goes_on(machine: &StoreMachine, call: SubtaskId, task: Option<TaskId>) -> bool {
    match task {
        Some(task) => !machine.is_task_over(task),
        None => machine.call_state(call) == Ok(SubtaskState::Starting),
    }
}

#[cfg(test)]
mod tests {
    use crate::component::store::example_ids::{Ids, ids};
    use crate::machine::TypeDefinition;

    use super::*;

    /// Returns a resource of a guest, with the ids of a call that is under way.
    fn resource() -> (Ids, Resource) {
        let mut ids = ids(0);
        let instance = Some(ids.instance);
        let definition = TypeDefinition::Resource { instance, destructor: None };
        let ty = ids.machine.define_type(definition).expect("there is room");
        (ids, Resource { ty, representation: 7 })
    }

    #[test]
    fn what_the_host_owns_is_given_as_often_as_it_was_got() {
        let (Ids { machine, .. }, resource) = resource();
        let mut handles = HostHandles::new(LatePanics::default());
        handles.hold(&machine, resource);
        handles.give_back(&machine, &[Val::Own(resource)]);
        assert!(handles.claim_owned(&machine, resource).is_ok());
        assert!(handles.claim_owned(&machine, resource).is_ok());
        let error = handles.claim_owned(&machine, resource).expect_err("it has no third one");
        assert_eq!((error.problem(), error.path()), (HandleProblem::NotHeld, "the resource"));
    }

    #[test]
    fn what_is_lent_to_a_call_that_goes_on_is_not_given_away() {
        let (Ids { machine, call, task, .. }, resource) = resource();
        let mut handles = HostHandles::new(LatePanics::default());
        handles.hold(&machine, resource);
        let types = TypeList::new([Type::Borrow(resource.ty)]).expect("it is short");
        let lent = handles.claim(&machine, &types, &[Val::Borrow(resource)]);
        handles.lend(&machine, call, lent.expect("the host owns it"));
        handles.started(call, task);
        let error = handles.claim_owned(&machine, resource).expect_err("it is lent");
        assert_eq!(error.problem(), HandleProblem::Lent);
    }

    #[test]
    fn what_a_host_function_has_borrowed_is_its_own_until_it_returns() {
        let (Ids { machine, call, .. }, resource) = resource();
        let mut handles = HostHandles::new(LatePanics::default());
        let types = TypeList::new([Type::Borrow(resource.ty)]).expect("it is short");
        handles.hold_borrowed(&machine, call, resource);
        assert!(handles.claim(&machine, &types, &[Val::Borrow(resource)]).is_ok());
        handles.returned(call);
        let error = handles.claim(&machine, &types, &[Val::Borrow(resource)]);
        assert_eq!(error.expect_err("it was given back").path(), "[0]");
    }

    #[test]
    fn nothing_is_taken_if_one_handle_is_missing_and_its_place_is_told() {
        let (Ids { machine, .. }, resource) = resource();
        let mut handles = HostHandles::new(LatePanics::default());
        handles.hold(&machine, resource);
        let fields = [("all", Type::list(Type::Own(resource.ty)).expect("it is shallow"))];
        let types = TypeList::new([Type::record(fields).expect("it has a field")]);
        let types = types.expect("it is short");
        let all = Val::list([Val::Own(resource), Val::Own(resource)]);
        let error = handles.claim(&machine, &types, &[Val::record([all])]);
        assert_eq!(error.expect_err("there is one").path(), "[0].all[1]");
        assert!(handles.claim_owned(&machine, resource).is_ok());
    }

    #[test]
    fn what_nobody_takes_is_kept_until_it_is_dropped() {
        let (Ids { mut machine, .. }, resource) = resource();
        let mut handles = HostHandles::new(LatePanics::default());
        let values = Vec::from([Val::List([Val::Own(resource)].into()), Val::U8(1)]);
        assert_eq!(handles.discard(&mut machine, values), Ok(()));
        assert_eq!(handles.take_unclaimed(), Some(Val::Own(resource)));
        assert_eq!(handles.take_unclaimed(), None);
    }
}

//! The values of host-defined resources, which are [`Own`](crate::binding::Own)s and
//! [`Borrow`](crate::binding::Borrow)s on the host's side, while guests have them.
//!
//! A value that is given or lent to a guest gets a place here. The number of the place is the
//! representation of the resource. A place is for one handle: a value that is passed twice has two
//! places.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;

use crate::abi::{Resource, ResourceKey, ResourceNumbers, ResourceValues, Shape, SharedValue, Val};
use crate::builtin::TypeIndex;
use crate::error::{AbiError, Failure};
use crate::limits::Table;
use crate::machine::{SubtaskId, TaskId};

use super::borrowers::Borrowers;
use super::panics::LatePanics;
use super::resource_value_error::{ResourceValueError, ValueFailure};
use super::slab::Slab;

/// The values of host-defined resources.
pub(crate) struct HostValues {
    /// The resource types with values, and the Rust type of those.
    types: BTreeMap<TypeIndex, ResourceKey>,
    places: Slab<Place>,
    /// The number of places that were used so far: it tells a place from earlier ones with the same
    /// number.
    count: u32,
    borrowers: Borrowers,
    late: LatePanics,
    /// The reason of the last failure.
    problem: Option<ResourceValueError>,
}

/// A place, with the value of one resource.
struct Place {
    value: SharedValue,
    ty: TypeIndex,
    generation: u32,
    holder: Holder,
}

/// The holder of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holder {
    /// Nobody yet: it is on its way from a Rust value of the host to a guest.
    Nobody,
    /// The host, as a [`Val`].
    Host,
    /// Nobody: it is on its way from a [`Val`] of the host to a guest.
    FromHost,
    /// A guest owns it.
    Guest,
    /// A guest has borrowed it, until its call returns.
    Borrower,
}

/// The fate of resources of the host.
#[derive(Clone, Copy, Debug)]
enum Settling {
    /// They return to where they came from.
    GivenBack,
    /// The host keeps them, as [`Val`]s.
    Kept,
    /// They are dropped.
    Discarded,
}

impl HostValues {
    pub(crate) fn new(late: LatePanics) -> Self {
        Self {
            types: BTreeMap::new(),
            places: Slab::new(),
            count: 0,
            borrowers: Borrowers::default(),
            late,
            problem: None,
        }
    }

    /// Records that the resources of a type have values of this Rust type.
    pub(crate) fn add_type(&mut self, ty: TypeIndex, key: ResourceKey) {
        self.types.insert(ty, key);
    }

    /// Returns the Rust type of the values of a resource type, if it has values.
    pub(crate) fn values_of(&self, ty: TypeIndex) -> Option<ResourceKey> {
        self.types.get(&ty).copied()
    }

    /// Returns `true` if the resources of any type have values.
    pub(crate) fn has_types(&self) -> bool {
        !self.types.is_empty()
    }

    /// Returns `true` if the resources of a type have values.
    #[inline]
    pub(crate) fn has_type(&self, ty: TypeIndex) -> bool {
        !self.types.is_empty() && self.types.contains_key(&ty)
    }

    /// Adds the reason to a failure, if it is about a value.
    pub(crate) fn explain(&mut self, failure: Failure) -> ValueFailure {
        match self.problem.take() {
            Some(problem) if failure == AbiError::ResourceValue.into() => problem.into(),
            _ => failure.into(),
        }
    }

    /// Checks that the resources of a type have values of the Rust type in `shape`.
    pub(crate) fn check(&mut self, ty: TypeIndex, shape: &Shape) -> Result<(), Failure> {
        let (Shape::Own(expected) | Shape::Borrow(expected)) = shape else {
            return Err(AbiError::ResourceValue.into());
        };
        let found = self.values_of(ty);
        if found == Some(*expected) {
            return Ok(());
        }
        self.problem = Some(ResourceValueError::other(*expected, found));
        Err(AbiError::ResourceValue.into())
    }

    /// Records that the host has got a resource from a guest, as a [`Val`].
    pub(crate) fn host_got(&mut self, resource: Resource) {
        self.change(resource, |_| Holder::Host);
    }

    /// Records that a guest has got a resource.
    #[inline]
    pub(crate) fn guest_got(&mut self, resource: Resource) {
        if self.has_type(resource.ty) {
            self.change(resource, |_| Holder::Guest);
        }
    }

    /// Returns `true` if the host can give a resource away.
    pub(crate) fn is_hosts(&self, resource: Resource) -> bool {
        let place = self.place(resource);
        place.is_some_and(|place| matches!(place.holder, Holder::Nobody | Holder::Host))
    }

    /// Returns `true` if there is a resource.
    pub(crate) fn contains(&self, resource: Resource) -> bool {
        self.place(resource).is_some()
    }

    /// Takes a resource from the host, which passes it on.
    pub(crate) fn claim(&mut self, resource: Resource) {
        self.change(resource, |holder| match holder {
            Holder::Host => Holder::FromHost,
            holder => holder,
        });
    }

    /// Takes back the resources in these values, which were on their way to a guest. The host has
    /// those again that were [`Val`]s. Those that were Rust values are dropped.
    pub(crate) fn give_back(&mut self, values: &[Val]) {
        self.settle_each(values, Settling::GivenBack);
    }

    /// Records that the host has the resources of its own Rust value as [`Val`]s.
    pub(crate) fn keep(&mut self, values: &[Val]) {
        self.settle_each(values, Settling::Kept);
    }

    /// Drops the resources in these values that the host has.
    pub(crate) fn discard(&mut self, values: &[Val]) {
        self.settle_each(values, Settling::Discarded);
    }

    /// Settles each resource of the host in these values.
    fn settle_each(&mut self, values: &[Val], settling: Settling) {
        if self.types.is_empty() {
            return;
        }
        for value in values {
            match value {
                Val::List(values) | Val::Record(values) => self.settle_each(values, settling),
                Val::Variant(_, Some(value)) => {
                    self.settle_each(core::slice::from_ref(value), settling);
                }
                Val::Own(resource) | Val::Borrow(resource) => self.settle(*resource, settling),
                _ => {}
            }
        }
    }

    fn settle(&mut self, resource: Resource, settling: Settling) {
        let Some(holder) = self.place(resource).map(|place| place.holder) else { return };
        match (holder, settling) {
            (Holder::Guest | Holder::Borrower, _) | (Holder::Host, Settling::GivenBack) => {}
            (Holder::FromHost, Settling::GivenBack) | (_, Settling::Kept) => {
                self.host_got(resource);
            }
            (Holder::Nobody, Settling::GivenBack) | (_, Settling::Discarded) => {
                self.drop_value(resource);
            }
        }
    }

    /// Removes a resource, and returns its value, if there is one.
    pub(crate) fn remove(&mut self, resource: Resource) -> Option<SharedValue> {
        self.place(resource)?;
        let (number, _) = parts(resource.representation);
        self.places.remove(number).map(|place| place.value)
    }

    /// Removes a resource, and drops its value. A panic belongs to no call.
    pub(crate) fn drop_value(&mut self, resource: Resource) {
        if let Some(value) = self.remove(resource) {
            self.late.guard(|| drop(value));
        }
    }

    /// Lends a resource to a call that the host has begun, if its place is for that.
    pub(crate) fn lend(
        &mut self,
        call: SubtaskId,
        resource: Resource,
        goes_on: impl Fn(SubtaskId, Option<TaskId>) -> bool,
    ) {
        if self.place(resource).is_some_and(|place| place.holder == Holder::Nobody) {
            self.change(resource, |_| Holder::Borrower);
            self.release_orphans(goes_on);
            self.borrowers.add(call, resource);
        }
    }

    /// Remembers the task as which a call of the host has started.
    #[inline]
    pub(crate) fn started(&mut self, call: SubtaskId, task: TaskId) {
        self.borrowers.started(call, task);
    }

    /// Releases the borrows of a call that has returned.
    #[inline]
    pub(crate) fn returned(&mut self, call: SubtaskId) {
        if !self.borrowers.is_empty() {
            let resources = self.borrowers.remove(call);
            self.drop_values(resources);
        }
    }

    /// Releases the borrows of a forgotten call whose task has returned.
    #[inline]
    pub(crate) fn task_returned(&mut self, task: TaskId) {
        if let Some(call) = self.borrowers.call_of(task) {
            self.returned(call);
        }
    }

    /// Releases the borrows of a call that the host has forgotten, when its guest can no longer use
    /// them.
    pub(crate) fn forgotten(
        &mut self,
        call: SubtaskId,
        goes_on: impl Fn(SubtaskId, Option<TaskId>) -> bool,
    ) {
        if !self.borrowers.is_empty() {
            self.borrowers.forget(call);
            self.release_orphans(goes_on);
        }
    }

    /// Releases the borrows of calls that are over.
    pub(crate) fn release_over(&mut self, goes_on: impl Fn(SubtaskId, Option<TaskId>) -> bool) {
        let resources = self.borrowers.remove_over(goes_on);
        self.drop_values(resources);
    }

    /// Releases the borrows of forgotten calls that are over.
    fn release_orphans(&mut self, goes_on: impl Fn(SubtaskId, Option<TaskId>) -> bool) {
        let resources = self.borrowers.remove_orphans(goes_on);
        self.drop_values(resources);
    }

    /// Removes resources, and drops their values.
    pub(crate) fn drop_values(&mut self, resources: Vec<Resource>) {
        for resource in resources {
            self.drop_value(resource);
        }
    }

    fn place(&self, resource: Resource) -> Option<&Place> {
        let (number, generation) = parts(resource.representation);
        let place = self.places.get(number)?;
        (place.generation == generation && place.ty == resource.ty).then_some(place)
    }

    fn change(&mut self, resource: Resource, next: impl FnOnce(Holder) -> Holder) {
        if self.place(resource).is_none() {
            return;
        }
        if let Some(place) = self.places.get_mut(parts(resource.representation).0) {
            place.holder = next(place.holder);
        }
    }

    /// Returns the number of values.
    #[cfg(test)]
    fn len(&self) -> usize {
        self.places.len()
    }
}

/// Returns the number of a place, and its generation.
const fn parts(representation: u64) -> (u32, u32) {
    #[expect(clippy::cast_possible_truncation, reason = "it is taken apart")]
    (representation as u32, (representation >> 32) as u32)
}

impl ResourceValues for HostValues {
    fn put(&mut self, shape: &Shape, ty: TypeIndex, value: &SharedValue) -> Result<u64, Failure> {
        self.check(ty, shape)?;
        let generation = self.count.wrapping_add(1);
        let place = Place { value: value.clone(), ty, generation, holder: Holder::Nobody };
        let number = self.places.add(place);
        let number = number.ok_or(crate::error::Error::Full(Table::Handles))?;
        self.count = generation;
        Ok(u64::from(generation) << 32 | u64::from(number))
    }

    fn take(&mut self, shape: &Shape, resource: Resource) -> Result<SharedValue, Failure> {
        self.check(resource.ty, shape)?;
        let value = match shape {
            Shape::Own(_) => self.remove(resource),
            _ => self.place(resource).map(|place| place.value.clone()),
        };
        if let (None, Shape::Own(key) | Shape::Borrow(key)) = (&value, shape) {
            self.problem = Some(ResourceValueError::gone(*key));
        }
        value.ok_or_else(|| AbiError::ResourceValue.into())
    }
}

impl ResourceNumbers for HostValues {
    fn number(&self, key: ResourceKey) -> Option<TypeIndex> {
        let mut numbers = self.types.iter().filter(|(_, it)| **it == key).map(|(ty, _)| *ty);
        let number = numbers.next();
        number.filter(|_| numbers.next().is_none())
    }
}

/// Drops each value, even after a destructor panicked.
impl Drop for HostValues {
    fn drop(&mut self) {
        let Self { places, late, .. } = self;
        let numbers: Vec<_> = places.numbers().collect();
        for place in numbers.into_iter().filter_map(|number| places.remove(number)) {
            late.guard(|| drop(place));
        }
    }
}

impl fmt::Debug for HostValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = self.places.numbers().filter_map(|number| self.places.get(number));
        f.debug_list().entries(places.map(|place| (place.ty, place.holder))).finish()
    }
}

#[cfg(test)]
mod tests {
    use alloc::sync::Arc;

    use crate::abi::{ComponentType as _, HandleTypes, Lower, Type, TypeList};
    use crate::binding::{Borrow, Own};
    use crate::component::store::example_ids::ids;

    use super::*;

    const FILE: TypeIndex = TypeIndex(3);
    const OTHER: TypeIndex = TypeIndex(4);

    struct File;

    fn values() -> HostValues {
        let mut values = HostValues::new(LatePanics::default());
        values.add_type(FILE, ResourceKey::of::<File>());
        values.add_type(OTHER, ResourceKey::of::<u8>());
        values
    }

    /// Moves a value towards a guest.
    fn put<V: Lower>(values: &mut HostValues, ty: Type, value: &V) -> Result<Val, ValueFailure> {
        let types = TypeList::new([ty]).expect("it is short");
        let mut handles = HandleTypes::default();
        handles.check_optional(types.types().next(), &V::SHAPE).expect("it is of the type");
        let vals = values.vals_of(value, &types, &handles)?;
        Ok(vals.into_iter().next().expect("there is one"))
    }

    fn resource(val: &Val) -> Resource {
        let (Val::Own(resource) | Val::Borrow(resource)) = val else { panic!("{val:?}") };
        *resource
    }

    #[test]
    fn what_was_a_rust_value_is_dropped_when_it_comes_back() {
        let mut values = values();
        let (file, kept) = (Own::new(File), Own::new(File));
        let borrowed = file.borrow();
        let val = put(&mut values, Type::Own(FILE), &file).expect("it is a file");
        drop(file);
        values.give_back(core::slice::from_ref(&val));
        assert_eq!((values.len(), values.contains(resource(&val))), (0, false));
        assert!(Own::into_inner(kept).is_ok());
        drop(borrowed);
    }

    #[test]
    fn what_was_a_val_is_the_hosts_again_when_it_comes_back() {
        let mut values = values();
        let val = put(&mut values, Type::Own(FILE), &Own::new(File)).expect("it is a file");
        let it = resource(&val);
        values.host_got(it);
        assert!(values.is_hosts(it));
        values.claim(it);
        assert!(!values.is_hosts(it));
        values.give_back(core::slice::from_ref(&val));
        assert!(values.is_hosts(it));
        values.claim(it);
        values.guest_got(it);
        values.give_back(core::slice::from_ref(&val));
        assert!(!values.is_hosts(it) && values.contains(it));
    }

    #[test]
    fn a_place_that_is_used_again_is_of_another_resource() {
        let mut values = values();
        let first = put(&mut values, Type::Own(FILE), &Own::new(File)).expect("it is a file");
        values.drop_value(resource(&first));
        let second = put(&mut values, Type::Own(FILE), &Own::new(File)).expect("it is a file");
        assert!(!values.contains(resource(&first)) && values.contains(resource(&second)));
        let other = Resource { ty: OTHER, ..resource(&second) };
        assert!(!values.contains(other));
        let unknown = Resource { representation: u64::MAX, ..resource(&second) };
        assert!(values.remove(unknown).is_none());
    }

    #[test]
    fn nothing_is_left_of_what_can_not_be_put() {
        let mut values = values();
        let both = (Own::new(File), Own::new(7_u16));
        let ty = Type::tuple([Type::Own(FILE), Type::Own(OTHER)]).expect("it has parts");
        let refused = put(&mut values, ty, &both).expect_err("the second is no file");
        let ValueFailure::Value(error) = refused else { panic!("{refused}") };
        assert_eq!((error.rust_type(), error.values()), ("u16", Some("u8")));
        assert_eq!(values.len(), 0);
        assert!(both.0.into_inner().is_ok());
    }

    #[test]
    fn what_a_call_has_borrowed_ends_with_it() {
        let mut values = values();
        let ids = ids(0);
        let file = Own::new(File);
        let lend = |values: &mut HostValues| {
            let lent = put(values, Type::Borrow(FILE), &file.borrow()).expect("it is a file");
            values.lend(ids.call, resource(&lent), |_, _| true);
        };
        lend(&mut values);
        lend(&mut values);
        values.returned(ids.call);
        assert_eq!(values.len(), 0);
        lend(&mut values);
        // Its guest goes on. The next call that is forgotten finds that it has returned.
        values.started(ids.call, ids.task);
        values.forgotten(ids.call, |_, _| true);
        assert_eq!(values.len(), 1);
        values.forgotten(ids.call, |_, _| false);
        assert_eq!(values.len(), 0);
        lend(&mut values);
        values.started(ids.call, ids.task);
        values.task_returned(ids.task);
        assert_eq!(values.len(), 0);
        lend(&mut values);
        values.release_over(|_, _| false);
        assert_eq!(values.len(), 0);
    }

    #[test]
    fn a_value_that_is_taken_is_the_one_that_was_put() {
        let mut values = values();
        let value: SharedValue = Arc::new(File);
        let (own, borrow) = (<Own<File>>::SHAPE, <Borrow<File>>::SHAPE);
        let representation = values.put(&own, FILE, &value).expect("it is a file");
        let it = Resource { ty: FILE, representation };
        let lent = values.take(&borrow, it).expect("it is there");
        assert!(Arc::ptr_eq(&lent, &value));
        assert!(values.take(&own, it).is_ok_and(|it| Arc::ptr_eq(&it, &value)));
        assert_eq!(values.take(&own, it).err(), Some(AbiError::ResourceValue.into()));
        let gone = values.explain(AbiError::ResourceValue.into());
        assert!(matches!(gone, ValueFailure::Value(error) if error.values().is_none()));
    }

    #[test]
    fn a_rust_type_stands_for_a_resource_type_if_there_is_one_of_it() {
        let mut values = values();
        assert_eq!(values.number(ResourceKey::of::<File>()), Some(FILE));
        assert_eq!(values.number(ResourceKey::of::<u16>()), None);
        values.add_type(TypeIndex(9), ResourceKey::of::<File>());
        assert_eq!(values.number(ResourceKey::of::<File>()), None);
    }
}

//! A table for hosts that keep their resources themselves.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::any::{Any, type_name};
use core::fmt;

use crate::handle::{BorrowHandle, OwnHandle};

/// A table for a host that keeps its resources itself.
///
/// If resources are values of a Rust type, the store keeps them, and no table is needed: see
/// [`Own`](super::Own). A table serves resources that are only numbers, as an [`OwnHandle`] and a
/// [`BorrowHandle`] are. It belongs to the data of the host. A handle names a place in the table. A
/// handle of a deleted resource is an error, even if another resource is now at that place.
///
/// One table holds values of all types. The `R` of a handle only names the resource type.
///
/// A resource may have a parent, which can't be deleted before all its children are.
///
/// ```
/// use weft::binding::{ResourceTable, ResourceTableError};
/// use weft::handle::{BorrowHandle, OwnHandle};
///
/// // The resource types of the bindings.
/// #[derive(Debug)]
/// enum Directory {}
/// #[derive(Debug)]
/// enum Entry {}
///
/// struct Path(String);
///
/// let mut table = ResourceTable::new();
/// let directory: OwnHandle<Directory> = table.push(Path("home".into()))?;
/// let entry: OwnHandle<Entry> = table.push_child(Path("home/notes".into()), &directory)?;
///
/// table.get_mut::<Path>(&entry)?.0.push_str(".txt");
/// let lent: BorrowHandle<'_, Entry> = entry.borrow();
/// assert_eq!(table.get::<Path>(&lent)?.0, "home/notes.txt");
/// assert!(matches!(table.get::<u32>(&entry), Err(ResourceTableError::WrongType { .. })));
///
/// let number = directory.representation();
/// let refused = table.delete::<Path, _>(directory);
/// assert!(matches!(refused, Err(ResourceTableError::HasChildren)));
/// table.delete::<Path, _>(entry)?;
/// table.delete::<Path, _>(OwnHandle::<Directory>::new(number))?;
/// assert!(table.is_empty());
/// # Ok::<(), ResourceTableError>(())
/// ```
#[derive(Debug)]
pub struct ResourceTable {
    places: Vec<Place>,
    /// The free places.
    free: Vec<u32>,
    max_capacity: usize,
}

/// A place in the table.
#[derive(Debug, Default)]
struct Place {
    /// The number of earlier entries of this place.
    generation: u32,
    entry: Option<Entry>,
}

struct Entry {
    value: Box<dyn Any + Send>,
    type_name: &'static str,
    parent: Option<u32>,
    children: BTreeSet<u32>,
}

/// A handle of a resource: an [`OwnHandle`] or a [`BorrowHandle`].
pub trait ResourceHandle: sealed::ResourceHandle {}

mod sealed {
    /// See [`ResourceHandle`](super::ResourceHandle).
    pub trait ResourceHandle {
        /// Returns the representation of the resource.
        fn number(&self) -> u64;
    }
}

impl<R: ?Sized> ResourceHandle for OwnHandle<R> {}
impl<R: ?Sized> ResourceHandle for BorrowHandle<'_, R> {}

impl<R: ?Sized> sealed::ResourceHandle for OwnHandle<R> {
    fn number(&self) -> u64 {
        self.representation()
    }
}

impl<R: ?Sized> sealed::ResourceHandle for BorrowHandle<'_, R> {
    fn number(&self) -> u64 {
        self.representation()
    }
}

/// The reasons why a [`ResourceTable`] refuses an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResourceTableError {
    /// The table has as many resources as it may have.
    Full,
    /// There is no such resource: it was deleted, or never existed.
    NotPresent,
    /// The resource is a value of another type.
    WrongType {
        /// The path of the type that was expected.
        expected: &'static str,
        /// The path of the value's type.
        found: &'static str,
    },
    /// The resource has children, which have to be deleted first.
    HasChildren,
}

impl fmt::Display for ResourceTableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.write_str(
                "the table of resources is full: `ResourceTable::set_max_capacity` changes its size",
            ),
            Self::NotPresent => f.write_str("there is no such resource in the table"),
            Self::WrongType { expected, found } => {
                write!(f, "expected a resource that is a `{expected}`, found a `{found}`")
            }
            Self::HasChildren => {
                f.write_str("the resource has children, which have to be deleted first")
            }
        }
    }
}

impl core::error::Error for ResourceTableError {}

impl ResourceTable {
    /// Makes a table without resources.
    #[must_use]
    pub const fn new() -> Self {
        Self { places: Vec::new(), free: Vec::new(), max_capacity: u32::MAX as usize }
    }

    /// Sets the largest number of resources. Resources that exist stay, even if there are more.
    pub const fn set_max_capacity(&mut self, max_capacity: usize) {
        self.max_capacity = max_capacity;
    }

    /// Returns the number of resources.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len().saturating_sub(self.free.len())
    }

    /// Returns `true` if there is no resource.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds the resource `value`, and returns its handle.
    ///
    /// # Errors
    ///
    /// [`ResourceTableError::Full`]
    pub fn push<R: ?Sized>(
        &mut self,
        value: impl Any + Send,
    ) -> Result<OwnHandle<R>, ResourceTableError> {
        self.add(value, None)
    }

    /// Adds the resource `value` as a child of `parent`, and returns its handle.
    ///
    /// # Errors
    ///
    /// [`ResourceTableError::Full`]; [`ResourceTableError::NotPresent`] if the parent is not in the
    /// table.
    pub fn push_child<R: ?Sized>(
        &mut self,
        value: impl Any + Send,
        parent: &impl ResourceHandle,
    ) -> Result<OwnHandle<R>, ResourceTableError> {
        let parent = self.position(parent.number())?;
        self.add(value, Some(parent))
    }

    /// Returns the value of a resource.
    ///
    /// # Errors
    ///
    /// [`ResourceTableError::NotPresent`], [`ResourceTableError::WrongType`]
    pub fn get<V: Any>(&self, handle: &impl ResourceHandle) -> Result<&V, ResourceTableError> {
        let entry = self.entry(self.position(handle.number())?)?;
        entry.value.downcast_ref().ok_or_else(|| entry.wrong_type::<V>())
    }

    /// Returns the value of a resource, mutably.
    ///
    /// # Errors
    ///
    /// [`ResourceTableError::NotPresent`], [`ResourceTableError::WrongType`]
    pub fn get_mut<V: Any>(
        &mut self,
        handle: &impl ResourceHandle,
    ) -> Result<&mut V, ResourceTableError> {
        let position = self.position(handle.number())?;
        let entry = self.entry_mut(position)?;
        let wrong = entry.wrong_type::<V>();
        entry.value.downcast_mut().ok_or(wrong)
    }

    /// Removes a resource, and returns its value.
    ///
    /// # Errors
    ///
    /// [`ResourceTableError::NotPresent`], [`ResourceTableError::WrongType`],
    /// [`ResourceTableError::HasChildren`]. The resource stays in the table then.
    #[expect(clippy::needless_pass_by_value, reason = "there is nothing that it is of any more")]
    pub fn delete<V: Any, R: ?Sized>(
        &mut self,
        handle: OwnHandle<R>,
    ) -> Result<V, ResourceTableError> {
        let position = self.position(handle.representation())?;
        let entry = self.entry(position)?;
        if !entry.value.is::<V>() {
            return Err(entry.wrong_type::<V>());
        }
        if !entry.children.is_empty() {
            return Err(ResourceTableError::HasChildren);
        }
        let entry = self.remove(position).ok_or(ResourceTableError::NotPresent)?;
        if let Some(parent) = entry.parent
            && let Ok(parent) = self.entry_mut(parent)
        {
            parent.children.remove(&position);
        }
        let wrong = entry.wrong_type::<V>();
        entry.value.downcast().map(|value| *value).map_err(|_| wrong)
    }

    /// Returns the values of all resources.
    pub fn iter_entries(&self) -> impl Iterator<Item = &(dyn Any + Send)> {
        self.places.iter().filter_map(|place| place.entry.as_ref()).map(|entry| &*entry.value)
    }

    /// Returns the values of all resources, mutably.
    pub fn iter_entries_mut(&mut self) -> impl Iterator<Item = &mut (dyn Any + Send)> {
        self.places
            .iter_mut()
            .filter_map(|place| place.entry.as_mut())
            .map(|entry| &mut *entry.value)
    }

    /// Returns the values of the children of a resource.
    ///
    /// # Errors
    ///
    /// [`ResourceTableError::NotPresent`] if the parent is not in the table.
    pub fn iter_children(
        &self,
        parent: &impl ResourceHandle,
    ) -> Result<impl Iterator<Item = &(dyn Any + Send)>, ResourceTableError> {
        let parent = self.entry(self.position(parent.number())?)?;
        let children = parent.children.iter().filter_map(|child| self.entry(*child).ok());
        Ok(children.map(|entry| &*entry.value))
    }

    fn add<R: ?Sized, V: Any + Send>(
        &mut self,
        value: V,
        parent: Option<u32>,
    ) -> Result<OwnHandle<R>, ResourceTableError> {
        if self.len() >= self.max_capacity {
            return Err(ResourceTableError::Full);
        }
        let position = match self.free.last() {
            Some(free) => *free,
            None => u32::try_from(self.places.len()).map_err(|_| ResourceTableError::Full)?,
        };
        if let Some(parent) = parent {
            self.entry_mut(parent)?.children.insert(position);
        }
        let entry = Entry {
            value: Box::new(value),
            type_name: type_name::<V>(),
            parent,
            children: BTreeSet::new(),
        };
        if self.free.pop().is_none() {
            self.places.push(Place::default());
        }
        let place = self.place_mut(position).ok_or(ResourceTableError::NotPresent)?;
        place.entry = Some(entry);
        Ok(OwnHandle::new(u64::from(place.generation) << 32 | u64::from(position)))
    }

    /// Removes the entry at a position. Handles of it name an earlier generation from then on.
    fn remove(&mut self, position: u32) -> Option<Entry> {
        let place = self.place_mut(position)?;
        let entry = place.entry.take()?;
        place.generation = place.generation.wrapping_add(1);
        self.free.push(position);
        Some(entry)
    }

    /// Returns the position of the resource with this representation.
    fn position(&self, representation: u64) -> Result<u32, ResourceTableError> {
        let absent = ResourceTableError::NotPresent;
        let position = u32::try_from(representation & u64::from(u32::MAX)).map_err(|_| absent)?;
        let index = usize::try_from(position).map_err(|_| absent)?;
        let place = self.places.get(index).ok_or(absent)?;
        let is_there = place.entry.is_some() && u64::from(place.generation) == representation >> 32;
        if is_there { Ok(position) } else { Err(absent) }
    }

    fn entry(&self, position: u32) -> Result<&Entry, ResourceTableError> {
        let place = usize::try_from(position).ok().and_then(|index| self.places.get(index));
        place.and_then(|place| place.entry.as_ref()).ok_or(ResourceTableError::NotPresent)
    }

    fn entry_mut(&mut self, position: u32) -> Result<&mut Entry, ResourceTableError> {
        let place = self.place_mut(position);
        place.and_then(|place| place.entry.as_mut()).ok_or(ResourceTableError::NotPresent)
    }

    fn place_mut(&mut self, position: u32) -> Option<&mut Place> {
        usize::try_from(position).ok().and_then(|index| self.places.get_mut(index))
    }
}

impl Default for ResourceTable {
    fn default() -> Self {
        Self::new()
    }
}

impl Entry {
    /// Returns the error for a value that is not a `V`.
    fn wrong_type<V: Any>(&self) -> ResourceTableError {
        ResourceTableError::WrongType { expected: type_name::<V>(), found: self.type_name }
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { type_name, parent, .. } = self;
        f.debug_struct("Entry").field("type", type_name).field("parent", parent).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    enum Marker {}

    const ABSENT: ResourceTableError = ResourceTableError::NotPresent;

    fn push(
        table: &mut ResourceTable,
        value: u32,
    ) -> Result<OwnHandle<Marker>, ResourceTableError> {
        table.push(value)
    }

    #[test]
    fn a_handle_of_a_deleted_resource_is_an_error_even_if_its_place_is_reused() {
        let mut table = ResourceTable::new();
        let first = push(&mut table, 1).expect("there is room");
        let stale = OwnHandle::<Marker>::new(first.representation());
        assert_eq!(table.delete::<u32, _>(first), Ok(1));
        assert_eq!(table.get::<u32>(&stale), Err(ABSENT));
        let second = push(&mut table, 2).expect("there is room");
        assert_eq!(table.get::<u32>(&stale), Err(ABSENT));
        assert_eq!(table.delete::<u32, _>(stale), Err(ABSENT));
        assert_eq!((table.get::<u32>(&second), table.len()), (Ok(&2), 1));
        for representation in [u64::MAX, 7, 2 << 32, 1 << 63] {
            assert_eq!(
                table.get::<u32>(&OwnHandle::<Marker>::new(representation)).err(),
                Some(ABSENT)
            );
        }
    }

    #[test]
    fn what_can_not_be_deleted_stays() {
        let mut table = ResourceTable::new();
        let parent = push(&mut table, 1).expect("there is room");
        let child: OwnHandle<Marker> = table.push_child("child", &parent).expect("there is room");
        let again = || OwnHandle::<Marker>::new(parent.representation());
        assert_eq!(table.delete::<u32, _>(again()), Err(ResourceTableError::HasChildren));
        assert!(matches!(
            table.delete::<u64, _>(again()),
            Err(ResourceTableError::WrongType { expected: "u64", found: "u32" })
        ));
        assert_eq!(table.iter_children(&parent).map(Iterator::count), Ok(1));
        assert_eq!(table.delete::<&str, _>(child), Ok("child"));
        assert_eq!(table.iter_children(&parent).map(Iterator::count), Ok(0));
        assert_eq!(table.delete::<u32, _>(again()), Ok(1));
        let orphan: Result<OwnHandle<Marker>, _> = table.push_child(2, &parent);
        assert_eq!((orphan.err(), table.is_empty()), (Some(ABSENT), true));
    }

    #[test]
    fn a_full_table_says_so() {
        let mut table = ResourceTable::new();
        table.set_max_capacity(1);
        let first = push(&mut table, 1).expect("there is room");
        assert_eq!(push(&mut table, 2), Err(ResourceTableError::Full));
        assert_eq!(table.delete::<u32, _>(first), Ok(1));
        assert!(push(&mut table, 2).is_ok());
        for value in table.iter_entries_mut() {
            if let Some(value) = value.downcast_mut::<u32>() {
                *value += 1;
            }
        }
        let values = table.iter_entries().filter_map(|value| value.downcast_ref::<u32>());
        assert!(values.eq(&[3]));
    }
}

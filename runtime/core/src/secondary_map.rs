//! Maps from a machine's ids to values, found by position and checked by generation.

use core::marker::PhantomData;

use crate::error::Error;
use crate::id::Id;
use crate::limits::{Storage, Table};

/// The storage of one position of a [`SecondaryMap`]: a value, and its id.
pub type SecondaryPlace<I, V> = Option<(I, V)>;

/// A map from ids of one kind in a machine to values.
///
/// A value belongs to one id. If the object of the id is removed and its place is used again, the
/// new id does not find the old value. A look-up takes one access to an array.
///
/// ```
/// # #[cfg(feature = "alloc")] {
/// use weft_core::limits::{Heap, Table};
/// use weft_core::machine::Machine;
/// use weft_core::secondary_map::SecondaryMap;
///
/// let mut machine = Machine::<Heap>::default();
/// let instance = machine.new_instance()?;
/// let mut names = SecondaryMap::<_, _, Vec<_>>::new(Table::Instances);
/// names.insert(instance, "sensor")?;
/// assert_eq!(names.get(instance), Some(&"sensor"));
/// assert_eq!(names.remove(instance), Some("sensor"));
/// assert!(names.is_empty());
/// # }
/// # Ok::<(), weft_core::error::Error>(())
/// ```
#[derive(Debug)]
pub struct SecondaryMap<I, V, S> {
    table: Table,
    places: S,
    used: usize,
    of: PhantomData<fn() -> (I, V)>,
}

impl<I: Id, V, S: Storage<SecondaryPlace<I, V>>> SecondaryMap<I, V, S> {
    /// Creates an empty map. Its [`Error::Full`] names `table`.
    #[must_use]
    pub const fn new(table: Table) -> Self {
        Self { table, places: S::EMPTY, used: 0, of: PhantomData }
    }

    /// Returns the number of values.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.used
    }

    /// Returns `true` if there are no values.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// Makes sure that there is a place for the value of an id with this `position`.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] if there is no room. Nothing has changed then.
    #[inline]
    pub fn reserve(&mut self, position: usize) -> Result<(), Error> {
        let missing = (position + 1).saturating_sub(self.places.len());
        if missing > 0 { self.grow(missing) } else { Ok(()) }
    }

    #[cold]
    fn grow(&mut self, missing: usize) -> Result<(), Error> {
        if !self.places.reserve(missing) {
            return Err(Error::Full(self.table));
        }
        for _ in 0..missing {
            self.places.push(None).map_err(|_| Error::Full(self.table))?;
        }
        Ok(())
    }

    /// Returns the value of `id`, if it has one.
    #[inline]
    #[must_use]
    pub fn get(&self, id: I) -> Option<&V> {
        match self.places.get(id.position())? {
            Some((found, value)) if *found == id => Some(value),
            _ => None,
        }
    }

    /// Returns the value of `id`, if it has one, to change it.
    #[inline]
    pub fn get_mut(&mut self, id: I) -> Option<&mut V> {
        match self.places.get_mut(id.position())? {
            Some((found, value)) if *found == id => Some(value),
            _ => None,
        }
    }

    /// Returns `true` if `id` has a value.
    #[inline]
    #[must_use]
    pub fn contains(&self, id: I) -> bool {
        self.get(id).is_some()
    }

    /// Sets the value of `id`. Returns the value that was at its place, which belonged to `id` or
    /// to a removed object.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] if there is no room.
    #[inline]
    pub fn insert(&mut self, id: I, value: V) -> Result<Option<V>, Error> {
        self.reserve(id.position())?;
        let place = self.places.get_mut(id.position()).ok_or(Error::Full(self.table))?;
        let before = place.replace((id, value));
        self.used += usize::from(before.is_none());
        Ok(before.map(|(_, value)| value))
    }

    /// Sets the value of `id`, and drops the value that was at its place. This is
    /// [`insert`](Self::insert) without moving the old value out.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] if there is no room.
    #[inline]
    pub fn put(&mut self, id: I, value: V) -> Result<(), Error> {
        self.reserve(id.position())?;
        let place = self.places.get_mut(id.position()).ok_or(Error::Full(self.table))?;
        self.used += usize::from(place.is_none());
        *place = Some((id, value));
        Ok(())
    }

    /// Returns the value at the place of `id`, which belongs to `id` from now on. Before, the value
    /// belonged to `id` or to a removed object. Its memory is used again.
    #[inline]
    pub fn take_over(&mut self, id: I) -> Option<&mut V> {
        let (owner, value) = self.places.get_mut(id.position())?.as_mut()?;
        *owner = id;
        Some(value)
    }

    /// Drops the value of `id`, if it has one. This is [`remove`](Self::remove) without moving
    /// the value out.
    #[inline]
    pub fn discard(&mut self, id: I) {
        if let Some(place) = self.places.get_mut(id.position())
            && place.as_ref().is_some_and(|(found, _)| *found == id)
        {
            *place = None;
            self.used -= 1;
        }
    }

    /// Returns the value of `id`. If `id` has none, `new` makes one. A removed object's value at
    /// the same place is dropped.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] if there is no room.
    pub fn get_or_insert_with(&mut self, id: I, new: impl FnOnce() -> V) -> Result<&mut V, Error> {
        if !self.contains(id) {
            self.insert(id, new())?;
        }
        let inconsistent = Error::Inconsistent(self.table);
        self.get_mut(id).ok_or(inconsistent)
    }

    /// Removes the value of `id` and returns it, if it has one.
    #[inline]
    pub fn remove(&mut self, id: I) -> Option<V> {
        let place = self.places.get_mut(id.position())?;
        if place.as_ref().is_none_or(|(found, _)| *found != id) {
            return None;
        }
        let (_, value) = place.take()?;
        self.used -= 1;
        Some(value)
    }

    /// Removes the values for which `keep` returns `false`.
    pub fn retain(&mut self, mut keep: impl FnMut(I, &mut V) -> bool) {
        for position in 0..self.places.len() {
            let Some(place) = self.places.get_mut(position) else { continue };
            if place.as_mut().is_some_and(|(id, value)| !keep(*id, value)) {
                *place = None;
                self.used -= 1;
            }
        }
    }

    /// Returns all values with their ids, in the order of their positions.
    pub fn iter(&self) -> impl Iterator<Item = (I, &V)> {
        let places = (0..self.places.len()).filter_map(|it| self.places.get(it)?.as_ref());
        places.map(|(id, value)| (*id, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::TaskId;
    use crate::limits::Array;

    type Map<const N: usize> = SecondaryMap<TaskId, u8, Array<SecondaryPlace<TaskId, u8>, N>>;

    fn task(number: u32, generation: u32) -> TaskId {
        TaskId { number: number.try_into().unwrap(), generation }
    }

    #[test]
    fn a_value_belongs_to_one_generation() {
        let mut map = Map::<2>::new(Table::TaskRecords);
        assert_eq!(map.insert(task(1, 0), 7), Ok(None));
        assert_eq!(map.get(task(1, 1)), None);
        assert_eq!(map.get_mut(task(1, 1)), None);
        assert_eq!(map.remove(task(1, 1)), None);
        assert_eq!(map.get(task(1, 0)), Some(&7));
        assert_eq!(*map.get_or_insert_with(task(1, 1), || 1).unwrap(), 1);
        assert_eq!((map.get(task(1, 0)), map.len()), (None, 1));
        assert_eq!(map.remove(task(1, 1)), Some(1));
        assert_eq!((map.remove(task(1, 1)), map.len()), (None, 0));
    }

    #[test]
    fn a_full_map_is_unchanged() {
        let mut map = Map::<1>::new(Table::TaskRecords);
        assert_eq!(map.reserve(0), Ok(()));
        assert_eq!(map.reserve(1), Err(Error::Full(Table::TaskRecords)));
        assert_eq!(map.insert(task(2, 0), 1), Err(Error::Full(Table::TaskRecords)));
        assert_eq!(map.insert(task(1, 0), 1), Ok(None));
        assert_eq!(map.insert(task(1, 0), 2), Ok(Some(1)));
        assert_eq!(map.iter().collect::<std::vec::Vec<_>>(), [(task(1, 0), &2)]);
    }

    #[test]
    fn a_value_is_taken_over_from_a_removed_object() {
        let mut map = Map::<2>::new(Table::TaskRecords);
        assert_eq!(map.take_over(task(1, 0)), None);
        assert_eq!(map.put(task(1, 0), 7), Ok(()));
        assert_eq!(map.take_over(task(1, 1)), Some(&mut 7));
        assert_eq!((map.get(task(1, 0)), map.get(task(1, 1)), map.len()), (None, Some(&7), 1));
        map.discard(task(1, 0));
        assert_eq!(map.len(), 1);
        map.discard(task(1, 1));
        assert!(map.is_empty());
    }

    #[test]
    fn values_are_kept_or_removed() {
        let mut map = Map::<3>::new(Table::TaskRecords);
        for number in 1..=3 {
            map.insert(task(number, 0), u8::try_from(number).unwrap()).unwrap();
        }
        map.retain(|id, value| {
            assert_eq!(id.position() + 1, usize::from(*value));
            *value != 2
        });
        assert_eq!(map.len(), 2);
        assert!(!map.contains(task(2, 0)) && map.contains(task(3, 0)));
    }
}

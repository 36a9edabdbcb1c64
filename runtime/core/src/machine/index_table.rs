//! The tables of a component instance whose entries guests see as small numbers: handles and
//! threads.
//!
//! They follow the reference's `Table`: index 0 is never used, and the index that was freed last
//! is used first.

use crate::error::{Error, Failure};
use crate::limits::{Storage, Table};
use crate::trap::Trap;

/// A place in an [`IndexTable`].
#[derive(Clone, Copy, Debug)]
pub(crate) enum Entry<T> {
    /// A free entry, with the next free index after it, or 0 if there is none.
    Free(u32),
    Used(T),
}

/// A table whose entries guests see as small numbers.
#[derive(Debug)]
pub(crate) struct IndexTable<S> {
    table: Table,
    /// The greatest index.
    max: u32,
    entries: S,
    /// The free index that is used next, or 0 if there is none.
    free: u32,
    used: u32,
    /// The number of additions for which room is reserved.
    reserved: u32,
}

impl<S> IndexTable<S> {
    pub(crate) fn new<T>(table: Table, max: u32) -> Self
    where
        S: Storage<Entry<T>>,
    {
        Self { table, max, entries: S::EMPTY, free: 0, used: 0, reserved: 0 }
    }

    /// Returns the number of indices in use.
    pub(crate) const fn len(&self) -> u32 {
        self.used
    }

    /// Returns the number of indices that were ever in use, which is the greatest of them.
    #[inline]
    pub(crate) fn highest<T>(&self) -> u32
    where
        S: Storage<Entry<T>>,
    {
        u32::try_from(self.entries.len()).unwrap_or(u32::MAX)
    }

    /// Makes sure that the next `additional` calls of [`add`](Self::add) succeed.
    ///
    /// Traps: `table-full`.
    #[inline]
    pub(crate) fn check_room<T>(&mut self, additional: u32) -> Result<(), Failure>
    where
        S: Storage<Entry<T>>,
    {
        let new = additional.saturating_sub(self.free_entries());
        if self.highest().saturating_add(new) > self.max {
            return Err(Trap::TableFull.into());
        }
        Ok(self.check_storage(additional)?)
    }

    /// Makes sure that there is storage for `additional` more entries, beside the reserved ones.
    #[inline]
    fn check_storage<T>(&mut self, additional: u32) -> Result<(), Error>
    where
        S: Storage<Entry<T>>,
    {
        let wanted = self.reserved.saturating_add(additional);
        let new = wanted.saturating_sub(self.free_entries());
        if new == 0 || self.entries.reserve(new as usize) {
            Ok(())
        } else {
            Err(Error::Full(self.table))
        }
    }

    #[inline]
    /// Returns the number of entries that were used and are free again.
    fn free_entries<T>(&self) -> u32
    where
        S: Storage<Entry<T>>,
    {
        self.highest().saturating_sub(self.used)
    }

    /// Reserves room for one call of [`add_reserved`](Self::add_reserved).
    #[inline]
    pub(crate) fn reserve<T>(&mut self) -> Result<(), Error>
    where
        S: Storage<Entry<T>>,
    {
        self.check_storage(1)?;
        self.reserved += 1;
        Ok(())
    }

    /// Takes back one reservation.
    #[inline]
    pub(crate) fn unreserve(&mut self) {
        self.reserved = self.reserved.saturating_sub(1);
    }

    /// Adds `item` in reserved room, and returns its index.
    ///
    /// Traps: `table-full`.
    #[inline]
    pub(crate) fn add_reserved<T>(&mut self, item: T) -> Result<u32, Failure>
    where
        S: Storage<Entry<T>>,
    {
        self.unreserve();
        self.add(item)
    }

    /// Adds `item`, and returns its index.
    ///
    /// Traps: `table-full`.
    #[inline]
    pub(crate) fn add<T>(&mut self, item: T) -> Result<u32, Failure>
    where
        S: Storage<Entry<T>>,
    {
        self.check_room(1)?;
        if let Some(entry) = self.entry_mut(self.free)
            && let Entry::Free(next) = *entry
        {
            *entry = Entry::Used(item);
            let index = core::mem::replace(&mut self.free, next);
            self.used += 1;
            return Ok(index);
        }
        self.entries.push(Entry::Used(item)).map_err(|_| Error::Full(self.table))?;
        self.used += 1;
        Ok(self.highest())
    }

    /// Returns the item at `index`, or `None` if it is free or was never used.
    #[inline]
    pub(crate) fn get<T: Copy>(&self, index: u32) -> Option<T>
    where
        S: Storage<Entry<T>>,
    {
        let position = index.checked_sub(1)? as usize;
        // The compiler doesn't see otherwise that the entry exists.
        if position >= self.entries.len() {
            return None;
        }
        match self.entries.get(position)? {
            Entry::Used(item) => Some(*item),
            Entry::Free(_) => None,
        }
    }

    /// Removes and returns the item at `index`.
    #[inline]
    pub(crate) fn remove<T: Copy>(&mut self, index: u32) -> Option<T>
    where
        S: Storage<Entry<T>>,
    {
        let item = self.get(index)?;
        let free = self.free;
        *self.entry_mut(index)? = Entry::Free(free);
        self.free = index;
        self.used -= 1;
        Some(item)
    }

    /// Returns the entry at `index`.
    #[inline]
    fn entry_mut<T>(&mut self, index: u32) -> Option<&mut Entry<T>>
    where
        S: Storage<Entry<T>>,
    {
        self.entries.get_mut(index.checked_sub(1)? as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Array;

    type Bounded = IndexTable<Array<Entry<u8>, 3>>;

    #[test]
    fn the_index_freed_last_is_used_first() {
        let mut table = Bounded::new(Table::Handles, 100);
        assert_eq!([table.add(10), table.add(20), table.add(30)], [Ok(1), Ok(2), Ok(3)]);
        assert_eq!((table.remove(1), table.remove(3)), (Some(10), Some(30)));
        assert_eq!(
            (table.get(0), table.get(1), table.get(2), table.get(4)),
            (None, None, Some(20), None)
        );
        assert_eq!((table.add(40), table.add(50)), (Ok(3), Ok(1)));
        assert_eq!(table.remove(9), None);
    }

    #[test]
    fn above_the_greatest_index_the_guest_traps() {
        let mut table = Bounded::new(Table::Handles, 1);
        assert_eq!(table.add(10), Ok(1));
        assert_eq!(table.add(20), Err(Trap::TableFull.into()));
        table.remove(1);
        assert_eq!(table.add(30), Ok(1));
    }

    #[test]
    fn reserved_room_is_kept_new_or_freed() {
        let full = Error::Full(Table::Handles);
        let mut table = Bounded::new(Table::Handles, 100);
        table.reserve().unwrap();
        assert_eq!((table.check_room(2), table.check_room(3)), (Ok(()), Err(full.into())));
        table.add(10).unwrap();
        table.add(20).unwrap();
        assert_eq!(table.check_room(1), Err(full.into()));
        assert_eq!(table.reserve(), Err(full));
        assert_eq!(table.add(30), Err(full.into()));
        assert_eq!(table.add_reserved(30), Ok(3));
        table.remove(2);
        table.reserve().unwrap();
        assert_eq!(table.add(40), Err(full.into()));
        assert_eq!(table.add_reserved(40), Ok(2));
        table.remove(2);
        assert_eq!(table.check_room(1), Ok(()));
    }
}

//! Intrusive lists: the links are in the records themselves. So joining and leaving a list takes
//! constant time at each of its places, and allocates nothing.

use super::arena::{Arena, Key, Slot};
use crate::error::Error;
use crate::limits::Storage;

/// The neighbors of a record in a list, which is a ring; `None` if it is in no list.
#[derive(Debug)]
pub(crate) struct Links<T> {
    previous: Option<Key<T>>,
    next: Option<Key<T>>,
}

impl<T> Links<T> {
    /// Returns `true` if the record is in a list.
    pub(crate) const fn are_set(&self) -> bool {
        self.next.is_some()
    }
}

impl<T> Default for Links<T> {
    fn default() -> Self {
        Self { previous: None, next: None }
    }
}

/// A record that can be in one list at a time.
pub(crate) trait Linked: Sized {
    fn links(&self) -> &Links<Self>;
    fn links_mut(&mut self) -> &mut Links<Self>;
}

/// A list of records in an arena.
#[derive(Debug)]
pub(crate) struct List<T> {
    front: Option<Key<T>>,
    len: u32,
}

impl<T> List<T> {
    /// Creates an empty list.
    pub(crate) const fn new() -> Self {
        Self { front: None, len: 0 }
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Linked> List<T> {
    pub(crate) const fn len(&self) -> u32 {
        self.len
    }

    pub(crate) const fn front(&self) -> Option<Key<T>> {
        self.front
    }

    /// Returns the record after `key`, which is in this list, or `None` after the last one.
    pub(crate) fn after<S: Storage<Slot<T>>>(
        &self,
        arena: &Arena<T, S>,
        key: Key<T>,
    ) -> Result<Option<Key<T>>, Error> {
        let next = arena.get(key)?.links().next;
        Ok(next.filter(|_| next != self.front))
    }

    /// Returns the record at `position`, from 0.
    pub(crate) fn at<S: Storage<Slot<T>>>(
        &self,
        arena: &Arena<T, S>,
        position: u32,
    ) -> Result<Option<Key<T>>, Error> {
        let mut found = self.front;
        for _ in 0..position {
            let Some(key) = found else { break };
            found = self.after(arena, key)?;
        }
        Ok(found)
    }

    /// Adds `key`, which is in no list, at the back.
    pub(crate) fn push_back<S: Storage<Slot<T>>>(
        &mut self,
        arena: &mut Arena<T, S>,
        key: Key<T>,
    ) -> Result<(), Error> {
        let Some(front) = self.front else {
            *arena.get_mut(key)?.links_mut() = Links { previous: Some(key), next: Some(key) };
            self.front = Some(key);
            self.len += 1;
            return Ok(());
        };
        let last = arena.get(front)?.links().previous.unwrap_or(front);
        arena.get_mut(last)?.links_mut().next = Some(key);
        arena.get_mut(front)?.links_mut().previous = Some(key);
        *arena.get_mut(key)?.links_mut() = Links { previous: Some(last), next: Some(front) };
        self.len += 1;
        Ok(())
    }

    /// Removes `key`, which is in this list, from it.
    pub(crate) fn remove<S: Storage<Slot<T>>>(
        &mut self,
        arena: &mut Arena<T, S>,
        key: Key<T>,
    ) -> Result<(), Error> {
        let Links { previous, next } = core::mem::take(arena.get_mut(key)?.links_mut());
        if let (Some(previous), Some(next)) = (previous, next) {
            if next == key {
                self.front = None;
            } else {
                arena.get_mut(previous)?.links_mut().next = Some(next);
                arena.get_mut(next)?.links_mut().previous = Some(previous);
                if self.front == Some(key) {
                    self.front = Some(next);
                }
            }
            self.len -= 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::collections::VecDeque;
    use std::vec::Vec;

    use proptest::prelude::*;

    use super::*;
    use crate::limits::{Array, Table};

    #[derive(Debug, Default)]
    struct Item {
        links: Links<Item>,
        is_listed: bool,
    }

    impl Linked for Item {
        fn links(&self) -> &Links<Self> {
            &self.links
        }
        fn links_mut(&mut self) -> &mut Links<Self> {
            &mut self.links
        }
    }

    proptest! {
        #[test]
        fn a_list_behaves_as_a_queue_with_removal_in_the_middle(
            operations in prop::collection::vec(0..8_usize, 0..64),
        ) {
            let mut arena = Arena::<Item, Array<Slot<Item>, 8>>::new(Table::Tasks);
            let keys: Vec<_> = (0..8).map(|_| arena.insert(Item::default()).unwrap()).collect();
            let mut list = List::default();
            let mut expected = VecDeque::new();
            for operation in operations {
                let key = keys[operation];
                if let Some(position) = expected.iter().position(|k| *k == key) {
                    expected.remove(position);
                    list.remove(&mut arena, key).unwrap();
                } else {
                    expected.push_back(key);
                    list.push_back(&mut arena, key).unwrap();
                }
                arena.get_mut(key).unwrap().is_listed ^= true;
                prop_assert_eq!(list.len() as usize, expected.len());
                for position in 0..9_u32 {
                    let at = list.at(&arena, position).unwrap();
                    prop_assert_eq!(at, expected.get(position as usize).copied());
                }
            }
            let is_listed = |key: &&Key<Item>| arena.get(**key).unwrap().is_listed;
            let listed = keys.iter().filter(is_listed).count();
            prop_assert_eq!(listed, expected.len());
        }
    }
}

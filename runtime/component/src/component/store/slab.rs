//! Values by numbers, which are reused after a value was removed.

use alloc::vec::Vec;

/// Values by numbers. The number of a removed value is given to a later one, so that a value may be
/// removed only if nobody keeps its number.
#[derive(Debug)]
pub(crate) struct Slab<V> {
    values: Vec<Option<V>>,
    free: Vec<u32>,
}

impl<V> Slab<V> {
    pub(crate) const fn new() -> Self {
        Self { values: Vec::new(), free: Vec::new() }
    }

    /// Returns the number that the next value will get. Returns `None` if all numbers are used.
    pub(crate) fn next_number(&self) -> Option<u32> {
        self.free.last().copied().or_else(|| u32::try_from(self.values.len()).ok())
    }

    /// Adds a value, and returns its number. Returns `None` if all numbers are used.
    pub(crate) fn add(&mut self, value: V) -> Option<u32> {
        let number = self.next_number()?;
        match usize::try_from(number).ok().and_then(|it| self.values.get_mut(it)) {
            Some(place) => {
                *place = Some(value);
                self.free.pop();
            }
            None => self.values.push(Some(value)),
        }
        Some(number)
    }

    /// Returns the value with a number.
    #[inline]
    pub(crate) fn get(&self, number: u32) -> Option<&V> {
        usize::try_from(number).ok().and_then(|it| self.values.get(it))?.as_ref()
    }

    /// Returns the value with a number, mutably.
    #[inline]
    pub(crate) fn get_mut(&mut self, number: u32) -> Option<&mut V> {
        usize::try_from(number).ok().and_then(|it| self.values.get_mut(it))?.as_mut()
    }

    /// Removes the value with a number.
    pub(crate) fn remove(&mut self, number: u32) -> Option<V> {
        let place = usize::try_from(number).ok().and_then(|it| self.values.get_mut(it))?;
        let value = place.take()?;
        self.free.push(number);
        Some(value)
    }

    /// Returns the numbers of all values.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u32> {
        (0_u32..).zip(&self.values).filter(|(_, value)| value.is_some()).map(|(number, _)| number)
    }

    /// Removes the values that are not kept.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&V) -> bool) {
        for (number, place) in (0_u32..).zip(&mut self.values) {
            if place.as_ref().is_some_and(|value| !keep(value)) {
                *place = None;
                self.free.push(number);
            }
        }
    }

    /// Returns the number of values.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.values.len() - self.free.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_value_that_was_removed_is_used_again() {
        let mut slab = Slab::new();
        assert_eq!((slab.add('a'), slab.add('b')), (Some(0), Some(1)));
        assert_eq!((slab.remove(0), slab.remove(0), slab.remove(7)), (Some('a'), None, None));
        assert_eq!((slab.get(0), slab.get(1), slab.len()), (None, Some(&'b'), 1));
        assert_eq!((slab.next_number(), slab.add('c')), (Some(0), Some(0)));
        assert_eq!((slab.next_number(), slab.add('d')), (Some(2), Some(2)));
    }

    #[test]
    fn only_what_is_to_be_kept_stays() {
        let mut slab = Slab::new();
        assert_eq!(['a', 'b', 'c'].map(|it| slab.add(it)), [Some(0), Some(1), Some(2)]);
        slab.retain(|it| *it == 'b');
        assert_eq!((slab.get(0), slab.get(1), slab.get(2)), (None, Some(&'b'), None));
        assert_eq!(slab.len(), 1);
        assert!(slab.add('d').is_some_and(|number| number != 1));
    }
}

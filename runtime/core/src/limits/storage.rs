//! Sequences that grow, or are arrays.

/// A sequence that grows at its end, up to a limit of its own.
pub trait Storage<T>: Sized {
    /// No items.
    const EMPTY: Self;

    /// How many items there are.
    fn len(&self) -> usize;

    /// Whether there are no items.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item at `index`.
    fn get(&self, index: usize) -> Option<&T>;

    /// The item at `index`.
    fn get_mut(&mut self, index: usize) -> Option<&mut T>;

    /// Makes sure that the next `additional` calls of [`push`](Self::push) succeed; `false` if
    /// there isn't as much room.
    #[must_use]
    fn reserve(&mut self, additional: usize) -> bool;

    /// Adds `item` at the end; gives it back if there is no room.
    fn push(&mut self, item: T) -> Result<(), T>;

    /// Takes the last item away.
    fn pop(&mut self) -> Option<T>;
}

#[cfg(feature = "alloc")]
impl<T> Storage<T> for alloc::vec::Vec<T> {
    const EMPTY: Self = Self::new();

    #[inline]
    fn len(&self) -> usize {
        Self::len(self)
    }

    #[inline]
    fn get(&self, index: usize) -> Option<&T> {
        self.as_slice().get(index)
    }

    #[inline]
    fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        self.as_mut_slice().get_mut(index)
    }

    #[inline]
    fn reserve(&mut self, additional: usize) -> bool {
        // Most often there is room, and looking for it is cheaper than asking for it.
        self.capacity() - Self::len(self) >= additional || self.try_reserve(additional).is_ok()
    }

    #[inline]
    fn push(&mut self, item: T) -> Result<(), T> {
        if !Storage::<T>::reserve(self, 1) {
            return Err(item);
        }
        Self::push(self, item);
        Ok(())
    }

    #[inline]
    fn pop(&mut self) -> Option<T> {
        Self::pop(self)
    }
}

impl<T, const N: usize> Storage<T> for arrayvec::ArrayVec<T, N> {
    const EMPTY: Self = Self::new_const();

    #[inline]
    fn len(&self) -> usize {
        Self::len(self)
    }

    #[inline]
    fn get(&self, index: usize) -> Option<&T> {
        self.as_slice().get(index)
    }

    #[inline]
    fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        self.as_mut_slice().get_mut(index)
    }

    #[inline]
    fn reserve(&mut self, additional: usize) -> bool {
        additional <= self.remaining_capacity()
    }

    #[inline]
    fn push(&mut self, item: T) -> Result<(), T> {
        self.try_push(item).map_err(arrayvec::CapacityError::element)
    }

    #[inline]
    fn pop(&mut self) -> Option<T> {
        Self::pop(self)
    }
}

/// A [`Storage`] of at most `N` items, in place.
pub type Array<T, const N: usize> = arrayvec::ArrayVec<T, N>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_gives_back_what_it_has_no_room_for() {
        let mut array = Array::<u8, 2>::EMPTY;
        assert!(Storage::reserve(&mut array, 2));
        assert!(!Storage::reserve(&mut array, 3));
        assert_eq!(Storage::push(&mut array, 1), Ok(()));
        assert_eq!(Storage::push(&mut array, 2), Ok(()));
        assert_eq!(Storage::push(&mut array, 3), Err(3));
        assert_eq!(Storage::len(&array), 2);
        assert_eq!(Storage::pop(&mut array), Some(2));
        assert_eq!(Storage::get(&array, 0), Some(&1));
        assert_eq!(Storage::get(&array, 1), None);
    }
}

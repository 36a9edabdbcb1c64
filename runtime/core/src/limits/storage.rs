//! Sequences that grow, or are arrays.

/// A sequence that grows at its end, up to a limit of its own.
pub trait Storage<T>: Sized {
    /// The empty sequence.
    const EMPTY: Self;

    /// Returns the number of items.
    fn len(&self) -> usize;

    /// Returns `true` if there are no items.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the item at `index`.
    fn get(&self, index: usize) -> Option<&T>;

    /// Returns the item at `index`, to change it.
    fn get_mut(&mut self, index: usize) -> Option<&mut T>;

    /// Makes sure that the next `additional` calls of [`push`](Self::push) succeed. Returns
    /// `false` if there isn't that much room.
    #[must_use]
    fn reserve(&mut self, additional: usize) -> bool;

    /// Adds `item` at the end. Returns it in the error if there is no room.
    fn push(&mut self, item: T) -> Result<(), T>;

    /// Removes and returns the last item.
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
        // Usually there is room, and looking at the capacity is cheaper than a call.
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
    fn an_array_returns_items_that_it_has_no_room_for() {
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

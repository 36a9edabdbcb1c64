//! The fuel of a store: the slice of each grant, and the fuel that is left.

/// The fuel of a store whose engine counts it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fuel {
    /// The fuel of one grant.
    slice: u64,
    /// The fuel of the last grant.
    granted: u64,
    /// The fuel that was left at the last grant, with that; `None` if there is no limit.
    left: Option<u64>,
}

impl Fuel {
    /// Creates unlimited fuel, of which a slice is granted at a time.
    pub(super) const fn of_slice(slice: u64) -> Self {
        Self { slice, granted: 0, left: None }
    }

    pub(super) const fn set_slice(&mut self, slice: u64) {
        self.slice = slice;
    }

    /// Sets the fuel that is left, of which `unused` is granted already.
    pub(super) fn set_left(&mut self, left: Option<u64>, unused: u64) {
        self.left = left;
        self.granted = unused;
    }

    /// Returns the fuel that is left, if `unused` is left of the last grant.
    pub(super) fn left(&self, unused: u64) -> Option<u64> {
        let used = self.granted.saturating_sub(unused);
        self.left.map(|left| left.saturating_sub(used))
    }

    /// Grants a slice, or `required` if that is more, and returns the grant. If less than
    /// `required` is left, nothing is left from then on.
    pub(super) fn grant(&mut self, unused: u64, required: u64) -> u64 {
        let left = self.left(unused).map(|left| if left < required { 0 } else { left });
        let wanted = self.slice.max(required);
        self.granted = left.map_or(wanted, |left| wanted.min(left));
        self.left = left;
        self.granted
    }
}

#[cfg(test)]
mod tests {
    use super::Fuel;

    #[test]
    fn unlimited_fuel_grants_a_slice_each_time() {
        let mut fuel = Fuel::of_slice(10);
        assert_eq!([fuel.grant(0, 0), fuel.grant(3, 0), fuel.grant(0, 25)], [10, 10, 25]);
        assert_eq!(fuel.left(0), None);
    }

    #[test]
    fn used_fuel_is_gone() {
        let mut fuel = Fuel::of_slice(10);
        fuel.set_left(Some(25), 0);
        assert_eq!((fuel.grant(0, 0), fuel.left(4)), (10, Some(19)));
        // Six were used.
        assert_eq!((fuel.grant(4, 0), fuel.left(10)), (10, Some(19)));
        assert_eq!((fuel.grant(0, 0), fuel.left(0)), (9, Some(0)));
        assert_eq!((fuel.grant(0, 0), fuel.left(0)), (0, Some(0)));
        fuel.set_left(None, 0);
        assert_eq!((fuel.grant(0, 0), fuel.left(0)), (10, None));
    }

    #[test]
    fn fuel_that_is_too_little_is_gone() {
        let mut fuel = Fuel::of_slice(10);
        fuel.set_left(Some(12), 0);
        assert_eq!(fuel.grant(0, 12), 12);
        assert_eq!((fuel.grant(12, 13), fuel.left(0)), (0, Some(0)));
    }
}

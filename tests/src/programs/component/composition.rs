//! The ways in which the components of a world contain and import one another.

use std::ops::Range;

/// The way in which the components of a world are composed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Composition {
    /// Components beside one another. Each imports the functions of those before it, because
    /// components cannot import one another in a circle.
    Siblings,
    /// Each component contains the next one. It passes its functions and those that it imports to
    /// the inner one, and calls the functions that the inner one exports. So every instance can
    /// call every other, and calls may enter an instance again that is around their caller.
    Nested,
}

impl Composition {
    /// Returns the numbers of the instances that instance `number` of `instances` can call, and
    /// whose resource types it knows.
    #[must_use]
    pub const fn reach(self, number: u32, instances: u32) -> Range<u32> {
        match self {
            Self::Siblings => 0..number + 1,
            Self::Nested => 0..instances,
        }
    }

    /// Returns the numbers of the instances inside instance `number` of `instances`.
    #[must_use]
    pub const fn inside(self, number: u32, instances: u32) -> Range<u32> {
        match self {
            Self::Siblings => 0..0,
            Self::Nested => number + 1..instances,
        }
    }
}

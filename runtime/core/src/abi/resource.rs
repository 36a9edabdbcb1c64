//! What a handle of a resource stands for, between two handle tables.

use crate::builtin::TypeIndex;
use crate::error::Error;

/// A resource: what is lifted out of one handle table, and lowered into another.
///
/// It carries its type, so that a host's value of one resource type is never taken for one of
/// another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Resource {
    /// The number by which the [machine](crate::machine::Machine), and so everyone, knows the
    /// resource type.
    pub ty: TypeIndex,
    /// What the resource type's definer knows the resource by; that of an `i32` is extended by
    /// zeros.
    pub representation: u64,
}

impl Resource {
    /// Its representation, if it is of this type; `ty` is the machine's number.
    ///
    /// What a [`LowerContext`](super::LowerContext) asks of a resource before it gives it to
    /// [`Machine::lower_own`](crate::machine::Machine::lower_own) or
    /// [`Machine::lower_borrow`](crate::machine::Machine::lower_borrow).
    ///
    /// # Errors
    ///
    /// [`Error::ValueMismatch`] if it is of another.
    pub fn representation_of(self, ty: TypeIndex) -> Result<u64, Error> {
        if self.ty == ty { Ok(self.representation) } else { Err(Error::ValueMismatch) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_has_a_representation_of_its_own_type_alone() {
        let resource = Resource { ty: TypeIndex(3), representation: 7 };
        assert_eq!(resource.representation_of(TypeIndex(3)), Ok(7));
        assert_eq!(resource.representation_of(TypeIndex(4)), Err(Error::ValueMismatch));
    }
}

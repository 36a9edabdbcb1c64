//! Resources on their way between two handle tables.

use crate::builtin::TypeIndex;
use crate::error::AbiError;

/// A resource that was lifted out of one handle table, and can be lowered into another.
///
/// It has its type, so that the host can't pass a value of one resource type as one of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Resource {
    /// The number of the resource type in the [machine](crate::machine::Machine), which is the same
    /// for all instances.
    pub ty: TypeIndex,
    /// The representation, by which the instance or host that defines the type knows the
    /// resource. A representation that is an `i32` is zero-extended.
    pub representation: u64,
}

impl Resource {
    /// Returns the representation, if the resource has this type; `ty` is the machine's number.
    ///
    /// A [`LowerContext`](super::LowerContext) calls this before it passes the resource to
    /// [`Machine::lower_own`](crate::machine::Machine::lower_own) or
    /// [`Machine::lower_borrow`](crate::machine::Machine::lower_borrow).
    ///
    /// # Errors
    ///
    /// [`AbiError::ValueMismatch`] if it has another type.
    pub fn representation_of(self, ty: TypeIndex) -> Result<u64, AbiError> {
        if self.ty == ty { Ok(self.representation) } else { Err(AbiError::ValueMismatch) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_has_a_representation_of_its_own_type_alone() {
        let resource = Resource { ty: TypeIndex(3), representation: 7 };
        assert_eq!(resource.representation_of(TypeIndex(3)), Ok(7));
        assert_eq!(resource.representation_of(TypeIndex(4)), Err(AbiError::ValueMismatch));
    }
}

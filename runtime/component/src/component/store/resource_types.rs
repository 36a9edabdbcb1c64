//! The resource types of the host for which a store has numbers.
//!
//! `K` is the token by which the host knows a type, `D` a destructor.

use hashbrown::HashMap;

use crate::builtin::TypeIndex;

/// The resource types of the host in a store.
pub(crate) struct ResourceTypes<K, D> {
    /// By address.
    numbers: HashMap<usize, (K, TypeIndex)>,
    destructors: HashMap<TypeIndex, D>,
}

impl<K, D: Clone> ResourceTypes<K, D> {
    pub(crate) fn new() -> Self {
        Self { numbers: HashMap::new(), destructors: HashMap::new() }
    }

    /// Returns the number of the type with this address.
    pub(crate) fn number(&self, address: usize) -> Option<TypeIndex> {
        self.numbers.get(&address).map(|(_, number)| *number)
    }

    /// Adds a type. `key` is kept with it, and so is the object that has the address.
    pub(crate) fn insert(
        &mut self,
        address: usize,
        key: K,
        number: TypeIndex,
        destructor: Option<D>,
    ) {
        if let Some(destructor) = destructor {
            self.destructors.insert(number, destructor);
        }
        self.numbers.insert(address, (key, number));
    }

    /// Returns the destructor of a type, if it has one.
    pub(crate) fn destructor(&self, number: TypeIndex) -> Option<D> {
        self.destructors.get(&number).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_found_by_its_address_and_a_destructor_by_its_number() {
        let mut types = ResourceTypes::new();
        types.insert(64, (), TypeIndex(1), Some('d'));
        types.insert(128, (), TypeIndex(2), None);
        assert_eq!((types.number(64), types.number(128)), (Some(TypeIndex(1)), Some(TypeIndex(2))));
        assert_eq!(types.number(192), None);
        assert_eq!(
            (types.destructor(TypeIndex(1)), types.destructor(TypeIndex(2))),
            (Some('d'), None)
        );
    }
}

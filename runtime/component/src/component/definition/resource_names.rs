//! The names of resource types, for messages.

use alloc::borrow::Cow;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;

use crate::abi::{Type, TypeNames};
use crate::builtin::TypeIndex;

use super::extern_type::ExternType;
use super::import_error::within;

/// The names of resource types, by their numbers in a component or in a store. With them, types are
/// written as in WIT: see [`Type::with_names`],
/// [`FunctionType::with_names`](crate::component::FunctionType::with_names) and
/// [`ExternType::with_names`].
///
/// [`Component::resource_names`](crate::component::Component::resource_names) returns those of a
/// component.
#[derive(Clone, Debug, Default)]
pub struct ResourceNames {
    paths: BTreeMap<TypeIndex, String>,
}

impl ResourceNames {
    /// Returns the names of the resource types in the types of imports or exports.
    pub(crate) fn of<'a>(types: impl IntoIterator<Item = (&'a str, &'a ExternType)>) -> Self {
        let mut names = Self::default();
        names.extend(types);
        names
    }

    /// Adds the names of the resource types in the types of imports or exports.
    pub(crate) fn extend<'a>(
        &mut self,
        types: impl IntoIterator<Item = (&'a str, &'a ExternType)>,
    ) {
        types.into_iter().for_each(|(name, ty)| self.add_all(name, ty));
    }

    fn add_all(&mut self, path: &str, ty: &ExternType) {
        match ty {
            ExternType::Resource(number) => self.add(*number, path),
            ExternType::Instance(instance) => {
                instance.exports().for_each(|(name, ty)| self.add_all(&within(path, name), ty));
            }
            _ => {}
        }
    }

    /// Adds a name of a resource type, unless it has one.
    pub(crate) fn add(&mut self, number: TypeIndex, path: &str) {
        self.paths.entry(number).or_insert_with(|| path.into());
    }

    /// Returns the name of a resource type, after those of the instances that it is in.
    pub(crate) fn path(&self, number: TypeIndex) -> Option<&str> {
        self.paths.get(&number).map(String::as_str)
    }

    /// Returns the name of a resource type. Names of instances are before it only if another one
    /// has the same name.
    fn name(&self, number: TypeIndex) -> Option<&str> {
        let path = self.path(number)?;
        let name = last(path);
        let same = self.paths.values().map(String::as_str).filter(|path| last(path) == name);
        let same: BTreeSet<_> = same.collect();
        Some(if same.len() > 1 { path } else { name })
    }
}

fn last(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

impl TypeNames for ResourceNames {
    fn name_of(&self, ty: &Type) -> Option<Cow<'_, str>> {
        match ty {
            Type::Own(number) => Some(Cow::Owned(format!("own<{}>", self.name(*number)?))),
            Type::Borrow(number) => Some(Cow::Owned(format!("borrow<{}>", self.name(*number)?))),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;

    #[test]
    fn a_name_is_as_long_as_is_needed_to_tell_it_from_others() {
        let mut names = ResourceNames::default();
        names.add(TypeIndex(1), "a:b/files/file");
        names.add(TypeIndex(2), "a:b/files/error");
        names.add(TypeIndex(3), "a:b/streams/error");
        names.add(TypeIndex(3), "again");
        let spelled = |ty: Type| ty.with_names(&names).to_string();
        assert_eq!(spelled(Type::Own(TypeIndex(1))), "own<file>");
        assert_eq!(spelled(Type::Borrow(TypeIndex(2))), "borrow<a:b/files/error>");
        assert_eq!(spelled(Type::Own(TypeIndex(3))), "own<a:b/streams/error>");
        assert_eq!(spelled(Type::Own(TypeIndex(4))), "own<4>");
    }
}

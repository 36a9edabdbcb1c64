//! The texts of two types that differ: of the whole types, or of the part that differs if they are
//! too long.

use alloc::format;
use alloc::string::{String, ToString as _};

use crate::abi::{Type, TypeNames};

use super::function_type::FunctionType;

/// The end of a text that was cut.
const CUT: char = '…';

/// Returns the texts of the types of two functions. The first type was expected.
pub(crate) fn functions(
    (expected, expected_names): (&FunctionType, &dyn TypeNames),
    (given, given_names): (&FunctionType, &dyn TypeNames),
) -> (String, String) {
    let texts = (
        expected.with_names(expected_names).to_string(),
        given.with_names(given_names).to_string(),
    );
    let (expected_types, given_types) = (parts(expected), parts(given));
    let differs = |((name, expected), (other, given)): &((&str, &Type), (&str, &Type))| {
        name == other && expected != given
    };
    match expected_types.zip(given_types).find(differs) {
        Some(((name, expected), (_, given))) if is_cut(&texts) => {
            let mut path = String::from(name);
            let texts = narrowed(&mut path, (expected, expected_names), (given, given_names));
            told_apart((format!("`{path}`: {}", texts.0), format!("`{path}`: {}", texts.1)))
        }
        _ => told_apart(texts),
    }
}

/// Returns the texts of two types. The first was expected.
pub(crate) fn types(
    (expected, expected_names): (&Type, &dyn TypeNames),
    (given, given_names): (&Type, &dyn TypeNames),
) -> (String, String) {
    let mut path = String::new();
    let texts = narrowed(&mut path, (expected, expected_names), (given, given_names));
    if path.is_empty() {
        return told_apart(texts);
    }
    told_apart((format!("`{path}`: {}", texts.0), format!("`{path}`: {}", texts.1)))
}

/// Returns the parameters of a function by name, and its result.
fn parts(ty: &FunctionType) -> impl Iterator<Item = (&str, &Type)> {
    ty.params().chain(ty.result().map(|ty| ("result", ty)))
}

/// Returns the texts of two types that differ. If these are too long, returns the texts of the
/// first part that differs, and adds the place of the part to `path`.
fn narrowed<'a>(
    path: &mut String,
    (mut expected, expected_names): (&'a Type, &dyn TypeNames),
    (mut given, given_names): (&'a Type, &dyn TypeNames),
) -> (String, String) {
    loop {
        let texts = (
            expected.with_names(expected_names).to_string(),
            given.with_names(given_names).to_string(),
        );
        if !is_cut(&texts) {
            return texts;
        }
        let Some((part, inner)) = first_difference(expected, given) else { return texts };
        path.push_str(&part);
        (expected, given) = inner;
    }
}

/// Returns the first part in which two types of the same kind differ, and its place.
fn first_difference<'a>(
    expected: &'a Type,
    given: &'a Type,
) -> Option<(String, (&'a Type, &'a Type))> {
    match (expected, given) {
        (Type::List(expected), Type::List(given)) if expected.shape() == given.shape() => {
            Some((String::from("[]"), (expected.element(), given.element())))
        }
        (Type::Record(expected), Type::Record(given)) if expected.shape() == given.shape() => {
            let pairs = expected.fields().iter().zip(given.fields());
            let mut named = pairs.filter(|(one, other)| one.name() == other.name());
            let (one, other) = named.find(|(one, other)| one.ty() != other.ty())?;
            Some((format!(".{}", one.name()), (one.ty(), other.ty())))
        }
        (Type::Variant(expected), Type::Variant(given)) if expected.shape() == given.shape() => {
            let pairs = expected.cases().iter().zip(given.cases());
            let mut named = pairs.filter(|(one, other)| one.name() == other.name());
            let (one, other) = named.find(|(one, other)| one.payload() != other.payload())?;
            Some((format!("({})", one.name()), (one.payload()?, other.payload()?)))
        }
        (Type::Stream(expected), Type::Stream(given))
        | (Type::Future(expected), Type::Future(given)) => {
            Some((String::from("<>"), (expected.element()?, given.element()?)))
        }
        _ => None,
    }
}

fn is_cut((expected, given): &(String, String)) -> bool {
    expected.contains(CUT) || given.contains(CUT)
}

/// Makes texts of types differ that look alike, as those of resource types with one name do.
fn told_apart((expected, mut given): (String, String)) -> (String, String) {
    if expected == given {
        given.push_str(", with another resource type of that name");
    }
    (expected, given)
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use crate::builtin::TypeIndex;
    use crate::component::definition::resource_names::ResourceNames;

    use super::*;

    /// Returns a record with many fields, of which the last has this type.
    fn long(last: Type) -> Type {
        let mut fields: Vec<(String, Type)> =
            (0..1_000).map(|it| (format!("field-{it}"), Type::U8)).collect();
        fields.push((String::from("last"), last));
        Type::record(fields).expect("it is not too large")
    }

    fn function(ty: Type) -> FunctionType {
        FunctionType::new([("x", ty)], None).expect("it is short")
    }

    #[test]
    fn the_part_that_differs_is_shown_however_long_the_types_are() {
        let names = ResourceNames::default();
        let list = |ty| Type::list(long(ty)).expect("it is not too large");
        let (expected, given) = (function(list(Type::U8)), function(list(Type::String)));
        let texts = functions((&expected, &names), (&given, &names));
        assert_eq!(texts, ("`x[].last`: u8".into(), "`x[].last`: string".into()));
        let texts = types((&list(Type::U8), &names), (&list(Type::String), &names));
        assert_eq!(texts, ("`[].last`: u8".into(), "`[].last`: string".into()));
    }

    #[test]
    fn short_types_are_whole_and_equal_names_of_resource_types_are_told_apart() {
        let mut names = ResourceNames::default();
        names.add(TypeIndex(0), "thing");
        let mut others = ResourceNames::default();
        others.add(TypeIndex(1), "thing");
        let (expected, given) =
            (function(Type::Own(TypeIndex(0))), function(Type::Own(TypeIndex(1))));
        let (expected, given) = functions((&expected, &names), (&given, &others));
        assert_eq!(expected, "func(x: own<thing>)");
        assert_eq!(given, "func(x: own<thing>), with another resource type of that name");
    }
}

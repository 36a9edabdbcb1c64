//! The reasons why an export can't be used, and names that are similar to a wrong one.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use thiserror::Error;

use crate::component::definition::function_mismatch::FunctionMismatch;
use crate::error::OneLine;

/// The reasons why an instance has no such export.
///
/// ```
/// # #[cfg(feature = "wasmi")] {
/// use weft::component::{Component, ExportError, Linker, Store};
/// use weft::engine::wasmi::Wasmi;
///
/// let component = wat::parse_str(r#"
///     (component
///         (core module $module (func (export "f") (result i32) (i32.const 7)))
///         (core instance $instance (instantiate $module))
///         (func (export "seven") (result u32) (canon lift (core func $instance "f"))))
/// "#)?;
/// let engine = Wasmi::default();
/// let mut store = Store::new(&engine, ());
/// let instance = store.instantiate(&Component::new(&engine, &component)?, &Linker::new())?;
///
/// let missing = store.typed_function::<(), u32>(&instance, "sevn").unwrap_err();
/// assert_eq!(
///     missing.to_string(),
///     "there is no exported function `sevn`; it exports `seven`",
/// );
/// let mismatch = store.typed_function::<(), String>(&instance, "seven").unwrap_err();
/// assert!(matches!(mismatch, ExportError::Mismatch { .. }));
/// let foreign = Store::new(&engine, ()).typed_function::<(), u32>(&instance, "seven");
/// assert!(matches!(foreign, Err(ExportError::OtherStore { .. })));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ExportError {
    /// There is no exported function of this name.
    #[error("there is no exported function `{name}`{}", Hint(similar.as_deref()))]
    Missing {
        /// The name, after that of the interface that the function is in.
        name: String,
        /// The name of an exported function, if it is similar.
        similar: Option<String>,
    },
    /// There is no exported instance of this name. As a rule, this is an interface.
    #[error("there is no exported interface `{name}`{}", Hint(similar.as_deref()))]
    MissingInterface {
        /// The name, after that of the interface that it is in.
        name: String,
        /// The name of an exported interface, if it is similar.
        similar: Option<String>,
    },
    /// The instance is in another store.
    #[error("the instance that exports `{name}` is in another store: ask that store")]
    OtherStore {
        /// The name, after that of the interface that the function is in.
        name: String,
    },
    /// The instance was removed from its store.
    #[error("the instance that exports `{name}` was removed from its store")]
    InstanceRemoved {
        /// The name, after that of the interface that the function is in.
        name: String,
    },
    /// The function has another type.
    #[error("the function `{name}` has another type")]
    Mismatch {
        /// The name, after that of the interface that the function is in.
        name: String,
        /// The difference between the types.
        #[source]
        mismatch: Box<FunctionMismatch>,
    },
}

impl ExportError {
    /// Returns the name of the function or interface, after that of the interface that it is in.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Missing { name, .. }
            | Self::MissingInterface { name, .. }
            | Self::OtherStore { name }
            | Self::InstanceRemoved { name }
            | Self::Mismatch { name, .. } => name,
        }
    }

    /// Adds the name of the interface to an error.
    pub(crate) fn within(mut self, interface: &str) -> Self {
        let (Self::Missing { name, .. }
        | Self::MissingInterface { name, .. }
        | Self::OtherStore { name }
        | Self::InstanceRemoved { name }
        | Self::Mismatch { name, .. }) = &mut self;
        *name = format!("{interface}#{name}");
        if let Self::Missing { similar: Some(similar), .. }
        | Self::MissingInterface { similar: Some(similar), .. } = &mut self
        {
            *similar = format!("{interface}#{similar}");
        }
        self
    }
}

/// The end of a message: a similar name.
struct Hint<'a>(Option<&'a str>);

impl fmt::Display for Hint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(name) => write!(f, "; it exports {:#}", OneLine(name)),
            None => Ok(()),
        }
    }
}

/// Returns the name that is nearest to `name`, if at most a third of it differs.
pub(crate) fn similar_name<'a>(
    name: &str,
    names: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    let most = (name.chars().count() / 3).max(1);
    let near = names.map(|it| (distance(name, it), it)).filter(|(distance, _)| *distance <= most);
    near.min().map(|(_, it)| it)
}

/// Returns the number of characters to insert, remove or replace to turn one name into the other.
fn distance(from: &str, to: &str) -> usize {
    // The distances from the part of `from` that was seen to each beginning of `to`.
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (seen, one) in from.chars().enumerate() {
        let Some((first, rest)) = row.split_first_mut() else { break };
        let mut before = core::mem::replace(first, seen + 1);
        let mut left = seen + 1;
        for (place, other) in rest.iter_mut().zip(to.chars()) {
            left = (before + usize::from(one != other)).min(*place + 1).min(left + 1);
            before = core::mem::replace(place, left);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{distance, similar_name};

    #[test]
    fn a_distance_counts_what_is_different() {
        let cases = [("", "", 0), ("a", "", 1), ("", "ab", 2), ("add", "add", 0)];
        let more = [("add", "and", 1), ("kitten", "sitting", 3), ("é", "e", 1), ("abc", "bcd", 2)];
        for (from, to, expected) in cases.into_iter().chain(more) {
            assert_eq!(
                (distance(from, to), distance(to, from)),
                (expected, expected),
                "{from} {to}"
            );
        }
    }

    #[test]
    fn only_a_near_name_is_similar() {
        let names = || ["add", "sub", "multiply"].into_iter();
        assert_eq!(similar_name("ad", names()), Some("add"));
        assert_eq!(similar_name("multipyl", names()), Some("multiply"));
        assert_eq!(similar_name("div", names()), None);
    }
}

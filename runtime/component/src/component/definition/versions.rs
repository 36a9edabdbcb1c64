//! Names of imports and exports, and compatible versions.
//!
//! An item with exactly the name is found first. If there is none, the name of an interface such as
//! `a:b/c@1.2.0` also finds every version of the same *track*: versions with the same first number
//! that isn't 0, and only zeros before it. So `1.2.0` has the track of `1.3.1` and of `1`, `0.2.1`
//! has that of `0.2.3`, and `0.0.1` has its own. The highest version of the track is found. A
//! pre-release, such as `1.0.0-rc.1`, has no track.

use alloc::collections::BTreeMap;
use core::borrow::Borrow;
use core::ops::Bound;

/// A collection of items by name.
pub(crate) trait ByName {
    /// An item.
    type Value<'a>
    where
        Self: 'a;
    /// Returns the item with a name, and the name.
    fn entry(&self, name: &str) -> Option<(&str, Self::Value<'_>)>;
    /// Returns the items from a name on, in the order of names.
    fn entries_from(&self, name: &str) -> impl Iterator<Item = (&str, Self::Value<'_>)>;
}

impl<K: Borrow<str> + Ord, V> ByName for BTreeMap<K, V> {
    type Value<'a>
        = &'a V
    where
        Self: 'a;

    fn entry(&self, name: &str) -> Option<(&str, &V)> {
        self.get_key_value(name).map(|(name, it)| (name.borrow(), it))
    }

    fn entries_from(&self, name: &str) -> impl Iterator<Item = (&str, &V)> {
        let from = (Bound::Included(name), Bound::Unbounded);
        self.range::<str, _>(from).map(|(name, it)| (name.borrow(), it))
    }
}

/// Returns the item for the name `name`, whose whole version is in `full_name`: the item with that
/// name, or with a compatible version.
pub(crate) fn find<'a, N: ByName + ?Sized>(
    named: &'a N,
    name: &str,
    full_name: &str,
) -> Option<N::Value<'a>> {
    find_entry(named, name, full_name).map(|(_, it)| it)
}

/// Returns the name of the item that [`find`] finds.
pub(crate) fn find_name<'a, N: ByName + ?Sized>(
    named: &'a N,
    name: &str,
    full_name: &str,
) -> Option<&'a str> {
    find_entry(named, name, full_name).map(|(name, _)| name)
}

fn find_entry<'a, N: ByName + ?Sized>(
    named: &'a N,
    name: &str,
    full_name: &str,
) -> Option<(&'a str, N::Value<'a>)> {
    let exactly = named.entry(full_name).or_else(|| named.entry(name));
    exactly.or_else(|| find_compatible(named, full_name))
}

fn find_compatible<'a, N: ByName + ?Sized>(
    named: &'a N,
    name: &str,
) -> Option<(&'a str, N::Value<'a>)> {
    let (interface, version) = name.rsplit_once('@')?;
    let track = Version::parse(version)?.track();
    let all = named.entries_from(interface).take_while(|(name, _)| name.starts_with(interface));
    let versions = all.filter_map(|(name, it)| {
        let version = name.strip_prefix(interface)?.strip_prefix('@')?;
        Some((Version::parse(version)?, (name, it)))
    });
    let compatible = versions.filter(|(version, _)| version.track() == track);
    compatible.max_by_key(|(version, _)| *version).map(|(_, found)| found)
}

/// A version, whose last numbers may be missing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Version {
    major: u64,
    minor: u64,
    patch: u64,
}

impl Version {
    /// Parses a version. Returns `None` for a pre-release, and for a text that is not a version.
    fn parse(text: &str) -> Option<Self> {
        let (release, _build) = text.split_once('+').unwrap_or((text, ""));
        let mut numbers = release.split('.').map(|number| number.parse().ok());
        let major = numbers.next()??;
        let mut rest = || numbers.next().unwrap_or(Some(0));
        let version = Self { major, minor: rest()?, patch: rest()? };
        numbers.next().is_none().then_some(version)
    }

    /// Returns the numbers up to the first that isn't 0.
    const fn track(self) -> (u64, u64, u64) {
        match self {
            Self { major: 0, minor: 0, patch } => (0, 0, patch),
            Self { major: 0, minor, .. } => (0, minor, 0),
            Self { major, .. } => (major, 0, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::boxed::Box;

    use super::*;

    fn found(provided: &[&str], name: &str) -> Option<usize> {
        let named = provided.iter().enumerate();
        let named: BTreeMap<Box<str>, _> =
            named.map(|(position, name)| (Box::from(*name), position)).collect();
        find(&named, name, name).copied()
    }

    #[test]
    fn a_name_is_found_as_it_is_before_any_other_version() {
        assert_eq!(found(&["a:b/c@1.3.1", "a:b/c@1.2.0"], "a:b/c@1.2.0"), Some(1));
        assert_eq!(found(&["f", "g"], "g"), Some(1));
        assert_eq!(found(&["f"], "g"), None);
    }

    #[test]
    fn the_highest_version_of_the_same_track_is_found() {
        let provided =
            ["a:b/c@1.3.1", "a:b/c@1.10.0", "a:b/c@1.9.2", "a:b/c@2.0.0", "a:b/cd@1.99.0"];
        assert_eq!(found(&provided, "a:b/c@1.2.0"), Some(1));
        assert_eq!(found(&provided, "a:b/c@2.0.5"), Some(3));
        assert_eq!(found(&provided, "a:b/c@3.0.0"), None);
        assert_eq!(found(&provided, "a:b/c"), None);
    }

    #[test]
    fn before_1_the_first_number_that_is_not_0_is_the_track() {
        assert_eq!(found(&["a:b/c@0.2.3"], "a:b/c@0.2.0"), Some(0));
        assert_eq!(found(&["a:b/c@0.3.0"], "a:b/c@0.2.0"), None);
        assert_eq!(found(&["a:b/c@0.0.2"], "a:b/c@0.0.1"), None);
        assert_eq!(found(&["a:b/c@0.0.1+build"], "a:b/c@0.0.1"), Some(0));
    }

    #[test]
    fn a_version_that_is_shortened_to_its_track_stands_for_all_of_it() {
        assert_eq!(found(&["a:b/c@1"], "a:b/c@1.2.0"), Some(0));
        assert_eq!(found(&["a:b/c@0.2"], "a:b/c@0.2.7"), Some(0));
        let named = BTreeMap::from([(Box::<str>::from("a:b/c@1.4.0"), 7)]);
        assert_eq!(find(&named, "a:b/c@1", "a:b/c@1.2.0"), Some(&7));
    }

    #[test]
    fn versions_before_a_release_and_what_is_none_stand_only_for_themselves() {
        for version in ["1.0.0-rc.1", "1.0.0.0", "", "1..0", "x", "99999999999999999999.0.0"] {
            let name = alloc::format!("a:b/c@{version}");
            assert_eq!(found(&["a:b/c@1.0.1", "a:b/c@1.0.0"], &name), None, "{version}");
            assert_eq!(found(&[&*name], "a:b/c@1.0.2"), None, "{version}");
            assert_eq!(found(&[&*name], &name), Some(0), "{version}");
        }
    }
}

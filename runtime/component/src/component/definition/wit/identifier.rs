//! Names in WIT.

use core::fmt;

/// The keywords, which are names only after a `%`.
const KEYWORDS: [&str; 43] = [
    "as",
    "async",
    "bool",
    "borrow",
    "char",
    "constructor",
    "enum",
    "error-context",
    "export",
    "f32",
    "f64",
    "flags",
    "from",
    "func",
    "future",
    "import",
    "include",
    "interface",
    "list",
    "map",
    "option",
    "own",
    "package",
    "record",
    "resource",
    "result",
    "s16",
    "s32",
    "s64",
    "s8",
    "static",
    "stream",
    "string",
    "tuple",
    "type",
    "u16",
    "u32",
    "u64",
    "u8",
    "use",
    "variant",
    "with",
    "world",
];

/// A name, as WIT spells it.
pub(super) struct Identifier<'a>(pub(super) &'a str);

impl fmt::Display for Identifier<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if KEYWORDS.binary_search(&self.0).is_ok() {
            f.write_str("%")?;
        }
        f.write_str(self.0)
    }
}

/// Returns `true` if a name is one word, and so not an interface of a package.
pub(super) fn is_plain(name: &str) -> bool {
    name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-')
}

/// The name of an interface in a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct InterfaceName<'a> {
    pub(super) package: PackageName<'a>,
    pub(super) interface: &'a str,
}

/// The name of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PackageName<'a> {
    namespace: &'a str,
    name: &'a str,
    version: Option<&'a str>,
}

impl<'a> InterfaceName<'a> {
    /// Splits a name into its parts. Returns `None` for another kind of name, and for nested
    /// namespaces, which WIT lacks.
    pub(super) fn parse(name: &'a str) -> Option<Self> {
        let (path, version) = match name.split_once('@') {
            Some((path, version)) => (path, Some(version)),
            None => (name, None),
        };
        let (package, interface) = path.split_once('/')?;
        let (namespace, name) = package.split_once(':')?;
        let is_right = [namespace, name, interface].into_iter().all(is_plain);
        let package = PackageName { namespace, name, version };
        is_right.then_some(Self { package, interface })
    }
}

impl fmt::Display for PackageName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", Identifier(self.namespace), Identifier(self.name))?;
        match self.version {
            Some(version) => write!(f, "@{version}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for InterfaceName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { package: PackageName { namespace, name, version }, interface } = *self;
        let (namespace, name) = (Identifier(namespace), Identifier(name));
        write!(f, "{namespace}:{name}/{}", Identifier(interface))?;
        match version {
            Some(version) => write!(f, "@{version}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;

    #[test]
    fn keywords_are_sorted_and_are_names_after_a_percent_sign() {
        assert!(KEYWORDS.is_sorted());
        assert_eq!(Identifier("stream").to_string(), "%stream");
        assert_eq!(Identifier("streams").to_string(), "streams");
    }

    #[test]
    fn only_interfaces_of_packages_are_parsed() {
        let spelled = |name: &str| InterfaceName::parse(name).map(|it| it.to_string());
        assert_eq!(spelled("a:b/c@1.2.3-rc.1+x"), Some("a:b/c@1.2.3-rc.1+x".into()));
        assert_eq!(spelled("a:own/type"), Some("a:%own/%type".into()));
        for other in ["a", "a:b", "a:b:c/d", "a:b/c/d", "url=<a:b/c>", "[method]a.b"] {
            assert_eq!(spelled(other), None, "{other}");
        }
    }
}

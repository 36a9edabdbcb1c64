//! The parts of functions' names: the resource type, and the word of an accessor.

/// The parts of a function's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FunctionName<'a> {
    pub(super) kind: Kind,
    /// The resource type; `None` for a free function.
    pub(super) resource: Option<&'a str>,
    /// WIT's word for the function, if it is an accessor.
    pub(super) accessor: Option<&'static str>,
    pub(super) name: &'a str,
}

/// The kind of function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Free,
    Constructor,
    Method,
    Static,
}

impl<'a> FunctionName<'a> {
    /// Splits a valid name into its parts.
    pub(super) fn parse(name: &'a str) -> Self {
        let kinds = [
            ("[constructor]", Kind::Constructor),
            ("[method]", Kind::Method),
            ("[static]", Kind::Static),
        ];
        let found = kinds.iter().find_map(|(start, it)| Some((*it, name.strip_prefix(start)?)));
        let (kind, name) = found.unwrap_or((Kind::Free, name));
        let accessors = [("[get]", "get"), ("[set]", "set")];
        let found =
            accessors.iter().find_map(|(start, it)| Some((Some(*it), name.strip_prefix(start)?)));
        let (accessor, name) = found.unwrap_or((None, name));
        let (resource, name) = match kind {
            Kind::Free => (None, name),
            Kind::Constructor => (Some(name), ""),
            Kind::Method | Kind::Static => match name.split_once('.') {
                Some((resource, name)) => (Some(resource), name),
                None => (None, name),
            },
        };
        Self { kind, resource, accessor, name }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        let parts = |name| {
            let FunctionName { kind, resource, accessor, name } = FunctionName::parse(name);
            (kind, resource, accessor, name)
        };
        assert_eq!(parts("f"), (Kind::Free, None, None, "f"));
        assert_eq!(parts("[get]f"), (Kind::Free, None, Some("get"), "f"));
        assert_eq!(parts("[constructor]r"), (Kind::Constructor, Some("r"), None, ""));
        assert_eq!(parts("[method]r.f"), (Kind::Method, Some("r"), None, "f"));
        assert_eq!(parts("[static][set]r.f"), (Kind::Static, Some("r"), Some("set"), "f"));
    }
}

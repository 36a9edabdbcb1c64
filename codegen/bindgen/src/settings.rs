//! The rules of the options that fit one function or type, taken together.

use super::options::{FunctionRule, Options, Ownership, TypeRule};

/// The things that the options say of one type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TypeSettings {
    pub(super) derives: Vec<String>,
    pub(super) without_derives: Vec<String>,
    pub(super) name: Option<String>,
    pub(super) ownership: Option<Ownership>,
}

impl Options {
    /// Returns what the options say of a function: of an interface, or directly in the world.
    pub(super) fn function(&self, interface: Option<&str>, name: &str) -> FunctionRule {
        let mut all = FunctionRule { pattern: name.to_owned(), ..FunctionRule::default() };
        for rule in self.functions.iter().filter(|it| fits(&it.pattern, interface, name)) {
            all.store = rule.store.or(all.store);
            all.traps = rule.traps.or(all.traps);
            all.traced = rule.traced.or(all.traced);
            all.default = rule.default.or(all.default);
        }
        all
    }

    /// Returns what the options say of a type.
    pub(super) fn type_settings(&self, interface: Option<&str>, name: &str) -> TypeSettings {
        let mut all = TypeSettings { derives: self.derives.clone(), ..TypeSettings::default() };
        for rule in self.types.iter().filter(|it| fits(&it.pattern, interface, name)) {
            let TypeRule { derives, without_derives, name, ownership, .. } = rule;
            all.derives.extend(derives.iter().cloned());
            all.without_derives.extend(without_derives.iter().cloned());
            all.name = name.clone().or(all.name);
            all.ownership = ownership.or(all.ownership);
        }
        all
    }
}

/// Returns `true` if a pattern means a function or type, `name`, of an interface or directly of the
/// world.
pub(super) fn fits(pattern: &str, interface: Option<&str>, name: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    let means_name = |part: &str| part == name || resource_of(name) == Some(part);
    let Some(interface) = interface else { return means_name(pattern) };
    if means_interface(pattern, interface) {
        return true;
    }
    // The last slash that isn't one of a nested package.
    pattern
        .rsplit_once('/')
        .is_some_and(|(of, part)| means_interface(of, interface) && means_name(part))
}

/// Returns `true` if a pattern is the name of an interface, with its version or without.
pub(super) fn means_interface(pattern: &str, interface: &str) -> bool {
    pattern == interface || interface.split('@').next() == Some(pattern)
}

/// Returns the resource of a method, static function or constructor.
fn resource_of(function: &str) -> Option<&str> {
    let (_, name) = function.strip_prefix('[')?.split_once(']')?;
    Some(name.split('.').next().unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_means_an_interface_a_resource_a_function_or_everything() {
        let read = (Some("wasi:io/streams@0.2.3"), "[method]input-stream.read");
        for pattern in [
            "*",
            "wasi:io/streams",
            "wasi:io/streams@0.2.3",
            "wasi:io/streams/input-stream",
            "wasi:io/streams@0.2.3/[method]input-stream.read",
        ] {
            assert!(fits(pattern, read.0, read.1), "{pattern}");
        }
        for pattern in
            ["wasi:io", "wasi:io/poll", "wasi:io/streams@0.2.4", "wasi:io/streams/read", "read"]
        {
            assert!(!fits(pattern, read.0, read.1), "{pattern}");
        }
        assert!(fits("log", None, "log") && fits("functions/log", Some("functions"), "log"));
        assert!(fits("file", None, "[constructor]file") && !fits("log", Some("a:b/c"), "log"));
    }

    #[test]
    fn a_later_rule_replaces_what_an_earlier_one_says() {
        let rule = |pattern: &str, traps, traced| FunctionRule {
            pattern: pattern.to_owned(),
            traps,
            traced,
            ..FunctionRule::default()
        };
        let functions = vec![
            rule("*", Some(true), Some(true)),
            rule("a:b/c", Some(false), None),
            rule("a:b/d", None, Some(false)),
        ];
        let options = Options { functions, ..Options::default() };
        let found = options.function(Some("a:b/c@1.0.0"), "f");
        assert_eq!((found.traps, found.traced, found.default), (Some(false), Some(true), None));
    }
}

//! The imports of WASI, and the commands that run a component.

use std::collections::BTreeMap;

use super::named::Named;

/// The imports from one version of WASI.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wasi {
    /// The version, such as `0.2.6`; empty if the imports have none.
    pub(super) version: String,
    /// The packages, such as `cli`.
    pub(super) packages: Vec<String>,
}

impl Wasi {
    /// Returns the imports of WASI, with an entry for each version.
    pub(super) fn all<'a>(imports: impl Iterator<Item = &'a str>) -> Vec<Self> {
        let mut versions: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for name in imports {
            let Some(name) = name.strip_prefix("wasi:") else { continue };
            let (path, version) = name.split_once('@').unwrap_or((name, ""));
            let package = path.split('/').next().unwrap_or(path);
            let packages = versions.entry(version).or_default();
            if !packages.iter().any(|it| it == package) {
                packages.push(package.to_owned());
            }
        }
        let versions = versions.into_iter();
        versions.map(|(version, packages)| Self { version: version.to_owned(), packages }).collect()
    }
}

/// Returns the commands that run a component, from its exports.
pub(super) fn ways_to_run(path: &str, exports: &[Named]) -> Vec<String> {
    let has = |interface: &str| {
        let is = |it: &Named| it.name.split('@').next() == Some(interface);
        exports.iter().any(is)
    };
    let mut ways = Vec::new();
    if has("wasi:cli/run") {
        ways.push(format!("run it: weft run {path}"));
    }
    if has("wasi:http/incoming-handler") || has("wasi:http/handler") {
        ways.push(format!("serve it: weft serve {path}"));
    }
    if ways.is_empty() && !exports.is_empty() {
        ways.push(format!("call a function: weft run {path} --invoke 'NAME(ARGUMENTS)'"));
    }
    ways
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_of_wasi_are_by_version() {
        let imports = [
            "wasi:cli/stdout@0.2.6",
            "wasi:io/streams@0.2.6",
            "wasi:io/poll@0.2.6",
            "wasi:clocks/types@0.3.0",
            "other:thing/x@1.0.0",
            "wasi:logging/logging",
        ];
        let found = Wasi::all(imports.into_iter());
        let found: Vec<_> = found.iter().map(|it| (&*it.version, it.packages.join(" "))).collect();
        let expected = [("", "logging"), ("0.2.6", "cli io"), ("0.3.0", "clocks")];
        assert_eq!(found, expected.map(|(version, packages)| (version, packages.to_owned())));
    }
}

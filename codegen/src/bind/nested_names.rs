//! Nested namespaces and packages (🪺), as in `a:b:c/d`: names that `wit-parser` cannot read.
//!
//! Before parsing, such a name is flattened to one namespace and one name, byte for byte, so that
//! every place in the text stays what it was: `a:b:c/d` becomes `a-b:c-d`. Afterwards the packages
//! get their names back. Which names are nested is told by the text alone: the WIT design lexes
//! `a:b` as one token, and nothing else has two colons, or a slash behind a package's name.

use std::collections::HashMap;

use weft_spec::{Diagnostic, Span as Place};
use wit_parser::{PackageName, Resolve};

/// A package's name, without its version.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Name {
    /// `a:b` of `a:b:c/d`.
    namespace: String,
    /// `c/d` of `a:b:c/d`.
    package: String,
}

impl Name {
    fn flat(&self) -> Self {
        Self {
            namespace: self.namespace.replace(':', "-"),
            package: self.package.replace('/', "-"),
        }
    }

    fn is_nested(&self) -> bool {
        self.namespace.contains(':') || self.package.contains('/')
    }

    fn text(&self) -> String {
        format!("{}:{}", self.namespace, self.package)
    }
}

/// The package names of all texts, by what they are flattened to.
#[derive(Debug, Default)]
pub(super) struct NestedNames {
    known: HashMap<Name, (Name, Place)>,
}

impl NestedNames {
    /// `text` with its nested names flattened, of the same length. `source` is its number.
    ///
    /// Two names that are flattened to the same one are a problem that points at both.
    pub(super) fn flatten(
        &mut self,
        text: &str,
        source: usize,
        problem: &mut impl FnMut(Diagnostic),
    ) -> String {
        let mut flat = String::with_capacity(text.len());
        let mut rest = text;
        let mut declares = false;
        while let Some(first) = rest.chars().next() {
            let at = text.len() - rest.len();
            let (token, is_name) = token(rest, first);
            let (taken, after) = rest.split_at_checked(token).unwrap_or((rest, ""));
            rest = after;
            match if is_name { package_of(taken, declares) } else { None } {
                Some(name) => {
                    flat.push_str(&flattened(taken, &name));
                    let place = Place { source, range: at..at + name.text().len() };
                    self.know(name, place, problem);
                }
                None => flat.push_str(taken),
            }
            // White space and comments do not come between `package` and its name.
            let blank = first.is_whitespace() || taken.starts_with("//") || taken.starts_with("/*");
            declares = taken == "package" || (declares && blank);
        }
        flat
    }

    fn know(&mut self, name: Name, place: Place, problem: &mut impl FnMut(Diagnostic)) {
        match self.known.get(&name.flat()) {
            Some((other, first)) if *other != name => {
                let (one, two) = (name.text(), other.text());
                let message = format!("`{one}` and `{two}` cannot be used together");
                problem(
                    Diagnostic::error("wit-nested-names", message)
                        .at(place, "read as the same package")
                        .and_at(first.clone(), "as this one"),
                );
            }
            Some(_) => {}
            None => {
                self.known.insert(name.flat(), (name, place));
            }
        }
    }

    /// Gives the packages their names back.
    pub(super) fn restore(&self, resolve: &mut Resolve) {
        let rename = |name: &mut PackageName| {
            let flat = Name { namespace: name.namespace.clone(), package: name.name.clone() };
            if let Some((nested, _)) = self.known.get(&flat) {
                name.namespace.clone_from(&nested.namespace);
                name.name.clone_from(&nested.package);
            }
        };
        for (_, package) in &mut resolve.packages {
            rename(&mut package.name);
        }
        let names = std::mem::take(&mut resolve.package_names);
        resolve.package_names = names
            .into_iter()
            .map(|(mut name, id)| {
                rename(&mut name);
                (name, id)
            })
            .collect();
    }

    /// `message` with names as they were written.
    pub(super) fn restore_text(&self, message: &str) -> String {
        let nested = self.known.iter().filter(|(_, (name, _))| name.is_nested());
        let mut names: Vec<_> =
            nested.map(|(flat, (name, _))| (flat.text(), name.text())).collect();
        // A longer name may start with a shorter one.
        names.sort_by_key(|(flat, _)| std::cmp::Reverse(flat.len()));
        names.iter().fold(message.to_owned(), |text, (flat, name)| text.replace(flat, name))
    }
}

/// The length of the token at the start of `rest`, and whether it may be a package's name.
fn token(rest: &str, first: char) -> (usize, bool) {
    let up_to = |end: &str| rest.find(end).map_or(rest.len(), |at| at + end.len());
    if rest.starts_with("//") {
        return (up_to("\n"), false);
    }
    if rest.starts_with("/*") {
        return (block_comment(rest), false);
    }
    if first == '"' {
        let end = rest.char_indices().skip(1).find(|(_, c)| *c == '"' || *c == '\n');
        return (end.map_or(rest.len(), |(at, c)| at + c.len_utf8()), false);
    }
    let run = |part: fn(char) -> bool, rest: &str| rest.find(|c| !part(c)).unwrap_or(rest.len());
    if first == '@' {
        // An annotation or a version, whose letters are no name.
        let behind = rest.get(1..).unwrap_or_default();
        return (1 + run(|c| c.is_ascii_alphanumeric() || "-+.".contains(c), behind), false);
    }
    if !is_name_part(first) {
        return (first.len_utf8(), false);
    }
    // `a:` of `a: b` is a name and a colon: what joins parts stands between them.
    let mut end = run(is_name_part, rest);
    while let Some(next) = rest.get(end..).and_then(|joined| joined.strip_prefix([':', '/']))
        && next.starts_with(is_name_part)
    {
        end += 1 + run(is_name_part, next);
    }
    (end, true)
}

fn is_name_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '%'
}

/// The length of the block comment at the start of `rest`, comments in it included.
fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    loop {
        let tail = rest.get(at..).unwrap_or_default();
        if tail.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if tail.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            match tail.chars().next() {
                Some(c) => at += c.len_utf8(),
                None => return rest.len(),
            }
        }
    }
}

/// The package that `token` names: all of it where a package is declared, else all but the
/// interface at its end. Parts that no flat name could have are left to the parser.
fn package_of(token: &str, declares: bool) -> Option<Name> {
    let (namespace, path) = token.rsplit_once(':')?;
    let package = if declares { path } else { path.rsplit_once('/')?.0 };
    let parts = namespace.split(':').chain(package.split('/'));
    let plain = |part: &str| part.starts_with(|c: char| c.is_ascii_lowercase());
    let escaped_inside = token.trim_start_matches('%').contains('%');
    (parts.into_iter().all(|part| plain(part.trim_start_matches('%'))) && !escaped_inside).then(
        || Name {
            namespace: namespace.trim_start_matches('%').to_owned(),
            package: package.to_owned(),
        },
    )
}

/// `token`, in which the package's name is flattened.
fn flattened(token: &str, name: &Name) -> String {
    let escape = if token.starts_with('%') { "%" } else { "" };
    let behind = token.get(escape.len() + name.text().len()..).unwrap_or_default();
    format!("{escape}{}{behind}", name.flat().text())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(text: &str) -> String {
        let mut problems = Vec::new();
        let flat = NestedNames::default().flatten(text, 0, &mut |problem| problems.push(problem));
        assert_eq!(flat.len(), text.len(), "places have moved");
        assert!(problems.is_empty(), "{problems:?}");
        flat
    }

    #[test]
    fn nested_names_are_flattened_where_a_package_is_declared_and_used() {
        assert_eq!(flat("package a:b:c;"), "package a-b:c;");
        assert_eq!(flat("package a:b:c/d@1.0.0 {"), "package a-b:c-d@1.0.0 {");
        assert_eq!(flat("package /* a:b:c/d */ a:b/c;"), "package /* a:b:c/d */ a:b-c;");
        assert_eq!(flat("use a:b:c/d@0.1.0.{e};"), "use a-b:c/d@0.1.0.{e};");
        assert_eq!(flat("import x: a:b:c/d/e;"), "import x: a-b:c-d/e;");
        assert_eq!(flat("package %a:b:c;"), "package %a-b:c;");
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        for text in [
            "package a:b@1.0.0-rc.1+x;",
            "use a:b/c@1.0.0.{d, e as f};",
            "f: func(a:u32, b: list<a>) -> c;",
            "// a:b:c/d\n/* a:b:c /* x:y:z/w */ p:q:r/s */",
            "/// `a:b:c/d`\n@external-id(\"a:b:c/d\") import f: func();",
            "/* a:b:c",
            "\"a:b:c",
            "package a:%b:c;",
            "package a:1:c;",
            "export a:b;",
            "ä:b:c/d €",
            "a:b:",
            "@",
        ] {
            assert_eq!(flat(text), text);
        }
    }

    #[test]
    fn two_names_that_would_be_taken_for_each_other_are_refused_with_both_places() {
        let mut names = NestedNames::default();
        let mut problems = Vec::new();
        names.flatten("package a:b:c;", 0, &mut |problem| problems.push(problem));
        names.flatten("use a-b:c/i;", 1, &mut |problem| problems.push(problem));
        let [problem] = problems.as_slice() else { panic!("{problems:?}") };
        assert_eq!(problem.message, "`a-b:c` and `a:b:c` cannot be used together");
        assert_eq!(problem.primary.as_ref().unwrap().span, Place { source: 1, range: 4..9 });
        assert_eq!(problem.secondary[0].span, Place { source: 0, range: 8..13 });
    }
}

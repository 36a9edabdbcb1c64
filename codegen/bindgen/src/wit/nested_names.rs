//! Nested namespaces and packages (🪺), as in `a:b:c/d`: names that `wit-parser` cannot read.
//!
//! Before parsing, such a name is flattened to one namespace and one name of the same length, so
//! that every place in the text stays the same: `a:b:c/d` becomes `a-b:c-d`. After parsing, the
//! packages get their names back. The text alone shows which names are nested: the WIT design lexes
//! `a:b` as one token, and nothing else has two colons, or a slash after a package's name.

use std::collections::HashMap;

use weft_spec::{Diagnostic, Span as Place};
use wit_parser::{PackageName, Resolve};

/// The largest number of parts of a name, because each becomes a module in the one before.
const MOST_PARTS: usize = 64;

/// A package's name, without its version and without escapes.
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

    fn parts(&self) -> usize {
        self.namespace.split(':').chain(self.package.split('/')).count()
    }

    fn text(&self) -> String {
        format!("{}:{}", self.namespace, self.package)
    }
}

/// The package names of all texts, by their flattened names.
#[derive(Debug, Default)]
pub(crate) struct NestedNames {
    known: HashMap<Name, (Name, Place)>,
}

impl NestedNames {
    /// Returns `text` with its nested names flattened, in the same length. `source` is its number.
    ///
    /// Two names with the same flattened form are a problem that points at both.
    pub(crate) fn flatten(
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
                Some((name, written)) => {
                    flat.push_str(&flattened(taken, written));
                    let place = Place { source, range: at..at + written };
                    self.know(name, place, problem);
                }
                None => flat.push_str(taken),
            }
            // White space and comments between `package` and its name are skipped.
            let blank = first.is_whitespace() || taken.starts_with("//") || taken.starts_with("/*");
            declares = taken == "package" || (declares && blank);
        }
        flat
    }

    fn know(&mut self, name: Name, place: Place, problem: &mut impl FnMut(Diagnostic)) {
        if name.parts() > MOST_PARTS {
            let message = format!("a package's name has more than {MOST_PARTS} parts");
            problem(Diagnostic::error("wit-nested-names", message).at(place, ""));
            return;
        }
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

    /// Returns the reason why an encoded package, which keeps its name, cannot be used with these
    /// texts.
    pub(crate) fn refuse_encoded(&self, name: &PackageName) -> Option<Diagnostic> {
        let flat = Name { namespace: name.namespace.clone(), package: name.name.clone() };
        let (nested, place) = self.known.get(&flat).filter(|(known, _)| *known != flat)?;
        let (one, two) = (flat.text(), nested.text());
        let message = format!("`{one}`, which is encoded, and `{two}` cannot be used together");
        let problem = Diagnostic::error("wit-nested-names", message);
        Some(problem.at(place.clone(), "read as the same package"))
    }

    /// Restores the names of the packages.
    pub(crate) fn restore(&self, resolve: &mut Resolve) {
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

    /// Returns `message` with names as they were written.
    pub(crate) fn restore_text(&self, message: &str) -> String {
        let mut restored = String::with_capacity(message.len());
        let mut rest = message;
        while let Some(first) = rest.chars().next() {
            let length = if is_name_part(first) { joined_names(rest) } else { first.len_utf8() };
            let (token, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
            rest = after;
            let nested = token.split_once(':').and_then(|(namespace, path)| {
                let package = path.split('/').next().unwrap_or_default();
                let flat = Name { namespace: namespace.to_owned(), package: package.to_owned() };
                let (name, _) = self.known.get(&flat)?;
                Some((name.text(), token.get(flat.text().len()..).unwrap_or_default()))
            });
            match nested {
                Some((name, after)) => restored.extend([name.as_str(), after]),
                None => restored.push_str(token),
            }
        }
        restored
    }
}

/// Returns the length of the token at the start of `rest`, and true if it may be a package's name.
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
    if first == '@' {
        // The letters of an annotation or a version are not a name.
        let after = rest.get(1..).unwrap_or_default();
        let end = after.find(|c: char| !c.is_ascii_alphanumeric() && !"-+.".contains(c));
        return (1 + end.unwrap_or(after.len()), false);
    }
    if !is_name_part(first) {
        return (first.len_utf8(), false);
    }
    (joined_names(rest), true)
}

/// Returns the length of the names at the start of `rest`, including the characters that join them.
fn joined_names(rest: &str) -> usize {
    let run = |rest: &str| rest.find(|c| !is_name_part(c)).unwrap_or(rest.len());
    let mut end = run(rest);
    // `a:` of `a: b` is a name and a colon; a character that joins parts has no space around it.
    while let Some(next) = rest.get(end..).and_then(|joined| joined.strip_prefix([':', '/']))
        && next.starts_with(is_name_part)
    {
        end += 1 + run(next);
    }
    end
}

fn is_name_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '%'
}

/// Returns the length of the block comment at the start of `rest`, including nested comments.
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

/// Returns the package in `token`, and the length of its name: the whole token if a package is
/// declared, otherwise all but the interface at its end. Forms that no flat name could have are
/// left to the parser.
fn package_of(token: &str, declares: bool) -> Option<(Name, usize)> {
    let written = if declares { token } else { token.rsplit_once('/')?.0 };
    let (namespace, package) = written.rsplit_once(':')?;
    let mut parts = namespace.split(':').chain(package.split('/'));
    let plain = |part: &str| {
        let part = part.strip_prefix('%').unwrap_or(part);
        part.starts_with(|c: char| c.is_ascii_lowercase()) && !part.contains('%')
    };
    let unescaped = |part: &str| part.replace('%', "");
    let name = Name { namespace: unescaped(namespace), package: unescaped(package) };
    parts.all(plain).then_some((name, written.len()))
}

/// Returns `token` with the package's name, its first `written` bytes, flattened.
fn flattened(token: &str, written: usize) -> String {
    let (name, after) = token.split_at_checked(written).unwrap_or((token, ""));
    let (namespace, package) = name.rsplit_once(':').unwrap_or(("", name));
    // One escape is enough for the whole name; spaces replace the others.
    let part = |part: &str, joint: char| {
        let name = part.replace('%', "").replace(joint, "-");
        let escape = if name.len() < part.len() { "%" } else { "" };
        format!("{:>width$}{name}", escape, width = part.len() - name.len())
    };
    format!("{}:{}{after}", part(namespace, ':'), part(package, '/'))
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
        assert_eq!(flat("package a:%use:c;"), "package %a-use:c;");
        assert_eq!(flat("use %a:%b:%c/d/%e.{f};"), "use  %a-b:%c-d/%e.{f};");
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
            "package a:%%b:c;",
            "package a:b%:c;",
            "use %a:%b/c;",
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
    fn two_names_with_one_flat_form_are_refused_with_both_places() {
        let mut names = NestedNames::default();
        let mut problems = Vec::new();
        names.flatten("package a:b:c;", 0, &mut |problem| problems.push(problem));
        names.flatten("use a-b:c/i;", 1, &mut |problem| problems.push(problem));
        let [problem] = problems.as_slice() else { panic!("{problems:?}") };
        assert_eq!(problem.message, "`a-b:c` and `a:b:c` cannot be used together");
        assert_eq!(problem.primary.as_ref().unwrap().span, Place { source: 1, range: 4..9 });
        assert_eq!(problem.secondary[0].span, Place { source: 0, range: 8..13 });
    }

    #[test]
    fn messages_have_the_names_as_written() {
        let mut names = NestedNames::default();
        let text = "package a:b:c; use x:a:b/c/i; use p:q/r;";
        names.flatten(text, 0, &mut |problem| panic!("{problem:?}"));
        for (message, restored) in [
            ("`a-b:c` and 'a-b:c@1.0.0': a-b:c: ä", "`a:b:c` and 'a:b:c@1.0.0': a:b:c: ä"),
            ("x-a:b-c/i", "x:a:b/c/i"),
            ("a-b:c-d", "a-b:c-d"),
            ("aa-b:c", "aa-b:c"),
            ("p:q/r: \"x\" // @ :", "p:q/r: \"x\" // @ :"),
        ] {
            assert_eq!(names.restore_text(message), restored);
        }
    }

    #[test]
    fn the_depth_of_nested_names_is_limited() {
        let problems = |parts: usize| {
            let text = format!("package a{}/c;", ":b".repeat(parts - 2));
            let mut problems = Vec::new();
            NestedNames::default().flatten(&text, 0, &mut |problem| problems.push(problem));
            problems
        };
        assert!(problems(MOST_PARTS).is_empty());
        let [problem] = &*problems(100_000) else { panic!("there is one problem") };
        assert_eq!(problem.message, "a package's name has more than 64 parts");
        assert_eq!(problem.primary.as_ref().unwrap().span.range, 8..8 + 2 * 100_000 - 1);
    }

    proptest::proptest! {
        #[test]
        fn flattening_keeps_lengths_and_all_text_outside_names(text in "\\PC{0,40}") {
            let flat = NestedNames::default().flatten(&text, 0, &mut |_| ());
            proptest::prop_assert_eq!(flat.len(), text.len());
        }

        #[test]
        fn every_name_keeps_its_length(text in "(package |[ab]|[:/%@\"-]|ä|//|\n){0,30}") {
            let flat = NestedNames::default().flatten(&text, 0, &mut |_| ());
            proptest::prop_assert_eq!(flat.len(), text.len());
            let again = NestedNames::default().flatten(&flat, 0, &mut |_| ());
            proptest::prop_assert_eq!(&again, &flat);
        }
    }
}

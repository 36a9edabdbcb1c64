//! The parts of Python that `definitions.py` uses: its outline, its trap sites, its constants.

use std::collections::{BTreeMap, BTreeSet};

use weft_spec::Report;

use super::checkout::Text;

/// A place where the reference traps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Site {
    /// The outermost function, with the class in front for a method.
    pub function: String,
    /// The condition, or `trap()`.
    pub condition: String,
    pub line: usize,
}

impl Site {
    /// Formats the place as in the data.
    pub(super) fn text(&self) -> String {
        format!("{}: {}", self.function, self.condition)
    }
}

/// A value assigned to a name at the top level or in a class.
#[derive(Clone, Debug)]
pub(super) struct Assignment {
    /// The name, with the class in front.
    pub name: String,
    /// The value, if it is a whole number.
    pub value: Option<u64>,
    pub line: usize,
}

/// An arm of a `match`.
#[derive(Clone, Debug)]
pub(super) struct Arm {
    /// The classes of the pattern, without their arguments.
    pub classes: Vec<String>,
    /// The expression that is returned.
    pub result: String,
    pub line: usize,
}

/// The contents of the file.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// The functions and methods with the lines of their heads.
    pub functions: BTreeMap<String, usize>,
    /// The classes that each function mentions.
    pub mentions: BTreeMap<String, BTreeSet<String>>,
    /// The classes with their base classes, and the lines of their heads.
    pub classes: BTreeMap<String, (String, usize)>,
    pub assignments: Vec<Assignment>,
    pub sites: Vec<Site>,
    /// The one-line arms, each with the function that contains it.
    pub arms: Vec<(String, Arm)>,
}

/// A `class` or `def` whose body is being read.
struct Scope {
    indent: usize,
    name: String,
    is_class: bool,
}

impl Outline {
    /// Reads the file; fails if a trap's condition has no end.
    pub(super) fn read(text: &Text) -> Result<Self, Report> {
        let mut outline = Self::default();
        let mut scopes: Vec<Scope> = Vec::new();
        let mut lines = text.lines().map(|(number, line)| (number, without_comment(line)));
        while let Some((number, line)) = lines.next() {
            let code = line.trim_start();
            let indent = line.len() - code.len();
            if code.is_empty() {
                continue;
            }
            while scopes.last().is_some_and(|scope| scope.indent >= indent) {
                scopes.pop();
            }
            if let Some(rest) = code.strip_prefix("class ") {
                let name = qualified(&scopes, identifier(rest));
                let base = rest.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
                let base = base.map_or(String::new(), |(base, _)| base.to_owned());
                outline.classes.insert(name, (base, number));
                scopes.push(Scope { indent, name: identifier(rest).to_owned(), is_class: true });
                continue;
            }
            if let Some(rest) = code.strip_prefix("def ") {
                let name = identifier(rest);
                // A nested function counts as a part of the outer one.
                if scopes.iter().all(|scope| scope.is_class) {
                    outline.functions.insert(qualified(&scopes, name), number);
                }
                scopes.push(Scope { indent, name: name.to_owned(), is_class: false });
                continue;
            }
            let function = function(&scopes);
            match &function {
                Some(function) => {
                    outline.read_arm(function, code, number);
                    let words = code.split(|c: char| !c.is_alphanumeric() && c != '_');
                    let words = words.filter(|word| word.starts_with(|c: char| c.is_uppercase()));
                    let mentions = outline.mentions.entry(function.clone()).or_default();
                    mentions.extend(words.map(str::to_owned));
                }
                None => outline.read_assignment(&scopes, code, number),
            }
            let function = function.unwrap_or_default();
            if matches!(function.as_str(), "trap" | "trap_if") {
                continue;
            }
            if code.contains("trap()") {
                let condition = "trap()".to_owned();
                outline.sites.push(Site { function: function.clone(), condition, line: number });
            }
            if let Some((_, rest)) = code.split_once("trap_if(") {
                let mut argument = rest.to_owned();
                let condition = loop {
                    if let Some(condition) = up_to_closing(&argument) {
                        break condition.split_whitespace().collect::<Vec<_>>().join(" ");
                    }
                    let Some((_, more)) = lines.next() else {
                        return Err(text.problem(
                            number,
                            "unbalanced-code",
                            "this condition is not closed",
                        ));
                    };
                    argument = format!("{argument} {}", more.trim());
                };
                outline.sites.push(Site { function, condition, line: number });
            }
        }
        for mentions in outline.mentions.values_mut() {
            mentions.retain(|word| outline.classes.contains_key(word));
        }
        Ok(outline)
    }

    fn read_assignment(&mut self, scopes: &[Scope], code: &str, line: usize) {
        let Some((name, value)) = code.split_once('=') else { return };
        let name = name.trim();
        if !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_' || b.is_ascii_digit())
        {
            let value = evaluate(value);
            self.assignments.push(Assignment { name: qualified(scopes, name), value, line });
        }
    }

    fn read_arm(&mut self, function: &str, code: &str, line: usize) {
        let Some(arm) = code.strip_prefix("case ") else { return };
        // The `:` of the arm is the one outside of parentheses.
        let mut depth = 0_usize;
        let colon = arm.char_indices().find(|(_, c)| {
            match c {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            *c == ':' && depth == 0
        });
        let Some((pattern, result)) = colon.and_then(|(at, _)| arm.split_at_checked(at)) else {
            return;
        };
        let Some(result) = result.trim_start_matches(':').trim().strip_prefix("return ") else {
            return;
        };
        let classes = pattern.split('|').map(|class| identifier(class.trim()).to_owned()).collect();
        let arm = Arm { classes, result: result.trim().to_owned(), line };
        self.arms.push((function.to_owned(), arm));
    }

    /// Returns the members of an enumeration. A second name for a value is not a member, as in
    /// Python.
    pub(super) fn members(&self, class: &str) -> Vec<(&str, u64, usize)> {
        let mut members: Vec<(&str, u64, usize)> = Vec::new();
        for assignment in &self.assignments {
            let Some((of, name)) = assignment.name.rsplit_once('.') else { continue };
            let Some(value) = assignment.value.filter(|_| of == class) else { continue };
            if members.iter().all(|(_, known, _)| *known != value) {
                members.push((name, value, assignment.line));
            }
        }
        members
    }
}

/// Returns the line without the text after a `#` that is not in a string.
fn without_comment(line: &str) -> &str {
    let mut quote = None;
    for (at, character) in line.char_indices() {
        match (quote, character) {
            (None, '#') => return line.get(..at).unwrap_or(line).trim_end(),
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), _) if open == character => quote = None,
            _ => {}
        }
    }
    line.trim_end()
}

/// Returns the identifier at the start of `text`.
fn identifier(text: &str) -> &str {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
}

/// Returns `name` with the classes around it in front.
fn qualified(scopes: &[Scope], name: &str) -> String {
    let classes = scopes.iter().filter(|scope| scope.is_class).map(|scope| scope.name.as_str());
    classes.chain([name]).collect::<Vec<_>>().join(".")
}

/// Returns the outermost function of `scopes`, with the classes around it in front.
fn function(scopes: &[Scope]) -> Option<String> {
    let at = scopes.iter().position(|scope| !scope.is_class)?;
    let name = &scopes.get(at)?.name;
    Some(qualified(scopes.get(..at)?, name))
}

/// Returns the text before the `)` that closes a parenthesis opened before `text`.
fn up_to_closing(text: &str) -> Option<&str> {
    let mut depth = 0_usize;
    for (at, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' if depth == 0 => return text.get(..at),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Returns the value of an expression of whole numbers with `<<`, `+`, `-`, `*`, `**` and
/// parentheses.
pub(super) fn evaluate(text: &str) -> Option<u64> {
    let mut tokens = Vec::new();
    let mut rest = text.trim();
    while let Some(first) = rest.chars().next() {
        let operator =
            ["**", "<<", "+", "-", "*", "(", ")"].into_iter().find(|o| rest.starts_with(o));
        let token = match operator {
            Some(operator) => operator,
            None if first.is_ascii_digit() => {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                rest.get(..end.unwrap_or(rest.len()))?
            }
            None => return None,
        };
        tokens.push(token);
        rest = rest.get(token.len()..)?.trim_start();
    }
    let mut expression = Expression { tokens: tokens.into_iter().peekable() };
    let value = expression.binary(0)?;
    expression.tokens.next().is_none().then_some(value).and_then(|value| u64::try_from(value).ok())
}

/// The remaining tokens of an expression.
struct Expression<'a> {
    tokens: std::iter::Peekable<std::vec::IntoIter<&'a str>>,
}

impl Expression<'_> {
    /// Reads operators that bind at least as strongly as `strength`.
    fn binary(&mut self, strength: u8) -> Option<i128> {
        let mut left = self.operand()?;
        while let Some(operator) = self.tokens.peek().copied() {
            let binds = match operator {
                "<<" => 0,
                "+" | "-" => 1,
                "*" => 2,
                "**" => 3,
                _ => break,
            };
            if binds < strength {
                break;
            }
            self.tokens.next();
            // Only the power operator binds to the right.
            let right = self.binary(if operator == "**" { binds } else { binds + 1 })?;
            left = match operator {
                "<<" => left.checked_mul(2_i128.checked_pow(u32::try_from(right).ok()?)?)?,
                "+" => left.checked_add(right)?,
                "-" => left.checked_sub(right)?,
                "*" => left.checked_mul(right)?,
                _ => left.checked_pow(u32::try_from(right).ok()?)?,
            };
        }
        Some(left)
    }

    fn operand(&mut self) -> Option<i128> {
        match self.tokens.next()? {
            "(" => {
                let value = self.binary(0)?;
                (self.tokens.next()? == ")").then_some(value)
            }
            "-" => self.binary(3)?.checked_neg(),
            number => {
                let digits = number.replace('_', "");
                match digits.strip_prefix("0x") {
                    Some(hexadecimal) => i128::from_str_radix(hexadecimal, 16).ok(),
                    None => digits.parse().ok(),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Outline {
        Outline::read(&Text { path: "x.py".into(), text: text.into() }).unwrap()
    }

    #[test]
    fn expressions_have_the_same_value_as_in_python() {
        for (text, value) in [
            ("2**28 - 1", Some(0x0fff_ffff)),
            ("(1 << 28) - 1", Some(0x0fff_ffff)),
            ("1 << 28 - 1", Some(1 << 27)),
            ("0xffff_ffff", Some(0xffff_ffff)),
            ("2 ** 3 ** 2", Some(512)),
            ("2 * (3 + 4) - 1", Some(13)),
            ("-1", None),
            ("False", None),
            ("(1", None),
            ("1 1", None),
            ("2 ** 200", None),
            ("", None),
        ] {
            assert_eq!(evaluate(text), value, "{text}");
        }
    }

    #[test]
    fn sites_belong_to_the_outermost_function_with_its_class() {
        let outline = read(
            "def trap_if(cond):\n  if cond:\n    raise Trap()\n\
             class A(B):\n  MAX = 2**4 # trap_if(no)\n  class C(IntEnum):\n    X = 0\n    Y = 1\n    Z = 1\n\
             \x20 def f(self):\n    def g():\n      trap_if(a(b)\n              and c)\n\
             def h():\n  trap()\n",
        );
        let sites: Vec<String> = outline.sites.iter().map(Site::text).collect();
        assert_eq!(sites, ["A.f: a(b) and c", "h: trap()"]);
        assert_eq!(outline.sites[0].line, 12);
        assert_eq!(outline.members("A.C"), [("X", 0, 7), ("Y", 1, 8)]);
        assert_eq!(outline.classes["A.C"].0, "IntEnum");
        let names: Vec<(&str, Option<u64>)> =
            outline.assignments.iter().map(|a| (a.name.as_str(), a.value)).collect();
        assert!(names.contains(&("A.MAX", Some(16))), "{names:?}");
        assert!(outline.functions.contains_key("A.f") && !outline.functions.contains_key("A.f.g"));
    }

    #[test]
    fn arms_have_the_classes_of_their_pattern() {
        let outline = read("def size(t):\n  match t:\n    case A(x) | B() : return 2 * f(x)\n");
        let (function, arm) = &outline.arms[0];
        assert_eq!((function.as_str(), arm.result.as_str()), ("size", "2 * f(x)"));
        assert_eq!(arm.classes, ["A", "B"]);
    }

    #[test]
    fn a_condition_without_an_end_is_reported_where_it_starts() {
        let text = Text { path: "x.py".into(), text: "def f():\n  trap_if((a)\n".into() };
        let report = Outline::read(&text).unwrap_err().to_string();
        assert!(report.contains("x.py:2"), "{report}");
    }
}

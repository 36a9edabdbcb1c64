//! Core signatures in symbolic form: `[s:i32 payload-addr:memory.addrtype] -> [i32]`.
//!
//! The notation is that of the "Canonical ABI signature" rows of the spec's Explainer. A symbol
//! stands for a core type that depends on the definition: on the width of its memory or table,
//! or on its immediates.

use std::fmt;
use std::ops::Range;

use crate::model::CoreType;

/// A parameter or result type of a built-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SymbolicType {
    /// Always this type.
    Core(CoreType),
    /// `memory.addrtype`: the address type of the memory among the options.
    MemoryAddress,
    /// `table.addrtype`: the address type of the table immediate.
    TableAddress,
    /// `T`: the value type immediate of `context.get` and `context.set`.
    ContextType,
    /// `T.rep`: the representation type of the resource type immediate.
    ResourceRepresentation,
    /// `FuncT.params[0]`: the parameter of the thread's start function.
    StartParameter,
    /// `(ref null FuncT)`: a reference to the thread's start function.
    StartReference,
    /// `lower(FuncT.results)*`: the flattened result of the task's function type.
    FlatResults,
}

impl SymbolicType {
    /// All symbols with their spelling.
    pub const ALL: [(SymbolicType, &'static str); 11] = [
        (Self::Core(CoreType::I32), "i32"),
        (Self::Core(CoreType::I64), "i64"),
        (Self::Core(CoreType::F32), "f32"),
        (Self::Core(CoreType::F64), "f64"),
        (Self::MemoryAddress, "memory.addrtype"),
        (Self::TableAddress, "table.addrtype"),
        (Self::ContextType, "T"),
        (Self::ResourceRepresentation, "T.rep"),
        (Self::StartParameter, "FuncT.params[0]"),
        (Self::StartReference, "(ref null FuncT)"),
        (Self::FlatResults, "lower(FuncT.results)*"),
    ];

    /// Returns the spelling in signatures.
    pub fn spelling(self) -> &'static str {
        Self::ALL.iter().find(|(ty, _)| *ty == self).map_or("", |(_, spelling)| spelling)
    }
}

/// A parameter or result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Its name; empty if the signature has none.
    pub name: String,
    /// Its type.
    pub ty: SymbolicType,
}

/// A core signature in symbolic form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The parameters.
    pub params: Vec<Slot>,
    /// The results.
    pub results: Vec<Slot>,
}

/// The widths and types that symbols stand for in one definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Widths {
    /// The address type of the memory: `i32` or `i64`.
    pub memory: CoreType,
    /// The address type of the table: `i32` or `i64`.
    pub table: CoreType,
    /// The type of `T`, `T.rep` and `FuncT.params[0]`.
    pub immediate: CoreType,
}

impl Widths {
    /// Widths and types of 32 bits.
    pub const ALL_32: Self =
        Self { memory: CoreType::I32, table: CoreType::I32, immediate: CoreType::I32 };
    /// Widths and types of 64 bits.
    pub const ALL_64: Self =
        Self { memory: CoreType::I64, table: CoreType::I64, immediate: CoreType::I64 };
}

/// A core type of a resolved signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ResolvedType {
    /// A number.
    Number(CoreType),
    /// A nullable reference to the thread's start function.
    StartReference,
    /// All values of the flattened result.
    FlatResults,
}

impl Signature {
    /// Parses the notation. The error is the first mistake, at a byte range of `text`.
    pub fn parse(text: &str) -> Result<Self, (Range<usize>, String)> {
        Self::parse_whole(text).map_err(|errors| {
            let unexplained = (0..text.len(), String::from("not a signature"));
            errors.into_iter().next().unwrap_or(unexplained)
        })
    }

    /// Parses like [`Signature::parse`]. The error is the list of all mistakes, never empty.
    pub(crate) fn parse_whole(text: &str) -> Result<Self, Vec<(Range<usize>, String)>> {
        let Some((params, results)) = text.split_once("->") else {
            return Err(vec![(0..text.len(), "expected `[…] -> […]`".into())]);
        };
        if let Some((before, _)) = results.split_once("->") {
            let again = params.len() + 2 + before.len();
            return Err(vec![(again..again + 2, "expected one `->`".into())]);
        }
        let mut errors = Vec::new();
        let results_at = params.len() + 2;
        let params = parse_slots(params, 0, &mut errors);
        let results = parse_slots(results, results_at, &mut errors);
        if errors.is_empty() { Ok(Self { params, results }) } else { Err(errors) }
    }

    /// Returns the parameter and result types for the widths.
    pub fn resolve(&self, widths: Widths) -> (Vec<ResolvedType>, Vec<ResolvedType>) {
        let resolve = |slot: &Slot| match slot.ty {
            SymbolicType::Core(ty) => ResolvedType::Number(ty),
            SymbolicType::MemoryAddress => ResolvedType::Number(widths.memory),
            SymbolicType::TableAddress => ResolvedType::Number(widths.table),
            SymbolicType::ContextType
            | SymbolicType::ResourceRepresentation
            | SymbolicType::StartParameter => ResolvedType::Number(widths.immediate),
            SymbolicType::StartReference => ResolvedType::StartReference,
            SymbolicType::FlatResults => ResolvedType::FlatResults,
        };
        (self.params.iter().map(resolve).collect(), self.results.iter().map(resolve).collect())
    }

    /// Returns true if both have the same types; names do not matter.
    pub fn same_types(&self, other: &Self) -> bool {
        let types = |slots: &[Slot]| slots.iter().map(|slot| slot.ty).collect::<Vec<_>>();
        types(&self.params) == types(&other.params) && types(&self.results) == types(&other.results)
    }
}

/// Parses `[name:type type …]`; `at` is the offset of `text` in the whole signature.
fn parse_slots(text: &str, at: usize, errors: &mut Vec<(Range<usize>, String)>) -> Vec<Slot> {
    let start = at + (text.len() - text.trim_start().len());
    let trimmed = text.trim();
    let Some(inner) = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
        // If the list is missing, the place is the text around it.
        let whole =
            if trimmed.is_empty() { at..at + text.len() } else { start..start + trimmed.len() };
        errors.push((whole, "expected a list in brackets, `[…]`".into()));
        return Vec::new();
    };
    let mut slots: Vec<Slot> = Vec::new();
    for (offset, word) in words(inner) {
        let from = start + 1 + offset;
        let mut wrong = |message| errors.push((from..from + word.len(), message));
        let (name, spelling) = match word.split_once(':') {
            Some((name, spelling)) => (name, spelling),
            None => ("", word),
        };
        let named = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        let found = SymbolicType::ALL.iter().find(|(_, known)| *known == spelling);
        let Some((ty, _)) = found else {
            wrong(format!("`{spelling}` is not a type of a signature"));
            continue;
        };
        if word.contains(':') && (name.is_empty() || !named) {
            wrong(format!("`{name}` is not a name for a parameter"));
        } else if !name.is_empty() && slots.iter().any(|slot| slot.name == name) {
            wrong(format!("the parameter `{name}` occurs twice"));
        }
        slots.push(Slot { name: name.to_owned(), ty: *ty });
    }
    slots
}

/// Returns the words of `text` with their offsets; spaces inside parentheses do not separate words.
fn words(text: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let (mut depth, mut from) = (0_usize, None);
    for (at, character) in text.char_indices().chain([(text.len(), ' ')]) {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if character.is_whitespace() && depth == 0 || at == text.len() {
            if let Some(word) =
                from.take().and_then(|from: usize| Some((from, text.get(from..at)?)))
            {
                words.push(word);
            }
        } else if from.is_none() {
            from = Some(at);
        }
    }
    words
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, slots: &[Slot]| {
            f.write_str("[")?;
            for (number, slot) in slots.iter().enumerate() {
                let space = if number == 0 { "" } else { " " };
                let colon = if slot.name.is_empty() { "" } else { ":" };
                write!(f, "{space}{}{colon}{}", slot.name, slot.ty.spelling())?;
            }
            f.write_str("]")
        };
        list(f, &self.params)?;
        f.write_str(" -> ")?;
        list(f, &self.results)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_reads_back_as_it_is_written() {
        for text in [
            "[] -> []",
            "[rep:T.rep] -> [i32]",
            "[s:i32 payload-addr:memory.addrtype] -> [event-code:i32]",
            "[f:(ref null FuncT) c:FuncT.params[0]] -> [i32]",
            "[lower(FuncT.results)*] -> []",
        ] {
            assert_eq!(Signature::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_wrong_signature_is_refused_at_the_wrong_word() {
        let at = |text: &str| {
            let (range, message) = Signature::parse(text).unwrap_err();
            (text.get(range).unwrap().to_owned(), message)
        };
        assert_eq!(at("[i32]").1, "expected `[…] -> […]`");
        assert_eq!(at("[a:i32 b:i31] -> []").0, "b:i31");
        assert_eq!(at("[] -> [x y]").0, "x");
        assert_eq!(at("[] -> i32").0, "i32");
        assert_eq!(at("[:i32] -> []").0, ":i32");
        assert_eq!(at("[a:i32 b:i32 a:i64] -> []").0, "a:i64");
        assert_eq!(at("[] -> [] -> []"), ("->".into(), "expected one `->`".into()));
        assert_eq!(at("[ä] -> []"), ("ä".into(), "`ä` is not a type of a signature".into()));
        assert_eq!(at("").1, "expected `[…] -> […]`");
        assert_eq!(at("[(ref null] -> []").0, "(ref null");
    }

    #[test]
    fn symbols_resolve_to_the_width_of_what_they_name() {
        let signature = Signature::parse("[e:i32 ptr:memory.addrtype] -> [T]").unwrap();
        let i64 = ResolvedType::Number(CoreType::I64);
        let i32 = ResolvedType::Number(CoreType::I32);
        assert_eq!(signature.resolve(Widths::ALL_32), (vec![i32, i32], vec![i32]));
        assert_eq!(signature.resolve(Widths::ALL_64), (vec![i32, i64], vec![i64]));
    }
}

//! The function types in the sentences of `CanonicalABI.md`.

use weft_spec::signature::SymbolicType;

use super::markdown;

/// A reader of function types in sentences, such as `(func (param $si i32) (param $ptr T))`.
pub(super) struct TypeReader<'a> {
    /// The sentences that may explain a placeholder, the closest first.
    pub explanations: Vec<&'a str>,
    /// The operands of the example definition.
    pub operands: Vec<String>,
}

impl TypeReader<'_> {
    /// Returns the type in the notation of signatures; none if its parentheses do not match.
    pub(super) fn read(&self, ty: &str) -> Option<String> {
        if ty == "flatten_functype($opts, (func (param $t)?), 'lower')"
            && self.operands.iter().any(|operand| operand == "(result $t)?")
        {
            return Some(format!("[{}] -> []", SymbolicType::FlatResults.spelling()));
        }
        markdown::items(ty)?;
        let Some(mut items) = markdown::list(ty) else { return Some(ty.to_owned()) };
        // `shared?` is written around the function type, or inside of it.
        let mut shared = take(&mut items, "shared?");
        if shared && let [function] = items.as_slice() {
            items = markdown::list(function).unwrap_or_default();
        }
        if !take(&mut items, "func") {
            return Some(ty.to_owned());
        }
        shared |= take(&mut items, "shared?");
        let (mut params, mut results) = (Vec::new(), Vec::new());
        for item in items {
            let mut words = markdown::list(&item).unwrap_or_default();
            if words.is_empty() {
                return Some(ty.to_owned());
            }
            let kind = words.remove(0);
            // A name is followed by its type; `$t` alone is a type.
            if words.len() > 1 && words.first().is_some_and(|word| word.starts_with('$')) {
                words.remove(0);
            }
            let types = words.iter().map(|word| self.resolve(word));
            match kind.as_str() {
                "param" => params.extend(types),
                "result" => results.extend(types),
                _ => return Some(ty.to_owned()),
            }
        }
        let prefix = if shared { "shared? " } else { "" };
        Some(format!("{prefix}[{}] -> [{}]", params.join(" "), results.join(" ")))
    }

    /// Returns a type or placeholder in the notation of signatures; unchanged if nothing explains
    /// it.
    fn resolve(&self, word: &str) -> String {
        let known = match word {
            "$rt.rep" => Some(SymbolicType::ResourceRepresentation),
            "$t" => Some(SymbolicType::ContextType),
            "(ref null $ft)" => Some(SymbolicType::StartReference),
            "i32" | "i64" | "f32" | "f64" => None,
            _ => self.explain(word),
        };
        known.map_or_else(|| word.to_owned(), |ty| ty.spelling().to_owned())
    }

    fn explain(&self, placeholder: &str) -> Option<SymbolicType> {
        let marked = format!("`{placeholder}`");
        let clauses = self.explanations.iter().filter_map(|text| {
            // From its first mention as a type of its own.
            text.split_once(&marked).map(|(_, rest)| rest)
        });
        for clause in clauses {
            // Up to the explanation of the next placeholder.
            let clause = clause.split(", and `").next().unwrap_or_default();
            let clause = clause.split(" and `U`").next().unwrap_or_default();
            if clause.contains("comes from `$ft`") {
                return Some(SymbolicType::StartParameter);
            }
            if clause.contains("determined by `$ftbl`'s address type")
                || clause.contains("determined by `$tbl`'s address type")
            {
                return Some(SymbolicType::TableAddress);
            }
            let memory =
                ["address type of `$mem`", "address type of `memory` from", "`memory` field of"];
            if memory.iter().any(|phrase| clause.contains(phrase)) {
                return Some(SymbolicType::MemoryAddress);
            }
        }
        None
    }
}

/// Removes the first item if it is `word`, and then returns true.
fn take(items: &mut Vec<String>, word: &str) -> bool {
    let is = items.first().is_some_and(|item| item == word);
    if is {
        items.remove(0);
    }
    is
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(ty: &str, explanations: &[&str]) -> Option<String> {
        let operands = vec!["(result $t)?".to_owned()];
        TypeReader { explanations: explanations.to_vec(), operands }.read(ty)
    }

    #[test]
    fn placeholders_are_resolved_from_the_sentences() {
        let memory = "🐘 - `T` is `i32` or `i64` as determined by the address type of `$mem`";
        assert_eq!(
            read(
                "(func (param $si i32) (param $ptr T) (result i32))",
                &["where `T` is `i32`", memory]
            ),
            Some("[i32 memory.addrtype] -> [i32]".to_owned())
        );
        let both = "where `T` comes from `$ft`, as described above, and `U` is `i32`";
        let table = "🐘 - `U` is `i32` or `i64` as determined by `$tbl`'s address type";
        assert_eq!(
            read("(shared? (func (param $i U) (param $c T) (result $e i32)))", &[both, table]),
            Some("shared? [table.addrtype FuncT.params[0]] -> [i32]".to_owned())
        );
        assert_eq!(read("(func (param T))", &[]), Some("[T] -> []".to_owned()));
    }

    #[test]
    fn both_places_of_shared_are_read() {
        for ty in ["(func shared? (result i32))", "(shared? (func (result i32)))"] {
            assert_eq!(read(ty, &[]), Some("shared? [] -> [i32]".to_owned()));
        }
    }

    #[test]
    fn several_types_in_one_clause_are_several_parameters() {
        assert_eq!(
            read("(func (param i32 i64) (result $rt.rep))", &[]),
            Some("[i32 i64] -> [T.rep]".to_owned())
        );
        assert_eq!(read("(func)", &[]), Some("[] -> []".to_owned()));
    }

    #[test]
    fn flattened_results_are_distinguished_from_other_functions() {
        let ty = "flatten_functype($opts, (func (param $t)?), 'lower')";
        assert_eq!(read(ty, &[]), Some("[lower(FuncT.results)*] -> []".to_owned()));
        let ty = "flatten_functype($opts, $ft, 'lower')";
        assert_eq!(read(ty, &[]), Some(ty.to_owned()));
    }

    #[test]
    fn other_types_stay_the_same_and_unbalanced_types_are_refused() {
        assert_eq!(read("$ft", &[]), Some("$ft".to_owned()));
        assert_eq!(read("(func (local i32))", &[]), Some("(func (local i32))".to_owned()));
        assert_eq!(read("(func (param i32)", &[]), None);
    }
}

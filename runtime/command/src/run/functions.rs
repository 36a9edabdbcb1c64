//! The exported functions of a component, and finding one by its name.

use std::sync::Arc;

use weft::abi::WaveSupport;
use weft::component::{Component, ExternType, FunctionType, ResourceNames};
use weft::engine::CoreEngine;

/// The largest number of functions that an error lists.
const MOST_LISTED: usize = 30;

/// The largest number of characters of a line that an error lists, and of a type that it names.
const LONGEST_LINE: usize = 120;

/// A function that a component exports.
#[derive(Clone, Debug)]
pub(crate) struct ExportedFunction {
    /// The name of the interface that it is in.
    pub(crate) interface: Option<String>,
    /// Its name there.
    pub(crate) name: String,
    /// Its type.
    pub(crate) ty: Arc<FunctionType>,
    /// The names of the resource types in its type.
    names: Arc<ResourceNames>,
}

/// The outcome of a search by name.
#[derive(Debug)]
pub(crate) enum Found {
    /// There is one function of this name.
    One(ExportedFunction),
    /// There are several.
    Several(Vec<ExportedFunction>),
    /// There is none.
    None,
}

impl ExportedFunction {
    /// Returns all exported functions of a component.
    pub(crate) fn all<E: CoreEngine>(component: &Component<E>) -> Vec<Self> {
        let mut all = Vec::new();
        let names = Arc::new(component.resource_names());
        for (name, ty) in component.exports() {
            match ty {
                ExternType::Function(ty) => all.push(Self::new(None, name, ty, &names)),
                ExternType::Instance(instance) => {
                    for (function, ty) in instance.exports() {
                        if let ExternType::Function(ty) = ty {
                            all.push(Self::new(Some(name), function, ty, &names));
                        }
                    }
                }
                _ => {}
            }
        }
        all
    }

    fn new(
        interface: Option<&str>,
        name: &str,
        ty: &Arc<FunctionType>,
        names: &Arc<ResourceNames>,
    ) -> Self {
        Self {
            interface: interface.map(Into::into),
            name: name.to_owned(),
            ty: ty.clone(),
            names: names.clone(),
        }
    }

    /// Returns its name with that of its interface.
    pub(crate) fn path(&self) -> String {
        match &self.interface {
            Some(interface) => format!("{interface}#{}", self.name),
            None => self.name.clone(),
        }
    }

    /// Returns its type as in WIT, with the names of resource types.
    pub(crate) fn signature(&self) -> String {
        self.ty.with_names(&*self.names).to_string()
    }

    /// Returns the reason why no call of it can be written as text, if there is one: an argument
    /// needs a handle, or the result may have one.
    pub(crate) fn obstacle(&self) -> Option<String> {
        let param = self.ty.params().find(|(_, ty)| ty.wave_support() == WaveSupport::None);
        if let Some((name, ty)) = param {
            let ty = cut(ty.with_names(&*self.names).to_string());
            let param = format!("its parameter `{name}` of type `{ty}`");
            return Some(format!("no value for {param} can be written as text"));
        }
        let result = self.ty.result().filter(|ty| ty.wave_support() != WaveSupport::All)?;
        let ty = cut(result.with_names(&*self.names).to_string());
        Some(format!("its result of type `{ty}` can't be written as text"))
    }

    /// Returns `true` if this is a name of its interface, with or without namespace and version.
    fn is_in(&self, interface: &str) -> bool {
        let Some(own) = &self.interface else { return false };
        let without_version = |name: &str| name.split('@').next().unwrap_or_default().to_owned();
        let short = own.rsplit_once('/').map_or(&**own, |(_, short)| short);
        [own.clone(), without_version(own), short.to_owned(), without_version(short)]
            .iter()
            .any(|it| it == interface)
    }
}

/// Finds a function by name: `function`, `interface#function` or `interface.function`. The name of
/// the interface may lack its namespace and version. It may be left out if only one interface has a
/// function of this name.
pub(crate) fn find(all: &[ExportedFunction], name: &str) -> Found {
    let is_exact = |it: &&ExportedFunction| it.path() == name;
    let parts = name.rsplit_once('#').or_else(|| name.rsplit_once('.'));
    let is_in = |it: &&ExportedFunction| {
        parts.is_some_and(|(interface, function)| it.name == function && it.is_in(interface))
    };
    let has_name = |it: &&ExportedFunction| it.name == name;
    let found = [all.iter().filter(is_exact).collect::<Vec<_>>()]
        .into_iter()
        .chain([all.iter().filter(is_in).collect(), all.iter().filter(has_name).collect()])
        .find(|found| !found.is_empty())
        .unwrap_or_default();
    match found[..] {
        [] => Found::None,
        [one] => Found::One(one.clone()),
        _ => Found::Several(found.into_iter().cloned().collect()),
    }
}

/// Returns a similar name, with or without interface.
pub(crate) fn similar(all: &[ExportedFunction], name: &str) -> Option<String> {
    let function = name.rsplit(['#', '.']).next().unwrap_or(name);
    let distance = |it: &&ExportedFunction| {
        let to_name = strsim::damerau_levenshtein(&it.name, function);
        to_name.min(strsim::damerau_levenshtein(&it.path(), name))
    };
    let nearest = all.iter().min_by_key(distance)?;
    let most = (function.chars().count() / 3).max(1);
    (distance(&nearest) <= most).then(|| nearest.path())
}

/// Cuts a text that is too long.
fn cut(text: String) -> String {
    match text.char_indices().nth(LONGEST_LINE) {
        Some((end, _)) => format!("{} …", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// Returns a line for each function.
pub(crate) fn listed(functions: &[ExportedFunction]) -> Vec<String> {
    let mut lines: Vec<String> = functions
        .iter()
        .take(MOST_LISTED)
        .map(|it| cut(format!("  {}: {}", it.path(), it.signature())))
        .collect();
    if functions.len() > MOST_LISTED {
        lines.push(format!("  and {} more", functions.len() - MOST_LISTED));
    }
    lines
}

/// Returns a line for each function whose call can be written as text, and one for the number of all
/// others. Returns no line if there are only others.
pub(crate) fn listed_callable(all: &[ExportedFunction]) -> Vec<String> {
    let callable: Vec<_> = all.iter().filter(|it| it.obstacle().is_none()).cloned().collect();
    if callable.is_empty() {
        return Vec::new();
    }
    let mut lines = listed(&callable);
    match all.len() - callable.len() {
        0 => {}
        1 => lines.push("  and one whose calls can't be written as text".to_owned()),
        others => lines.push(format!("  and {others} whose calls can't be written as text")),
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<ExportedFunction> {
        let names = Arc::default();
        let ty = Arc::new(FunctionType::new([("a", weft::abi::Type::U8); 0], None).expect("small"));
        [
            (None, "run"),
            (Some("a:b/words@1.2.0"), "count"),
            (Some("a:b/words@1.2.0"), "run"),
            (Some("a:b/other@2.0.0"), "run"),
            (Some("plain"), "only-here"),
        ]
        .map(|(interface, name)| ExportedFunction::new(interface, name, &ty, &names))
        .into()
    }

    fn found(name: &str) -> Vec<String> {
        match find(&all(), name) {
            Found::One(one) => vec![one.path()],
            Found::Several(several) => several.iter().map(ExportedFunction::path).collect(),
            Found::None => Vec::new(),
        }
    }

    #[test]
    fn a_function_goes_by_several_names() {
        assert_eq!(found("run"), ["run"]);
        let count = [
            "count",
            "words#count",
            "words.count",
            "a:b/words#count",
            "a:b/words@1.2.0#count",
            "a:b/words@1.2.0.count",
            "words@1.2.0#count",
        ];
        for name in count {
            assert_eq!(found(name), ["a:b/words@1.2.0#count"], "{name}");
        }
        assert_eq!(found("other.run"), ["a:b/other@2.0.0#run"]);
        for name in ["", "#", "a:b/words@1.3.0#count", "words#only-here", "nothing"] {
            assert!(found(name).is_empty(), "{name}");
        }
    }

    #[test]
    fn a_name_of_several_functions_is_told() {
        let without_the_plain_one = all().split_off(1);
        let found = find(&without_the_plain_one, "run");
        assert!(matches!(found, Found::Several(several) if several.len() == 2));
    }

    #[test]
    fn a_name_that_is_nearly_right_is_told() {
        assert_eq!(similar(&all(), "words#cuont"), Some("a:b/words@1.2.0#count".to_owned()));
        assert_eq!(similar(&all(), "something-else"), None);
        assert_eq!(similar(&[], "run"), None);
    }
}

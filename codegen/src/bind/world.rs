//! Which world is meant.

use weft_spec::{Diagnostic, Report};
use wit_parser::{ParsedUsePath, Resolve, WorldId, parse_use_path};

use super::source::Wit;

/// The world called `name`, or the only one there is.
///
/// A short name is looked for in the main package and then in all; a package's version may be
/// left out. Whatever fits twice, or not at all, is an error that lists the worlds there are.
pub(super) fn select(wit: &Wit, name: Option<&str>) -> Result<WorldId, Report> {
    let resolve = &wit.resolve;
    let main: Vec<WorldId> =
        resolve.packages.get(wit.main).into_iter().flat_map(|p| p.worlds.values().copied()).collect();
    let Some(name) = name else {
        return match main.as_slice() {
            [only] => Ok(*only),
            [] => Err(refuse(resolve, "wit-no-world", "the package has no world".to_owned())),
            _ => Err(refuse(resolve, "wit-which-world", "the package has several worlds".to_owned())),
        };
    };
    let found: Vec<WorldId> = match parse_use_path(name) {
        Ok(ParsedUsePath::Name(short)) => {
            let named = |id: &WorldId| resolve.worlds.get(*id).is_some_and(|w| w.name == short);
            let mut found: Vec<_> = main.iter().copied().filter(named).collect();
            if found.is_empty() {
                found = resolve.worlds.iter().map(|(id, _)| id).filter(named).collect();
            }
            found
        }
        Ok(ParsedUsePath::Package(wanted, short)) => resolve
            .package_names
            .iter()
            .filter(|(package, _)| {
                package.namespace == wanted.namespace
                    && package.name == wanted.name
                    && (wanted.version.is_none() || package.version == wanted.version)
            })
            .filter_map(|(_, id)| resolve.packages.get(*id)?.worlds.get(&short).copied())
            .collect(),
        Err(error) => {
            let message = format!("`{name}` is not the name of a world: {error}");
            return Err(refuse(resolve, "wit-no-world", message));
        }
    };
    match found.as_slice() {
        [only] => Ok(*only),
        [] => Err(refuse(resolve, "wit-no-world", format!("there is no world `{name}`"))),
        several => {
            let names: Vec<_> = several.iter().map(|id| format!("`{}`", id_of(resolve, *id))).collect();
            let message = format!("the world `{name}` can be {}", names.join(" or "));
            Err(refuse(resolve, "wit-which-world", message))
        }
    }
}

/// The full name of a world.
pub(super) fn id_of(resolve: &Resolve, id: WorldId) -> String {
    let Some(world) = resolve.worlds.get(id) else { return String::new() };
    match world.package {
        Some(package) => resolve.id_of_name(package, &world.name),
        None => world.name.clone(),
    }
}

fn refuse(resolve: &Resolve, code: &'static str, message: String) -> Report {
    let mut names: Vec<_> = resolve.worlds.iter().map(|(id, _)| id_of(resolve, id)).collect();
    names.sort();
    let help = if names.is_empty() {
        "nothing that was read declares a world".to_owned()
    } else {
        format!("say which with `--world`; there are: {}", names.join(", "))
    };
    Report::of(Diagnostic::error(code, message).help(help))
}

//! Which world is meant.

use weft_spec::{Diagnostic, Report};
use wit_parser::{Resolve, WorldId};

use super::source::Wit;

/// The world called `name`, or the only one there is.
///
/// A short name is looked for in the main package and then in all; a package's version may be
/// left out. Whatever fits twice, or not at all, is an error that lists the worlds there are.
pub(super) fn select(wit: &Wit, name: Option<&str>) -> Result<WorldId, Report> {
    let resolve = &wit.resolve;
    let main: Vec<WorldId> = resolve
        .packages
        .get(wit.main)
        .into_iter()
        .flat_map(|p| p.worlds.values().copied())
        .collect();
    let Some(name) = name else {
        return match main.as_slice() {
            [only] => Ok(*only),
            [] => Err(refuse(resolve, "wit-no-world", "the package has no world".to_owned())),
            _ => {
                Err(refuse(resolve, "wit-which-world", "the package has several worlds".to_owned()))
            }
        };
    };
    let mut found: Vec<WorldId> = main
        .iter()
        .copied()
        .filter(|id| resolve.worlds.get(*id).is_some_and(|world| world.name == name))
        .collect();
    if found.is_empty() {
        let fits = |id: WorldId, short: &str| {
            let full = id_of(resolve, id);
            short == name || full == name || full.split('@').next() == Some(name)
        };
        let all = resolve.worlds.iter().filter(|(id, world)| fits(*id, &world.name));
        found = all.map(|(id, _)| id).collect();
    }
    match found.as_slice() {
        [only] => Ok(*only),
        [] => Err(refuse(resolve, "wit-no-world", format!("there is no world `{name}`"))),
        several => {
            let names: Vec<_> =
                several.iter().map(|id| format!("`{}`", id_of(resolve, *id))).collect();
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

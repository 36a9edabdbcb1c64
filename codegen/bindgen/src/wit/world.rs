//! Selects the world.

use std::fmt::Write as _;

use weft_spec::{Diagnostic, Report};
use wit_parser::{InterfaceId, PackageId, Resolve, WorldId};

use crate::wit::closest::{did_you_mean, listed};
use crate::wit::files::Texts;
use crate::wit::source::{Found, Main};
use crate::{OptionPlace, Options};

/// The package of a world that is made for interfaces.
const MADE_PACKAGE: &str = "weft:interfaces";

/// Returns the world called `options.world`, or the only one that exists.
///
/// A short name is searched for in the main packages and then in all. A package's version can be
/// omitted. A name that matches several worlds, or none, is an error that lists the worlds.
pub(crate) fn select(
    resolve: &Resolve,
    found: &Found,
    options: &Options,
    mut report: Report,
) -> Result<WorldId, Report> {
    let places = options.places.source(&mut report);
    let place = OptionPlace::Value("world");
    let refuse = |code, message: String, name: Option<&str>| {
        let problem = missing(refuse(resolve, code, message, name), found);
        let mut report = report.clone();
        report.push(places.at(problem, &place));
        report
    };
    let worlds = main_worlds(resolve, &found.main);
    let Some(name) = options.world.as_deref() else {
        return match worlds.as_slice() {
            [only] => Ok(*only),
            [] => Err(refuse("wit-no-world", "the package has no world".to_owned(), None)),
            _ => {
                let message = "the package has several worlds".to_owned();
                Err(refuse("wit-which-world", message, None))
            }
        };
    };
    let is_short = |id: &WorldId| resolve.worlds.get(*id).is_some_and(|world| world.name == name);
    let mut found: Vec<WorldId> = worlds.iter().copied().filter(is_short).collect();
    if found.is_empty() {
        let all = resolve.worlds.iter();
        let fits = all.filter(|(id, world)| fits(name, &id_of(resolve, *id), &world.name));
        found = fits.map(|(id, _)| id).collect();
    }
    match found.as_slice() {
        [only] => Ok(*only),
        [] => Err(refuse("wit-no-world", format!("there is no world `{name}`"), Some(name))),
        several => {
            let names: Vec<_> =
                several.iter().map(|id| format!("`{}`", id_of(resolve, *id))).collect();
            let message = format!("the world `{name}` can be {}", names.join(" or "));
            Err(refuse("wit-which-world", message, None))
        }
    }
}

/// Returns the worlds of the places in the options.
fn main_worlds(resolve: &Resolve, main: &[Main]) -> Vec<WorldId> {
    let mut worlds: Vec<WorldId> = Vec::new();
    for main in main {
        let found = match main {
            Main::World(world) => vec![*world],
            Main::Package(id) => {
                let package = resolve.packages.get(*id);
                package.into_iter().flat_map(|it| it.worlds.values().copied()).collect()
            }
        };
        worlds
            .extend(found.into_iter().filter(|world| !worlds.contains(world)).collect::<Vec<_>>());
    }
    worlds
}

/// Returns `true` if `name` is one of these names: the full or short one, or the full one without a
/// version.
fn fits(name: &str, full: &str, short: &str) -> bool {
    short == name || full == name || full.split('@').next() == Some(name)
}

/// Returns the full name of a world.
pub(crate) fn id_of(resolve: &Resolve, id: WorldId) -> String {
    let Some(world) = resolve.worlds.get(id) else { return String::new() };
    match world.package {
        Some(package) => resolve.id_of_name(package, &world.name),
        None => world.name.clone(),
    }
}

fn refuse(
    resolve: &Resolve,
    code: &'static str,
    message: String,
    name: Option<&str>,
) -> Diagnostic {
    let mut names: Vec<_> = resolve.worlds.iter().map(|(id, _)| id_of(resolve, id)).collect();
    names.sort();
    let problem = Diagnostic::error(code, message);
    let plain = names.iter().map(|full| full.split('@').next().unwrap_or(full));
    let short = resolve.worlds.iter().map(|(_, world)| world.name.as_str());
    let problem = match name {
        Some(name) if name.contains('/') => {
            let known: Vec<_> = plain.chain(names.iter().map(String::as_str)).collect();
            did_you_mean(problem, name, &known)
        }
        Some(name) => did_you_mean(problem, name, &short.collect::<Vec<_>>()),
        None => problem,
    };
    if names.is_empty() {
        return problem
            .help("no text that was read declares a world")
            .help("to bind interfaces without a world, name them in `interfaces`");
    }
    let problem =
        problem.help(format!("the worlds are {}", listed(names.iter().map(String::as_str))));
    if name.is_none() { problem.help("name one of them in `world`") } else { problem }
}

/// Returns `problem` with a possible reason why an item is missing.
fn missing(problem: Diagnostic, found: &Found) -> Diagnostic {
    match &found.left_out {
        Some(left_out) => problem.help(left_out),
        None => problem,
    }
}

/// Creates a world of the interfaces that `options` name, if any.
///
/// The names in `resolve` are still those for the parser.
pub(crate) fn made_for_interfaces(
    resolve: &mut Resolve,
    texts: &Texts,
    found: &Found,
    options: &Options,
    report: &mut Report,
) -> Option<WorldId> {
    let lists = [
        ("import", "interfaces", &options.interfaces),
        ("export", "exported-interfaces", &options.exported_interfaces),
    ];
    if lists.iter().all(|(_, _, names)| names.is_empty()) {
        return None;
    }
    let places = options.places.source(report);
    if options.world.is_some() {
        let message = "expected either a world or interfaces, but both are named";
        let problem = Diagnostic::error("wit-which-world", message);
        report.push(places.at(problem, &OptionPlace::Value("world")));
        return None;
    }
    let mut package = MADE_PACKAGE.to_owned();
    while resolve.package_names.keys().any(|name| name.to_string() == package) {
        package.push_str("-more");
    }
    let mut text = format!("package {package};\nworld interfaces {{\n");
    for (verb, option, names) in lists {
        for (number, name) in names.iter().enumerate() {
            match interface(resolve, texts, &found.main, name) {
                Ok(id) => {
                    let name = resolve.id_of(id).unwrap_or_default();
                    let _ = writeln!(text, "{verb} {name};");
                }
                Err(problem) => {
                    let problem = missing(*problem, found);
                    report.push(places.at(problem, &OptionPlace::Element(option, number)));
                }
            }
        }
    }
    text.push_str("}\n");
    if report.has_errors() {
        return None;
    }
    let id = resolve
        .push_source("interfaces", &text)
        .and_then(|package| resolve.select_world(&[package], None));
    id.map_err(|error| {
        let words = texts.nested.restore_text(&format!("{error:#}"));
        let message = format!("the interfaces cannot be used together: {words}");
        report.push(Diagnostic::error("wit-interfaces", message));
    })
    .ok()
}

/// Finds the interface called `name`: one of a main package by its short name, or any by its full
/// one.
fn interface(
    resolve: &Resolve,
    texts: &Texts,
    main: &[Main],
    name: &str,
) -> Result<InterfaceId, Box<Diagnostic>> {
    let is_main = |package: PackageId| {
        main.iter().any(|main| matches!(main, Main::Package(id) if *id == package))
    };
    let mut known: Vec<(InterfaceId, String, &str, bool)> = Vec::new();
    for (id, interface) in &resolve.interfaces {
        let (Some(package), Some(short)) = (interface.package, interface.name.as_deref()) else {
            continue;
        };
        let full = texts.nested.restore_text(&resolve.id_of_name(package, short));
        known.push((id, full, short, is_main(package)));
    }
    let mut found: Vec<_> =
        known.iter().filter(|(_, _, short, is_main)| *is_main && *short == name).collect();
    if found.is_empty() {
        found = known.iter().filter(|(_, full, short, _)| fits(name, full, short)).collect();
    }
    match found.as_slice() {
        [(id, ..)] => Ok(*id),
        [] => {
            let message = format!("there is no interface `{name}`");
            let problem = Diagnostic::error("wit-unknown-name", message);
            let full = known.iter().map(|(_, full, ..)| full.as_str());
            let plain = full.clone().map(|full| full.split('@').next().unwrap_or(full));
            let short = known.iter().map(|(_, _, short, _)| *short);
            let names: Vec<_> =
                if name.contains('/') { full.chain(plain).collect() } else { short.collect() };
            let problem = did_you_mean(problem, name, &names);
            if known.is_empty() {
                return Err(Box::new(problem.help("no text that was read has an interface")));
            }
            let there = known.iter().map(|(_, full, ..)| full.as_str());
            Err(Box::new(problem.help(format!("the interfaces are {}", listed(there)))))
        }
        several => {
            let names = several.iter().map(|(_, full, ..)| full.as_str());
            let message = format!("the interface `{name}` can be any of {}", listed(names));
            Err(Box::new(Diagnostic::error("wit-which-interface", message)))
        }
    }
}

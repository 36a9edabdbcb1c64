//! Formats the graph of rooms, the circles and the violations as text.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::circles::{FileGraph, circles, circles_of_files};
use super::naming::Namings;
use super::resolve::Target;
use super::rooms::Plan;
use super::source::{FileId, Tree};

/// Returns a circle of files, with each arrow inside of it.
pub(crate) fn circle(tree: &Tree, graph: &FileGraph<'_>, circle: &BTreeSet<FileId>) -> String {
    let mut text = format!("a circle of {} files:\n", circle.len());
    for file in circle {
        let _ = writeln!(text, "  {}", tree.files[file.0].path);
        for (to, naming) in graph.get(file).into_iter().flatten() {
            if circle.contains(to) {
                let (line, path) = (naming.line, &naming.path);
                let _ = writeln!(text, "    line {line}: {path} -> {}", tree.files[to.0].path);
            }
        }
    }
    text
}

/// Returns the modules just below the root of a crate that name each other.
pub(crate) fn circles_of_top_modules(tree: &Tree, namings: &Namings) -> Vec<BTreeSet<String>> {
    let top = |module: usize| {
        let path = &tree.modules[module].path;
        (path.len() > 1).then(|| path[..2].join("::"))
    };
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for naming in &namings.namings {
        let Some(from) = top(naming.module.0) else { continue };
        for found in &naming.found {
            let Target::Item(module) = found.target else { continue };
            arrows.entry(from.clone()).or_default().extend(top(module.0).filter(|it| *it != from));
        }
    }
    let names: Vec<String> =
        arrows.iter().flat_map(|(from, to)| to.iter().chain([from])).cloned().collect();
    let number = |name: &String| names.iter().position(|it| it == name).unwrap_or_default();
    let numbers =
        arrows.iter().map(|(from, to)| (number(from), to.iter().map(number).collect())).collect();
    let named = |circle: BTreeSet<usize>| circle.into_iter().map(|it| names[it].clone()).collect();
    circles(&numbers).into_iter().map(named).collect()
}

/// Returns the rooms with their sizes, the arrows between them, and the circles.
pub(crate) fn graph(
    tree: &Tree,
    namings: &Namings,
    plan: &Plan<'_>,
    graph: &FileGraph<'_>,
) -> String {
    let mut text = String::new();
    let mut sizes: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for file in (0..tree.files.len()).map(FileId) {
        let room = plan.room_of_file(file).map_or("(roots)", |it| it.name);
        let size = sizes.entry(room).or_default();
        *size = (size.0 + 1, size.1 + tree.lines(file));
    }
    let mut arrows: BTreeMap<(&str, &str), (usize, BTreeSet<FileId>)> = BTreeMap::new();
    for naming in &namings.namings {
        let Some(room) = plan.room_of_file(naming.file) else { continue };
        for named in plan.named(naming).into_iter().filter(|it| *it != room.name) {
            let arrow = arrows.entry((room.name, named)).or_default();
            arrow.0 += 1;
            arrow.1.insert(naming.file);
        }
    }
    let _ = writeln!(
        text,
        "{:22} {:>5} {:>6}  names (paths, files that write them)",
        "room", "files", "lines"
    );
    for (room, (files, lines)) in &sizes {
        let named = arrows.iter().filter(|((from, _), _)| from == room);
        let named =
            named.map(|((_, to), (paths, files))| format!("{to} ({paths}, {})", files.len()));
        let named = named.collect::<Vec<_>>().join(", ");
        let _ = writeln!(text, "{room:22} {files:5} {lines:6}  {named}");
    }
    for modules in circles_of_top_modules(tree, namings) {
        let names = modules.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let _ = writeln!(text, "{} modules at roots name one another: {names}", modules.len());
    }
    let circles = circles_of_files(graph);
    let files: usize = circles.iter().map(BTreeSet::len).sum();
    let lines: usize = circles.iter().flatten().map(|it| tree.lines(*it)).sum();
    let (all, all_lines) =
        (tree.files.len(), (0..tree.files.len()).map(|it| tree.lines(FileId(it))).sum::<usize>());
    let _ = writeln!(
        text,
        "{} circles; {files} of {all} files are in one, {lines} of {all_lines} lines",
        circles.len()
    );
    for files in &circles {
        let lines: usize = files.iter().map(|it| tree.lines(*it)).sum();
        let names = files.iter().map(|it| tree.files[it.0].path.as_str()).collect::<Vec<_>>();
        let _ = writeln!(text, "{} files, {lines} lines: {}", files.len(), names.join(" "));
    }
    text
}

//! Files that name each other, directly or through other files.

use std::collections::{BTreeMap, BTreeSet};

use super::naming::{Kind, Naming, Namings};
use super::resolve::Target;
use super::source::{FileId, Tree};

/// For each file, the files whose items it names, with the first such path.
pub(crate) type FileGraph<'a> = BTreeMap<FileId, BTreeMap<FileId, &'a Naming>>;

/// Returns the graph of files: from each file to those whose items it names.
///
/// An item belongs to the file that defines it, also when it is re-exported. A module alone is no
/// item, so a file may declare and re-export the modules below it without an arrow.
pub(crate) fn file_graph<'a>(tree: &Tree, namings: &'a Namings) -> FileGraph<'a> {
    let mut graph = FileGraph::new();
    for naming in &namings.namings {
        for found in &naming.found {
            let Target::Item(module) = found.target else { continue };
            let below = tree.is_around(naming.module, module);
            let at_root = tree.modules[naming.module.0].parent.is_none();
            if naming.kind == Kind::ReExport && (below || at_root) {
                continue;
            }
            let file = tree.modules[module.0].file;
            if file != naming.file {
                graph.entry(naming.file).or_default().entry(file).or_insert(naming);
            }
        }
    }
    graph
}

/// Returns the sets of two or more nodes that reach each other, largest first.
pub(crate) fn circles<N: Copy + Ord>(arrows: &BTreeMap<N, BTreeSet<N>>) -> Vec<BTreeSet<N>> {
    let nodes: BTreeSet<N> =
        arrows.iter().flat_map(|(from, to)| to.iter().chain([from])).copied().collect();
    let backwards = nodes.iter().map(|node| {
        let into = arrows.iter().filter(|(_, to)| to.contains(node)).map(|(from, _)| *from);
        (*node, into.collect())
    });
    let backwards: BTreeMap<N, BTreeSet<N>> = backwards.collect();
    let mut left = nodes;
    let mut found = Vec::new();
    while let Some(node) = left.first().copied() {
        let there = reached(arrows, node);
        let circle: BTreeSet<N> = reached(&backwards, node).intersection(&there).copied().collect();
        left.retain(|it| !circle.contains(it));
        if circle.len() > 1 {
            found.push(circle);
        }
    }
    found.sort_by_key(|it| std::cmp::Reverse(it.len()));
    found
}

/// Returns all nodes that can be reached from a node, including the node.
fn reached<N: Copy + Ord>(arrows: &BTreeMap<N, BTreeSet<N>>, from: N) -> BTreeSet<N> {
    let mut seen = BTreeSet::from([from]);
    let mut open = vec![from];
    while let Some(node) = open.pop() {
        for next in arrows.get(&node).into_iter().flatten() {
            if seen.insert(*next) {
                open.push(*next);
            }
        }
    }
    seen
}

/// Returns the circles of files.
pub(crate) fn circles_of_files(graph: &FileGraph<'_>) -> Vec<BTreeSet<FileId>> {
    let arrows = graph.iter().map(|(from, to)| (*from, to.keys().copied().collect()));
    circles(&arrows.collect())
}

//! The rooms of the runtime: the names that each uses, inside crates and between them.
//!
//! `runtime/ARCHITECTURE.md` explains the rooms. The table is in `rooms.rs`. This prints sizes,
//! arrows and circles:
//!
//! ```text
//! cargo test -p weft-tests --test workspace graph -- --nocapture
//! ```
//!
//! A method call on a value has no path, so it is not checked here.

mod circles;
mod closures;
mod naming;
mod report;
mod resolve;
mod rooms;
mod small;
pub(crate) mod source;

use std::path::Path;

use self::circles::{circles_of_files, file_graph};
use self::closures::misplaced;
use self::naming::namings;
use self::rooms::{Plan, ROOMS};
use self::source::{Tree, read_crates};

/// The largest number of files that may name each other: one object, in parts that are read
/// together.
const MOST_FILES_IN_A_CIRCLE: usize = 4;

/// Parses the crates of the runtime.
pub(crate) fn runtime() -> Tree {
    Tree::parse(&read_crates(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../runtime")))
}

#[test]
fn every_file_and_every_path_is_understood() {
    let tree = runtime();
    let plan = Plan::new(&tree, ROOMS);
    let mut wrong = tree.errors.clone();
    wrong.extend(namings(&tree).unresolved);
    wrong.extend(plan.wrong_rows());
    wrong.extend(plan.without_room());
    wrong.extend(plan.items_at_roots());
    assert!(wrong.is_empty(), "{} problems:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_room_names_only_rooms_that_it_may_name() {
    let tree = runtime();
    let violations = Plan::new(&tree, ROOMS).violations(&namings(&tree));
    let (number, text) = (violations.len(), violations.join("\n"));
    assert!(violations.is_empty(), "{number} paths go the wrong way:\n{text}");
}

#[test]
fn closures_are_kept_only_in_allowed_rooms() {
    let tree = runtime();
    let wrong = misplaced(&tree, &Plan::new(&tree, ROOMS));
    assert!(wrong.is_empty(), "{} closures:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn circles_of_files_are_small() {
    let tree = runtime();
    let namings = namings(&tree);
    let graph = file_graph(&tree, &namings);
    let large: Vec<String> = circles_of_files(&graph)
        .iter()
        .filter(|it| it.len() > MOST_FILES_IN_A_CIRCLE)
        .map(|it| report::circle(&tree, &graph, it))
        .collect();
    assert!(
        large.is_empty(),
        "at most {MOST_FILES_IN_A_CIRCLE} may be in one:\n{}",
        large.join("\n")
    );
}

#[test]
fn the_architecture_page_has_every_room() {
    let page = include_str!("../../../../runtime/ARCHITECTURE.md");
    for room in ROOMS {
        let row = format!("| `{}` |", room.name);
        assert!(page.lines().any(|it| it.starts_with(&row)), "no row for {}", room.name);
    }
}

#[test]
fn the_graph_of_rooms_is_shown() {
    let tree = runtime();
    let namings = namings(&tree);
    let graph =
        report::graph(&tree, &namings, &Plan::new(&tree, ROOMS), &file_graph(&tree, &namings));
    print!("{graph}");
}

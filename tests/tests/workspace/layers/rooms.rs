//! The rooms of the runtime, and the rooms that each may name.

use std::collections::{BTreeMap, BTreeSet};

use syn::Item;
use syn::spanned::Spanned as _;

use super::naming::{Naming, Namings};
use super::resolve::Target;
use super::source::{FileId, ModuleId, Tree, attributes, only_for_tests};

/// A room: modules with one subject.
#[derive(Debug)]
pub(crate) struct Room {
    /// The name.
    pub(crate) name: &'static str,
    /// Its modules, including those below them.
    pub(crate) modules: &'static [&'static str],
    /// The rooms that its files may name.
    pub(crate) may_name: &'static [&'static str],
    /// The ends of paths that its files may not write, in any room.
    pub(crate) may_not_write: &'static [&'static str],
    /// Set if its types may hold closures of an embedder.
    pub(crate) keeps_closures: bool,
}

impl Room {
    /// A room without modules, as a base for others.
    pub(crate) const NONE: Self =
        Self { name: "", modules: &[], may_name: &[], may_not_write: &[], keeps_closures: false };
}

/// All rooms that a user of the library names.
const AS_USERS: &[&str] = &[
    "vocabulary",
    "abi",
    "machine",
    "host",
    "engine",
    "weft-wasmi",
    "component::definition",
    "component::store",
    "component::run",
    "component",
];

/// Those of users, and the room with the clocks of guests.
const AS_EXPLORER: &[&str] = &[
    "vocabulary",
    "abi",
    "machine",
    "host",
    "engine",
    "weft-wasmi",
    "component::definition",
    "component::store",
    "component::run",
    "component",
    "weft-wasi",
];

/// Those, and the room that drives the runs of a script.
const AS_SCRIPTS: &[&str] = &[
    "vocabulary",
    "abi",
    "machine",
    "host",
    "engine",
    "weft-wasmi",
    "component::definition",
    "component::store",
    "component::run",
    "component",
    "weft-wasi",
    "weft-explore",
];

/// Those of users, and the rooms whose crates the command combines.
const AS_COMMAND: &[&str] = &[
    "vocabulary",
    "abi",
    "machine",
    "host",
    "engine",
    "weft-wasmi",
    "component::definition",
    "component::store",
    "component::run",
    "component",
    "weft-wasi",
    "weft-wast",
    "weft-explore",
];

/// Every room, lowest first.
pub(crate) const ROOMS: &[Room] = &[
    Room {
        name: "vocabulary",
        modules: &[
            "weft_core::builtin",
            "weft_core::chooser",
            "weft_core::core_value",
            "weft_core::error",
            "weft_core::generated",
            "weft_core::id",
            "weft_core::limits",
            "weft_core::secondary_map",
        ],
        ..Room::NONE
    },
    Room {
        name: "abi",
        modules: &["weft_core::abi", "weft_core::handle", "weft_core::or_trap"],
        may_name: &["vocabulary"],
        ..Room::NONE
    },
    Room {
        name: "machine",
        modules: &["weft_core::machine"],
        may_name: &["vocabulary"],
        ..Room::NONE
    },
    Room {
        name: "host",
        modules: &[
            "weft_core::context",
            "weft_core::error_context",
            "weft_core::timeline",
            "weft_core::host",
            "weft_core::list",
            "weft_core::task",
            "weft_core::thread",
            "weft_core::waitable",
        ],
        may_name: &["vocabulary", "abi", "machine"],
        keeps_closures: true,
        ..Room::NONE
    },
    Room {
        name: "engine",
        modules: &["weft_core::engine"],
        may_name: &["vocabulary", "abi"],
        ..Room::NONE
    },
    Room {
        name: "weft-wasmi",
        modules: &["weft_wasmi"],
        may_name: &["vocabulary", "abi", "engine"],
        ..Room::NONE
    },
    Room {
        name: "component::definition",
        modules: &["weft::component::definition"],
        may_name: &["vocabulary", "abi"],
        ..Room::NONE
    },
    Room {
        name: "component::store",
        modules: &["weft::component::store"],
        may_name: &["vocabulary", "abi", "machine", "host", "engine", "component::definition"],
        // It holds objects of an engine, and calls nothing: without a context there is no call.
        may_not_write: &["CoreContext", "E::Context", "E::context"],
        ..Room::NONE
    },
    Room {
        name: "component::run",
        modules: &["weft::component::run"],
        may_name: &[
            "vocabulary",
            "abi",
            "machine",
            "host",
            "engine",
            "component::definition",
            "component::store",
        ],
        keeps_closures: true,
        ..Room::NONE
    },
    Room {
        name: "component",
        modules: &["weft::component", "weft::binding", "weft::guide"],
        may_name: &[
            "vocabulary",
            "abi",
            "machine",
            "host",
            "engine",
            "weft-wasmi",
            "component::definition",
            "component::store",
            "component::run",
        ],
        keeps_closures: true,
        ..Room::NONE
    },
    Room {
        name: "weft-wasi",
        modules: &["weft_wasi"],
        may_name: AS_USERS,
        keeps_closures: true,
        ..Room::NONE
    },
    Room {
        name: "weft-explore",
        modules: &["weft_explore"],
        may_name: AS_EXPLORER,
        keeps_closures: true,
        ..Room::NONE
    },
    Room { name: "weft-wast", modules: &["weft_wast"], may_name: AS_SCRIPTS, ..Room::NONE },
    Room { name: "weft-command", modules: &["weft_command"], may_name: AS_COMMAND, ..Room::NONE },
];

/// Returns the item in a path: the first name that is a type, or the last name.
fn item(path: &str) -> Option<&str> {
    let is_type = |it: &&str| it.starts_with(char::is_uppercase);
    path.split("::").find(is_type).or_else(|| path.rsplit("::").next())
}

/// The rooms of a tree.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    tree: &'a Tree,
    rooms: &'static [Room],
}

impl<'a> Plan<'a> {
    /// Creates the plan of a tree.
    pub(crate) fn new(tree: &'a Tree, rooms: &'static [Room]) -> Self {
        Self { tree, rooms }
    }

    /// Returns the room of a module: the one with the longest matching path.
    ///
    /// The root of a crate that has several rooms has none: it only declares and re-exports.
    pub(crate) fn room(&self, module: ModuleId) -> Option<&'static Room> {
        let path = &self.tree.modules[module.0].path;
        let depth = |room: &Room| {
            let belongs = |it: &&&str| {
                it.split("::").count() <= path.len()
                    && it.split("::").zip(path).all(|(one, other)| one == other)
            };
            room.modules.iter().filter(belongs).map(|it| it.split("::").count()).max()
        };
        let room = self.rooms.iter().max_by_key(|it| depth(it))?;
        depth(room).map(|_| room)
    }

    /// Returns the room of a file.
    pub(crate) fn room_of_file(&self, file: FileId) -> Option<&'static Room> {
        self.room(self.tree.files[file.0].module)
    }

    /// Returns the rooms that a path names; its own room can be one of them.
    pub(crate) fn named(&self, naming: &Naming) -> BTreeSet<&'static str> {
        let mut rooms = BTreeSet::new();
        for found in &naming.found {
            let (Target::Module(target) | Target::Item(target)) = found.target else { continue };
            rooms.extend(self.room(target).map(|it| it.name));
            for through in &found.through {
                let on_the_way = self.tree.is_around(*through, target)
                    || self.tree.is_around(*through, naming.module);
                if !on_the_way {
                    rooms.extend(self.room(*through).map(|it| it.name));
                }
            }
        }
        rooms
    }

    /// Returns each path that names a room which its file may not name, once for each file.
    pub(crate) fn violations(&self, namings: &Namings) -> Vec<String> {
        let mut violations: BTreeMap<_, (usize, &Naming)> = BTreeMap::new();
        for naming in &namings.namings {
            let Some(room) = self.room_of_file(naming.file) else { continue };
            for named in self.named(naming) {
                if named != room.name && !room.may_name.contains(&named) {
                    let item = item(&naming.path);
                    let same = violations.entry((naming.file, named, item)).or_insert((0, naming));
                    same.0 += 1;
                    if naming.line < same.1.line {
                        same.1 = naming;
                    }
                }
            }
        }
        let shown = violations.into_iter().map(|((file, named, _), (times, naming))| {
            let room = self.room_of_file(file).map_or("", |it| it.name);
            let (at, text) = self.place(naming);
            let times = if times == 1 { String::new() } else { format!(" ({times} times)") };
            format!("{at}: {room} names {named}: {}{times}: {text}", naming.path)
        });
        let mut shown: Vec<String> = shown.collect();
        shown.extend(namings.namings.iter().filter_map(|it| self.forbidden(it)));
        shown.sort();
        shown
    }

    /// Returns a message for a path that the room of its file may not write.
    fn forbidden(&self, naming: &Naming) -> Option<String> {
        let room = self.room_of_file(naming.file)?;
        let ends_so = |end: &&&str| {
            naming.path.strip_suffix(**end).is_some_and(|it| it.is_empty() || it.ends_with("::"))
        };
        let end = room.may_not_write.iter().find(ends_so)?;
        let (at, text) = self.place(naming);
        Some(format!("{at}: {} may not write {end}: {text}", room.name))
    }

    /// Returns the place of a path as `file:line`, and the text of the line.
    pub(crate) fn place(&self, naming: &Naming) -> (String, &'a str) {
        let file = &self.tree.files[naming.file.0];
        let text = file.lines.get(naming.line.wrapping_sub(1)).map_or("", |it| it.trim());
        (format!("{}:{}", file.path, naming.line), text)
    }

    /// Returns the files that belong to no room and are not the root of a crate.
    pub(crate) fn without_room(&self) -> Vec<String> {
        let without = |file: &FileId| {
            let module = self.tree.files[file.0].module;
            self.room(module).is_none() && self.tree.modules[module.0].parent.is_some()
        };
        let files = (0..self.tree.files.len()).map(FileId).filter(without);
        files.map(|it| format!("{}: it belongs to no room", self.tree.files[it.0].path)).collect()
    }

    /// Returns the modules of the table that no crate has, and rows that name a room after them.
    pub(crate) fn wrong_rows(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for (number, room) in self.rooms.iter().enumerate() {
            for module in room.modules {
                if !self.tree.modules.iter().any(|it| it.path.join("::") == *module) {
                    wrong.push(format!("{}: there is no module {module}", room.name));
                }
            }
            for named in room.may_name {
                if !self.rooms.iter().take(number).any(|it| it.name == *named) {
                    wrong.push(format!("{}: no room before it is called {named}", room.name));
                }
            }
        }
        wrong
    }

    /// Returns the items that the root of a crate without a room defines itself.
    pub(crate) fn items_at_roots(&self) -> Vec<String> {
        let mut found = Vec::new();
        for root in self.tree.crates.values().filter(|it| self.room(**it).is_none()) {
            let file = &self.tree.files[self.tree.modules[root.0].file.0];
            for line in items_of_ones_own(&file.syntax.items) {
                found.push(format!("{}:{line}: a root only declares and re-exports", file.path));
            }
        }
        found
    }
}

/// Returns the lines of items that are neither modules nor imports.
fn items_of_ones_own(items: &[Item]) -> Vec<usize> {
    let lines = |item: &Item| match item {
        Item::Use(_) | Item::ExternCrate(_) => Vec::new(),
        Item::Mod(it) => it.content.as_ref().map_or_else(Vec::new, |it| items_of_ones_own(&it.1)),
        item => vec![item.span().start().line],
    };
    items.iter().filter(|it| !only_for_tests(attributes(it))).flat_map(lines).collect()
}

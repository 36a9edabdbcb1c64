//! The rooms of the runtime, and who may name whom.

use std::collections::{BTreeMap, BTreeSet};

use crate::naming::{Naming, Namings};
use crate::resolve::Target;
use crate::source::{FileId, ModuleId, Tree};

/// A room: modules that have one subject.
#[derive(Debug)]
pub struct Room {
    /// The name.
    pub name: &'static str,
    /// The modules that belong to it, with what is below them.
    pub modules: &'static [&'static str],
    /// The rooms that its files may name.
    pub may_name: &'static [&'static str],
}

/// Every room, lowest first.
pub const ROOMS: &[Room] = &[
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
        ],
        may_name: &[],
    },
    Room { name: "abi", modules: &["weft_core::abi", "weft_core::handle"], may_name: &["vocabulary"] },
    Room { name: "machine", modules: &["weft_core::machine"], may_name: &["vocabulary"] },
    Room {
        name: "host",
        modules: &[
            "weft_core::context",
            "weft_core::error_context",
            "weft_core::host",
            "weft_core::list",
            "weft_core::task",
            "weft_core::thread",
            "weft_core::waitable",
        ],
        may_name: &["vocabulary", "abi", "machine"],
    },
    Room { name: "engine", modules: &["weft_core::engine"], may_name: &["vocabulary", "abi"] },
    Room { name: "weft-wasmi", modules: &["weft_wasmi"], may_name: &["vocabulary", "abi", "engine"] },
    Room {
        name: "component::definition",
        modules: &["weft::component::definition"],
        may_name: &["vocabulary", "abi"],
    },
    Room {
        name: "component::store",
        modules: &["weft::component::store"],
        may_name: &["vocabulary", "abi", "machine", "host", "engine", "component::definition"],
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
    },
    Room {
        name: "component",
        modules: &["weft::component", "weft::binding"],
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
    },
];

/// The rooms of a tree.
#[derive(Debug)]
pub struct Plan<'a> {
    tree: &'a Tree,
    rooms: &'static [Room],
}

impl<'a> Plan<'a> {
    /// Creates the plan of a tree.
    pub fn new(tree: &'a Tree, rooms: &'static [Room]) -> Self {
        Self { tree, rooms }
    }

    /// Returns the room of a module: the one that says most about its path.
    ///
    /// The root of a crate that has several rooms has none: it only declares and re-exports.
    pub fn room(&self, module: ModuleId) -> Option<&'static Room> {
        let path = &self.tree.modules[module.0].path;
        let depth = |room: &Room| {
            let belongs = |it: &&&str| it.split("::").count() <= path.len()
                && it.split("::").zip(path).all(|(one, other)| one == other);
            room.modules.iter().filter(belongs).map(|it| it.split("::").count()).max()
        };
        let room = self.rooms.iter().max_by_key(|it| depth(it))?;
        depth(room).map(|_| room)
    }

    /// Returns the room of a file.
    pub fn room_of_file(&self, file: FileId) -> Option<&'static Room> {
        self.room(self.tree.files[file.0].module)
    }

    /// Returns the rooms that a path names, of which the file that writes it may be one.
    pub fn named(&self, naming: &Naming) -> BTreeSet<&'static str> {
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
    pub fn violations(&self, namings: &Namings) -> Vec<String> {
        let mut violations: BTreeMap<_, (usize, &Naming)> = BTreeMap::new();
        for naming in &namings.namings {
            let Some(room) = self.room_of_file(naming.file) else { continue };
            for named in self.named(naming) {
                if named != room.name && !room.may_name.contains(&named) {
                    let item = naming.path.rsplit("::").next();
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
        shown.sort();
        shown
    }

    /// Returns the place of a path as `file:line`, and the text of the line.
    pub fn place(&self, naming: &Naming) -> (String, &'a str) {
        let file = &self.tree.files[naming.file.0];
        let text = file.lines.get(naming.line.wrapping_sub(1)).map_or("", |it| it.trim());
        (format!("{}:{}", file.path, naming.line), text)
    }

    /// Returns the files that belong to no room, and are not the root of a crate.
    pub fn without_room(&self) -> Vec<String> {
        let without = |file: &FileId| {
            let module = self.tree.files[file.0].module;
            self.room(module).is_none() && self.tree.modules[module.0].parent.is_some()
        };
        let files = (0..self.tree.files.len()).map(FileId).filter(without);
        files.map(|it| format!("{}: it belongs to no room", self.tree.files[it.0].path)).collect()
    }

    /// Returns the items that the root of a crate without a room defines itself.
    pub fn items_at_roots(&self) -> Vec<String> {
        let mut found = Vec::new();
        for root in self.tree.crates.values().filter(|it| self.room(**it).is_none()) {
            let file = self.tree.modules[root.0].file;
            for item in &self.tree.files[file.0].syntax.items {
                if !matches!(item, syn::Item::Mod(_) | syn::Item::Use(_) | syn::Item::ExternCrate(_)) {
                    let line = syn::spanned::Spanned::span(item).start().line;
                    let path = &self.tree.files[file.0].path;
                    found.push(format!("{path}:{line}: a root only declares and re-exports"));
                }
            }
        }
        found
    }
}

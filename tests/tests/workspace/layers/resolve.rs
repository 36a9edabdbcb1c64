//! Resolves the item that a path names.

use std::collections::BTreeSet;

use super::source::{ImportPath, Meaning, ModuleId, Tree};

/// The target of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    /// A module itself.
    Module(ModuleId),
    /// An item that is defined in a module, or something inside the item.
    Item(ModuleId),
    /// Something outside the crates of the tree: an item of `core`, a local variable, a type
    /// parameter.
    Foreign,
}

/// A target, and the modules that the path goes through.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found {
    /// The target of the path.
    pub(crate) target: Target,
    /// The modules that the path names, also through imports.
    pub(crate) through: BTreeSet<ModuleId>,
}

/// A path into a module that has no such name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unresolved {
    /// The module.
    pub(crate) module: String,
    /// The name that it lacks.
    pub(crate) name: String,
}

/// The places that were already searched, so that circles of imports end.
type Visited = BTreeSet<(ModuleId, String)>;

impl Tree {
    /// Returns the targets of a path in a module.
    ///
    /// A name can stand for a module, a type and a value at once: all are returned.
    pub(crate) fn resolve(
        &self,
        from: ModuleId,
        path: &ImportPath,
    ) -> Result<BTreeSet<Found>, Unresolved> {
        self.walk(from, path, &mut Visited::new())
    }

    fn walk(
        &self,
        from: ModuleId,
        path: &ImportPath,
        visited: &mut Visited,
    ) -> Result<BTreeSet<Found>, Unresolved> {
        let mut segments = path.segments.iter().map(String::as_str).peekable();
        let mut at = from;
        let mut anchored = false;
        if !path.starts_with_crate {
            while let Some(first) = segments.peek() {
                let next = match *first {
                    "crate" => self.crates.get(&self.modules[from.0].path[0]).copied(),
                    "self" => Some(at),
                    "super" => self.modules[at.0].parent,
                    _ => break,
                };
                at = next.ok_or_else(|| self.unresolved(at, first))?;
                anchored = true;
                segments.next();
            }
        }
        let mut found = BTreeSet::new();
        if anchored {
            found.insert(Found { target: Target::Module(at), through: BTreeSet::from([at]) });
        } else if let Some(first) = segments.next() {
            if !path.starts_with_crate {
                found = self.look_up(at, first, visited)?;
            }
            if found.is_empty() {
                found.insert(match self.crates.get(first) {
                    Some(root) => {
                        Found { target: Target::Module(*root), through: BTreeSet::from([*root]) }
                    }
                    None => Found { target: Target::Foreign, through: BTreeSet::new() },
                });
            }
        }
        for segment in segments {
            found = self.step(found, segment, visited)?;
        }
        Ok(found)
    }

    /// Follows one more name from each of the targets so far.
    fn step(
        &self,
        from: BTreeSet<Found>,
        name: &str,
        visited: &mut Visited,
    ) -> Result<BTreeSet<Found>, Unresolved> {
        // The rest of the path is inside a type; a function or a macro has nothing inside.
        let modules = from.iter().any(|it| matches!(it.target, Target::Module(_)));
        let mut reached = BTreeSet::new();
        let mut lacking = None;
        for found in from {
            let Target::Module(module) = found.target else {
                if !modules {
                    reached.insert(found);
                }
                continue;
            };
            let inner = self.look_up(module, name, visited)?;
            if inner.is_empty() {
                lacking = Some(self.unresolved(module, name));
            }
            for mut it in inner {
                it.through.extend(&found.through);
                reached.insert(it);
            }
        }
        match lacking {
            Some(error) if reached.is_empty() => Err(error),
            _ => Ok(reached),
        }
    }

    fn unresolved(&self, module: ModuleId, name: &str) -> Unresolved {
        Unresolved { module: self.modules[module.0].path.join("::"), name: name.to_owned() }
    }

    /// Returns the targets of a name in a module; nothing if it has no such name.
    fn look_up(
        &self,
        module: ModuleId,
        name: &str,
        visited: &mut Visited,
    ) -> Result<BTreeSet<Found>, Unresolved> {
        let mut found = BTreeSet::new();
        if !visited.insert((module, name.to_owned())) {
            return Ok(found);
        }
        let body = &self.modules[module.0];
        // An import of `x` that is called `x` first finds itself, and then the other `x`.
        let mut lacking = None;
        let here = |target| Found { target, through: BTreeSet::from([module]) };
        for meaning in body.names.get(name).into_iter().flatten() {
            match meaning {
                Meaning::Module(inner) => {
                    let through = BTreeSet::from([module, *inner]);
                    found.insert(Found { target: Target::Module(*inner), through });
                }
                Meaning::Item(_) => {
                    found.insert(here(Target::Item(module)));
                }
                Meaning::ExportedMacro(definition) => {
                    let through = BTreeSet::from([module, *definition]);
                    found.insert(Found { target: Target::Item(*definition), through });
                }
                Meaning::Import(path) => match self.walk(module, path, visited) {
                    Ok(imported) => found.extend(imported),
                    Err(error) => lacking = Some(error),
                },
            }
        }
        let defined_by_macro =
            body.macros.contains(name) || (found.is_empty() && body.made_by_macros.contains(name));
        if defined_by_macro {
            found.insert(here(Target::Item(module)));
        }
        if found.is_empty() {
            for glob in &body.globs {
                found.extend(self.look_up_in_glob(module, glob, name, visited)?);
            }
        }
        visited.remove(&(module, name.to_owned()));
        match lacking {
            Some(error) if found.is_empty() => Err(error),
            _ => Ok(found),
        }
    }

    /// Returns the targets of a name among all names of a module or an enumeration.
    fn look_up_in_glob(
        &self,
        module: ModuleId,
        glob: &ImportPath,
        name: &str,
        visited: &mut Visited,
    ) -> Result<BTreeSet<Found>, Unresolved> {
        let mut found = BTreeSet::new();
        for outer in self.walk(module, glob, visited)? {
            match outer.target {
                Target::Module(inner) => found.extend(self.look_up(inner, name, visited)?),
                Target::Item(definition) => {
                    let named = glob.segments.last().map_or(&[][..], |it| {
                        self.modules[definition.0].names.get(it).map_or(&[][..], Vec::as_slice)
                    });
                    let has =
                        |it: &Meaning| matches!(it, Meaning::Item(cases) if cases.contains(name));
                    if named.iter().any(has) {
                        found.insert(outer);
                    }
                }
                Target::Foreign => {}
            }
        }
        Ok(found)
    }

    /// Returns the surrounding module that defines a macro with `macro_rules!`, if there is one.
    pub(crate) fn macro_around(&self, from: ModuleId, name: &str) -> Option<ModuleId> {
        let mut at = Some(from);
        while let Some(module) = at {
            if self.modules[module.0].macros.contains(name) {
                return at;
            }
            at = self.modules[module.0].parent;
        }
        None
    }
}

//! The closures that rooms keep: an embedder's functions, which only upper rooms may have.

use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{Item, TypeParamBound, TypeTraitObject};

use super::rooms::Plan;
use super::source::{FileId, Tree, attributes, only_for_tests};

/// Finds types such as `dyn FnOnce()`, outside of tests.
struct Collector {
    lines: Vec<usize>,
}

impl<'ast> Visit<'ast> for Collector {
    fn visit_item(&mut self, item: &'ast Item) {
        if !only_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_type_trait_object(&mut self, ty: &'ast TypeTraitObject) {
        let is_closure =
            |it: &TypeParamBound| match it {
                TypeParamBound::Trait(it) => it.path.segments.last().is_some_and(|it| {
                    ["Fn", "FnMut", "FnOnce"].iter().any(|name| it.ident == name)
                }),
                _ => false,
            };
        if ty.bounds.iter().any(is_closure) {
            self.lines.push(ty.span().start().line);
        }
        visit::visit_type_trait_object(self, ty);
    }
}

/// Returns the closures in rooms that may not keep any, as `file:line` and the name of the room.
pub(crate) fn misplaced(tree: &Tree, plan: &Plan<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for file in (0..tree.files.len()).map(FileId) {
        let Some(room) = plan.room_of_file(file).filter(|it| !it.keeps_closures) else { continue };
        let mut collector = Collector { lines: Vec::new() };
        let file = &tree.files[file.0];
        collector.visit_file(&file.syntax);
        let lines = collector.lines.iter();
        found.extend(
            lines.map(|line| format!("{}:{line}: {} may not keep a closure", file.path, room.name)),
        );
    }
    found
}

//! Built-ins.

use super::{Check, place_of};
use crate::Diagnostic;
use crate::model::{Blocks, Builtin, CoreType, ImmediateKind, Placed, ResultMeaning};
use crate::rows::BuiltinPlaces;
use crate::signature::SymbolicType;

impl Check<'_> {
    pub(super) fn builtin(&mut self, builtin: &Builtin, places: &BuiltinPlaces) {
        self.family(builtin);
        self.since(builtin, places);
        self.options(&builtin.name, &builtin.immediates, &places.immediates, &builtin.allowed);
        self.required(builtin);
        self.blocks(builtin, places);
        self.guards_of(builtin);
        self.traps_of(builtin);
        self.signature(builtin, places);
        self.result(builtin, places);
        if !builtin.wit.starts_with("func") {
            let message = format!("`wit` of `{}` is not the type of a function", *builtin.name);
            self.error("wit", &builtin.name.span, message, "must start with `func`");
        }
    }

    fn family(&mut self, builtin: &Builtin) {
        let name = &builtin.name;
        // `waitable-set.new` belongs to the family of `waitable.join`.
        let prefix = name.split_once('.').map(|(prefix, _)| prefix);
        let rest = prefix.and_then(|prefix| prefix.strip_prefix(builtin.family.as_str()));
        if !rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-')) {
            let message = format!("`{}` is not in the family `{}`", **name, builtin.family);
            self.error("family", &name.span, message, "move it to the file of its family");
        }
    }

    fn since(&mut self, builtin: &Builtin, places: &BuiltinPlaces) {
        let (Some(since), Some(place)) = (&builtin.since, &places.since) else { return };
        if let Some(gate) = self.spec.gate(&builtin.gate).filter(|gate| gate.since == *since) {
            let message =
                format!("`since` of `{}` repeats the milestone of its gate", *builtin.name);
            let gate = (&gate.name.span, "the same milestone");
            self.disagree("since", message, (place, "remove it"), gate);
        }
    }

    fn required(&mut self, builtin: &Builtin) {
        for required in &builtin.required {
            if !builtin.allowed.iter().any(|allowed| **allowed == required.option) {
                let message = format!("`{}` is required, but not allowed", required.option);
                let name = (&builtin.name.span, "add it to `allowed` of this built-in");
                self.disagree("required-option", message, (&required.span, "required"), name);
            }
        }
    }

    fn blocks(&mut self, builtin: &Builtin, places: &BuiltinPlaces) {
        let immediate = place_of(&builtin.immediates, &places.immediates, ImmediateKind::Async);
        let option = builtin.allowed.iter().find(|option| option.value == "async");
        let asynchronous = immediate.or(option.map(|option| &option.span));
        match (asynchronous, builtin.blocks == Blocks::UnlessAsync) {
            (Some(place), false) => {
                let message = "`blocks` is `unless-async` if the built-in can be `async`".into();
                let blocks = (&places.blocks, "must be `unless-async`");
                self.disagree("blocks", message, blocks, (place, "makes it `async`"));
            }
            (None, true) => {
                let message =
                    "`blocks` is `unless-async` only if the built-in can be `async`".into();
                let blocks = (&places.blocks, "`unless-async`");
                let name = (&builtin.name.span, "has neither the option nor the immediate");
                self.disagree("blocks", message, blocks, name);
            }
            _ => {}
        }
        let imports = builtin.imports.iter().zip(&places.imports);
        if let Some((_, place)) =
            imports.filter(|_| asynchronous.is_none()).find(|(import, _)| import.is_async)
        {
            let message = format!("`{}` has no `async` form to import", *builtin.name);
            let name = (&builtin.name.span, "cannot be `async`");
            self.disagree("import", message, (place, "names an `async` form"), name);
        }
    }

    fn guards_of(&mut self, builtin: &Builtin) {
        let mut follower: Option<&Placed<String>> = None;
        for name in &builtin.guards {
            let Some(guard) = self.spec.guard(name) else { continue };
            match follower {
                Some(follower) if guard.leading => {
                    let message =
                        format!("the guard `{}` is a leading guard, but follows others", **name);
                    let follower = (&follower.span, "this guard is not a leading one");
                    self.disagree("guard-order", message, (&name.span, "leads"), follower);
                }
                None if !guard.leading => follower = Some(name),
                _ => {}
            }
        }
    }

    /// Checks that a built-in does not repeat the traps of its guards.
    fn traps_of(&mut self, builtin: &Builtin) {
        for trap in &builtin.traps {
            let guards = builtin.guards.iter().filter_map(|guard| self.spec.guard(guard));
            let mut raised = guards.flat_map(|guard| guard.traps.iter().map(move |t| (guard, t)));
            if let Some((guard, place)) = raised.find(|(_, raised)| raised.value == trap.value) {
                let message = format!(
                    "`{}` already has the trap `{}` from its guard `{}`",
                    *builtin.name, **trap, *guard.name
                );
                let guard = (&place.span, "raised by the guard");
                self.disagree("duplicate-trap", message, (&trap.span, "remove it"), guard);
            }
        }
    }

    /// Checks that every symbol of a signature stands for something that the definition fixes.
    fn signature(&mut self, builtin: &Builtin, places: &BuiltinPlaces) {
        let signature = &builtin.signature;
        let takes = |kind| place_of(&builtin.immediates, &places.immediates, kind).is_some();
        let mut told: Vec<SymbolicType> = Vec::new();
        for slot in signature.params.iter().chain(&signature.results) {
            let (fixed, by) = match slot.ty {
                SymbolicType::Core(_) => (true, ""),
                SymbolicType::MemoryAddress => (
                    takes(ImmediateKind::CoreMemoryIndex)
                        || builtin.allowed.iter().any(|option| **option == "memory"),
                    "the option `memory` or an immediate `core:memoryidx`",
                ),
                SymbolicType::TableAddress => {
                    (takes(ImmediateKind::CoreTableIndex), "an immediate `core:tableidx`")
                }
                SymbolicType::ContextType => {
                    (takes(ImmediateKind::CoreValueType), "an immediate `core:valtype`")
                }
                SymbolicType::ResourceRepresentation => {
                    (takes(ImmediateKind::TypeIndex), "an immediate `typeidx`")
                }
                SymbolicType::StartParameter | SymbolicType::StartReference => {
                    (takes(ImmediateKind::CoreTypeIndex), "an immediate `core:typeidx`")
                }
                SymbolicType::FlatResults => {
                    (takes(ImmediateKind::ResultList), "an immediate `resultlist`")
                }
            };
            if !fixed && !told.contains(&slot.ty) {
                told.push(slot.ty);
                let message =
                    format!("`{}` fixes no value of `{}`", *builtin.name, slot.ty.spelling());
                let diagnostic = Diagnostic::error("signature", message)
                    .at(signature.span.clone(), "depends on it")
                    .help(format!("{by} would"));
                self.report.push(diagnostic);
            }
        }
        if signature.results.len() > 1 {
            let message = "a built-in has at most one result".into();
            self.error("signature", &signature.span, message, "");
        }
    }

    /// Checks that the meaning of the result fits its type.
    fn result(&mut self, builtin: &Builtin, places: &BuiltinPlaces) {
        let (Some(meaning), Some(place)) = (&builtin.result, &places.result) else { return };
        let signature = &builtin.signature;
        let Some(slot) = signature.results.first() else {
            let message = "`result` describes a result, but the signature has none".into();
            let this = (place, "remove it, or add a result to the signature");
            self.disagree("result", message, this, (&signature.span, "no result"));
            return;
        };
        let packing = match meaning {
            ResultMeaning::Packing(name) => self.spec.packings.iter().find(|p| *p.name == *name),
            ResultMeaning::Zero | ResultMeaning::Code(_) => None,
        };
        let width = packing.map_or(32, |packing| packing.width);
        // An address is the wider type in some definitions, and holds the narrower value there.
        let fits = match slot.ty {
            SymbolicType::Core(CoreType::I32) | SymbolicType::MemoryAddress => width == 32,
            SymbolicType::Core(CoreType::I64) => width == 64,
            _ => false,
        };
        if !fits {
            let ty = slot.ty.spelling();
            let message = format!("a result of {width} bits does not fit the type `{ty}`");
            let mut diagnostic = Diagnostic::error("result", message)
                .at(signature.span.clone(), format!("of type `{ty}`"))
                .and_at(place.clone(), format!("{width} bits wide"));
            if let Some(packing) = packing {
                diagnostic = diagnostic.and_at(packing.name.span.clone(), "this packing");
            }
            self.report.push(diagnostic);
        }
    }
}

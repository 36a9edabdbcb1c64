//! The links of a component, in groups that are instantiated together.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::component::definition::items::{CoreSort, Decoded, Definition, Item};

use super::composition::Composition;
use super::encode;
use super::guest_call::GuestCall;
use super::link_import::LinkImport;
use super::link_input::LinkInput;
use super::rules::{Call, Rules};

/// The largest number of links in a group. A module has at most 100 memories.
const MAX_GROUP: usize = 32;

/// The links of a component.
#[derive(Debug)]
pub(crate) struct LinkPlan {
    /// The instances that the component consists of, by number.
    pub(crate) instances: Vec<PlannedInstance>,
    /// The instances that have a flag, in the order of the flags.
    pub(crate) flagged: Vec<FlaggedInstance>,
    pub(crate) links: Vec<PlannedLink>,
    pub(crate) groups: Vec<Group>,
    /// All calls between guests, linked or not.
    pub(crate) calls: Vec<GuestCall>,
}

/// An instance that the component consists of.
#[derive(Debug, Default)]
pub(crate) struct PlannedInstance {
    /// The numbers of the inner instances, by the positions of the items that make them.
    pub(crate) within: BTreeMap<usize, usize>,
    /// The numbers of its links, by the positions of the items that lower the functions.
    pub(crate) links: BTreeMap<usize, usize>,
}

/// An instance that has a flag.
#[derive(Debug)]
pub(crate) struct FlaggedInstance {
    /// Its number.
    pub(crate) instance: usize,
    /// The numbers of the links that call it.
    links: Vec<usize>,
}

/// A link.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlannedLink {
    /// The number of its group.
    pub(crate) group: usize,
}

/// The links of one caller that one generated module makes. It is instantiated when the last of
/// their functions is lowered.
#[derive(Debug)]
pub(crate) struct Group {
    /// The numbers of the links.
    pub(crate) links: Vec<usize>,
    /// The generated module.
    bytes: Vec<u8>,
    /// The imports, by the numbers that are their names.
    imports: Vec<LinkImport>,
}

impl LinkPlan {
    /// Returns the links of a component with these core modules. Returns `None` if the component is
    /// too large.
    pub(crate) fn of(decoded: &Decoded, modules: &[&[u8]]) -> Option<Self> {
        let composition = Composition::of(&decoded.root)?;
        let mut rules = Rules::new(&composition, &decoded.module_types, modules);
        let calls = rules.calls()?;
        let mut plan = Self {
            instances: composition.instances.iter().map(PlannedInstance::of).collect(),
            flagged: Vec::new(),
            links: Vec::new(),
            groups: Vec::new(),
            calls: GuestCall::all(&composition, &calls),
        };
        for group in groups(&composition, &calls) {
            plan.add_group(&composition, &mut rules, &group)?;
        }
        Some(plan)
    }

    /// Adds a group of linked calls.
    fn add_group(
        &mut self,
        composition: &Composition,
        rules: &mut Rules<'_, '_>,
        calls: &[Call],
    ) -> Option<()> {
        let mut inputs = Vec::with_capacity(calls.len());
        let group = self.groups.len();
        for call in calls {
            let callee = call.callee.ok()?;
            let number = self.links.len();
            let (flag, position) = self.add_to_flag(callee.instance, number)?;
            self.links.push(PlannedLink { group });
            self.instances.get_mut(call.caller)?.links.insert(call.item, number);
            let lower = item(composition, call.caller, call.item)?;
            let lift = item(composition, callee.instance, callee.item)?;
            let (Item::Lower { options, ty, .. }, Item::Lift { options: lift, .. }) = (lower, lift)
            else {
                return None;
            };
            inputs.push(LinkInput {
                number,
                position,
                flag,
                ty,
                caller: rules.side(call.caller, options)?,
                callee: rules.side(callee.instance, lift)?,
                instances: [call.caller, callee.instance],
            });
        }
        let encode::EncodedModule { bytes, imports } = encode::links(&inputs);
        let links = inputs.iter().map(|input| input.number).collect();
        self.groups.push(Group { links, bytes, imports });
        Some(())
    }

    /// Adds a link to those of its callee. Returns the number of the callee's flag, and the
    /// position of the link.
    fn add_to_flag(&mut self, instance: usize, link: usize) -> Option<(u32, usize)> {
        let found = self.flagged.iter().position(|it| it.instance == instance);
        let flag = found.unwrap_or_else(|| {
            self.flagged.push(FlaggedInstance { instance, links: Vec::new() });
            self.flagged.len() - 1
        });
        let links = &mut self.flagged.get_mut(flag)?.links;
        links.push(link);
        Some((u32::try_from(flag).ok()?, links.len() - 1))
    }

    /// Returns the number of the link at a position among those of a flag.
    pub(crate) fn link_at(&self, flag: u32, position: usize) -> Option<usize> {
        self.flagged.get(usize::try_from(flag).ok()?)?.links.get(position).copied()
    }
}

impl PlannedInstance {
    fn of(composed: &super::composition::ComposedInstance) -> Self {
        Self { within: composed.within.iter().copied().collect(), links: BTreeMap::new() }
    }
}

fn item(composition: &Composition, instance: usize, item: usize) -> Option<&Item> {
    composition.instances.get(instance)?.definition.items.get(item)
}

/// Returns the linked calls in groups that can be instantiated together: no item between the first
/// and the last uses one of the core functions that the group makes.
fn groups(composition: &Composition, calls: &[Call]) -> Vec<Vec<Call>> {
    let mut groups = Vec::new();
    for of_caller in calls.chunk_by(|one, other| one.caller == other.caller) {
        let caller = of_caller.first().and_then(|it| composition.instances.get(it.caller));
        let linked = of_caller.iter().filter(|call| call.callee.is_ok());
        let linked: BTreeMap<usize, Call> = linked.map(|call| (call.item, *call)).collect();
        if let Some(caller) = caller.filter(|_| !linked.is_empty()) {
            add_groups(&caller.definition, &linked, &mut groups);
        }
    }
    groups
}

fn add_groups(definition: &Definition, calls: &BTreeMap<usize, Call>, groups: &mut Vec<Vec<Call>>) {
    let (mut group, mut made) = (Vec::new(), Vec::new());
    let mut core_functions = 0_u32;
    for (position, item) in definition.items.iter().enumerate() {
        if uses_one_of(item, &made) || group.len() >= MAX_GROUP {
            groups.extend(Some(core::mem::take(&mut group)).filter(|group| !group.is_empty()));
            made.clear();
        }
        if let Some(call) = calls.get(&position) {
            group.push(*call);
            made.push(core_functions);
        }
        if item.adds_core_function() {
            core_functions = core_functions.saturating_add(1);
        }
    }
    groups.extend(Some(group).filter(|group| !group.is_empty()));
}

/// Returns `true` if an item uses one of these core functions.
fn uses_one_of(item: &Item, functions: &[u32]) -> bool {
    let uses = |index: u32| functions.contains(&index);
    match item {
        Item::CoreInstance { exports } => {
            exports.iter().any(|(_, sort, index)| *sort == CoreSort::Function && uses(*index))
        }
        Item::Lift { core_function, options, .. } => {
            uses(*core_function)
                || [options.realloc, options.post_return, options.callback]
                    .into_iter()
                    .flatten()
                    .any(uses)
        }
        Item::Resource { destructor, .. } => destructor.is_some_and(uses),
        // The functions in options of other items are followed, and never lead to a linked call.
        _ => false,
    }
}

/// The links of a component, with the modules that an engine has compiled.
pub(crate) struct CompiledLinks<M> {
    /// The component from which the numbers of instances are counted.
    pub(crate) root: Arc<Definition>,
    pub(crate) plan: Arc<LinkPlan>,
    /// The module with the flags.
    pub(crate) flags: M,
    /// The modules of the groups, each with its imports in the order of the engine.
    pub(crate) groups: CompiledGroups<M>,
}

/// Modules, each with its imports in the order of the engine.
pub(crate) type CompiledGroups<M> = Box<[(M, Vec<LinkImport>)]>;

impl LinkPlan {
    /// Compiles the modules of all groups; equal ones are compiled once. Returns each with its
    /// imports in the order of the names that `compile` returns.
    pub(crate) fn compile_groups<M: Clone>(
        &self,
        compile: impl Fn(&[u8]) -> Option<(M, Vec<String>)>,
    ) -> Option<CompiledGroups<M>> {
        let mut compiled: BTreeMap<&[u8], (M, Vec<String>)> = BTreeMap::new();
        let groups = self.groups.iter().map(|group| {
            if !compiled.contains_key(&*group.bytes) {
                compiled.insert(&group.bytes, compile(&group.bytes)?);
            }
            let (module, names) = compiled.get(&*group.bytes)?;
            let import = |name: &String| group.imports.get(name.parse::<usize>().ok()?).copied();
            Some((module.clone(), names.iter().map(import).collect::<Option<_>>()?))
        });
        groups.collect()
    }
}

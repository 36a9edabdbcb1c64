//! The calls that are linked, and the reasons why others are not.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::abi::{Case, Flattening, ListShape, Type, TypeList};
use crate::component::definition::extern_type::ModuleType;
use crate::component::definition::function_type::FunctionType;
use crate::component::definition::immediates::CanonicalOptions;
use crate::component::definition::items::{Definition, Item};

use super::composition::{Composition, LiftedAt};
use super::core_space::CoreSpace;
use super::link_input::LinkSide;
use super::reach::{Modules, Reach};

/// The largest number of parts of the types of a linked function. Each part may become code.
const MAX_PARTS: usize = 500;
/// The largest number of parts of the types of all linked functions. Each part may become code.
const MAX_PARTS_OF_ALL: usize = 20_000;

/// The reason why a call from guest to guest is not linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NotLinked {
    /// The function belongs to the host, or to an instance that is not made with the component.
    NotOfTheComponent,
    /// The instance calls a function of its own.
    SameInstance,
    /// The call is asynchronous: by the type of the function, or by its lifting or lowering.
    Async,
    /// The types contain handles, or have too many parts.
    Types,
    /// A memory is shared, or belongs to an imported core module.
    Memory,
    /// A `realloc` or a `post-return` of the call may call out of its instance, or one of the
    /// caller may make this call.
    Realloc,
    /// The callee's instance has built-ins or threads, or makes a call that is not linked.
    CalleeLooks,
}

impl fmt::Display for NotLinked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotOfTheComponent => "the callee is not made with the component",
            Self::SameInstance => "caller and callee are one instance",
            Self::Async => "the call is asynchronous",
            Self::Types => "the types have handles or too many parts",
            Self::Memory => "a memory is shared, or belongs to an imported module",
            Self::Realloc => "`realloc` or `post-return` may call out",
            Self::CalleeLooks => "the callee has built-ins, or calls an instance that has",
        })
    }
}

/// A call by a guest: a lowered function.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    /// The number of the caller's instance.
    pub(super) caller: usize,
    /// The position of the item that lowers the function.
    pub(super) item: usize,
    /// The callee, if the call is linked.
    pub(super) callee: Result<LiftedAt, NotLinked>,
}

/// The facts that decide which calls are linked.
pub(super) struct Rules<'a, 'b> {
    composition: &'a Composition,
    module_types: &'a [Arc<ModuleType>],
    modules: Modules<'b>,
    /// The facts about definitions, by their addresses.
    known: BTreeMap<usize, Known<'a>>,
    /// The number of parts of the types of all functions that may be linked.
    parts: usize,
}

/// The facts about a definition.
struct Known<'a> {
    space: CoreSpace<'a>,
    /// The functions that its `realloc` and `post-return` may call.
    reach: Reach,
}

impl<'a, 'b> Rules<'a, 'b> {
    pub(super) const fn new(
        composition: &'a Composition,
        module_types: &'a [Arc<ModuleType>],
        modules: &'b [&'b [u8]],
    ) -> Self {
        let modules = Modules::new(modules);
        Self { composition, module_types, modules, known: BTreeMap::new(), parts: 0 }
    }

    /// Returns all calls by guests, in the order of the callers, and decides which are linked.
    /// Returns `None` if there are too many.
    pub(super) fn calls(&mut self) -> Option<Vec<Call>> {
        let mut calls = Vec::new();
        for (caller, instance) in self.composition.instances.iter().enumerate() {
            for (item, lowered) in instance.definition.items.iter().enumerate() {
                if let Item::Lower { function, options, ty, .. } = lowered {
                    let found = usize::try_from(*function).ok();
                    let found = found.and_then(|it| instance.functions.get(it)).copied().flatten();
                    let callee = self.may_be_linked((caller, item), found, (options, ty));
                    calls.push(Call { caller, item, callee });
                }
            }
        }
        let blind = self.blind(&calls);
        for call in &mut calls {
            if let Ok(callee) = call.callee
                && blind.get(callee.instance) != Some(&true)
            {
                call.callee = Err(NotLinked::CalleeLooks);
            }
        }
        (self.parts <= MAX_PARTS_OF_ALL).then_some(calls)
    }

    /// Returns the callee of a call that may be linked if the callee is blind.
    fn may_be_linked(
        &mut self,
        (caller, item): (usize, usize),
        callee: Option<LiftedAt>,
        (options, ty): (&CanonicalOptions, &FunctionType),
    ) -> Result<LiftedAt, NotLinked> {
        let callee = callee.ok_or(NotLinked::NotOfTheComponent)?;
        if callee.instance == caller {
            return Err(NotLinked::SameInstance);
        }
        let lifted = self.item(callee).ok_or(NotLinked::NotOfTheComponent)?;
        let Item::Lift { options: lift, .. } = lifted else {
            return Err(NotLinked::NotOfTheComponent);
        };
        if ty.is_async || options.is_async || lift.is_async {
            return Err(NotLinked::Async);
        }
        // The code for the flags counts, too.
        let mut parts = 10;
        if ![&ty.params, &ty.results].iter().all(|types| are_linkable(types, &mut parts)) {
            return Err(NotLinked::Types);
        }
        for (instance, options) in [(caller, options), (callee.instance, lift)] {
            self.side(instance, options).ok_or(NotLinked::Memory)?;
        }
        let of_caller = options.realloc.filter(|_| allocates(&ty.results));
        let of_callee = lift.realloc.filter(|_| is_spilled(&ty.params) || allocates(&ty.params));
        if self.reach(caller)?.may_reach(item)
            || !self.are_closed(caller, [of_caller, None])?
            || !self.are_closed(callee.instance, [of_callee, lift.post_return])?
        {
            return Err(NotLinked::Realloc);
        }
        self.parts = self.parts.saturating_add(parts);
        Ok(callee)
    }

    fn definition(&self, instance: usize) -> Option<&'a Arc<Definition>> {
        self.composition.instances.get(instance).map(|instance| &instance.definition)
    }

    fn item(&self, lifted: LiftedAt) -> Option<&'a Item> {
        self.definition(lifted.instance)?.items.get(lifted.item)
    }

    fn reach(&mut self, instance: usize) -> Result<&Reach, NotLinked> {
        let known = self.known(instance).ok_or(NotLinked::NotOfTheComponent)?;
        Ok(&known.reach)
    }

    /// Returns `true` if functions of an instance call no canonical definition.
    fn are_closed(
        &mut self,
        instance: usize,
        functions: [Option<u32>; 2],
    ) -> Result<bool, NotLinked> {
        let reach = self.reach(instance)?;
        Ok(functions.into_iter().flatten().all(|function| reach.is_closed(function)))
    }

    /// Returns a side of a call. Returns `None` if its memory can't be used.
    pub(super) fn side(&mut self, instance: usize, options: &CanonicalOptions) -> Option<LinkSide> {
        let types = self.module_types;
        let space = &self.known(instance)?.space;
        let memory = match options.memory {
            None => None,
            Some(memory) => Some(space.memory(memory, types)?),
        };
        Some(LinkSide { options: *options, memory })
    }

    /// Returns the facts about the definition of an instance.
    fn known(&mut self, instance: usize) -> Option<&Known<'a>> {
        let definition = self.definition(instance)?;
        let modules = &mut self.modules;
        Some(self.known.entry(Arc::as_ptr(definition).addr()).or_insert_with(|| {
            let space = CoreSpace::of(definition);
            let reach = Reach::of(definition, &space, modules);
            Known { space, reach }
        }))
    }

    /// Returns for each instance if it is blind: it has no built-in and no thread, and all its
    /// calls are linked. Instances that call one another in a circle are not blind.
    fn blind(&self, calls: &[Call]) -> Vec<bool> {
        let instances = &self.composition.instances;
        let may_be: Vec<bool> = instances.iter().map(|it| may_be_blind(&it.definition)).collect();
        let mut blind = alloc::vec![false; instances.len()];
        loop {
            let mut next = may_be.clone();
            for call in calls {
                let calls_blind = call.callee.is_ok_and(|it| blind.get(it.instance) == Some(&true));
                if let Some(caller) = next.get_mut(call.caller) {
                    *caller &= calls_blind;
                }
            }
            if next == blind {
                return blind;
            }
            blind = next;
        }
    }
}

/// Returns `true` if an instance of a definition has no built-in and no thread.
fn may_be_blind(definition: &Definition) -> bool {
    definition.items.iter().all(|item| match item {
        Item::Builtin { .. } => false,
        Item::Lift { options, ty, .. } => !options.is_async && !ty.is_async,
        _ => true,
    })
}

/// Returns `true` if parameters of these types may be passed in memory.
fn is_spilled(types: &TypeList) -> bool {
    let abi = types.abi();
    let max = Flattening::Lift.max_flat_params();
    abi.narrow.flat.exceed(max) || abi.wide.flat.exceed(max)
}

/// Returns `true` if values of these types have strings or lists, for which memory is allocated.
fn allocates(types: &TypeList) -> bool {
    types.types().any(has_buffer)
}

fn has_buffer(ty: &Type) -> bool {
    match ty {
        Type::String => true,
        Type::List(list) => match list.shape() {
            ListShape::FixedLength(_) => has_buffer(list.element()),
            ListShape::List | ListShape::Map => true,
        },
        Type::Record(record) => record.fields().iter().any(|field| has_buffer(field.ty())),
        Type::Variant(variant) => variant.cases().iter().filter_map(Case::payload).any(has_buffer),
        _ => false,
    }
}

/// Returns `true` if code can be generated for types. `parts` counts their parts.
fn are_linkable(types: &TypeList, parts: &mut usize) -> bool {
    types.types().all(|ty| is_linkable(ty, parts))
}

fn is_linkable(ty: &Type, parts: &mut usize) -> bool {
    *parts += 1;
    if *parts > MAX_PARTS {
        return false;
    }
    match ty {
        Type::Own(_) | Type::Borrow(_) | Type::Stream(_) | Type::Future(_) | Type::ErrorContext => {
            false
        }
        Type::List(list) => is_linkable(list.element(), parts),
        Type::Record(record) => record.fields().iter().all(|it| is_linkable(it.ty(), parts)),
        Type::Variant(variant) => {
            let mut payloads = variant.cases().iter().filter_map(Case::payload);
            payloads.all(|it| is_linkable(it, parts))
        }
        _ => true,
    }
}

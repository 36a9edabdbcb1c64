//! The instances that an instantiation of a component makes, as far as they are known before.
//!
//! This walks through the items of the definitions as an instantiator does, but makes nothing. Each
//! instance gets a number. Each function is known by the place where it was lifted, or unknown.

use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::component::definition::extern_type::ExternType;
use crate::component::definition::items::{Definition, Item, OuterSort, Reference, Sort};

/// The largest number of instances to examine. Each takes time when a component is loaded.
const MAX_INSTANCES: usize = 512;
/// The largest number of items and arguments to examine, in all instances together. Each takes time
/// when a component is loaded.
const MAX_ITEMS: usize = 20_000;
/// The largest number of components that instantiate one another. Each level uses native stack.
const MAX_DEPTH: usize = 48;

/// The instances of a composition. The first is the outermost. An instance comes before its inner
/// instances, which are in the order in which they are made.
#[derive(Debug, Default)]
pub(crate) struct Composition {
    pub(crate) instances: Vec<ComposedInstance>,
}

/// An instance of a composition.
#[derive(Debug)]
pub(crate) struct ComposedInstance {
    pub(crate) definition: Arc<Definition>,
    /// The path from the outermost instance: the index of each instance in its parent.
    pub(crate) way: Vec<usize>,
    /// The inner instances: the position of the item that makes one, and its number.
    pub(crate) within: Vec<(usize, usize)>,
    /// The functions of its index space, with the place where each was lifted, if it is known.
    pub(crate) functions: Vec<Option<LiftedAt>>,
}

/// The place where a function is lifted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LiftedAt {
    /// The number of the instance.
    pub(crate) instance: usize,
    /// The position of the item in its definition.
    pub(crate) item: usize,
}

/// An import or export.
#[derive(Clone, Debug)]
enum Thing {
    Function(LiftedAt),
    Instance(Rc<Exports>),
    Component(Rc<Closure>),
    /// An import from outside, or an item that does not matter here.
    Unknown,
}

type Exports = BTreeMap<Arc<str>, Thing>;

/// A component within another, with the components around it.
#[derive(Debug)]
struct Closure {
    definition: Arc<Definition>,
    around: Option<Rc<Around>>,
}

/// The components of an instance's index space, and those around it.
#[derive(Debug)]
struct Around {
    components: Vec<Thing>,
    around: Option<Rc<Self>>,
}

impl Composition {
    /// Returns the instances that a component makes. Returns `None` if there are too many.
    pub(crate) fn of(root: &Arc<Definition>) -> Option<Self> {
        let mut walk = Walk { composition: Self::default(), items: 0 };
        let closure = Closure { definition: root.clone(), around: None };
        walk.instantiate(&closure, &Exports::new(), Vec::new())?;
        Some(walk.composition)
    }
}

/// A walk through the items of all instances.
struct Walk {
    composition: Composition,
    items: usize,
}

/// The index spaces of the instance that is walked.
struct Spaces {
    number: usize,
    instances: Vec<Thing>,
    components: Vec<Thing>,
    exports: Exports,
}

impl Walk {
    /// Walks through an instance of a component. Returns its exports.
    fn instantiate(
        &mut self,
        closure: &Closure,
        imports: &Exports,
        way: Vec<usize>,
    ) -> Option<Exports> {
        let number = self.composition.instances.len();
        self.items += closure.definition.items.len();
        if number >= MAX_INSTANCES || self.items > MAX_ITEMS || way.len() >= MAX_DEPTH {
            return None;
        }
        let definition = closure.definition.clone();
        let (within, functions) = (Vec::new(), Vec::new());
        let instance = ComposedInstance { definition, way, within, functions };
        self.composition.instances.push(instance);
        let mut spaces = Spaces {
            number,
            instances: Vec::new(),
            components: Vec::new(),
            exports: Exports::new(),
        };
        for (position, item) in closure.definition.items.iter().enumerate() {
            self.item(&mut spaces, closure, imports, (position, item))?;
        }
        Some(spaces.exports)
    }

    fn item(
        &mut self,
        spaces: &mut Spaces,
        closure: &Closure,
        imports: &Exports,
        (position, item): (usize, &Item),
    ) -> Option<()> {
        match item {
            Item::Lift { .. } => {
                let lifted = LiftedAt { instance: spaces.number, item: position };
                self.push(spaces, Sort::Function, Thing::Function(lifted));
            }
            Item::Component(definition) => {
                // Components that are copied count as items.
                self.items += spaces.components.len();
                let components = spaces.components.clone();
                let around = Around { components, around: closure.around.clone() };
                let closure =
                    Closure { definition: definition.clone(), around: Some(Rc::new(around)) };
                spaces.components.push(Thing::Component(Rc::new(closure)));
            }
            Item::Instantiate { component, arguments, .. } => {
                self.items += arguments.len();
                let exports = match at(&spaces.components, *component) {
                    Thing::Component(component) => {
                        let within = self.composition.instances.len();
                        let around = self.instance_mut(spaces.number)?;
                        around.within.push((position, within));
                        let mut way = around.way.clone();
                        way.push(spaces.instances.len());
                        let arguments = self.named(spaces, arguments);
                        let exports = self.instantiate(&component, &arguments, way)?;
                        Thing::Instance(Rc::new(exports))
                    }
                    _ => Thing::Unknown,
                };
                spaces.instances.push(exports);
            }
            Item::Instance { exports } => {
                self.items += exports.len();
                let exports = self.named(spaces, exports);
                spaces.instances.push(Thing::Instance(Rc::new(exports)));
            }
            Item::AliasExport { sort, instance, name } => {
                let found = match at(&spaces.instances, *instance) {
                    Thing::Instance(exports) => exports.get(&**name).cloned(),
                    _ => None,
                };
                self.push(spaces, *sort, found.unwrap_or(Thing::Unknown));
            }
            Item::AliasOuter { sort: OuterSort::Component, count, index } => {
                let found = outer(spaces, closure, *count, *index);
                spaces.components.push(found);
            }
            Item::Import { name, ty, .. } => {
                let given = imports.get(&name.name).cloned().unwrap_or(Thing::Unknown);
                if let Some(sort) = sort_of(ty) {
                    self.push(spaces, sort, given);
                }
            }
            Item::Export { name, reference, .. } => {
                let thing = self.thing(spaces, *reference);
                spaces.exports.insert(name.name.clone(), thing.clone());
                if let Some(sort) = sort_of_reference(*reference) {
                    self.push(spaces, sort, thing);
                }
            }
            Item::AliasOuter { sort: OuterSort::Module, .. }
            | Item::CoreModule { .. }
            | Item::InstantiateCore { .. }
            | Item::CoreInstance { .. }
            | Item::AliasCoreExport { .. }
            | Item::Resource { .. }
            | Item::Lower { .. }
            | Item::Builtin { .. } => {}
        }
        Some(())
    }

    fn instance_mut(&mut self, number: usize) -> Option<&mut ComposedInstance> {
        self.composition.instances.get_mut(number)
    }

    /// Adds to the index space of a sort.
    fn push(&mut self, spaces: &mut Spaces, sort: Sort, thing: Thing) {
        match sort {
            Sort::Function => {
                let lifted = match thing {
                    Thing::Function(lifted) => Some(lifted),
                    _ => None,
                };
                if let Some(instance) = self.instance_mut(spaces.number) {
                    instance.functions.push(lifted);
                }
            }
            Sort::Instance => spaces.instances.push(thing),
            Sort::Component => spaces.components.push(thing),
            Sort::Module => {}
        }
    }

    fn thing(&self, spaces: &Spaces, reference: Reference) -> Thing {
        match reference {
            Reference::Function(index) => {
                let instance = self.composition.instances.get(spaces.number);
                let functions = instance.map(|instance| &*instance.functions).unwrap_or_default();
                let found = usize::try_from(index).ok().and_then(|index| functions.get(index));
                found.copied().flatten().map_or(Thing::Unknown, Thing::Function)
            }
            Reference::Instance(index) => at(&spaces.instances, index),
            Reference::Component(index) => at(&spaces.components, index),
            Reference::Module(_) | Reference::Resource(_) | Reference::Type => Thing::Unknown,
        }
    }

    fn named(&self, spaces: &Spaces, references: &[(Arc<str>, Reference)]) -> Exports {
        let things = references.iter();
        things.map(|(name, it)| (name.clone(), self.thing(spaces, *it))).collect()
    }
}

/// Returns a component of an outer component.
fn outer(spaces: &Spaces, closure: &Closure, count: u32, index: u32) -> Thing {
    let Some(further) = count.checked_sub(1) else { return at(&spaces.components, index) };
    let mut around = closure.around.as_ref();
    for _ in 0..further {
        around = around.and_then(|it| it.around.as_ref());
    }
    around.map_or(Thing::Unknown, |around| at(&around.components, index))
}

fn at(things: &[Thing], index: u32) -> Thing {
    let found = usize::try_from(index).ok().and_then(|index| things.get(index));
    found.cloned().unwrap_or(Thing::Unknown)
}

const fn sort_of(ty: &ExternType) -> Option<Sort> {
    match ty {
        ExternType::Function(_) => Some(Sort::Function),
        ExternType::Instance(_) => Some(Sort::Instance),
        ExternType::Component(_) => Some(Sort::Component),
        ExternType::Module(_) | ExternType::Resource(_) | ExternType::Type(_) => None,
    }
}

const fn sort_of_reference(reference: Reference) -> Option<Sort> {
    match reference {
        Reference::Function(_) => Some(Sort::Function),
        Reference::Instance(_) => Some(Sort::Instance),
        Reference::Component(_) => Some(Sort::Component),
        Reference::Module(_) | Reference::Resource(_) | Reference::Type => None,
    }
}

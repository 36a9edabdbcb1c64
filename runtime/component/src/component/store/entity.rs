//! Imports and exports of instances, at run time.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::builtin::TypeIndex;
use crate::component::definition::extern_type::{ExternType, InstanceType, NestedComponentType};
use crate::component::definition::items::{CoreSort, Definition, Sort};
use crate::component::definition::linking::plan::CompiledLinks;
use crate::component::definition::matching::Sides;
use crate::component::definition::versions::ByName;
use crate::engine::{CoreEngine, CoreExtern};
use crate::machine::FunctionId;

use super::canonical::MemoryKey;
use super::module::Module;

/// An item that can be imported and exported.
pub(crate) enum Entity<E: CoreEngine> {
    /// A function.
    Function(FunctionId),
    /// A core module.
    Module(Module<E>),
    /// An instance.
    Instance(Exports<E>),
    /// A component.
    Component(Closure<E>),
    /// A resource type.
    Resource(TypeIndex),
    /// Any other type.
    Type,
}

/// An item, and the name of its import or export.
pub(crate) type NamedEntity<E> = (Arc<str>, Entity<E>);

/// The exports of an instance, sorted by name. Cloning them is cheap.
pub(crate) struct Exports<E: CoreEngine> {
    /// The exports, among them perhaps some that the type hides.
    all: Arc<[NamedEntity<E>]>,
    /// The type as which the instance is seen, if that may say less than it has.
    ty: Option<Arc<InstanceType>>,
}

impl<E: CoreEngine> Exports<E> {
    /// Takes exports in any order, and leaves an empty list whose memory can be reused.
    pub(crate) fn take(exports: &mut Vec<NamedEntity<E>>) -> Self {
        exports.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        Self { all: exports.drain(..).collect(), ty: None }
    }

    /// Returns the same exports, seen as an instance of a type. It says at most as much as the type
    /// as which they were seen before.
    fn seen_as(&self, ty: &Arc<InstanceType>) -> Self {
        Self { all: self.all.clone(), ty: Some(ty.clone()) }
    }

    /// Returns the export with a name.
    pub(crate) fn get(&self, name: &str) -> Option<Entity<E>> {
        match &self.ty {
            Some(ty) => self.part(name, ty.get(name)?),
            None => find_entity(&self.all, name).cloned(),
        }
    }

    /// Returns the exports, in the order of their names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, Entity<E>)> {
        self.entries_from("")
    }

    /// Returns the export with a name, seen as an item of a type.
    fn part(&self, name: &str, ty: &ExternType) -> Option<Entity<E>> {
        match ty {
            // It needs no item. If there is one with the name, it is hidden.
            ExternType::Type(_) => Some(Entity::Type),
            ty => find_entity(&self.all, name).map(|it| it.seen_as(ty)),
        }
    }
}

/// Returns the item with a name among items that are sorted by name.
pub(crate) fn find_entity<'a, E: CoreEngine>(
    sorted: &'a [NamedEntity<E>],
    name: &str,
) -> Option<&'a Entity<E>> {
    let position = sorted.binary_search_by(|(it, _)| (**it).cmp(name)).ok()?;
    sorted.get(position).map(|(_, entity)| entity)
}

impl<E: CoreEngine> ByName for Exports<E> {
    type Value<'a>
        = Entity<E>
    where
        Self: 'a;

    fn entry(&self, name: &str) -> Option<(&str, Entity<E>)> {
        self.entries_from(name).next().filter(|(it, _)| *it == name)
    }

    fn entries_from(&self, name: &str) -> impl Iterator<Item = (&str, Entity<E>)> {
        let all = self.ty.is_none().then(|| {
            let from = self.all.partition_point(|(it, _)| **it < *name);
            self.all.iter().skip(from).map(|(name, entity)| (&**name, entity.clone()))
        });
        let seen = self.ty.iter().flat_map(move |ty| ty.exports_from(name));
        let seen = seen.filter_map(|(name, ty)| Some((name, self.part(name, ty)?)));
        all.into_iter().flatten().chain(seen)
    }
}

/// A component inside of another one, with the items of the outer ones that it may use.
pub(crate) struct Closure<E: CoreEngine> {
    pub(crate) definition: Arc<Definition>,
    pub(crate) code: Arc<Code<E>>,
    pub(crate) around: Option<Arc<Surroundings<E>>>,
    /// The type as which the component is seen, if that may say less than its definition.
    pub(crate) ty: Option<Arc<NestedComponentType>>,
}

impl<E: CoreEngine> Closure<E> {
    /// Returns the exports of an instance of the component, seen as the component is.
    pub(crate) fn exports_seen(&self, exports: Exports<E>) -> Exports<E> {
        match &self.ty {
            Some(ty) => Exports { ty: Some(ty.instance.clone()), ..exports },
            None => exports,
        }
    }

    /// Returns the imports and exports of the component, as far as it is seen.
    pub(crate) fn sides(&self) -> Sides<'_> {
        self.ty.as_ref().map_or_else(|| Sides::of_definition(&self.definition), |ty| Sides::of(ty))
    }
}

/// The core modules and components that a component has defined before an inner one.
pub(crate) struct Surroundings<E: CoreEngine> {
    pub(crate) modules: Vec<Module<E>>,
    pub(crate) components: Vec<Closure<E>>,
    pub(crate) around: Option<Arc<Self>>,
}

/// The code that all instances of a component share.
pub(crate) struct Code<E: CoreEngine> {
    pub(crate) modules: Box<[Module<E>]>,
    pub(crate) has_tail_calls: bool,
    /// The links of the outermost component, if there are some.
    pub(crate) links: Option<Arc<CompiledLinks<E::Module>>>,
    /// The engine that has compiled the modules.
    pub(crate) engine: E,
}

impl<E: CoreEngine> Entity<E> {
    /// Returns the same item, seen as an item of a type that it was checked against. The result has
    /// what the type says, and nothing else.
    ///
    /// Each item in an index space is seen as the type that it has in the definition. This matters
    /// for an import, and for an export with a type of its own, which may have more than their
    /// types say. The cost does not depend on the size of the item.
    pub(crate) fn seen_as(&self, ty: &ExternType) -> Self {
        match (self, ty) {
            (Self::Instance(it), ExternType::Instance(ty)) => Self::Instance(it.seen_as(ty)),
            (Self::Module(it), ExternType::Module(ty)) => Self::Module(it.seen_as(ty)),
            (Self::Component(it), ExternType::Component(ty)) => {
                Self::Component(Closure { ty: Some(ty.clone()), ..it.clone() })
            }
            (it, _) => it.clone(),
        }
    }

    /// Returns `true` if it is of this sort.
    pub(crate) const fn is(&self, sort: Sort) -> bool {
        matches!(
            (self, sort),
            (Self::Function(_), Sort::Function)
                | (Self::Module(_), Sort::Module)
                | (Self::Instance(_), Sort::Instance)
                | (Self::Component(_), Sort::Component)
        )
    }
}

impl<E: CoreEngine> Entity<E> {
    /// Returns the kind of the item, for messages.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Function(_) => "a function",
            Self::Module(_) => "a core module",
            Self::Instance(_) => "an instance",
            Self::Component(_) => "a component",
            Self::Resource(_) => "a resource type",
            Self::Type => "a type",
        }
    }
}

impl<E: CoreEngine> Clone for Entity<E> {
    fn clone(&self) -> Self {
        match self {
            Self::Function(it) => Self::Function(*it),
            Self::Module(it) => Self::Module(it.clone()),
            Self::Instance(it) => Self::Instance(it.clone()),
            Self::Component(it) => Self::Component(it.clone()),
            Self::Resource(it) => Self::Resource(*it),
            Self::Type => Self::Type,
        }
    }
}

impl<E: CoreEngine> Clone for Exports<E> {
    fn clone(&self) -> Self {
        Self { all: self.all.clone(), ty: self.ty.clone() }
    }
}

impl<E: CoreEngine> Clone for Closure<E> {
    fn clone(&self) -> Self {
        Self {
            definition: self.definition.clone(),
            code: self.code.clone(),
            around: self.around.clone(),
            ty: self.ty.clone(),
        }
    }
}

/// A core instance.
pub(crate) enum CoreInstance<E: CoreEngine> {
    /// An instance of a module, with the memories that it imports.
    Module(E::Instance, Module<E>, Box<[MemoryKey]>),
    /// An instance that the item with this position composes.
    Exports(usize),
}

impl CoreSort {
    /// Returns `true` if `item` is of this sort.
    pub(crate) const fn is_of<E: CoreEngine>(self, item: &CoreExtern<E>) -> bool {
        matches!(
            (item, self),
            (CoreExtern::Function(_), Self::Function)
                | (CoreExtern::Memory(_), Self::Memory)
                | (CoreExtern::Table(_), Self::Table)
                | (CoreExtern::Global(_), Self::Global)
                | (CoreExtern::Tag(_), Self::Tag)
        )
    }
}

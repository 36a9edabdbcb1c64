//! The items of a component's sections, except for canonical definitions.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use wasmparser::component_types::{ComponentAnyTypeId, ComponentEntityType};
use wasmparser::types::TypesRef;
use wasmparser::{
    ComponentAlias, ComponentExport, ComponentExternName, ComponentExternalKind, ComponentImport,
    ComponentInstance, ComponentOuterAliasKind, ComponentType, ComponentTypeRef, ExternalKind,
    FromReader, Instance, Payload, SectionLimited, ValType,
};

use crate::component::definition::core_entry::CoreNames;
use crate::component::definition::items::{
    CoreSort, Definition, ExternName, Item, OuterSort, Reference, Sort,
};
use crate::component::definition::spaces::SpaceSizes;
use crate::core_value::IntegerType;

use super::InvalidComponent;
use super::value_types::{KnownTypes, Resolved};

/// A component definition that is being decoded.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub(super) items: Vec<Item>,
    pub(super) known: KnownTypes,
    pub(super) counts: Counts,
}

/// The sizes of the index spaces whose types are looked up when an item is added.
#[derive(Debug, Default)]
pub(super) struct Counts {
    types: u32,
    pub(super) core_functions: u32,
    pub(super) functions: u32,
    modules: u32,
    instances: u32,
    components: u32,
}

/// Returns the index of the next item, and counts it.
pub(super) const fn next(count: &mut u32) -> u32 {
    let index = *count;
    *count = count.saturating_add(1);
    index
}

impl Scope {
    /// Returns the definition, which is complete.
    pub(super) fn finish(self) -> Definition {
        Definition {
            resources: self.known.slot_count(),
            sizes: SpaceSizes::of(&self.items),
            sees_around: self.items.iter().any(|item| match item {
                Item::AliasOuter { count, .. } => *count > 0,
                Item::Component(within) => within.sees_around,
                _ => false,
            }),
            items: self.items.into(),
        }
    }

    /// Adds the core module with this number. Its names are added when it has ended.
    pub(super) fn core_module(&mut self, number: usize) {
        next(&mut self.counts.modules);
        self.items.push(Item::CoreModule { number, names: CoreNames::default() });
    }

    /// Adds the names in the core module that has ended.
    pub(super) fn core_names(&mut self, found: CoreNames) {
        if let Some(Item::CoreModule { names, .. }) = self.items.last_mut() {
            *names = found;
        }
    }

    /// Adds a component inside of this one.
    pub(super) fn component(&mut self, definition: Arc<Definition>) {
        next(&mut self.counts.components);
        self.items.push(Item::Component(definition));
    }

    /// Adds the items of a section, which the validator has found valid.
    pub(super) fn section(
        &mut self,
        payload: &Payload<'_>,
        types: TypesRef<'_>,
    ) -> Result<(), InvalidComponent> {
        match payload {
            Payload::InstanceSection(section) => each(section, types, |_, instance| {
                self.core_instance(&instance);
                Ok(())
            }),
            Payload::ComponentInstanceSection(section) => {
                each(section, types, |at, instance| self.instance(at, instance))
            }
            Payload::ComponentAliasSection(section) => {
                each(section, types, |at, alias| self.alias(at, &alias))
            }
            Payload::ComponentTypeSection(section) => {
                each(section, types, |at, ty| self.ty(at, &ty))
            }
            Payload::ComponentCanonicalSection(section) => {
                each(section, types, |at, function| self.canonical(at, function))
            }
            Payload::ComponentImportSection(section) => {
                each(section, types, |at, import| self.import(at, import))
            }
            Payload::ComponentExportSection(section) => {
                each(section, types, |at, export| self.export(at, &export))
            }
            Payload::ComponentStartSection { range, .. } => {
                Err(InvalidComponent::values(range.start))
            }
            _ => Ok(()),
        }
    }

    fn core_instance(&mut self, instance: &Instance<'_>) {
        self.items.push(match instance {
            Instance::Instantiate { module_index, args } => Item::InstantiateCore {
                module: *module_index,
                arguments: args.iter().map(|arg| (arg.name.into(), arg.index)).collect(),
            },
            Instance::FromExports(exports) => {
                let mut exports: Box<[_]> = exports
                    .iter()
                    .map(|export| (export.name.into(), core_sort(export.kind), export.index))
                    .collect();
                exports
                    .sort_unstable_by(|(one, ..), (other, ..): &(Box<str>, _, _)| one.cmp(other));
                Item::CoreInstance { exports }
            }
        });
    }

    fn instance(
        &mut self,
        at: Resolved<'_>,
        instance: ComponentInstance<'_>,
    ) -> Result<(), InvalidComponent> {
        let index = next(&mut self.counts.instances);
        let item = match instance {
            ComponentInstance::Instantiate { component_index, args } => {
                let arguments = args
                    .iter()
                    .map(|arg| Ok((arg.name.into(), self.reference(at, arg.kind, arg.index)?)))
                    .collect::<Result<Vec<_>, InvalidComponent>>()?;
                let arguments = sorted(arguments);
                let ty = entity(at, ComponentExternalKind::Instance, index)?;
                let binding = self.known.binding(at, ty)?;
                Item::Instantiate { component: component_index, arguments, binding }
            }
            ComponentInstance::FromExports(exports) => {
                let exports = exports
                    .iter()
                    .map(|export| {
                        let reference = self.reference(at, export.kind, export.index)?;
                        Ok((export.name.name.into(), reference))
                    })
                    .collect::<Result<Vec<_>, InvalidComponent>>()?;
                Item::Instance { exports: sorted(exports) }
            }
        };
        self.items.push(item);
        Ok(())
    }

    fn alias(
        &mut self,
        at: Resolved<'_>,
        alias: &ComponentAlias<'_>,
    ) -> Result<(), InvalidComponent> {
        let item = match *alias {
            ComponentAlias::CoreInstanceExport { kind, instance_index, name } => {
                let sort = core_sort(kind);
                if sort == CoreSort::Function {
                    next(&mut self.counts.core_functions);
                }
                Item::AliasCoreExport { sort, instance: instance_index, name: name.into() }
            }
            ComponentAlias::InstanceExport { kind, instance_index, name } => {
                self.count(kind);
                let sort = match kind {
                    ComponentExternalKind::Func => Sort::Function,
                    ComponentExternalKind::Module => Sort::Module,
                    ComponentExternalKind::Instance => Sort::Instance,
                    ComponentExternalKind::Component => Sort::Component,
                    // The type was bound together with its instance.
                    ComponentExternalKind::Type => return Ok(()),
                    ComponentExternalKind::Value => {
                        return Err(InvalidComponent::values(at.offset));
                    }
                };
                Item::AliasExport { sort, instance: instance_index, name: name.into() }
            }
            ComponentAlias::Outer { kind, count, index } => match kind {
                ComponentOuterAliasKind::CoreModule => {
                    next(&mut self.counts.modules);
                    Item::AliasOuter { sort: OuterSort::Module, count, index }
                }
                ComponentOuterAliasKind::Component => {
                    next(&mut self.counts.components);
                    Item::AliasOuter { sort: OuterSort::Component, count, index }
                }
                ComponentOuterAliasKind::Type => {
                    next(&mut self.counts.types);
                    return Ok(());
                }
                ComponentOuterAliasKind::CoreType => return Ok(()),
            },
        };
        self.items.push(item);
        Ok(())
    }

    fn ty(&mut self, at: Resolved<'_>, ty: &ComponentType<'_>) -> Result<(), InvalidComponent> {
        let index = next(&mut self.counts.types);
        if let ComponentType::Resource { rep, dtor } = ty {
            let slot = self.known.resource(at, index)?;
            let representation = match rep {
                ValType::I32 => IntegerType::I32,
                ValType::I64 => IntegerType::I64,
                _ => return Err(at.unexpected("a resource is represented by an integer")),
            };
            self.known.representations.insert(slot, representation);
            self.known.filled.insert(slot);
            self.items.push(Item::Resource { slot, representation, destructor: *dtor });
        }
        Ok(())
    }

    fn import(
        &mut self,
        at: Resolved<'_>,
        import: ComponentImport<'_>,
    ) -> Result<(), InvalidComponent> {
        let ty = self.added(at, import.ty.kind())?;
        let item = Item::Import {
            name: extern_name(&import.name),
            ty: self.known.entity(at, ty)?,
            binding: self.known.binding(at, ty)?,
        };
        self.items.push(item);
        Ok(())
    }

    fn export(
        &mut self,
        at: Resolved<'_>,
        export: &ComponentExport<'_>,
    ) -> Result<(), InvalidComponent> {
        let reference = self.reference(at, export.kind, export.index)?;
        let ty = self.added(at, export.ty.as_ref().map_or(export.kind, ComponentTypeRef::kind))?;
        let item = Item::Export {
            name: extern_name(&export.name),
            reference,
            ty: self.known.entity(at, ty)?,
            binding: self.known.binding(at, ty)?,
        };
        self.items.push(item);
        Ok(())
    }

    /// Returns the addition of the current item to its index space, by its type.
    fn added(
        &mut self,
        at: Resolved<'_>,
        kind: ComponentExternalKind,
    ) -> Result<ComponentEntityType, InvalidComponent> {
        let index = self.count(kind);
        entity(at, kind, index)
    }

    /// Adds up the current item, and returns its index.
    fn count(&mut self, kind: ComponentExternalKind) -> u32 {
        match kind {
            ComponentExternalKind::Module => next(&mut self.counts.modules),
            ComponentExternalKind::Func => next(&mut self.counts.functions),
            ComponentExternalKind::Type => next(&mut self.counts.types),
            ComponentExternalKind::Instance => next(&mut self.counts.instances),
            ComponentExternalKind::Component => next(&mut self.counts.components),
            // Values are refused elsewhere.
            ComponentExternalKind::Value => 0,
        }
    }

    fn reference(
        &mut self,
        at: Resolved<'_>,
        kind: ComponentExternalKind,
        index: u32,
    ) -> Result<Reference, InvalidComponent> {
        Ok(match kind {
            ComponentExternalKind::Module => Reference::Module(index),
            ComponentExternalKind::Func => Reference::Function(index),
            ComponentExternalKind::Instance => Reference::Instance(index),
            ComponentExternalKind::Component => Reference::Component(index),
            ComponentExternalKind::Type => match at.any_type(index)? {
                ComponentAnyTypeId::Resource(resource) => {
                    Reference::Resource(self.known.slot(resource.resource()))
                }
                _ => Reference::Type,
            },
            ComponentExternalKind::Value => return Err(InvalidComponent::values(at.offset)),
        })
    }
}

/// Returns the items of a section, each with its offset.
fn each<'a, 't, T: FromReader<'a>>(
    section: &SectionLimited<'a, T>,
    types: TypesRef<'t>,
    mut item: impl FnMut(Resolved<'t>, T) -> Result<(), InvalidComponent>,
) -> Result<(), InvalidComponent> {
    for read in section.clone().into_iter_with_offsets() {
        let (offset, read) = read?;
        item(Resolved { types, offset }, read)?;
    }
    Ok(())
}

/// Returns the type of the item with this index.
fn entity(
    at: Resolved<'_>,
    kind: ComponentExternalKind,
    index: u32,
) -> Result<ComponentEntityType, InvalidComponent> {
    let types = at.types;
    let ty = match kind {
        ComponentExternalKind::Func => ComponentEntityType::Func(at.function(index)?),
        ComponentExternalKind::Type => {
            let ty = at.any_type(index)?;
            ComponentEntityType::Type { referenced: ty, created: ty }
        }
        ComponentExternalKind::Module if index < types.module_count() => {
            ComponentEntityType::Module(types.module_at(index))
        }
        ComponentExternalKind::Instance if index < types.component_instance_count() => {
            ComponentEntityType::Instance(types.component_instance_at(index))
        }
        ComponentExternalKind::Component if index < types.component_count() => {
            ComponentEntityType::Component(types.component_at(index))
        }
        ComponentExternalKind::Value => return Err(InvalidComponent::values(at.offset)),
        _ => return Err(at.unexpected("there is nothing with this index")),
    };
    Ok(ty)
}

const fn core_sort(kind: ExternalKind) -> CoreSort {
    match kind {
        ExternalKind::Func | ExternalKind::FuncExact => CoreSort::Function,
        ExternalKind::Table => CoreSort::Table,
        ExternalKind::Memory => CoreSort::Memory,
        ExternalKind::Global => CoreSort::Global,
        ExternalKind::Tag => CoreSort::Tag,
    }
}

/// Sorts items by name.
fn sorted(mut named: Vec<(Arc<str>, Reference)>) -> Box<[(Arc<str>, Reference)]> {
    named.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    named.into()
}

fn extern_name(name: &ComponentExternName<'_>) -> ExternName {
    let full_name: Arc<str> = name.full_name().into();
    ExternName {
        name: if *name.name == *full_name { full_name.clone() } else { name.name.into() },
        full_name,
        implements: name.full_implements().map(Box::from),
    }
}

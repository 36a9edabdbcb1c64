//! Types of imports and exports, and the slots for resource types that they fill.

use alloc::sync::Arc;
use alloc::vec::Vec;

use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentEntityType, ComponentInstanceTypeId, ComponentTypeId,
};

use crate::builtin::TypeIndex;
use crate::component::definition::extern_type::{
    ExternType, InstanceType, NamedTypes, NestedComponentType,
};
use crate::component::definition::items::Binding;

use super::InvalidComponent;
use super::value_types::{KnownTypes, Resolved};

impl KnownTypes {
    /// Returns the type of an import or export. The validator limits how deeply these are nested.
    pub(super) fn entity(
        &mut self,
        at: Resolved<'_>,
        ty: ComponentEntityType,
    ) -> Result<ExternType, InvalidComponent> {
        Ok(match ty {
            ComponentEntityType::Func(id) => ExternType::Function(self.function(at, id)?),
            ComponentEntityType::Module(id) => ExternType::Module(self.module(at, id)?),
            ComponentEntityType::Instance(id) => ExternType::Instance(self.instance(at, id)?),
            ComponentEntityType::Component(id) => ExternType::Component(self.component(at, id)?),
            ComponentEntityType::Value(_) => return Err(InvalidComponent::values(at.offset)),
            ComponentEntityType::Type { created, .. } => match created {
                ComponentAnyTypeId::Resource(resource) => {
                    ExternType::Resource(TypeIndex(self.slot(resource.resource())))
                }
                ComponentAnyTypeId::Defined(id) => ExternType::Type(Some(self.defined(at, id)?)),
                ComponentAnyTypeId::Func(_)
                | ComponentAnyTypeId::Instance(_)
                | ComponentAnyTypeId::Component(_) => ExternType::Type(None),
            },
        })
    }

    fn instance(
        &mut self,
        at: Resolved<'_>,
        id: ComponentInstanceTypeId,
    ) -> Result<Arc<InstanceType>, InvalidComponent> {
        if let Some(instance) = self.instances.get(&id) {
            return Ok(Arc::clone(instance));
        }
        let instance =
            at.types.get(id).ok_or_else(|| at.unexpected("there is no such instance type"))?;
        let exports = instance.exports.iter().map(|(name, item)| (name, item.ty));
        let instance = Arc::new(InstanceType::new(self.entities(at, exports)?));
        self.instances.insert(id, Arc::clone(&instance));
        Ok(instance)
    }

    fn component(
        &mut self,
        at: Resolved<'_>,
        id: ComponentTypeId,
    ) -> Result<Arc<NestedComponentType>, InvalidComponent> {
        if let Some(component) = self.components.get(&id) {
            return Ok(Arc::clone(component));
        }
        let component =
            at.types.get(id).ok_or_else(|| at.unexpected("there is no such component type"))?;
        let imports = component.imports.iter().map(|(name, item)| (name, item.ty));
        let exports = component.exports.iter().map(|(name, item)| (name, item.ty));
        let component = Arc::new(NestedComponentType {
            imports: self.entities(at, imports)?,
            instance: Arc::new(InstanceType::new(self.entities(at, exports)?)),
        });
        self.components.insert(id, Arc::clone(&component));
        Ok(component)
    }

    fn entities<'a>(
        &mut self,
        at: Resolved<'_>,
        types: impl Iterator<Item = (impl AsRef<str> + 'a, ComponentEntityType)>,
    ) -> Result<NamedTypes, InvalidComponent> {
        types.map(|(name, ty)| Ok((name.as_ref().into(), self.entity(at, ty)?))).collect()
    }

    /// Returns the slots, not filled by earlier items, that a value of this type fills.
    ///
    /// A function's type can mention a resource type of an instance that is never used by itself.
    /// So all resource types are searched for, also in inner instances.
    pub(super) fn binding(
        &mut self,
        at: Resolved<'_>,
        ty: ComponentEntityType,
    ) -> Result<Option<Binding>, InvalidComponent> {
        match ty {
            ComponentEntityType::Type {
                created: ComponentAnyTypeId::Resource(resource), ..
            } => {
                let slot = self.slot(resource.resource());
                Ok(self.filled.insert(slot).then_some(Binding::Resource(slot)))
            }
            ComponentEntityType::Instance(id) => {
                // All items of the same type have the same resource types.
                if !self.searched.insert(id) {
                    return Ok(None);
                }
                let instance = at
                    .types
                    .get(id)
                    .ok_or_else(|| at.unexpected("there is no such instance type"))?;
                let mut parts = Vec::new();
                for (name, item) in &instance.exports {
                    if let Some(binding) = self.binding(at, item.ty)? {
                        parts.push((name.as_str().into(), binding));
                    }
                }
                Ok((!parts.is_empty()).then(|| Binding::Instance(parts.into())))
            }
            _ => Ok(None),
        }
    }
}

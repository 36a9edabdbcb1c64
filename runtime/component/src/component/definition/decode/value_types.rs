//! Types of values and functions, and the slots of the resource types in them.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;

use wasmparser::PrimitiveValType;
use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentCoreModuleTypeId, ComponentDefinedType, ComponentDefinedTypeId,
    ComponentFuncTypeId, ComponentInstanceTypeId, ComponentTypeId, ComponentValType, ResourceId,
};
use wasmparser::names::KebabString;
use wasmparser::types::{CoreTypeId, TypesRef};

use crate::abi::{Type, TypeList};
use crate::builtin::TypeIndex;
use crate::component::definition::extern_type::{
    CoreSignature, InstanceType, ModuleType, NestedComponentType,
};
use crate::component::definition::function_type::FunctionType;
use crate::core_value::IntegerType;

use super::InvalidComponent;

/// The number of a stream or future type that is not resolved.
const UNRESOLVED: TypeIndex = TypeIndex(0);

/// The types of a component definition, each converted once.
#[derive(Debug, Default)]
pub(super) struct KnownTypes {
    slots: BTreeMap<ResourceId, u32>,
    /// The representations of the component's own resource types, by slot.
    pub(super) representations: BTreeMap<u32, IntegerType>,
    /// The slots that were filled by the items so far.
    pub(super) filled: BTreeSet<u32>,
    values: BTreeMap<ComponentDefinedTypeId, Type>,
    functions: BTreeMap<ComponentFuncTypeId, Arc<FunctionType>>,
    pub(super) instances: BTreeMap<ComponentInstanceTypeId, Arc<InstanceType>>,
    pub(super) components: BTreeMap<ComponentTypeId, Arc<NestedComponentType>>,
    pub(super) modules: BTreeMap<ComponentCoreModuleTypeId, Arc<ModuleType>>,
    /// The instance types in which resource types were searched for so far.
    pub(super) searched: BTreeSet<ComponentInstanceTypeId>,
    pub(super) core_types: BTreeMap<CoreTypeId, u32>,
    pub(super) core_signatures: BTreeMap<CoreTypeId, Arc<CoreSignature>>,
}

/// The types that the validator has resolved, and the offset of their use.
#[derive(Clone, Copy)]
pub(super) struct Resolved<'a> {
    pub(super) types: TypesRef<'a>,
    pub(super) offset: u64,
}

impl Resolved<'_> {
    /// Returns the error for something that the validator should not have accepted.
    pub(super) fn unexpected(self, what: &str) -> InvalidComponent {
        let message = format!("{what}: this is a bug in Weft, please report it");
        InvalidComponent::invalid(message, self.offset)
    }

    /// Returns the type with this index, of any kind.
    pub(super) fn any_type(self, index: u32) -> Result<ComponentAnyTypeId, InvalidComponent> {
        if index < self.types.component_type_count() {
            Ok(self.types.component_any_type_at(index))
        } else {
            Err(self.unexpected("there is no such type"))
        }
    }

    /// Returns the type of a value with this index.
    pub(super) fn defined_type(
        self,
        index: u32,
    ) -> Result<ComponentDefinedTypeId, InvalidComponent> {
        match self.any_type(index)? {
            ComponentAnyTypeId::Defined(id) => Ok(id),
            _ => Err(self.unexpected("this is not the type of a value")),
        }
    }

    /// Returns the type of the function with this index.
    pub(super) fn function(self, index: u32) -> Result<ComponentFuncTypeId, InvalidComponent> {
        if index < self.types.component_function_count() {
            Ok(self.types.component_function_at(index))
        } else {
            Err(self.unexpected("there is no such function"))
        }
    }
}

impl KnownTypes {
    /// Returns the number of slots.
    pub(super) fn slot_count(&self) -> u32 {
        u32::try_from(self.slots.len()).unwrap_or(u32::MAX)
    }

    /// Returns the slot of a resource type, which is new for a new type.
    pub(super) fn slot(&mut self, resource: ResourceId) -> u32 {
        let next = self.slot_count();
        *self.slots.entry(resource).or_insert(next)
    }

    /// Returns the slot of the resource type with this type index.
    pub(super) fn resource(
        &mut self,
        at: Resolved<'_>,
        index: u32,
    ) -> Result<u32, InvalidComponent> {
        match at.any_type(index)? {
            ComponentAnyTypeId::Resource(resource) => Ok(self.slot(resource.resource())),
            _ => Err(at.unexpected("this is not a resource type")),
        }
    }

    /// Returns the type of the elements of the stream, or of the value of the future, with this
    /// type index.
    pub(super) fn end(
        &mut self,
        at: Resolved<'_>,
        index: u32,
    ) -> Result<Option<Type>, InvalidComponent> {
        match self.defined(at, at.defined_type(index)?)? {
            Type::Stream(end) | Type::Future(end) => Ok(end.element().cloned()),
            _ => Err(at.unexpected("this is not a stream or future type")),
        }
    }

    /// Returns the type of the function that has this type in the validator.
    pub(super) fn function(
        &mut self,
        at: Resolved<'_>,
        id: ComponentFuncTypeId,
    ) -> Result<Arc<FunctionType>, InvalidComponent> {
        if let Some(function) = self.functions.get(&id) {
            return Ok(Arc::clone(function));
        }
        let function =
            at.types.get(id).ok_or_else(|| at.unexpected("there is no such function type"))?;
        let mut names = Vec::with_capacity(function.params.len());
        let mut params = Vec::with_capacity(function.params.len());
        for (name, ty) in &function.params {
            names.push(name.as_str().into());
            params.push(self.value(at, *ty)?);
        }
        let result = self.optional(at, function.result)?;
        let function = Arc::new(FunctionType {
            names: names.into(),
            params: TypeList::new(params).map_err(InvalidComponent::of_type(at.offset))?,
            results: TypeList::new(result.clone()).map_err(InvalidComponent::of_type(at.offset))?,
            result,
            is_async: function.async_,
        });
        self.functions.insert(id, Arc::clone(&function));
        Ok(function)
    }

    /// Returns the type of a value, if there is one.
    pub(super) fn optional(
        &mut self,
        at: Resolved<'_>,
        ty: Option<ComponentValType>,
    ) -> Result<Option<Type>, InvalidComponent> {
        ty.map(|ty| self.value(at, ty)).transpose()
    }

    pub(super) fn value(
        &mut self,
        at: Resolved<'_>,
        ty: ComponentValType,
    ) -> Result<Type, InvalidComponent> {
        match ty {
            ComponentValType::Primitive(ty) => Ok(primitive(ty)),
            ComponentValType::Type(id) => self.defined(at, id),
        }
    }

    fn values(
        &mut self,
        at: Resolved<'_>,
        types: &[ComponentValType],
    ) -> Result<Vec<Type>, InvalidComponent> {
        types.iter().map(|ty| self.value(at, *ty)).collect()
    }

    /// Returns the type of a value that the component defines. The validator limits how deeply
    /// these are nested.
    pub(super) fn defined(
        &mut self,
        at: Resolved<'_>,
        id: ComponentDefinedTypeId,
    ) -> Result<Type, InvalidComponent> {
        if let Some(ty) = self.values.get(&id) {
            return Ok(ty.clone());
        }
        let defined = at.types.get(id).ok_or_else(|| at.unexpected("there is no such type"))?;
        let ty = match defined {
            ComponentDefinedType::Primitive(ty) => Ok(primitive(*ty)),
            ComponentDefinedType::Record(record) => {
                let mut fields: Vec<(Box<str>, Type)> = Vec::with_capacity(record.fields.len());
                for (name, ty) in &record.fields {
                    fields.push((name.as_str().into(), self.value(at, *ty)?));
                }
                Type::record(fields)
            }
            ComponentDefinedType::Variant(variant) => {
                let mut cases: Vec<(Box<str>, Option<Type>)> =
                    Vec::with_capacity(variant.cases.len());
                for (name, case) in &variant.cases {
                    cases.push((name.as_str().into(), self.optional(at, case.ty)?));
                }
                Type::variant(cases)
            }
            ComponentDefinedType::List { element, .. } => Type::list(self.value(at, *element)?),
            ComponentDefinedType::Map { key, value, .. } => {
                Type::map(self.value(at, *key)?, self.value(at, *value)?)
            }
            ComponentDefinedType::FixedLengthList { element, length, .. } => {
                Type::fixed_length_list(self.value(at, *element)?, *length)
            }
            ComponentDefinedType::Tuple(tuple) => Type::tuple(self.values(at, &tuple.types)?),
            ComponentDefinedType::Flags(labels) => {
                Type::flags(labels.iter().map(KebabString::as_str))
            }
            ComponentDefinedType::Enum(labels) => {
                Type::enumeration(labels.iter().map(KebabString::as_str))
            }
            ComponentDefinedType::Option { ty, .. } => Type::option(self.value(at, *ty)?),
            ComponentDefinedType::Result { ok, err, .. } => {
                Type::result(self.optional(at, *ok)?, self.optional(at, *err)?)
            }
            ComponentDefinedType::Own(resource) => {
                Ok(Type::Own(TypeIndex(self.slot(resource.resource()))))
            }
            ComponentDefinedType::Borrow(resource) => {
                Ok(Type::Borrow(TypeIndex(self.slot(resource.resource()))))
            }
            ComponentDefinedType::Future { ty, .. } => {
                Type::future(self.optional(at, *ty)?, UNRESOLVED)
            }
            ComponentDefinedType::Stream { ty, .. } => {
                Type::stream(self.optional(at, *ty)?, UNRESOLVED)
            }
        }
        .map_err(InvalidComponent::of_type(at.offset))?;
        self.values.insert(id, ty.clone());
        Ok(ty)
    }
}

const fn primitive(ty: PrimitiveValType) -> Type {
    match ty {
        PrimitiveValType::Bool => Type::Bool,
        PrimitiveValType::S8 => Type::S8,
        PrimitiveValType::U8 => Type::U8,
        PrimitiveValType::S16 => Type::S16,
        PrimitiveValType::U16 => Type::U16,
        PrimitiveValType::S32 => Type::S32,
        PrimitiveValType::U32 => Type::U32,
        PrimitiveValType::S64 => Type::S64,
        PrimitiveValType::U64 => Type::U64,
        PrimitiveValType::F32 => Type::F32,
        PrimitiveValType::F64 => Type::F64,
        PrimitiveValType::Char => Type::Char,
        PrimitiveValType::String => Type::String,
        PrimitiveValType::ErrorContext => Type::ErrorContext,
    }
}

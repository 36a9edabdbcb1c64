//! Types of core functions, and of the imports and exports of core modules.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::sync::Arc;
use alloc::vec::Vec;

use wasmparser::component_types::ComponentCoreModuleTypeId;
use wasmparser::types::{CoreTypeId, EntityType};
use wasmparser::{
    AbstractHeapType, CompositeInnerType, FuncType, Import, ImportSectionReader, RefType, ValType,
};

use crate::abi::{CoreFunctionType, FlatTypes};
use crate::component::definition::extern_type::{
    CoreExternType, CoreImport, CoreLimits, CoreSignature, CoreValueType, HeapType, ModuleType,
    ReferenceType,
};
use crate::core_value::{CoreType, IntegerType};

use super::InvalidComponent;
use super::value_types::{KnownTypes, Resolved};

impl<'a> Resolved<'a> {
    /// Returns the type of the core function with this index.
    pub(super) fn core_function(self, index: u32) -> Result<CoreFunctionType, InvalidComponent> {
        if index >= self.types.function_count() {
            return Err(self.unexpected("there is no such core function"));
        }
        self.core_function_type(self.types.core_function_at(index))
    }

    /// Returns the type of a core function that a canonical definition makes or uses.
    pub(super) fn core_function_type(
        self,
        id: CoreTypeId,
    ) -> Result<CoreFunctionType, InvalidComponent> {
        let function = self.function_type(id)?;
        let flat = |types: &[ValType]| {
            types.iter().try_fold(FlatTypes::EMPTY, |flat, ty| Some(flat.push(flat_type(*ty)?)))
        };
        match (flat(function.params()), flat(function.results())) {
            (Some(params), Some(results)) => Ok(CoreFunctionType { params, results }),
            _ => Err(self.unexpected("no canonical definition uses vectors")),
        }
    }

    fn function_type(self, id: CoreTypeId) -> Result<&'a FuncType, InvalidComponent> {
        match self.types.get(id).map(|ty| &ty.composite_type.inner) {
            Some(CompositeInnerType::Func(function)) => Ok(function),
            _ => Err(self.unexpected("this is not a function type")),
        }
    }
}

const fn flat_type(ty: ValType) -> Option<CoreType> {
    match ty {
        ValType::I32 => Some(CoreType::I32),
        ValType::I64 => Some(CoreType::I64),
        ValType::F32 => Some(CoreType::F32),
        ValType::F64 => Some(CoreType::F64),
        ValType::Ref(_) => Some(CoreType::Function),
        ValType::V128 => None,
    }
}

/// Returns the type of addresses of a 64-bit or 32-bit memory, or of indices of a table.
pub(super) const fn address_type(is_64_bit: bool) -> IntegerType {
    if is_64_bit { IntegerType::I64 } else { IntegerType::I32 }
}

/// Returns the type of the core module with these types. Its imports are in the order of its
/// section.
pub(super) fn module_type(
    at: Resolved<'_>,
    section: Option<ImportSectionReader<'_>>,
) -> Result<Arc<ModuleType>, InvalidComponent> {
    let (Some(core_imports), Some(core_exports)) =
        (at.types.core_imports(), at.types.core_exports())
    else {
        return Err(at.unexpected("this is not a core module"));
    };
    let mut known = KnownTypes::default();
    let mut imports = Vec::new();
    for (from, name, ty) in core_imports {
        let ty = known.core_entity(at, ty)?;
        imports.push(CoreImport { module: from.into(), name: name.into(), ty });
    }
    // The validator has those with the same name next to one another.
    let is_twice = |pair: &[CoreImport]| match pair {
        [one, other] => one.module == other.module && one.name == other.name,
        _ => false,
    };
    if imports.windows(2).any(is_twice)
        && let Some(section) = section
    {
        imports = in_order(imports, section);
    }
    let mut exports: Vec<(Box<str>, _)> = Vec::new();
    for (name, ty) in core_exports {
        exports.push((name.into(), known.core_entity(at, ty)?));
    }
    Ok(Arc::new(ModuleType { imports: imports.into(), exports: exports.into() }))
}

/// Sorts imports into the order of their section. Those with the same name keep their order.
fn in_order(imports: Vec<CoreImport>, section: ImportSectionReader<'_>) -> Vec<CoreImport> {
    let mut by_name: BTreeMap<_, VecDeque<_>> = BTreeMap::new();
    for import in imports {
        let name = (import.module.clone(), import.name.clone());
        by_name.entry(name).or_default().push_back(import);
    }
    let section = section.into_imports().map_while(Result::ok);
    let next = |import: Import<'_>| {
        by_name.get_mut(&(import.module.into(), import.name.into()))?.pop_front()
    };
    section.filter_map(next).collect()
}

impl KnownTypes {
    pub(super) fn module(
        &mut self,
        at: Resolved<'_>,
        id: ComponentCoreModuleTypeId,
    ) -> Result<Arc<ModuleType>, InvalidComponent> {
        if let Some(module) = self.modules.get(&id) {
            return Ok(Arc::clone(module));
        }
        let module =
            at.types.get(id).ok_or_else(|| at.unexpected("there is no such module type"))?;
        let mut imports = Vec::with_capacity(module.imports.len());
        for ((from, name), ty) in &module.imports {
            imports.push(CoreImport {
                module: from.as_str().into(),
                name: name.as_str().into(),
                ty: self.core_entity(at, *ty)?,
            });
        }
        let mut exports: Vec<(Box<str>, _)> = Vec::with_capacity(module.exports.len());
        for (name, ty) in &module.exports {
            exports.push((name.as_str().into(), self.core_entity(at, *ty)?));
        }
        let module = Arc::new(ModuleType { imports: imports.into(), exports: exports.into() });
        self.modules.insert(id, Arc::clone(&module));
        Ok(module)
    }

    fn core_entity(
        &mut self,
        at: Resolved<'_>,
        ty: EntityType,
    ) -> Result<CoreExternType, InvalidComponent> {
        Ok(match ty {
            EntityType::Func(id) | EntityType::FuncExact(id) => {
                CoreExternType::Function(self.core_signature(at, id)?)
            }
            EntityType::Tag(id) => CoreExternType::Tag(self.core_signature(at, id)?),
            EntityType::Table(table) => CoreExternType::Table {
                element: self.reference(at, table.element_type)?,
                limits: CoreLimits {
                    address_type: address_type(table.table64),
                    minimum: table.initial,
                    maximum: table.maximum,
                    is_shared: table.shared,
                },
            },
            EntityType::Memory(memory) => CoreExternType::Memory {
                limits: CoreLimits {
                    address_type: address_type(memory.memory64),
                    minimum: memory.initial,
                    maximum: memory.maximum,
                    is_shared: memory.shared,
                },
                page_size_log2: memory.page_size_log2.unwrap_or(16),
            },
            EntityType::Global(global) => CoreExternType::Global {
                ty: self.core_value(at, global.content_type)?,
                is_mutable: global.mutable,
                is_shared: global.shared,
            },
        })
    }

    fn core_signature(
        &mut self,
        at: Resolved<'_>,
        id: CoreTypeId,
    ) -> Result<Arc<CoreSignature>, InvalidComponent> {
        if let Some(signature) = self.core_signatures.get(&id) {
            return Ok(Arc::clone(signature));
        }
        let function = at.function_type(id)?;
        let signature = Arc::new(CoreSignature {
            params: self.core_values(at, function.params())?,
            results: self.core_values(at, function.results())?,
        });
        self.core_signatures.insert(id, Arc::clone(&signature));
        Ok(signature)
    }

    fn core_values(
        &mut self,
        at: Resolved<'_>,
        types: &[ValType],
    ) -> Result<Box<[CoreValueType]>, InvalidComponent> {
        types.iter().map(|ty| self.core_value(at, *ty)).collect()
    }

    fn core_value(
        &mut self,
        at: Resolved<'_>,
        ty: ValType,
    ) -> Result<CoreValueType, InvalidComponent> {
        Ok(match ty {
            ValType::I32 => CoreValueType::I32,
            ValType::I64 => CoreValueType::I64,
            ValType::F32 => CoreValueType::F32,
            ValType::F64 => CoreValueType::F64,
            ValType::V128 => CoreValueType::V128,
            ValType::Ref(reference) => CoreValueType::Reference(self.reference(at, reference)?),
        })
    }

    fn reference(
        &mut self,
        at: Resolved<'_>,
        ty: RefType,
    ) -> Result<ReferenceType, InvalidComponent> {
        let heap_type = match ty.heap_type() {
            wasmparser::HeapType::Abstract { shared, ty } => {
                HeapType::Abstract { name: abstract_name(ty), is_shared: shared }
            }
            wasmparser::HeapType::Concrete(index) | wasmparser::HeapType::Exact(index) => {
                let id = index
                    .as_core_type_id()
                    .ok_or_else(|| at.unexpected("a reference without a type"))?;
                let next = u32::try_from(self.core_types.len()).unwrap_or(u32::MAX);
                HeapType::Defined(*self.core_types.entry(id).or_insert(next))
            }
        };
        Ok(ReferenceType { is_nullable: ty.is_nullable(), heap_type })
    }
}

const fn abstract_name(ty: AbstractHeapType) -> &'static str {
    match ty {
        AbstractHeapType::Func => "func",
        AbstractHeapType::Extern => "extern",
        AbstractHeapType::Any => "any",
        AbstractHeapType::None => "none",
        AbstractHeapType::NoExtern => "noextern",
        AbstractHeapType::NoFunc => "nofunc",
        AbstractHeapType::Eq => "eq",
        AbstractHeapType::Struct => "struct",
        AbstractHeapType::Array => "array",
        AbstractHeapType::I31 => "i31",
        AbstractHeapType::Exn => "exn",
        AbstractHeapType::NoExn => "noexn",
        AbstractHeapType::Cont => "cont",
        AbstractHeapType::NoCont => "nocont",
    }
}

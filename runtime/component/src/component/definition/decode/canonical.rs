//! Canonical definitions: functions that are lifted or lowered, and built-ins.

use wasmparser::component_types::{ComponentCoreTypeId, ComponentValType as ResolvedType};
use wasmparser::{CanonicalFunction, CanonicalOption, ComponentValType, ValType};

use crate::abi::{StringEncoding, Type};
use crate::component::definition::generated::builtin::BuiltinTemplate;
use crate::component::definition::immediates::{
    CanonicalOptions, Immediates, StartFunction, StartTable,
};
use crate::component::definition::items::Item;
use crate::core_value::{CoreType, IntegerType};

use super::InvalidComponent;
use super::core_types::address_type;
use super::sections::{Scope, next};
use super::value_types::{KnownTypes, Resolved};

impl Scope {
    pub(super) fn canonical(
        &mut self,
        at: Resolved<'_>,
        function: CanonicalFunction,
    ) -> Result<(), InvalidComponent> {
        let item = match function {
            CanonicalFunction::Lift { core_func_index, options, .. } => {
                let function = at.function(next(&mut self.counts.functions))?;
                Item::Lift {
                    core_function: core_func_index,
                    options: at.options(&options)?,
                    ty: self.known.function(at, function)?,
                }
            }
            CanonicalFunction::Lower { func_index, options } => Item::Lower {
                function: func_index,
                options: at.options(&options)?,
                ty: self.known.function(at, at.function(func_index)?)?,
                signature: at.core_function(next(&mut self.counts.core_functions))?,
            },
            function => {
                let mut parsed = Parsed { known: &mut self.known, at };
                let template = BuiltinTemplate::decode(function, &mut parsed)?
                    .ok_or_else(|| at.unexpected("lifting and lowering are not built-ins"))?;
                let signature = at.core_function(next(&mut self.counts.core_functions))?;
                Item::Builtin { template, signature }
            }
        };
        self.items.push(item);
        Ok(())
    }
}

/// The known parts of the definition in which the immediates of a built-in are parsed.
struct Parsed<'a, 'at> {
    known: &'a mut KnownTypes,
    at: Resolved<'at>,
}

impl Immediates for Parsed<'_, '_> {
    type Error = InvalidComponent;

    fn resource(&mut self, index: u32) -> Result<u32, InvalidComponent> {
        self.known.resource(self.at, index)
    }

    fn representation(&mut self, slot: u32) -> Result<IntegerType, InvalidComponent> {
        let representation = self.known.representations.get(&slot).copied();
        representation
            .ok_or_else(|| self.at.unexpected("this resource type belongs to another component"))
    }

    fn element(&mut self, index: u32) -> Result<Option<Type>, InvalidComponent> {
        self.known.end(self.at, index)
    }

    fn result(&mut self, ty: Option<ComponentValType>) -> Result<Option<Type>, InvalidComponent> {
        ty.map(|ty| match ty {
            ComponentValType::Primitive(ty) => {
                self.known.value(self.at, ResolvedType::Primitive(ty))
            }
            ComponentValType::Type(index) => {
                self.known.defined(self.at, self.at.defined_type(index)?)
            }
        })
        .transpose()
    }

    fn options(
        &mut self,
        options: &[CanonicalOption],
    ) -> Result<CanonicalOptions, InvalidComponent> {
        self.at.options(options)
    }

    fn integer(&mut self, ty: ValType) -> Result<IntegerType, InvalidComponent> {
        match ty {
            ValType::I32 => Ok(IntegerType::I32),
            ValType::I64 => Ok(IntegerType::I64),
            _ => Err(self.at.unexpected("this is not an integer type")),
        }
    }

    fn memory_address(&mut self, memory: u32) -> Result<IntegerType, InvalidComponent> {
        self.at.memory_address(memory)
    }

    fn start_function(&mut self, index: u32) -> Result<StartFunction, InvalidComponent> {
        if index >= self.at.types.core_type_count_in_component() {
            return Err(self.at.unexpected("there is no such core type"));
        }
        let ComponentCoreTypeId::Sub(id) = self.at.types.core_type_at_in_component(index) else {
            return Err(self.at.unexpected("this is not a function type"));
        };
        let ty = self.at.core_function_type(id)?;
        let parameter = match ty.params.get(0) {
            Some(CoreType::I32) => IntegerType::I32,
            Some(CoreType::I64) => IntegerType::I64,
            _ => return Err(self.at.unexpected("a thread starts with an integer")),
        };
        Ok(StartFunction { ty, parameter })
    }

    fn start_table(&mut self, table: u32) -> Result<StartTable, InvalidComponent> {
        if table < self.at.types.table_count() {
            let address = address_type(self.at.types.table_at(table).table64);
            Ok(StartTable { table, address })
        } else {
            Err(self.at.unexpected("there is no such table"))
        }
    }
}

impl Resolved<'_> {
    fn options(self, options: &[CanonicalOption]) -> Result<CanonicalOptions, InvalidComponent> {
        let mut all = CanonicalOptions {
            address_type: IntegerType::I32,
            string_encoding: StringEncoding::Utf8,
            memory: None,
            realloc: None,
            post_return: None,
            callback: None,
            is_async: false,
        };
        for option in options {
            match *option {
                CanonicalOption::UTF8 => all.string_encoding = StringEncoding::Utf8,
                CanonicalOption::UTF16 => all.string_encoding = StringEncoding::Utf16,
                CanonicalOption::CompactUTF16 => all.string_encoding = StringEncoding::Latin1Utf16,
                CanonicalOption::Memory(memory) => {
                    all.memory = Some(memory);
                    all.address_type = self.memory_address(memory)?;
                }
                CanonicalOption::Realloc(function) => all.realloc = Some(function),
                CanonicalOption::PostReturn(function) => all.post_return = Some(function),
                CanonicalOption::Callback(function) => all.callback = Some(function),
                CanonicalOption::Async => all.is_async = true,
                CanonicalOption::CoreType(_) | CanonicalOption::Gc => {
                    return Err(InvalidComponent::garbage_collection(self.offset));
                }
            }
        }
        Ok(all)
    }

    fn memory_address(self, memory: u32) -> Result<IntegerType, InvalidComponent> {
        if memory < self.types.memory_count() {
            Ok(address_type(self.types.memory_at(memory).memory64))
        } else {
            Err(self.unexpected("there is no such memory"))
        }
    }
}

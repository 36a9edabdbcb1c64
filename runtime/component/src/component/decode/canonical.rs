//! Canonical definitions: functions that are lifted or lowered, and built-ins.

use wasmparser::component_types::{ComponentCoreTypeId, ComponentValType as ResolvedType};
use wasmparser::{CanonicalFunction, CanonicalOption, ComponentValType, ValType};

use crate::abi::{StringEncoding, Type};
use crate::builtin::{
    BackpressureDefinition, ContextDefinition, Definition, ErrorContextDefinition,
    SubtaskDefinition, TaskDefinition, ThreadDefinition, WaitableDefinition,
};
use crate::core_value::{CoreType, IntegerType};

use super::super::builtin_template::{BuiltinTemplate, EndOperation, StartFunction, StartTable};
use super::super::definition::{CanonicalOptions, Item};
use super::InvalidComponent;
use super::core_types::address_type;
use super::sections::{Scope, next};
use super::value_types::Resolved;

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
            function => Item::Builtin {
                template: self.builtin(at, function)?,
                signature: at.core_function(next(&mut self.counts.core_functions))?,
            },
        };
        self.items.push(item);
        Ok(())
    }

    #[expect(clippy::too_many_lines, reason = "a row for each built-in")]
    fn builtin(
        &mut self,
        at: Resolved<'_>,
        function: CanonicalFunction,
    ) -> Result<BuiltinTemplate, InvalidComponent> {
        Ok(match function {
            CanonicalFunction::Lift { .. } | CanonicalFunction::Lower { .. } => {
                return Err(at.unexpected("lifting and lowering are no built-ins"));
            }
            CanonicalFunction::ResourceNew { resource } => {
                let slot = self.known.resource(at, resource)?;
                BuiltinTemplate::ResourceNew {
                    slot,
                    representation: self.representation(at, slot)?,
                }
            }
            CanonicalFunction::ResourceDrop { resource } => {
                BuiltinTemplate::ResourceDrop { slot: self.known.resource(at, resource)? }
            }
            CanonicalFunction::ResourceRep { resource } => {
                let slot = self.known.resource(at, resource)?;
                BuiltinTemplate::ResourceRep {
                    slot,
                    representation: self.representation(at, slot)?,
                }
            }
            CanonicalFunction::BackpressureInc => unnumbered(BackpressureDefinition::Inc),
            CanonicalFunction::BackpressureDec => unnumbered(BackpressureDefinition::Dec),
            CanonicalFunction::TaskReturn { result, options } => BuiltinTemplate::TaskReturn {
                result: result.map(|ty| self.written(at, ty)).transpose()?,
                options: at.options(&options)?,
            },
            CanonicalFunction::TaskCancel => unnumbered(TaskDefinition::Cancel),
            CanonicalFunction::ContextGet { ty, slot } => {
                unnumbered(ContextDefinition::Get { ty: at.integer(ty)?, slot })
            }
            CanonicalFunction::ContextSet { ty, slot } => {
                unnumbered(ContextDefinition::Set { ty: at.integer(ty)?, slot })
            }
            CanonicalFunction::SubtaskDrop => unnumbered(SubtaskDefinition::Drop),
            CanonicalFunction::SubtaskCancel { async_ } => {
                unnumbered(SubtaskDefinition::Cancel { is_async: async_ })
            }
            CanonicalFunction::StreamNew { ty } => self.stream(at, ty, EndOperation::New)?,
            CanonicalFunction::StreamRead { ty, options } => {
                self.stream(at, ty, EndOperation::Read(at.options(&options)?))?
            }
            CanonicalFunction::StreamWrite { ty, options } => {
                self.stream(at, ty, EndOperation::Write(at.options(&options)?))?
            }
            CanonicalFunction::StreamForward { ty } => {
                self.stream(at, ty, EndOperation::Forward)?
            }
            CanonicalFunction::StreamCancelRead { ty, async_ } => {
                self.stream(at, ty, EndOperation::CancelRead { is_async: async_ })?
            }
            CanonicalFunction::StreamCancelWrite { ty, async_ } => {
                self.stream(at, ty, EndOperation::CancelWrite { is_async: async_ })?
            }
            CanonicalFunction::StreamDropReadable { ty } => {
                self.stream(at, ty, EndOperation::DropReadable)?
            }
            CanonicalFunction::StreamDropWritable { ty } => {
                self.stream(at, ty, EndOperation::DropWritable)?
            }
            CanonicalFunction::FutureNew { ty } => self.future(at, ty, EndOperation::New)?,
            CanonicalFunction::FutureRead { ty, options } => {
                self.future(at, ty, EndOperation::Read(at.options(&options)?))?
            }
            CanonicalFunction::FutureWrite { ty, options } => {
                self.future(at, ty, EndOperation::Write(at.options(&options)?))?
            }
            CanonicalFunction::FutureForward { ty } => {
                self.future(at, ty, EndOperation::Forward)?
            }
            CanonicalFunction::FutureCancelRead { ty, async_ } => {
                self.future(at, ty, EndOperation::CancelRead { is_async: async_ })?
            }
            CanonicalFunction::FutureCancelWrite { ty, async_ } => {
                self.future(at, ty, EndOperation::CancelWrite { is_async: async_ })?
            }
            CanonicalFunction::FutureDropReadable { ty } => {
                self.future(at, ty, EndOperation::DropReadable)?
            }
            CanonicalFunction::FutureDropWritable { ty } => {
                self.future(at, ty, EndOperation::DropWritable)?
            }
            CanonicalFunction::ErrorContextNew { options } => {
                BuiltinTemplate::ErrorContextNew { options: at.options(&options)? }
            }
            CanonicalFunction::ErrorContextDebugMessage { options } => {
                BuiltinTemplate::ErrorContextDebugMessage { options: at.options(&options)? }
            }
            CanonicalFunction::ErrorContextDrop => unnumbered(ErrorContextDefinition::Drop),
            CanonicalFunction::WaitableSetNew => unnumbered(WaitableDefinition::SetNew),
            CanonicalFunction::WaitableSetWait { memory } => BuiltinTemplate::WaitableSetWait {
                memory,
                memory_address: at.memory_address(memory)?,
            },
            CanonicalFunction::WaitableSetPoll { memory } => BuiltinTemplate::WaitableSetPoll {
                memory,
                memory_address: at.memory_address(memory)?,
            },
            CanonicalFunction::WaitableSetDrop => unnumbered(WaitableDefinition::SetDrop),
            CanonicalFunction::WaitableJoin => unnumbered(WaitableDefinition::Join),
            CanonicalFunction::ThreadIndex => unnumbered(ThreadDefinition::Index),
            CanonicalFunction::ThreadNewIndirect { func_ty_index, table_index } => {
                BuiltinTemplate::ThreadNewIndirect(
                    at.start_function(func_ty_index)?,
                    at.start_table(table_index)?,
                )
            }
            CanonicalFunction::ThreadResumeLater => unnumbered(ThreadDefinition::ResumeLater),
            CanonicalFunction::ThreadSuspend => unnumbered(ThreadDefinition::Suspend),
            CanonicalFunction::ThreadYield => unnumbered(ThreadDefinition::Yield),
            CanonicalFunction::ThreadSuspendThenResume => {
                unnumbered(ThreadDefinition::SuspendThenResume)
            }
            CanonicalFunction::ThreadYieldThenResume => {
                unnumbered(ThreadDefinition::YieldThenResume)
            }
            CanonicalFunction::ThreadSuspendThenPromote => {
                unnumbered(ThreadDefinition::SuspendThenPromote)
            }
            CanonicalFunction::ThreadYieldThenPromote => {
                unnumbered(ThreadDefinition::YieldThenPromote)
            }
            // The parser knows these three only as they were before the spec gave them the
            // immediate `shared?`, and as if it were there.
            CanonicalFunction::ThreadSpawnRef { func_ty_index } => {
                BuiltinTemplate::ThreadSpawnRef {
                    is_shared: true,
                    start: at.start_function(func_ty_index)?,
                }
            }
            CanonicalFunction::ThreadSpawnIndirect { func_ty_index, table_index } => {
                BuiltinTemplate::ThreadSpawnIndirect {
                    is_shared: true,
                    start: at.start_function(func_ty_index)?,
                    table: at.start_table(table_index)?,
                }
            }
            CanonicalFunction::ThreadAvailableParallelism => {
                unnumbered(ThreadDefinition::AvailableParallelism { is_shared: true })
            }
        })
    }

    fn stream(
        &mut self,
        at: Resolved<'_>,
        ty: u32,
        operation: EndOperation,
    ) -> Result<BuiltinTemplate, InvalidComponent> {
        Ok(BuiltinTemplate::Stream { element: self.known.end(at, ty)?, operation })
    }

    fn future(
        &mut self,
        at: Resolved<'_>,
        ty: u32,
        operation: EndOperation,
    ) -> Result<BuiltinTemplate, InvalidComponent> {
        Ok(BuiltinTemplate::Future { value: self.known.end(at, ty)?, operation })
    }

    fn representation(&self, at: Resolved<'_>, slot: u32) -> Result<IntegerType, InvalidComponent> {
        let representation = self.known.representations.get(&slot).copied();
        representation.ok_or_else(|| at.unexpected("this resource type is another component's"))
    }

    /// The type of a value as it is written in the bytes.
    fn written(
        &mut self,
        at: Resolved<'_>,
        ty: ComponentValType,
    ) -> Result<Type, InvalidComponent> {
        match ty {
            ComponentValType::Primitive(ty) => self.known.value(at, ResolvedType::Primitive(ty)),
            ComponentValType::Type(index) => self.known.defined(at, at.defined_type(index)?),
        }
    }
}

fn unnumbered(definition: impl Into<Definition>) -> BuiltinTemplate {
    BuiltinTemplate::Unnumbered(definition.into())
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

    fn integer(self, ty: ValType) -> Result<IntegerType, InvalidComponent> {
        match ty {
            ValType::I32 => Ok(IntegerType::I32),
            ValType::I64 => Ok(IntegerType::I64),
            _ => Err(self.unexpected("this is no integer type")),
        }
    }

    fn memory_address(self, memory: u32) -> Result<IntegerType, InvalidComponent> {
        if memory < self.types.memory_count() {
            Ok(address_type(self.types.memory_at(memory).memory64))
        } else {
            Err(self.unexpected("there is no such memory"))
        }
    }

    fn start_table(self, table: u32) -> Result<StartTable, InvalidComponent> {
        if table < self.types.table_count() {
            let address = address_type(self.types.table_at(table).table64);
            Ok(StartTable { table, address })
        } else {
            Err(self.unexpected("there is no such table"))
        }
    }

    fn start_function(self, index: u32) -> Result<StartFunction, InvalidComponent> {
        if index >= self.types.core_type_count_in_component() {
            return Err(self.unexpected("there is no such core type"));
        }
        let ComponentCoreTypeId::Sub(id) = self.types.core_type_at_in_component(index) else {
            return Err(self.unexpected("this is no function type"));
        };
        let ty = self.core_function_type(id)?;
        let parameter = match ty.params.get(0) {
            Some(CoreType::I32) => IntegerType::I32,
            Some(CoreType::I64) => IntegerType::I64,
            _ => return Err(self.unexpected("a thread starts with an integer")),
        };
        Ok(StartFunction { ty, parameter })
    }
}

//! The canonical definition of a built-in before the store's numbers are known.

use crate::abi::{CoreFunctionType, HandleNumbers, Type};
use crate::builtin::{
    CoreTypeIndex, Definition, ErrorContextDefinition, FutureDefinition, MemoryIndex, OptionsIndex,
    ResourceDefinition, StreamDefinition, TableIndex, TaskDefinition, ThreadDefinition, TypeIndex,
    WaitableDefinition,
};
use crate::core_value::IntegerType;

use super::definition::CanonicalOptions;

/// A built-in and what its canonical definition fixes: indices and slots of the component
/// definition, and types with resource types by their slots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BuiltinTemplate {
    /// One that fixes nothing that is numbered.
    Unnumbered(Definition),
    /// `resource.new`
    ResourceNew {
        /// The slot of the resource type.
        slot: u32,
        /// The type of its representation.
        representation: IntegerType,
    },
    /// `resource.drop`
    ResourceDrop {
        /// The slot of the resource type.
        slot: u32,
    },
    /// `resource.rep`
    ResourceRep {
        /// The slot of the resource type.
        slot: u32,
        /// The type of its representation.
        representation: IntegerType,
    },
    /// `task.return`
    TaskReturn {
        /// The type of the result.
        result: Option<Type>,
        /// How it is lifted.
        options: CanonicalOptions,
    },
    /// `waitable-set.wait`
    WaitableSetWait {
        /// The core memory that gets the event.
        memory: u32,
        /// What its addresses are.
        memory_address: IntegerType,
    },
    /// `waitable-set.poll`
    WaitableSetPoll {
        /// The core memory that gets the event.
        memory: u32,
        /// What its addresses are.
        memory_address: IntegerType,
    },
    /// One of family `stream`.
    Stream {
        /// The type of the elements.
        element: Option<Type>,
        /// Which.
        operation: EndOperation,
    },
    /// One of family `future`.
    Future {
        /// The type of the value.
        value: Option<Type>,
        /// Which.
        operation: EndOperation,
    },
    /// `error-context.new`
    ErrorContextNew {
        /// How the message is lifted.
        options: CanonicalOptions,
    },
    /// `error-context.debug-message`
    ErrorContextDebugMessage {
        /// How the message is lowered.
        options: CanonicalOptions,
    },
    /// `thread.new-indirect`
    ThreadNewIndirect(StartFunction, StartTable),
    /// `thread.spawn-ref`
    ThreadSpawnRef {
        /// Whether the thread runs in parallel.
        is_shared: bool,
        /// What it calls.
        start: StartFunction,
    },
    /// `thread.spawn-indirect`
    ThreadSpawnIndirect {
        /// Whether the thread runs in parallel.
        is_shared: bool,
        /// What it calls.
        start: StartFunction,
        /// Where that is.
        table: StartTable,
    },
}

/// A built-in that streams and futures have both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum EndOperation {
    /// `new`
    New,
    /// `read`
    Read(CanonicalOptions),
    /// `write`
    Write(CanonicalOptions),
    /// `cancel-read`
    CancelRead {
        /// Whether it gives `BLOCKED` where it would have to wait.
        is_async: bool,
    },
    /// `cancel-write`
    CancelWrite {
        /// Whether it gives `BLOCKED` where it would have to wait.
        is_async: bool,
    },
    /// `drop-readable`
    DropReadable,
    /// `drop-writable`
    DropWritable,
    /// `forward`
    Forward,
}

/// What a new thread calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct StartFunction {
    /// The type of the core function.
    pub(crate) ty: CoreFunctionType,
    /// The type of its one parameter.
    pub(crate) parameter: IntegerType,
}

/// Where the function that a new thread calls is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct StartTable {
    /// The core table.
    pub(crate) table: u32,
    /// What its indices are.
    pub(crate) address: IntegerType,
}

/// Whoever knows the numbers of a store, for one component instance.
pub(crate) trait BuiltinNumbers: HandleNumbers {
    /// The number of a type of a value, with resource types by their slots.
    fn value_type(&mut self, ty: &Type) -> Result<TypeIndex, Self::Error>;
    /// The number of a set of options.
    fn options(&mut self, options: &CanonicalOptions) -> Result<OptionsIndex, Self::Error>;
    /// The number of what `task.return` must have in common with the function it returns from.
    fn lift_options(&mut self, options: &CanonicalOptions) -> Result<OptionsIndex, Self::Error>;
    /// The number of the core memory with this index.
    fn memory(&mut self, memory: u32) -> Result<MemoryIndex, Self::Error>;
    /// The number of the core table with this index.
    fn table(&mut self, table: u32) -> Result<TableIndex, Self::Error>;
    /// The number of the type of a core function.
    fn core_type(&mut self, ty: &CoreFunctionType) -> Result<CoreTypeIndex, Self::Error>;
    /// The number of the stream type with these elements, resource types by their slots.
    fn stream_type(&mut self, element: Option<&Type>) -> Result<TypeIndex, Self::Error>;
    /// The number of the future type with this value, resource types by their slots.
    fn future_type(&mut self, value: Option<&Type>) -> Result<TypeIndex, Self::Error>;
}

impl BuiltinTemplate {
    /// The definition with the numbers of a store.
    ///
    /// # Errors
    ///
    /// Those of `numbers`.
    pub(crate) fn definition<N: BuiltinNumbers>(
        &self,
        numbers: &mut N,
    ) -> Result<Definition, N::Error> {
        Ok(match self {
            Self::Unnumbered(definition) => *definition,
            Self::ResourceNew { slot, representation } => ResourceDefinition::New {
                resource_type: numbers.resource(TypeIndex(*slot))?,
                representation: *representation,
            }
            .into(),
            Self::ResourceDrop { slot } => {
                let resource_type = numbers.resource(TypeIndex(*slot))?;
                ResourceDefinition::Drop { resource_type }.into()
            }
            Self::ResourceRep { slot, representation } => ResourceDefinition::Rep {
                resource_type: numbers.resource(TypeIndex(*slot))?,
                representation: *representation,
            }
            .into(),
            Self::TaskReturn { result, options } => TaskDefinition::Return {
                result_type: result.as_ref().map(|ty| numbers.value_type(ty)).transpose()?,
                options: numbers.lift_options(options)?,
            }
            .into(),
            Self::WaitableSetWait { memory, memory_address } => WaitableDefinition::SetWait {
                memory: numbers.memory(*memory)?,
                memory_address: *memory_address,
            }
            .into(),
            Self::WaitableSetPoll { memory, memory_address } => WaitableDefinition::SetPoll {
                memory: numbers.memory(*memory)?,
                memory_address: *memory_address,
            }
            .into(),
            Self::Stream { element, operation } => {
                let ty = numbers.stream_type(element.as_ref())?;
                operation.of_stream(ty, numbers)?.into()
            }
            Self::Future { value, operation } => {
                let ty = numbers.future_type(value.as_ref())?;
                operation.of_future(ty, numbers)?.into()
            }
            Self::ErrorContextNew { options } => ErrorContextDefinition::New {
                options: numbers.options(options)?,
                memory_address: options.address_type,
            }
            .into(),
            Self::ErrorContextDebugMessage { options } => ErrorContextDefinition::DebugMessage {
                options: numbers.options(options)?,
                memory_address: options.address_type,
            }
            .into(),
            Self::ThreadNewIndirect(start, table) => ThreadDefinition::NewIndirect {
                start_type: numbers.core_type(&start.ty)?,
                table: numbers.table(table.table)?,
                table_address: table.address,
                start_parameter: start.parameter,
            }
            .into(),
            Self::ThreadSpawnRef { is_shared, start } => ThreadDefinition::SpawnRef {
                is_shared: *is_shared,
                start_type: numbers.core_type(&start.ty)?,
                start_parameter: start.parameter,
            }
            .into(),
            Self::ThreadSpawnIndirect { is_shared, start, table } => {
                ThreadDefinition::SpawnIndirect {
                    is_shared: *is_shared,
                    start_type: numbers.core_type(&start.ty)?,
                    table: numbers.table(table.table)?,
                    table_address: table.address,
                    start_parameter: start.parameter,
                }
                .into()
            }
        })
    }
}

impl EndOperation {
    fn of_stream<N: BuiltinNumbers>(
        self,
        ty: TypeIndex,
        numbers: &mut N,
    ) -> Result<StreamDefinition, N::Error> {
        Ok(match self {
            Self::New => StreamDefinition::New { ty },
            Self::Read(options) => StreamDefinition::Read {
                ty,
                options: numbers.options(&options)?,
                is_async: options.is_async,
                memory_address: options.address_type,
            },
            Self::Write(options) => StreamDefinition::Write {
                ty,
                options: numbers.options(&options)?,
                is_async: options.is_async,
                memory_address: options.address_type,
            },
            Self::CancelRead { is_async } => StreamDefinition::CancelRead { ty, is_async },
            Self::CancelWrite { is_async } => StreamDefinition::CancelWrite { ty, is_async },
            Self::DropReadable => StreamDefinition::DropReadable { ty },
            Self::DropWritable => StreamDefinition::DropWritable { ty },
            Self::Forward => StreamDefinition::Forward { ty },
        })
    }

    fn of_future<N: BuiltinNumbers>(
        self,
        ty: TypeIndex,
        numbers: &mut N,
    ) -> Result<FutureDefinition, N::Error> {
        Ok(match self {
            Self::New => FutureDefinition::New { ty },
            Self::Read(options) => FutureDefinition::Read {
                ty,
                options: numbers.options(&options)?,
                is_async: options.is_async,
                memory_address: options.address_type,
            },
            Self::Write(options) => FutureDefinition::Write {
                ty,
                options: numbers.options(&options)?,
                is_async: options.is_async,
                memory_address: options.address_type,
            },
            Self::CancelRead { is_async } => FutureDefinition::CancelRead { ty, is_async },
            Self::CancelWrite { is_async } => FutureDefinition::CancelWrite { ty, is_async },
            Self::DropReadable => FutureDefinition::DropReadable { ty },
            Self::DropWritable => FutureDefinition::DropWritable { ty },
            Self::Forward => FutureDefinition::Forward { ty },
        })
    }
}

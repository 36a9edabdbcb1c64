//! The immediates of built-ins: as they are parsed, as a component keeps them, and with the numbers
//! of a store.
//!
//! The templates that keep them, and the code between the three forms, are generated from `spec/`.

use wasmparser::{CanonicalOption, ComponentValType, ValType};

use crate::abi::{CoreFunctionType, HandleNumbers, StringEncoding, Type};
use crate::builtin::{CoreTypeIndex, MemoryIndex, OptionsIndex, TableIndex, TypeIndex};
use crate::core_value::IntegerType;

/// The options of a canonical definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CanonicalOptions {
    /// The type of the memory's addresses; `i32` if there is no memory.
    pub(crate) address_type: IntegerType,
    /// The encoding of strings in the memory.
    pub(crate) string_encoding: StringEncoding,
    /// The core memory.
    pub(crate) memory: Option<u32>,
    /// The core function that allocates in it.
    pub(crate) realloc: Option<u32>,
    /// The core function to call after the results have been lifted.
    pub(crate) post_return: Option<u32>,
    /// The core function that gets the events.
    pub(crate) callback: Option<u32>,
    /// `true` if the option `async` is present.
    pub(crate) is_async: bool,
}

/// The function that a new thread calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct StartFunction {
    /// The type of the core function.
    pub(crate) ty: CoreFunctionType,
    /// The type of its one parameter.
    pub(crate) parameter: IntegerType,
}

/// The table in which a new thread's function is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct StartTable {
    /// The core table.
    pub(crate) table: u32,
    /// The type of its indices.
    pub(crate) address: IntegerType,
}

/// The immediate `shared?` of all built-ins that have it. The parser knows these built-ins only in
/// an earlier form, which has no such immediate and means that it is present.
pub(crate) const IS_SHARED: bool = true;

/// A component's knowledge of the things that parsed immediates refer to.
pub(crate) trait Immediates {
    /// The error if an immediate refers to nothing, which validation rules out.
    type Error;
    /// Returns the slot of the resource type with this index.
    fn resource(&mut self, index: u32) -> Result<u32, Self::Error>;
    /// Returns the type of the representation of the component's own resource type in a slot.
    fn representation(&mut self, slot: u32) -> Result<IntegerType, Self::Error>;
    /// Returns the type of the elements of the stream type, or of the value of the future type,
    /// with this index.
    fn element(&mut self, index: u32) -> Result<Option<Type>, Self::Error>;
    /// Returns the type of a result, if there is one.
    fn result(&mut self, ty: Option<ComponentValType>) -> Result<Option<Type>, Self::Error>;
    /// Returns options with the address type of their memory.
    fn options(&mut self, options: &[CanonicalOption]) -> Result<CanonicalOptions, Self::Error>;
    /// Returns a core value type as the integer type that it is.
    fn integer(&mut self, ty: ValType) -> Result<IntegerType, Self::Error>;
    /// Returns the address type of the core memory with this index.
    fn memory_address(&mut self, memory: u32) -> Result<IntegerType, Self::Error>;
    /// Returns the start function whose core type has this index.
    fn start_function(&mut self, index: u32) -> Result<StartFunction, Self::Error>;
    /// Returns the core table with this index.
    fn start_table(&mut self, table: u32) -> Result<StartTable, Self::Error>;
}

/// The numbers of a store, for one component instance.
pub(crate) trait BuiltinNumbers: HandleNumbers {
    /// Returns the number of a type of a value, with resource types by their slots.
    fn value_type(&mut self, ty: &Type) -> Result<TypeIndex, Self::Error>;
    /// Returns the number of a set of options.
    fn options(&mut self, options: &CanonicalOptions) -> Result<OptionsIndex, Self::Error>;
    /// Returns the number of the options that `task.return` must share with the function from which
    /// it returns.
    fn lift_options(&mut self, options: &CanonicalOptions) -> Result<OptionsIndex, Self::Error>;
    /// Returns the number of the core memory with this index.
    fn memory(&mut self, memory: u32) -> Result<MemoryIndex, Self::Error>;
    /// Returns the number of the core table with this index.
    fn table(&mut self, table: u32) -> Result<TableIndex, Self::Error>;
    /// Returns the number of the type of a core function.
    fn core_type(&mut self, ty: &CoreFunctionType) -> Result<CoreTypeIndex, Self::Error>;
    /// Returns the number of the stream type with these elements, resource types by their slots.
    fn stream_type(&mut self, element: Option<&Type>) -> Result<TypeIndex, Self::Error>;
    /// Returns the number of the future type with this value, resource types by their slots.
    fn future_type(&mut self, value: Option<&Type>) -> Result<TypeIndex, Self::Error>;
}

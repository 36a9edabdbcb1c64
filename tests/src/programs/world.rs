//! The instances, functions and types of every program. They differ only in the number of
//! instances, as in `World` of `tests/reference/machine.py`.

use weft::builtin::{OptionsIndex, TypeIndex};
use weft::chooser::Chooser;
use weft::error::Error;
use weft::limits::Limits;
use weft::machine::{
    FunctionId, Hooks, InstanceId, LiftMode, LiftedFunction, Machine, TypeDefinition,
};

/// The bytes of each instance's memory.
pub const MEMORY_BYTES: usize = 256;
/// The address of events.
pub const EVENT_ADDRESS: u32 = 248;
/// The address of results of imports lowered with `async`.
pub const RESULT_ADDRESS: u32 = 240;
/// The address at which the address and length of debug messages are stored.
pub const MESSAGE_ADDRESS: u32 = 232;
/// The result of `realloc`.
pub const REALLOC_ADDRESS: u32 = 200;

/// The kinds of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// `own<R>`, of the resource that the first instance defines.
    Own,
    /// `borrow<R>`
    Borrow,
    /// `stream<u8>`
    Stream,
    /// `future<u8>`
    Future,
    /// `error-context`
    ErrorContext,
}

/// The element of a stream or future.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// `u8`
    U8,
    /// `bool`
    Bool,
    /// No element.
    None,
    /// `own<R>`
    Own,
}

impl Element {
    /// Returns its size in bytes, which is also its alignment.
    #[must_use]
    pub const fn size(self) -> u32 {
        match self {
            Self::U8 | Self::Bool => 1,
            Self::None => 0,
            Self::Own => 4,
        }
    }
}

/// The types of streams, then those of futures.
pub const ENDS: [Element; 7] = [
    Element::U8,
    Element::Bool,
    Element::None,
    Element::Own,
    Element::U8,
    Element::Bool,
    Element::None,
];
/// The number of streams in [`ENDS`].
pub const STREAMS: u32 = 4;
/// The number of futures in [`ENDS`].
pub const FUTURES: u32 = 3;

/// A function of a guest, or of the host.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// The type of its parameter.
    pub param: Option<Value>,
    /// The type of its result.
    pub result: Option<Value>,
    /// Set if its type is `async`.
    pub is_async: bool,
    /// The way it is lifted; unused for a host function.
    pub lift: LiftMode,
}

const fn function(
    param: Option<Value>,
    result: Option<Value>,
    is_async: bool,
    lift: LiftMode,
) -> Function {
    Function { param, result, is_async, lift }
}

const SYNC: LiftMode = LiftMode::Sync { has_post_return: false };
const POST_RETURN: LiftMode = LiftMode::Sync { has_post_return: true };

/// The functions that every instance exports.
pub const FUNCTIONS: [Function; 13] = [
    function(None, None, false, SYNC),
    function(None, None, false, POST_RETURN),
    function(None, None, true, SYNC),
    function(None, None, true, LiftMode::Stackful),
    function(None, None, true, LiftMode::Callback),
    function(Some(Value::Stream), None, true, LiftMode::Callback),
    function(Some(Value::Own), None, true, LiftMode::Callback),
    function(Some(Value::Borrow), None, false, SYNC),
    function(Some(Value::Borrow), None, true, LiftMode::Callback),
    function(None, Some(Value::Stream), true, LiftMode::Stackful),
    function(Some(Value::Future), Some(Value::Future), true, SYNC),
    function(Some(Value::ErrorContext), Some(Value::ErrorContext), true, LiftMode::Callback),
    function(Some(Value::Own), Some(Value::Own), false, SYNC),
];

/// The host functions.
pub const HOST_FUNCTIONS: [Function; 2] =
    [function(None, None, true, SYNC), function(Some(Value::Stream), None, true, SYNC)];

/// The numbers that the machine assigned to all these.
#[derive(Debug)]
pub struct ProgramWorld {
    /// The instances.
    pub instances: Vec<InstanceId>,
    /// Their functions.
    pub functions: Vec<Vec<FunctionId>>,
    /// The host functions, in the order of their numbers here.
    pub host_functions: Vec<FunctionId>,
    /// The resource type that each instance defines.
    pub resources: Vec<TypeIndex>,
    /// The types of streams and futures.
    pub ends: Vec<TypeIndex>,
    /// The instances' memories.
    pub memories: Vec<Vec<u8>>,
}

impl ProgramWorld {
    /// Fills an empty machine.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] if it is too small.
    pub fn new<L: Limits, C: Chooser, H: Hooks>(
        machine: &mut Machine<L, C, H>,
        count: u32,
    ) -> Result<Self, Error> {
        let mut world = Self {
            instances: Vec::new(),
            functions: Vec::new(),
            host_functions: Vec::new(),
            resources: Vec::new(),
            ends: Vec::new(),
            memories: (0..count).map(memory).collect(),
        };
        for number in 0..count {
            let instance = machine.new_instance()?;
            let destructor = machine.lift(LiftedFunction {
                instance,
                is_async: false,
                lift: SYNC,
                result_type: None,
                lift_options: OptionsIndex(number),
            })?;
            let resource =
                TypeDefinition::Resource { instance: Some(instance), destructor: Some(destructor) };
            world.instances.push(instance);
            world.resources.push(machine.define_type(resource)?);
        }
        for element in ENDS {
            let is_none_or_number = matches!(element, Element::U8 | Element::None);
            world.ends.push(machine.define_type(TypeDefinition::Ends { is_none_or_number })?);
        }
        for number in 0..count {
            let functions =
                FUNCTIONS.into_iter().map(|function| world.lift(machine, number, function));
            let functions = functions.collect::<Result<_, _>>()?;
            world.functions.push(functions);
        }
        for number in 0..HOST_FUNCTIONS.len() {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            world.host_functions.push(machine.define_host_function(number)?);
        }
        Ok(world)
    }

    fn lift<L: Limits, C: Chooser, H: Hooks>(
        &self,
        machine: &mut Machine<L, C, H>,
        number: u32,
        function: Function,
    ) -> Result<FunctionId, Error> {
        machine.lift(LiftedFunction {
            instance: self.instances[number as usize],
            is_async: function.is_async,
            lift: function.lift,
            result_type: result_type(&function),
            lift_options: OptionsIndex(number),
        })
    }

    /// Returns the number of an instance.
    ///
    /// # Panics
    ///
    /// If it is another machine's.
    #[must_use]
    pub fn number_of(&self, instance: InstanceId) -> usize {
        self.instances.iter().position(|it| *it == instance).expect("an instance of this world")
    }

    /// Returns the number of `ty` among the types of streams and futures.
    ///
    /// # Panics
    ///
    /// If it is none of them.
    #[must_use]
    pub fn ends_number(&self, ty: TypeIndex) -> usize {
        self.ends.iter().position(|it| *it == ty).expect("a type of streams or futures")
    }
}

/// Returns a number for the result type of `function`, which only has to be unique.
#[must_use]
pub fn result_type(function: &Function) -> Option<TypeIndex> {
    function.result.map(|value| TypeIndex(1000 + value as u32))
}

/// Returns the initial contents of an instance's memory.
#[expect(clippy::cast_possible_truncation, reason = "any bytes will do")]
pub(crate) fn memory(number: u32) -> Vec<u8> {
    let mut memory: Vec<u8> =
        (0..MEMORY_BYTES as u32).map(|position| (position * 37 + number * 11) as u8).collect();
    for (position, letter) in (128..144).zip(b'a'..) {
        memory[position] = letter;
    }
    memory
}

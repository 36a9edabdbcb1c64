//! The instances, functions and types of every program. They differ only in the number of
//! instances and the widths of their addresses, as in `World` of `tests/reference/machine.py`.

use weft::abi::{StringEncoding, Type};
use weft::builtin::{OptionsIndex, TypeIndex};
use weft::chooser::Chooser;
use weft::core_value::{CoreValue, IntegerType};
use weft::error::Error;
use weft::limits::Limits;
use weft::machine::{
    FunctionId, Hooks, InstanceId, LiftMode, LiftedFunction, Machine, TypeDefinition,
};
use weft::trap::EndKind;

/// The bytes of each instance's memory.
pub const MEMORY_BYTES: usize = 256;
/// The address of events.
pub const EVENT_ADDRESS: u32 = 248;
/// The address of results of imports lowered with `async`.
pub const RESULT_ADDRESS: u32 = 240;
/// The result of the `realloc` of debug messages.
pub const REALLOC_ADDRESS: u32 = 200;
/// The address of the strings' contents.
const TEXT_ADDRESS: u32 = 176;
/// The address of the record of the `realloc` of elements.
pub const LOG_ADDRESS: u32 = 196;
/// The number of bytes for which the `realloc` of elements returns an address out of bounds.
pub const REFUSED_BYTES: u32 = 18;
/// For an instance of 64 bits, numbers from this one on stand for those from 4 GiB on.
pub const BEYOND: u32 = 1_000_000_000;

/// The width of an instance's addresses, positions in tables, and words of threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// 32 bits.
    Narrow,
    /// 64 bits.
    Wide,
}

impl Width {
    /// Returns the width for instance `number`, if bit `number` of `wide` means 64 bits.
    #[must_use]
    pub const fn of(wide: u32, number: u32) -> Self {
        if wide >> number & 1 == 1 { Self::Wide } else { Self::Narrow }
    }

    /// Returns the type of addresses.
    #[must_use]
    pub const fn address_type(self) -> IntegerType {
        match self {
            Self::Narrow => IntegerType::I32,
            Self::Wide => IntegerType::I64,
        }
    }

    /// Returns the type of addresses, in the text format.
    #[must_use]
    pub const fn address_name(self) -> &'static str {
        match self {
            Self::Narrow => "i32",
            Self::Wide => "i64",
        }
    }

    /// Returns the size of an address in bytes.
    #[must_use]
    pub const fn address_bytes(self) -> u32 {
        match self {
            Self::Narrow => 4,
            Self::Wide => 8,
        }
    }

    /// Returns the address of four strings: the address and length of each.
    #[must_use]
    pub const fn strings_address(self) -> u32 {
        match self {
            Self::Narrow => 144,
            Self::Wide => 64,
        }
    }

    /// Returns the address at which the address and length of debug messages are stored.
    #[must_use]
    pub const fn message_address(self) -> u32 {
        match self {
            Self::Narrow => 232,
            Self::Wide => 144,
        }
    }

    /// Returns the address out of bounds that the `realloc` of elements returns. In 32 bits, the
    /// wide one would be valid.
    #[must_use]
    pub const fn refused_address(self) -> u64 {
        match self {
            Self::Narrow => 0xffff_fff0,
            Self::Wide => (1 << 32) + REALLOC_ADDRESS as u64,
        }
    }

    /// Returns the address, length, position or word for a number of an entry.
    #[must_use]
    pub const fn widened(self, number: u32) -> u64 {
        match (self, number.checked_sub(BEYOND)) {
            (Self::Wide, Some(rest)) => (1 << 32) + rest as u64,
            _ => number as u64,
        }
    }

    /// Returns the core value for an address, length, position or word.
    #[must_use]
    pub const fn core_value(self, number: u64) -> CoreValue {
        match self {
            #[expect(clippy::cast_possible_truncation, reason = "the numbers have 32 bits there")]
            Self::Narrow => CoreValue::I32(number as u32),
            Self::Wide => CoreValue::I64(number),
        }
    }
}

/// The kinds of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// `own<R>`, of the resource that the first instance defines.
    Own,
    /// `borrow<R>`
    Borrow,
    /// The readable end of a stream or future, whose type is at this position of [`ENDS`].
    End(u32),
    /// `error-context`
    ErrorContext,
}

impl Value {
    /// `stream<u8>`
    pub const STREAM: Self = Self::End(0);
    /// `future<u8>`
    pub const FUTURE: Self = Self::End(STREAMS);

    /// Returns it in the text format.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Self::Own => "(own $r0)".to_owned(),
            Self::Borrow => "(borrow $r0)".to_owned(),
            Self::End(position) => {
                let (kind, _) = end_kind(position);
                format!("({kind} {})", ENDS[position as usize].text())
            }
            Self::ErrorContext => "error-context".to_owned(),
        }
    }
}

/// Returns the kind of the type at a position of [`ENDS`], and its position in this kind.
#[must_use]
pub const fn end_kind(position: u32) -> (EndKind, u32) {
    match position.checked_sub(STREAMS) {
        None => (EndKind::Stream, position),
        Some(position) => (EndKind::Future, position),
    }
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
    /// `u64`
    U64,
    /// `tuple<u8, u64>`, which has padding.
    Pair,
    /// `string`
    String,
    /// `stream<u8>`
    Stream,
}

impl Element {
    /// Returns its size in bytes, in a memory of a width.
    #[must_use]
    pub const fn size(self, width: Width) -> u32 {
        match self {
            Self::None => 0,
            Self::U8 | Self::Bool => 1,
            Self::Own | Self::Stream => 4,
            Self::U64 => 8,
            Self::String => 2 * width.address_bytes(),
            Self::Pair => 16,
        }
    }

    /// Returns its alignment in bytes, in a memory of a width.
    #[must_use]
    pub const fn alignment(self, width: Width) -> u32 {
        match self {
            Self::None | Self::U8 | Self::Bool => 1,
            Self::Own | Self::Stream => 4,
            Self::String => width.address_bytes(),
            Self::U64 | Self::Pair => 8,
        }
    }

    /// Returns it in the text format, where `$bytes` is `(stream u8)`.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::U8 => "u8",
            Self::Bool => "bool",
            Self::None => "",
            Self::Own => "(own $r0)",
            Self::U64 => "u64",
            Self::Pair => "(tuple u8 u64)",
            Self::String => "string",
            Self::Stream => "$bytes",
        }
    }
}

/// The types of streams, then those of futures.
pub const ENDS: [Element; 13] = [
    Element::U8,
    Element::Bool,
    Element::None,
    Element::Own,
    Element::U64,
    Element::Pair,
    Element::String,
    Element::Stream,
    Element::U8,
    Element::Bool,
    Element::None,
    Element::String,
    Element::U64,
];
/// The number of streams in [`ENDS`].
pub const STREAMS: u32 = 8;
/// The number of futures in [`ENDS`].
pub const FUTURES: u32 = 5;

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
/// The way in which functions are lifted that have a `post-return` function.
pub const POST_RETURN: LiftMode = LiftMode::Sync { has_post_return: true };

/// The number of functions that the host calls: the first ones, because the host only has ends of
/// bytes.
pub const HOST_CALLABLE: u32 = 13;

/// The functions that every instance exports.
pub const FUNCTIONS: [Function; 19] = [
    function(None, None, false, SYNC),
    function(None, None, false, POST_RETURN),
    function(None, None, true, SYNC),
    function(None, None, true, LiftMode::Stackful),
    function(None, None, true, LiftMode::Callback),
    function(Some(Value::STREAM), None, true, LiftMode::Callback),
    function(Some(Value::Own), None, true, LiftMode::Callback),
    function(Some(Value::Borrow), None, false, SYNC),
    function(Some(Value::Borrow), None, true, LiftMode::Callback),
    function(None, Some(Value::STREAM), true, LiftMode::Stackful),
    function(Some(Value::FUTURE), Some(Value::FUTURE), true, SYNC),
    function(Some(Value::ErrorContext), Some(Value::ErrorContext), true, LiftMode::Callback),
    function(Some(Value::Own), Some(Value::Own), false, SYNC),
    function(Some(Value::End(3)), None, true, LiftMode::Callback),
    function(Some(Value::End(4)), None, true, LiftMode::Callback),
    function(Some(Value::End(5)), None, true, LiftMode::Callback),
    function(Some(Value::End(6)), None, true, LiftMode::Callback),
    function(Some(Value::End(7)), None, true, LiftMode::Callback),
    function(Some(Value::End(STREAMS + 3)), None, true, LiftMode::Callback),
];

/// The host functions.
pub const HOST_FUNCTIONS: [Function; 2] =
    [function(None, None, true, SYNC), function(Some(Value::STREAM), None, true, SYNC)];

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
    /// The widths of their addresses.
    pub widths: Vec<Width>,
}

impl ProgramWorld {
    /// Fills an empty machine. Instance `number` has a memory and a table of 64 bits if bit `number`
    /// of `wide` is set.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] if it is too small.
    pub fn new<L: Limits, C: Chooser, H: Hooks>(
        machine: &mut Machine<L, C, H>,
        count: u32,
        wide: u32,
    ) -> Result<Self, Error> {
        let widths: Vec<Width> = (0..count).map(|number| Width::of(wide, number)).collect();
        let mut world = Self {
            instances: Vec::new(),
            functions: Vec::new(),
            host_functions: Vec::new(),
            resources: Vec::new(),
            ends: Vec::new(),
            memories: (0..).zip(&widths).map(|(number, width)| memory(number, *width)).collect(),
            widths,
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
            let is_none_or_number = matches!(element, Element::U8 | Element::U64 | Element::None);
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

    /// Returns the type of an element; nothing if there is none.
    ///
    /// # Panics
    ///
    /// Never: these types are valid.
    #[must_use]
    pub fn element_type(&self, element: Element) -> Option<Type> {
        Some(match element {
            Element::None => return None,
            Element::U8 => Type::U8,
            Element::Bool => Type::Bool,
            Element::Own => Type::Own(self.resources[0]),
            Element::U64 => Type::U64,
            Element::Pair => Type::tuple([Type::U8, Type::U64]).expect("a valid type"),
            Element::String => Type::String,
            Element::Stream => Type::stream(Some(Type::U8), self.ends[0]).expect("a valid type"),
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
    let number = |value| match value {
        Value::Own => 0,
        Value::Borrow => 1,
        Value::ErrorContext => 2,
        Value::End(position) => 3 + position,
    };
    function.result.map(|value| TypeIndex(1000 + number(value)))
}

/// Returns the encoding of the strings that instance `number` reads and writes.
#[must_use]
pub const fn encoding(number: u32) -> StringEncoding {
    match number % 3 {
        0 => StringEncoding::Utf8,
        1 => StringEncoding::Utf16,
        _ => StringEncoding::Latin1Utf16,
    }
}

/// The bit of a string's length in memory that means UTF-16, in 32 bits.
const TAG: u32 = 1 << 31;

/// Returns the contents of strings in this encoding, and the place and length of four strings
/// there. The last string is not valid.
const fn strings(encoding: StringEncoding) -> (&'static [u8], [(u32, u32); 4]) {
    match encoding {
        StringEncoding::Utf8 => {
            ("a\u{e9}\u{20ac}\u{1f600}b".as_bytes(), [(0, 1), (0, 6), (0, 11), (2, 1)])
        }
        StringEncoding::Utf16 => {
            (b"a\0\xe9\0\xac\x20\x3d\xd8\0\xdeb\0", [(0, 2), (0, 3), (0, 6), (6, 1)])
        }
        StringEncoding::Latin1Utf16 => {
            let text = b"a\xe9a\0\xac\x20a\0\xe9\0";
            (text, [(0, 2), (2, TAG | 2), (6, TAG | 2), (3, TAG | 1)])
        }
    }
}

/// Returns the initial contents of an instance's memory.
#[expect(clippy::cast_possible_truncation, reason = "any bytes will do")]
pub(crate) fn memory(number: u32, width: Width) -> Vec<u8> {
    let mut memory: Vec<u8> =
        (0..MEMORY_BYTES as u32).map(|position| (position * 37 + number * 11) as u8).collect();
    for (position, letter) in (128..144).zip(b'a'..) {
        memory[position] = letter;
    }
    let (text, strings) = strings(encoding(number));
    let mut fill = |address: u32, bytes: &[u8]| {
        memory[address as usize..][..bytes.len()].copy_from_slice(bytes);
    };
    fill(TEXT_ADDRESS, text);
    let mut address = width.strings_address();
    for (place, length) in strings {
        let begin = TEXT_ADDRESS + place;
        match width {
            Width::Narrow => {
                fill(address, &begin.to_le_bytes());
                fill(address + 4, &length.to_le_bytes());
            }
            Width::Wide => {
                let length = u64::from(length & !TAG) | u64::from(length & TAG) << 32;
                fill(address, &u64::from(begin).to_le_bytes());
                fill(address + 8, &length.to_le_bytes());
            }
        }
        address += 2 * width.address_bytes();
    }
    memory
}

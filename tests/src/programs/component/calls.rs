//! The calls of guests: built-ins and imports, with their numbers.

use std::ops::Range;

use weft::abi::StringEncoding;
use weft::builtin::{Builtin, SymbolicType};
use weft::core_value::CoreValue;
use weft::gate::Gate;

use super::composition::Composition;
use crate::programs::guest::{result_address, values};
use crate::programs::operation::{Entry, Operation, is_async, stored_at};
use crate::programs::world::{
    ENDS, Element, FUNCTIONS, FUTURES, Function, HOST_FUNCTIONS, STREAMS, Value, Width, encoding,
};

/// The type of a core function; guests branch by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// No call: the function returns.
    Return = 0,
    /// `[] -> []`
    None = 1,
    /// `[] -> [i32]`
    ToI32 = 2,
    /// `[] -> [i64]`
    ToI64 = 3,
    /// `[i32] -> []`
    One = 4,
    /// `[i32] -> [i32]`
    OneToI32 = 5,
    /// `[i32 i32] -> []`
    Two = 6,
    /// `[i32 i32] -> [i32]`
    TwoToI32 = 7,
    /// `[i32 i32 i32] -> [i32]`
    ThreeToI32 = 8,
    /// `[i64] -> []`
    Wide = 9,
    /// `[i64] -> [i32]`
    WideToI32 = 10,
    /// `[i32 i64] -> []`
    OneWide = 11,
    /// `[i32 i64] -> [i32]`
    OneWideToI32 = 12,
    /// `[i64 i64] -> [i32]`
    TwoWideToI32 = 13,
    /// `[i32 i64 i64] -> [i64]`
    OneTwoWideToI64 = 14,
}

impl Shape {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 15] = [
        Self::Return,
        Self::None,
        Self::ToI32,
        Self::ToI64,
        Self::One,
        Self::OneToI32,
        Self::Two,
        Self::TwoToI32,
        Self::ThreeToI32,
        Self::Wide,
        Self::WideToI32,
        Self::OneWide,
        Self::OneWideToI32,
        Self::TwoWideToI32,
        Self::OneTwoWideToI64,
    ];

    /// Returns the types of the parameters.
    #[must_use]
    pub const fn params(self) -> &'static [&'static str] {
        match self {
            Self::Return | Self::None | Self::ToI32 | Self::ToI64 => &[],
            Self::One | Self::OneToI32 => &["i32"],
            Self::Two | Self::TwoToI32 => &["i32", "i32"],
            Self::ThreeToI32 => &["i32", "i32", "i32"],
            Self::Wide | Self::WideToI32 => &["i64"],
            Self::OneWide | Self::OneWideToI32 => &["i32", "i64"],
            Self::TwoWideToI32 => &["i64", "i64"],
            Self::OneTwoWideToI64 => &["i32", "i64", "i64"],
        }
    }

    /// Returns the type of the result, if there is a result.
    #[must_use]
    pub const fn result(self) -> Option<&'static str> {
        match self {
            Self::Return | Self::None | Self::One | Self::Two | Self::Wide | Self::OneWide => None,
            Self::ToI64 | Self::OneTwoWideToI64 => Some("i64"),
            Self::ToI32
            | Self::OneToI32
            | Self::TwoToI32
            | Self::ThreeToI32
            | Self::WideToI32
            | Self::OneWideToI32
            | Self::TwoWideToI32 => Some("i32"),
        }
    }

    /// Returns the function type of a built-in, for an instance with addresses of a width.
    fn of_builtin(builtin: Builtin, width: Width) -> Self {
        let description = builtin.description();
        let core = |ty| match ty {
            SymbolicType::I64 => "i64",
            SymbolicType::MemoryAddress
            | SymbolicType::TableAddress
            | SymbolicType::ContextType
            | SymbolicType::StartParameter => width.address_name(),
            _ => "i32",
        };
        let params: Vec<&str> = description.params.iter().map(|it| core(it.ty)).collect();
        Self::of(&params, description.result.map(core))
    }

    /// Returns the function type with these parameters and this result.
    fn of(params: &[&str], result: Option<&str>) -> Self {
        let is_it =
            |it: &Self| *it != Self::Return && it.params() == params && it.result() == result;
        Self::ALL.into_iter().find(is_it).expect("no call has another type")
    }

    /// Returns the function type, in the text format.
    #[must_use]
    pub fn text(self) -> String {
        let params = self.params().iter().map(|ty| format!("(param {ty})"));
        let result = self.result().map(|ty| format!("(result {ty})"));
        params.chain(result).collect()
    }
}

/// A call that a guest can make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Its name, which is unique: the operation, and the numbers that are part of its definition.
    pub name: String,
    /// Its core type.
    pub shape: Shape,
    /// Its definition, in the text format.
    pub definition: String,
}

/// The options that need the guest's memory.
const MEMORY: &str = r#" (memory (core memory $world "memory"))"#;
/// The options that also need the guest's `realloc`.
const REALLOC: &str = r#" (realloc (core func $guest "realloc"))"#;
/// The guest's `realloc` for elements.
const ALLOCATE: &str = r#" (realloc (core func $guest "allocate"))"#;
/// The table of the start functions of threads.
const START_FUNCTIONS: &str = r#" (core table $guest "start-functions")"#;

/// Returns the calls of instance `number` of `instances`, in the order of its table. Its addresses
/// have this width.
#[must_use]
pub fn calls(composition: Composition, number: u32, instances: u32, width: Width) -> Vec<Call> {
    let reach = composition.reach(number, instances);
    let mut calls = Calls { calls: Vec::new(), width };
    // It is the first one for `make` of `guest.wat`.
    let first = Builtin::ResourceNew;
    let others = Builtin::ALL.into_iter().filter(|it| *it != first);
    for builtin in [first].into_iter().chain(others.filter(|it| is_playable(*it))) {
        calls.add_builtin(number, &reach, builtin);
    }
    calls.add_task_returns();
    calls.add_imports(reach);
    let definition = r#"alias core export $guest "store""#.to_owned();
    let mut calls = calls.calls;
    calls.push(Call { name: "store".to_owned(), shape: Shape::Two, definition });
    calls
}

struct Calls {
    calls: Vec<Call>,
    width: Width,
}

impl Calls {
    /// Adds a built-in.
    fn add(&mut self, name: &str, shape: Shape, definition: impl std::fmt::Display) {
        let definition = format!("canon {definition}");
        self.calls.push(Call { name: name.to_owned(), shape, definition });
    }

    fn add_task_returns(&mut self) {
        let results = [None, Some(Value::Own), Some(Value::STREAM), Some(Value::FUTURE)];
        for result in results.into_iter().chain([Some(Value::ErrorContext)]) {
            let ty = result.map_or(String::new(), |it| format!("(result {})", it.text()));
            // Flat values need no memory, so the memory makes no difference.
            let memory = if result.is_none() { MEMORY } else { "" };
            for (options, encoding) in [(0, ""), (2, " string-encoding=utf16")] {
                let name = task_return(result, options);
                let shape = if result.is_some() { Shape::One } else { Shape::None };
                self.add(&name, shape, format!("task.return {ty} {memory}{encoding}"));
            }
        }
        for (options, encoding) in [(1, ""), (3, " string-encoding=utf16")] {
            let definition = format!("task.return (result char) {MEMORY}{encoding}");
            self.add(&task_return(None, options), Shape::One, definition);
        }
    }

    /// Adds every definition of a built-in that instance `number` can have, with the types of
    /// the instances in `reach`.
    fn add_builtin(&mut self, number: u32, reach: &Range<u32>, builtin: Builtin) {
        let description = builtin.description();
        let has = |kind: &str| description.immediates.iter().any(|it| it.ends_with(kind));
        let can_be_async = has(": async?") || description.allowed.contains(&"async");
        let options: &[&str] = if can_be_async { &["", " async"] } else { &[""] };
        for chosen in choices(number, reach, builtin) {
            for is_async in options {
                let mut definition = builtin.name().to_owned();
                for immediate in description.immediates {
                    let kind = immediate.split_once(": ").map_or("", |(_, kind)| kind);
                    match kind {
                        "core:valtype" => {
                            definition.push(' ');
                            definition.push_str(self.width.address_name());
                        }
                        "core:typeidx" => definition.push_str(" $start"),
                        "core:tableidx" => definition.push_str(START_FUNCTIONS),
                        "core:memoryidx" => definition.push_str(MEMORY),
                        "typeidx" | "u32" => definition.push_str(&chosen.definition),
                        "async?" => definition.push_str(is_async),
                        "opts" => {
                            definition.push_str(is_async);
                            let needs = required((number, self.width), builtin, chosen.element);
                            definition.push_str(&needs);
                        }
                        _ => {}
                    }
                }
                let name = format!("{builtin}{}{is_async}", chosen.name);
                self.add(&name, Shape::of_builtin(builtin, self.width), definition);
            }
        }
    }

    fn add_imports(&mut self, callees: Range<u32>) {
        for callee in callees {
            for (index, function) in FUNCTIONS.into_iter().enumerate() {
                self.add_import(
                    &format!("call {callee} {index}"),
                    function,
                    &format!("$f{callee}-{index}"),
                );
            }
        }
        for (index, function) in HOST_FUNCTIONS.into_iter().enumerate() {
            self.add_import(&format!("call host {index}"), function, &format!("$h{index}"));
        }
    }

    fn add_import(&mut self, name: &str, function: Function, id: &str) {
        let mut params = Vec::new();
        params.extend(function.param.map(|_| "i32"));
        let sync = Shape::of(&params, function.result.map(|_| "i32"));
        self.add(name, sync, format!("lower (func {id}) {MEMORY}"));
        if !function.is_async {
            return;
        }
        params.extend(function.result.map(|_| self.width.address_name()));
        let async_ = Shape::of(&params, Some("i32"));
        self.add(&format!("{name} async"), async_, format!("lower (func {id}) async {MEMORY}"));
    }
}

/// Returns true if guests of programs call a built-in as its row describes it. `task.return` depends
/// on the guest's function.
fn is_playable(builtin: Builtin) -> bool {
    !is_shared(builtin) && builtin != Builtin::TaskReturn
}

/// Returns true if components can have a built-in only as a shared function: the parser knows an
/// older form of the proposal, in which all built-ins of this gate are shared. wasmi has no shared
/// functions.
pub(super) fn is_shared(builtin: Builtin) -> bool {
    builtin.description().gate == Gate::SharedEverythingThreads
}

/// A type or a slot in which definitions of one built-in differ.
struct Chosen {
    /// The end of the call's name.
    name: String,
    /// The words of the definition.
    definition: String,
    /// The elements, if it is the type of a stream or future.
    element: Option<Element>,
}

/// Returns the types or slots with which instance `number` can define a built-in; an empty one if
/// there is no choice.
fn choices(number: u32, reach: &Range<u32>, builtin: Builtin) -> Vec<Chosen> {
    let description = builtin.description();
    let has = |immediate: &str| description.immediates.contains(&immediate);
    let chosen = |name: String, definition| Chosen { name, definition, element: None };
    if has("rt: typeidx") {
        let representation = Some(SymbolicType::ResourceRepresentation);
        let mut types = description.params.iter().map(|it| Some(it.ty)).chain([description.result]);
        if types.any(|ty| ty == representation) {
            // Only the instance that defines the type knows the representation.
            return vec![chosen(String::new(), format!(" $R{number}"))];
        }
        let types = reach.clone();
        return types.map(|ty| chosen(format!(" {ty}"), format!(" $R{ty}"))).collect();
    }
    if description.immediates.iter().any(|it| it.ends_with(": u32")) {
        return (0..2).map(|slot| chosen(format!(" {slot}"), format!(" {slot}"))).collect();
    }
    if !has("t: typeidx") {
        return vec![chosen(String::new(), String::new())];
    }
    let is_stream = builtin.name().starts_with("stream.");
    let ends = (0..).zip(ENDS).filter(|(position, _)| (*position < STREAMS) == is_stream);
    let ends = (0..).zip(ends).map(|(ty, (position, element))| Chosen {
        name: format!(" {ty}"),
        definition: format!(" $ends{position}"),
        element: Some(element),
    });
    ends.collect()
}

/// Returns the options that a built-in of an instance, with this number and width, must have.
fn required((number, width): (u32, Width), builtin: Builtin, element: Option<Element>) -> String {
    let needs = builtin.description().required.iter().map(|option| match *option {
        "memory" => MEMORY,
        "realloc" => REALLOC,
        // Without a memory, addresses have 32 bits.
        "memory if element" if element != Some(Element::None) || width == Width::Wide => MEMORY,
        _ => "",
    });
    let mut options: String = needs.collect();
    let copies = [".read", ".write"].iter().any(|copy| builtin.name().ends_with(copy));
    if copies && element == Some(Element::String) {
        options.push_str(ALLOCATE);
        options.push_str(match encoding(number) {
            StringEncoding::Utf8 => " string-encoding=utf8",
            StringEncoding::Utf16 => " string-encoding=utf16",
            StringEncoding::Latin1Utf16 => " string-encoding=latin1+utf16",
        });
    }
    options
}

/// Returns the name of `task.return` for this result. Bit 0 of `wrong` selects another type, bit 1
/// other options.
fn task_return(result: Option<Value>, wrong: u32) -> String {
    let result = if wrong & 1 == 1 { None } else { result };
    format!("task.return {result:?} {}", wrong & 3)
}

/// Returns the name and the core arguments of the call in `entry`, made by a guest in a task of
/// `function`, in a world of `instances` instances. The guest's addresses have this width.
///
/// # Panics
///
/// If a built-in takes anything but integers; no built-in of a component does.
#[must_use]
pub fn call_of(
    entry: Entry,
    function: Option<&Function>,
    instances: u32,
    width: Width,
) -> (String, Vec<u64>) {
    let Entry { operation, arguments: [a, b, c, d] } = entry;
    let Operation::Builtin(builtin) = operation else {
        if operation == Operation::Store {
            return ("store".to_owned(), vec![stored_at(a).into(), b.into()]);
        }
        return import_of(a % (instances + 1), b, (c, width), (d, instances));
    };
    let description = builtin.description();
    let has = |kind: &str| description.immediates.iter().any(|it| it.ends_with(kind));
    let mut name = builtin.name().to_owned();
    let number = match builtin {
        Builtin::TaskReturn => {
            name = task_return(function.and_then(|function| function.result), b);
            None
        }
        // A resource type of another instance can only be used where no representation is needed.
        Builtin::ResourceNew | Builtin::ResourceRep => None,
        _ if has("rt: typeidx") => Some(a % instances),
        _ if has(": typeidx") && name.starts_with("stream.") => Some((a & 0xf) % STREAMS),
        _ if has(": typeidx") => Some((a & 0xf) % FUTURES),
        _ if has(": u32") => Some(a & 1),
        _ => None,
    };
    name.extend(number.map(|number| format!(" {number}")));
    let can_be_async = has(": async?") || description.allowed.contains(&"async");
    if can_be_async && is_async(builtin, a) {
        name.push_str(" async");
    }
    let numbers = values(builtin, entry.arguments, width).into_iter().map(|value| match value {
        CoreValue::I32(number) => u64::from(number),
        CoreValue::I64(number) => number,
        other => panic!("{other:?} is not a number of a program"),
    });
    (name, numbers.collect())
}

/// Returns the same for function `index` of instance `callee`, or of the host if there is no such
/// instance.
fn import_of(
    callee: u32,
    index: u32,
    (is_async, width): (u32, Width),
    (argument, instances): (u32, u32),
) -> (String, Vec<u64>) {
    let result_address = result_address(is_async, width);
    let is_async = is_async & 1 == 1;
    let (owner, functions): (_, &[Function]) = if callee == instances {
        ("host".to_owned(), &HOST_FUNCTIONS)
    } else {
        (callee.to_string(), &FUNCTIONS)
    };
    let index = index as usize % functions.len();
    let Function { param, result, .. } = functions[index];
    let mut numbers = Vec::new();
    numbers.extend(param.map(|_| u64::from(argument)));
    numbers.extend(result.filter(|_| is_async).map(|_| result_address));
    let options = if is_async { " async" } else { "" };
    (format!("call {owner} {index}{options}"), numbers)
}

//! What guests call: built-ins and imports, with their numbers.

use weft::core_value::CoreValue;

use super::super::guest::values;
use super::super::operation::{Entry, Operation};
use super::super::world::{
    ENDS, Element, FUNCTIONS, FUTURES, Function, HOST_FUNCTIONS, RESULT_ADDRESS, STREAMS, Value,
};

/// The type of a core function; its number is the one that `guest.wat` branches by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Nothing is called: the function returns.
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
}

impl Shape {
    /// How many parameters there are.
    #[must_use]
    pub const fn params(self) -> usize {
        match self {
            Self::None | Self::ToI32 | Self::ToI64 => 0,
            Self::Return | Self::One | Self::OneToI32 => 1,
            Self::Two | Self::TwoToI32 => 2,
            Self::ThreeToI32 => 3,
        }
    }

    /// Whether there is a result, and whether that is an `i64`.
    #[must_use]
    pub const fn result(self) -> Option<&'static str> {
        match self {
            Self::Return | Self::None | Self::One | Self::Two => None,
            Self::ToI64 => Some("i64"),
            Self::ToI32 | Self::OneToI32 | Self::TwoToI32 | Self::ThreeToI32 => Some("i32"),
        }
    }

    /// The function type with so many parameters and an `i32`, or nothing, as its result.
    const fn of(params: usize, has_result: bool) -> Self {
        match (params, has_result) {
            (0, false) => Self::None,
            (0, true) => Self::ToI32,
            (1, false) => Self::One,
            (1, true) => Self::OneToI32,
            (2, false) => Self::Two,
            (2, true) => Self::TwoToI32,
            _ => Self::ThreeToI32,
        }
    }
}

/// Something that a guest calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// What tells it from others: the operation, and what of the numbers is part of its
    /// definition.
    pub name: String,
    /// Its core type.
    pub shape: Shape,
    /// How it is defined, in the text format.
    pub definition: String,
}

/// The options that need the guest's memory.
const MEMORY: &str = r#"(memory (core memory $world "memory"))"#;
/// Those that have it reallocate, too.
const REALLOC: &str = r#"(realloc (core func $guest "realloc"))"#;

/// What instance `number` of `instances` can call, in the order of its table.
#[must_use]
pub fn calls(number: u32) -> Vec<Call> {
    let mut calls = Calls(Vec::new());
    // `guest.wat` knows it as the first.
    calls.add("resource.new", Shape::OneToI32, format!("resource.new $R{number}"));
    calls.add("resource.rep", Shape::OneToI32, format!("resource.rep $R{number}"));
    for ty in 0..=number {
        let name = format!("resource.drop {ty}");
        calls.add(&name, Shape::One, format!("resource.drop $R{ty}"));
    }
    for slot in 0..2 {
        calls.add(&format!("context.get {slot}"), Shape::ToI32, format!("context.get i32 {slot}"));
        calls.add(&format!("context.set {slot}"), Shape::One, format!("context.set i32 {slot}"));
    }
    for name in ["backpressure.inc", "backpressure.dec", "task.cancel"] {
        calls.add(name, Shape::None, name.to_owned());
    }
    for name in ["subtask.drop", "waitable-set.drop", "error-context.drop", "thread.resume-later"] {
        calls.add(name, Shape::One, name.to_owned());
    }
    for name in ["waitable-set.new", "thread.index", "thread.suspend", "thread.yield"] {
        calls.add(name, Shape::ToI32, name.to_owned());
    }
    for way in
        ["suspend-then-resume", "yield-then-resume", "suspend-then-promote", "yield-then-promote"]
    {
        calls.add(&format!("thread.{way}"), Shape::OneToI32, format!("thread.{way}"));
    }
    for way in ["wait", "poll"] {
        let name = format!("waitable-set.{way}");
        calls.add(&name, Shape::TwoToI32, format!("{name} {MEMORY}"));
    }
    calls.add("waitable.join", Shape::Two, "waitable.join".to_owned());
    calls.add("subtask.cancel", Shape::OneToI32, "subtask.cancel".to_owned());
    calls.add("subtask.cancel async", Shape::OneToI32, "subtask.cancel async".to_owned());
    calls.add("error-context.new", Shape::TwoToI32, format!("error-context.new {MEMORY}"));
    let debug_message = format!("error-context.debug-message {MEMORY} {REALLOC}");
    calls.add("error-context.debug-message", Shape::Two, debug_message);
    let start = r#"thread.new-indirect $start (core table $guest "start-functions")"#;
    calls.add("thread.new-indirect", Shape::TwoToI32, start.to_owned());
    calls.add_task_returns();
    for (position, element) in (0..).zip(ENDS) {
        calls.add_ends(position, element);
    }
    calls.add_imports(number);
    calls.0
}

struct Calls(Vec<Call>);

impl Calls {
    /// Adds a built-in.
    fn add(&mut self, name: &str, shape: Shape, definition: impl std::fmt::Display) {
        let definition = format!("canon {definition}");
        self.0.push(Call { name: name.to_owned(), shape, definition });
    }

    fn add_task_returns(&mut self) {
        let results = [None, Some(Value::Own), Some(Value::Stream), Some(Value::Future)];
        for result in results.into_iter().chain([Some(Value::ErrorContext)]) {
            let ty = result.map_or(String::new(), |it| format!("(result {})", value_type(it)));
            // As flat values need none, it makes no difference whether there is a memory.
            let memory = if result.is_none() { MEMORY } else { "" };
            for (options, encoding) in [(0, ""), (2, " string-encoding=utf16")] {
                let name = task_return(result, options);
                let shape = Shape::of(usize::from(result.is_some()), false);
                self.add(&name, shape, format!("task.return {ty} {memory}{encoding}"));
            }
        }
        for (options, encoding) in [(1, ""), (3, " string-encoding=utf16")] {
            let definition = format!("task.return (result char) {MEMORY}{encoding}");
            self.add(&task_return(None, options), Shape::One, definition);
        }
    }

    fn add_ends(&mut self, position: u32, element: Element) {
        let (kind, ty) = match position.checked_sub(STREAMS) {
            None => ("stream", position),
            Some(ty) => ("future", ty),
        };
        let definition = |operation: &str| format!("{kind}.{operation} $ends{position}");
        let mut add = |operation: &str, options: &str, shape| {
            let name = format!("{kind}.{operation} {ty}{options}");
            let memory = match operation {
                "read" | "write" if element != Element::None => MEMORY,
                _ => "",
            };
            self.add(&name, shape, format!("{}{options} {memory}", definition(operation)));
        };
        add("new", "", Shape::ToI64);
        let copy = if kind == "stream" { Shape::ThreeToI32 } else { Shape::TwoToI32 };
        for options in ["", " async"] {
            add("read", options, copy);
            add("write", options, copy);
            add("cancel-read", options, Shape::OneToI32);
            add("cancel-write", options, Shape::OneToI32);
        }
        add("drop-readable", "", Shape::One);
        add("drop-writable", "", Shape::One);
        add("forward", "", Shape::Two);
    }

    fn add_imports(&mut self, number: u32) {
        for callee in 0..=number {
            for (index, function) in FUNCTIONS.iter().enumerate() {
                self.add_import(
                    &format!("call {callee} {index}"),
                    *function,
                    &format!("$f{callee}-{index}"),
                );
            }
        }
        for (index, function) in HOST_FUNCTIONS.iter().enumerate() {
            self.add_import(&format!("call host {index}"), *function, &format!("$h{index}"));
        }
    }

    fn add_import(&mut self, name: &str, function: Function, id: &str) {
        let params = usize::from(function.param.is_some());
        let has_result = function.result.is_some();
        let sync = Shape::of(params, has_result);
        self.add(name, sync, format!("lower (func {id}) {MEMORY}"));
        if !function.is_async {
            return;
        }
        let async_ = Shape::of(params + usize::from(has_result), true);
        self.add(&format!("{name} async"), async_, format!("lower (func {id}) async {MEMORY}"));
    }
}

/// A value's type, in the text format.
#[must_use]
pub const fn value_type(value: Value) -> &'static str {
    match value {
        Value::Own => "(own $r0)",
        Value::Borrow => "(borrow $r0)",
        Value::Stream => "(stream u8)",
        Value::Future => "(future u8)",
        Value::ErrorContext => "error-context",
    }
}

/// The name of `task.return` for this result; bit 0 of `wrong` stands for another type, bit 1
/// for other options.
fn task_return(result: Option<Value>, wrong: u32) -> String {
    let result = if wrong & 1 == 1 { None } else { result };
    format!("task.return {result:?} {}", wrong & 3)
}

/// The name and the core arguments of what a guest calls by `entry`, whose task is of `function`,
/// in a world of so many instances.
///
/// # Panics
///
/// If the arguments of a program are no numbers.
#[must_use]
pub fn call_of(entry: Entry, function: Option<&Function>, instances: u32) -> (String, Vec<u32>) {
    use Operation as O;
    let Entry { operation, arguments: [a, b, c, d] } = entry;
    let name = operation.name();
    let options = |is_async| if is_async { " async" } else { "" };
    if operation == O::Call {
        return import_of(a % (instances + 1), b, c & 1 == 1, (d, instances));
    }
    let (is_async, streams, futures) = (a >> 4 & 1 == 1, (a & 0xf) % STREAMS, (a & 0xf) % FUTURES);
    let full_name = match operation {
        O::ResourceDrop => format!("{name} {}", a % instances),
        O::ContextGet | O::ContextSet => format!("{name} {}", a & 1),
        O::TaskReturn => task_return(function.and_then(|function| function.result), b),
        O::SubtaskCancel => format!("{name}{}", options(a & 1 == 1)),
        O::StreamRead | O::StreamWrite | O::StreamCancelRead | O::StreamCancelWrite => {
            format!("{name} {streams}{}", options(is_async))
        }
        O::StreamNew | O::StreamDropReadable | O::StreamDropWritable | O::StreamForward => {
            format!("{name} {streams}")
        }
        O::FutureRead | O::FutureWrite | O::FutureCancelRead | O::FutureCancelWrite => {
            format!("{name} {futures}{}", options(is_async))
        }
        O::FutureNew | O::FutureDropReadable | O::FutureDropWritable | O::FutureForward => {
            format!("{name} {futures}")
        }
        _ => name.to_owned(),
    };
    let numbers = values(operation, entry.arguments).into_iter().map(|value| match value {
        CoreValue::I32(number) => number,
        other => unreachable!("{other:?} is not a number of a program"),
    });
    (full_name, numbers.collect())
}

/// The same for function `index` of instance `callee`; of the host, if there is no such instance.
fn import_of(
    callee: u32,
    index: u32,
    is_async: bool,
    (argument, instances): (u32, u32),
) -> (String, Vec<u32>) {
    let (owner, functions): (_, &[Function]) = if callee == instances {
        ("host".to_owned(), &HOST_FUNCTIONS)
    } else {
        (callee.to_string(), &FUNCTIONS)
    };
    let index = index as usize % functions.len();
    let Function { param, result, .. } = functions[index];
    let mut numbers = Vec::new();
    numbers.extend(param.map(|_| argument));
    numbers.extend(result.filter(|_| is_async).map(|_| RESULT_ADDRESS));
    let options = if is_async { " async" } else { "" };
    (format!("call {owner} {index}{options}"), numbers)
}

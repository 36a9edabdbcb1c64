//! A case as a component: a guest with the values calls another one, which receives them.
//!
//! The values are either arguments, which the callee receives, or a result, which the caller
//! receives. The receiver has the `realloc` of the case, and records its calls.

use weft::abi::{StringEncoding, TypeList};
use weft::core_value::{CoreType, IntegerType};

use crate::case::{Case, Side, to_type};
use crate::named::{Named, has_handles};
use crate::receiver::{LOG_PAGES, library, memory, remember};

/// The way in which values move in a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    pub values: Values,
    pub lift: Lift,
    /// Set if the caller lowers the function with `async`.
    pub is_lowered_async: bool,
}

/// The directions in which values move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    Arguments,
    Result,
}

/// The way in which the callee's function is lifted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lift {
    Sync,
    Stackful,
    Callback,
}

/// The largest number of flat values of parameters, those of functions lowered with `async`, and
/// those of a result.
const MAX_FLAT_PARAMS: usize = 16;
const MAX_FLAT_ASYNC_PARAMS: usize = 4;
const MAX_FLAT_RESULTS: usize = 1;
/// Results of functions lowered with `async` are always in memory.
const MAX_FLAT_ASYNC_RESULTS: usize = 0;

impl Way {
    /// Returns the way of a case, if it has one.
    pub fn of(case: &Case) -> Option<Self> {
        if case.types.iter().any(has_handles) {
            return None;
        }
        let list = TypeList::new(case.types.iter().map(to_type)).unwrap();
        let (from, to) = (case.source.side.max_flat, &case.destination);
        let spilled = list.abi().of(to.side.addresses).flat.exceed(to.side.max_flat);
        let has_place = to.out_param.is_some();
        // The case's last number means nothing else in a component.
        let of_task = if case.last.is_multiple_of(2) { Lift::Stackful } else { Lift::Callback };
        let any = if (case.last / 2).is_multiple_of(4) { of_task } else { Lift::Sync };
        let (lift, is_lowered_async) = match (from, to.side.max_flat) {
            (MAX_FLAT_PARAMS, MAX_FLAT_PARAMS) if !(has_place && spilled) => (any, false),
            (MAX_FLAT_ASYNC_PARAMS, MAX_FLAT_PARAMS) if !(has_place && spilled) => (any, true),
            (MAX_FLAT_RESULTS, MAX_FLAT_RESULTS) if has_place == spilled => (Lift::Sync, false),
            (MAX_FLAT_PARAMS, MAX_FLAT_RESULTS) if has_place == spilled => (of_task, false),
            (MAX_FLAT_RESULTS, MAX_FLAT_ASYNC_RESULTS) if has_place => (Lift::Sync, true),
            (MAX_FLAT_PARAMS, MAX_FLAT_ASYNC_RESULTS) if has_place => (of_task, true),
            _ => return None,
        };
        let values =
            if to.side.max_flat == MAX_FLAT_PARAMS { Values::Arguments } else { Values::Result };
        let is_possible = values == Values::Arguments || case.types.len() == 1;
        is_possible.then_some(Self { values, lift, is_lowered_async })
    }

    /// Returns the number of flat values that the receiver gets.
    pub fn flat_count(self, case: &Case) -> usize {
        let list = TypeList::new(case.types.iter().map(to_type)).unwrap();
        let side = &case.destination.side;
        let flat = list.abi().of(side.addresses).flat;
        match (flat.exceed(side.max_flat), self.values) {
            (false, _) => flat.count().unwrap(),
            (true, Values::Arguments) => 1,
            (true, Values::Result) => 0,
        }
    }

    /// Returns true if the function's type is `async`.
    pub fn is_async(self) -> bool {
        self.is_lowered_async || self.lift != Lift::Sync
    }
}

const fn core_type(ty: CoreType) -> &'static str {
    match ty {
        CoreType::I32 => "i32",
        CoreType::I64 => "i64",
        CoreType::F32 => "f32",
        CoreType::F64 => "f64",
        CoreType::Function => "funcref",
    }
}

pub const fn address(side: &Side) -> &'static str {
    match side.addresses {
        IntegerType::I32 => "i32",
        IntegerType::I64 => "i64",
    }
}

/// Returns a core value with these bits.
pub fn constant(ty: &str, bits: u64) -> String {
    match ty {
        "f32" => format!("(f32.reinterpret_i32 (i32.const {}))", bits & 0xffff_ffff),
        "f64" => format!("(f64.reinterpret_i64 (i64.const {bits}))"),
        "i32" => format!("(i32.const {})", bits & 0xffff_ffff),
        _ => format!("(i64.const {bits})"),
    }
}

/// Returns the options of a canonical definition.
pub fn options(side: &Side, instance: &str, has_realloc: bool) -> String {
    let encoding = match side.encoding {
        StringEncoding::Utf8 => "utf8",
        StringEncoding::Utf16 => "utf16",
        StringEncoding::Latin1Utf16 => "latin1+utf16",
    };
    let realloc = if has_realloc {
        format!("(realloc (core func {instance} \"realloc\"))")
    } else {
        String::new()
    };
    format!("(memory (core memory {instance} \"m\")) string-encoding={encoding} {realloc}")
}

/// The function that returns the record.
pub const DUMPS: &str = r#"
    (func (export "dump") (result (list u8))
        (canon lift (core func $i "dump") (memory (core memory $i "log"))))"#;

/// Returns the component. It exports `run`, which makes the call, and `dump`, which returns the
/// receiver's record.
pub fn text(case: &Case, way: Way) -> String {
    let mut named = Named::default();
    let types: Vec<String> = case.types.iter().map(|ty| named.text(ty)).collect();
    let result = match way.values {
        Values::Arguments => String::new(),
        Values::Result => format!("(result {})", types[0]),
    };
    let params: String = match way.values {
        Values::Arguments => {
            let params = types.iter().enumerate();
            let params = params.map(|(number, ty)| format!("(param \"p{number}\" {ty})"));
            params.collect::<Vec<_>>().concat()
        }
        Values::Result => String::new(),
    };
    let keyword = if way.is_async() { "async" } else { "" };
    let function = format!("{keyword} {params} {result}");
    let (source, destination) = (&case.source.side, &case.destination.side);
    let passed = Passed::new(case);
    let (callee, caller, dumps) = match way.values {
        Values::Arguments => (destination, source, ["$callee", DUMPS, ""]),
        Values::Result => (source, destination, ["$caller", "", DUMPS]),
    };
    let [dumping, callee_dumps, caller_dumps] = dumps;
    let library =
        |side: &Side| if std::ptr::eq(side, source) { memory(side) } else { library(case) };
    let (task_return, task_return_export) = match way.lift {
        Lift::Sync => (String::new(), ""),
        _ => (
            format!(
                "(core func $return (canon task.return {result} {}))",
                options(callee, "$i", false)
            ),
            "(export \"return\" (func $return))",
        ),
    };
    format!(
        r#"(component
        (component $Callee
            {exported}
            (core module $Library {callee_library})
            (core instance $i (instantiate $Library))
            {task_return}
            (core module $M {callee_code})
            (core instance $m (instantiate $M (with "" (instance {task_return_export}))
                (with "library" (instance $i))))
            (func (export "f") {function} (canon lift (core func $m "f") {lift_async} {lift}))
            {callee_dumps})
        (instance $callee (instantiate $Callee))
        (component $Caller
            {imported}
            (import "f" (func $f {function}))
            (core module $Library {caller_library})
            (core instance $i (instantiate $Library))
            (core func $f (canon lower (func $f) {lower_async} {lower}))
            (core module $M {caller_code})
            (core instance $run (instantiate $M (with "" (instance (export "f" (func $f))))
                (with "library" (instance $i))))
            (func (export "run") {keyword} (canon lift (core func $run "run")))
            {caller_dumps})
        (instance $caller (instantiate $Caller {given_types} (with "f" (func $callee "f"))))
        (func (export "run") (alias export $caller "run"))
        (func (export "dump") (alias export {dumping} "dump")))"#,
        exported = named.exported(),
        imported = named.imported(),
        given_types = named.passed("$callee"),
        callee_library = library(callee),
        caller_library = library(caller),
        callee_code = passed.callee(way),
        caller_code = passed.caller(way),
        lift = options(callee, "$i", way.values == Values::Arguments),
        lower = options(caller, "$i", way.values == Values::Result),
        lift_async = match way.lift {
            Lift::Sync => "",
            Lift::Stackful => "async",
            Lift::Callback => r#"async (callback (core func $m "callback"))"#,
        },
        lower_async = if way.is_lowered_async { "async" } else { "" },
    )
}

/// The flat values that are passed.
struct Passed<'a> {
    /// The code of the source's values, and their types.
    given: String,
    from: Vec<&'static str>,
    /// The types of the destination's values; nothing if it has a place for them.
    to: Vec<&'static str>,
    /// The place for a result, if it is in memory.
    place: Option<String>,
    case: &'a Case,
}

impl<'a> Passed<'a> {
    fn new(case: &'a Case) -> Self {
        let list = TypeList::new(case.types.iter().map(to_type)).unwrap();
        let flat = |side: &Side| -> Vec<&'static str> {
            let flat = list.abi().of(side.addresses).flat;
            if flat.exceed(side.max_flat) {
                vec![address(side)]
            } else {
                flat.iter().map(core_type).collect()
            }
        };
        let (source, destination) = (&case.source, &case.destination.side);
        let from = flat(&source.side);
        let given = from.iter().zip(&source.flat).map(|(ty, bits)| constant(ty, *bits)).collect();
        let spilled = list.abi().of(destination.addresses).flat.exceed(destination.max_flat);
        let place = case.destination.out_param.filter(|_| spilled);
        let place = place.map(|it| constant(address(destination), it));
        Self { given, from, to: flat(destination), place, case }
    }

    /// Returns the callee's core module.
    fn callee(&self, way: Way) -> String {
        let (from, to) = (self.from.join(" "), self.to.join(" "));
        let (log, params, remembered) = match way.values {
            Values::Arguments => (log(), format!("(param {to})"), self.remembered()),
            Values::Result => (String::new(), String::new(), String::new()),
        };
        let (values, given) = match way.values {
            Values::Arguments => ("", ""),
            Values::Result => (from.as_str(), self.given.as_str()),
        };
        let task_return = format!(r#"(import "" "return" (func $return (param {values})))"#);
        match way.lift {
            Lift::Sync => format!(
                r#"{log} (func (export "f") {params} (result {values}) {remembered} {given})"#
            ),
            Lift::Stackful => format!(
                r#"{task_return} {log}
                (func (export "f") {params} {remembered} (call $return {given}))"#
            ),
            Lift::Callback => format!(
                r#"{task_return} {log}
                (func (export "f") {params} (result i32)
                    {remembered} (call $return {given}) (i32.const 0))
                (func (export "callback") (param i32 i32 i32) (result i32) (unreachable))"#
            ),
        }
    }

    /// Returns code that records the destination's values, which are parameters.
    fn remembered(&self) -> String {
        let values = self.to.iter().enumerate();
        values.map(|(number, ty)| remember(number, ty, &format!("(local.get {number})"))).collect()
    }

    /// Returns the caller's core module.
    fn caller(&self, way: Way) -> String {
        let from = self.from.join(" ");
        let destination = &self.case.destination.side;
        let (log, params, given, result) = match (way.values, &self.place) {
            (Values::Arguments, _) => (String::new(), from, self.given.as_str(), None),
            (Values::Result, Some(place)) => {
                (log(), address(destination).to_owned(), place.as_str(), None)
            }
            (Values::Result, None) => (log(), String::new(), "", Some(self.to[0])),
        };
        // A subtask that has returned at once.
        let results = if way.is_lowered_async { "i32" } else { result.unwrap_or("") };
        let call = format!("(call $f {given})");
        let run = match result {
            _ if way.is_lowered_async => {
                format!("(if (i32.ne {call} (i32.const 2)) (then (unreachable)))")
            }
            Some(ty) => remember(0, ty, &call),
            None => call,
        };
        format!(
            r#"(import "" "f" (func $f (param {params}) (result {results}))) {log}
            (func (export "run") {run})"#
        )
    }
}

/// Returns the import of the receiver's record.
pub fn log() -> String {
    format!(r#"(import "library" "log" (memory $log {LOG_PAGES}))"#)
}

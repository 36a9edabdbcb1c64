//! The value types: opcode, gate, flat form; and the limits that the validator knows.

use wasmparser::WasmFeatures;
use weft_spec::model::{Constant, CoreType, Layout, ValueType};

use super::bytes;
use super::component::{self, Form, FunctionType};
use super::features::{self, GATES};
use super::tally::Tally;
use crate::diff_spec::difference::Findings;

/// A type of each kind, in WAT.
const SAMPLES: [(&str, &str); 14] = [
    ("record", "(record (field \"a\" u32))"),
    ("variant", "(variant (case \"a\" u32) (case \"b\"))"),
    ("list", "(list u8)"),
    ("fixed-length-list", "(list u8 4)"),
    ("tuple", "(tuple u32 u8)"),
    ("flags", "(flags \"a\" \"b\")"),
    ("enum", "(enum \"a\" \"b\")"),
    ("option", "(option u8)"),
    ("result", "(result u8 (error u8))"),
    ("own", "(own $r)"),
    ("borrow", "(borrow $r)"),
    ("stream", "(stream u8)"),
    ("future", "(future u8)"),
    ("map", "(map string u8)"),
];

/// Compares a limit with that of the validator, if it knows one.
pub(in crate::diff_spec) fn check_limit(constant: &Constant, findings: &mut Findings<'_>) {
    let Some(limit) = Limit::of(&constant.name, constant.value) else { return };
    let edit = format!("constant `{}` in spec/abi.toml", *constant.name);
    let span = &constant.name.span;
    let expected = format!("the limit is {}", constant.value);
    let mut tally = Tally::new(&constant.name, "limit", &expected, edit, span);
    let outcome = validate(&limit.at, WasmFeatures::all());
    tally.count("", outcome.map_err(|error| format!("at the limit: {error}")));
    let outcome = match (validate(&limit.beyond, WasmFeatures::all()), limit.refused_beyond) {
        (Ok(()), true) => Err("accepted beyond the limit".to_owned()),
        (Err(error), false) => Err(format!("beyond the limit: {error}")),
        _ => Ok(()),
    };
    tally.count("", outcome);
    tally.finish(findings);
}

fn validate(wat: &str, on: WasmFeatures) -> Result<(), String> {
    component::validate(&component::encode(wat)?, on)
}

/// Compares the data on a value type with the validator.
pub(in crate::diff_spec) fn check_type(ty: &ValueType, findings: &mut Findings<'_>) {
    let tally = |what, expected, key: &str| {
        let edit = format!("the `{key}` of `{}` in spec/types.toml", *ty.name);
        Tally::new(&ty.name, what, expected, edit, &ty.name.span)
    };
    // The other types are written with their names.
    let name = ty.name.as_str();
    let sample = SAMPLES.iter().find(|(known, _)| *known == name).map_or(name, |(_, wat)| wat);
    let define = format!("(component (import \"r\" (type $r (sub resource))) (type {sample}))");
    let opcode = format!("{:#04x}", *ty.opcode);
    let mut opcodes = tally("opcode", &opcode, "opcode");
    let mut gates = tally("gate", "refused exactly if its gate is closed", "gate");
    let mut flat = tally("flat form", "accepted", "layout");
    match component::encode(&define) {
        Ok(component) => {
            let found = bytes::last_type(&component).and_then(|bytes| bytes.first().copied());
            opcodes.count(
                "",
                match found {
                    Some(found) if found == *ty.opcode => Ok(()),
                    Some(found) => Err(format!("{found:#04x}")),
                    None => Err("no type in the component".to_owned()),
                },
            );
            let gate = ty.gate.value.as_str();
            for (other, _) in GATES {
                let outcome = component::validate(&component, features::without(other));
                gates.count(
                    "",
                    match (outcome, other == gate) {
                        (Ok(()), true) => Err(format!("accepted without `{other}`")),
                        (Err(error), false) => Err(format!("refused without `{other}`: {error}")),
                        _ => Ok(()),
                    },
                );
            }
            let only = component::validate(&component, features::only([gate]));
            gates.count("", only.map_err(|error| format!("refused with only its gate: {error}")));
        }
        Err(error) => opcodes.count("", Err(error)),
    }
    for memory in [CoreType::I32, CoreType::I64] {
        let Some(types) = flat_form(ty, memory) else { continue };
        let label = format!("memory {}", memory.spelling());
        let wat = |types: &[&str]| pass(sample, memory, types);
        let right: Vec<&str> = types.iter().map(|ty| ty.spelling()).collect();
        flat.count(&label, validate(&wat(&right), WasmFeatures::all()));
        for at in 0..right.len() {
            let mut wrong = right.clone();
            if let Some(ty) = wrong.get_mut(at) {
                *ty = if *ty == "i32" { "i64" } else { "i32" };
            }
            let refused = validate(&wat(&wrong), WasmFeatures::all()).is_err();
            let outcome =
                if refused { Ok(()) } else { Err(format!("accepted as {}", wrong.join(" "))) };
            flat.count(&label, outcome);
        }
    }
    for tally in [opcodes, gates, flat] {
        tally.finish(findings);
    }
}

/// Returns the core types to which a value of the sample is flattened, if the layout alone decides.
fn flat_form(ty: &ValueType, address: CoreType) -> Option<Vec<CoreType>> {
    match &ty.layout {
        Layout::Fixed { flat, .. } => Some(vec![*flat]),
        Layout::PointerAndLength => Some(vec![address, address]),
        Layout::Bits => Some(vec![CoreType::I32]),
        // A map is a list of entries; the other special forms depend on their contents.
        Layout::As(other) if other == "list" => Some(vec![address, address]),
        Layout::As(_) | Layout::Elements | Layout::Fields | Layout::Cases => None,
    }
}

/// Returns a component that lowers a function with a parameter of this type, for a core module that
/// imports it with these parameters. Imported functions can have only named types.
fn pass(ty: &str, memory: CoreType, params: &[&str]) -> String {
    let mut libc = String::new();
    component::write_libc(&mut libc, &Form { memory, ..Form::PLAIN });
    let import = FunctionType {
        params: params.iter().map(|ty| (*ty).to_owned()).collect(),
        results: Vec::new(),
    };
    format!(
        "(component
  (import \"r\" (type $r (sub resource)))
{libc}  (type $definition {ty})
  (import \"t\" (type $type (eq $definition)))
  (import \"f\" (func $function (param \"x\" $type)))
{}",
        lower_and_import("(memory $mem) (realloc (core func $realloc))", &import)
    )
}

/// Returns the end of a component, which lowers `$function` for a core module that imports it.
fn lower_and_import(options: &str, import: &FunctionType) -> String {
    format!(
        "  (core func $f (canon lower (func $function) {options}))
  (core module $m (import \"\" \"f\" (func{})))
  (core instance (instantiate $m (with \"\" (instance (export \"f\" (func $f))))))
)",
        import.wat()
    )
}

/// Returns `count` pieces of text, one after the other.
fn numbered(count: usize, piece: impl Fn(usize) -> String) -> String {
    (0..count).map(piece).collect::<Vec<_>>().concat()
}

/// Components at a limit, and one beyond it.
struct Limit {
    at: String,
    beyond: String,
    /// Set if the validator refuses the component beyond the limit. Otherwise it expects another
    /// core type there, and the component has that type.
    refused_beyond: bool,
}

impl Limit {
    /// Returns the limit that the constant `name` sets, if the validator has it.
    fn of(name: &str, value: u64) -> Option<Self> {
        // No sensible limit is larger, and no component could be written for a larger one.
        let count = usize::try_from(value).ok().filter(|count| *count < 1 << 10);
        let define = |ty: String| format!("(component (type {ty}))");
        let lower = |params: usize, results: usize, options: &str, import: FunctionType| {
            let effect = if options.starts_with("async") { "async " } else { "" };
            let mut wat = String::from("(component\n");
            component::write_libc(&mut wat, &Form::PLAIN);
            let result = match results {
                0 => String::new(),
                fields => format!(" (result (tuple{}))", " u32".repeat(fields)),
            };
            let params = numbered(params, |number| format!(" (param \"p{number}\" u32)"));
            format!(
                "{wat}  (type $ty (func {effect}{params}{result}))\n  (import \"f\" (func $function (type $ty)))\n{}",
                lower_and_import(options, &import)
            )
        };
        let core = |params: usize, results: usize| FunctionType {
            params: vec!["i32".to_owned(); params],
            results: vec!["i32".to_owned(); results],
        };
        match name {
            "MAX_FLAGS" => {
                let flags = |count: usize| {
                    define(format!(
                        "(flags{})",
                        numbered(count, |number| format!(" \"f{number}\""))
                    ))
                };
                let count = count?;
                Some(Self { at: flags(count), beyond: flags(count + 1), refused_beyond: true })
            }
            "MAX_VALUE_BYTE_LENGTH" => {
                let list = |length: u64| define(format!("(list u8 {length})"));
                let beyond = list(value.checked_add(1)?);
                Some(Self { at: list(value), beyond, refused_beyond: true })
            }
            "MAX_FLAT_PARAMS" => {
                let count = count?;
                Some(Self {
                    at: lower(count, 0, "(memory $mem)", core(count, 0)),
                    beyond: lower(count + 1, 0, "(memory $mem)", core(1, 0)),
                    refused_beyond: false,
                })
            }
            "MAX_FLAT_ASYNC_PARAMS" => {
                let count = count?;
                Some(Self {
                    at: lower(count, 0, "async (memory $mem)", core(count, 1)),
                    beyond: lower(count + 1, 0, "async (memory $mem)", core(1, 1)),
                    refused_beyond: false,
                })
            }
            "MAX_FLAT_RESULTS" => {
                let count = count?;
                Some(Self {
                    at: lower(0, count, "(memory $mem)", core(0, count)),
                    beyond: lower(0, count + 1, "(memory $mem)", core(1, 0)),
                    refused_beyond: false,
                })
            }
            _ => None,
        }
    }
}

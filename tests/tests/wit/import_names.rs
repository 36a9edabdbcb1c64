//! The names under which core modules import built-ins: `wit-component` accepts each of them, and
//! it stands for the built-in that the data says.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails to set up has failed"
)]

use std::fmt::Write as _;
use std::path::Path;

use wasmparser::{Parser, Payload};
use weft::builtin::{Blocks, Builtin, SymbolicType};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

const WIT: &str = "
    package weft:names;
    interface i {
        resource r;
        f: async func(s: stream<u8>) -> future<string>;
    }
    world w { import i; export i; }
";

/// Returns the module from which a name of this form is imported.
fn module(pattern: &str) -> &'static str {
    if pattern == "[task-cancel]" {
        "[export]$root"
    } else if ["[resource-", "[task-return"].iter().any(|start| pattern.starts_with(start)) {
        "[export]weft:names/i"
    } else if pattern.contains("{function}") {
        "weft:names/i"
    } else {
        "$root"
    }
}

/// Returns every name that a pattern stands for in the world above.
fn names(pattern: &str) -> Vec<String> {
    let index = if pattern.contains("future") { "1" } else { "0" };
    let name = pattern.replace("{resource}", "r").replace("{function}", "f");
    let mut names = vec![name];
    for (parameter, words) in [
        ("{type}", &[index, "unit"][..]),
        ("{slot}", &["0", "1"]),
        ("{encoding}", &["utf8", "utf16", "latin1+utf16"]),
    ] {
        names = names
            .into_iter()
            .flat_map(|name| {
                let used = if name.contains(parameter) { words } else { &words[..1] };
                used.iter().map(move |word| name.replace(parameter, word)).collect::<Vec<_>>()
            })
            .collect();
    }
    names
}

/// Returns the core type of `builtin`, with 64 bits if the name says so.
fn core_type(builtin: Builtin, name: &str) -> String {
    let wide = if name.contains("i64") { "i64" } else { "i32" };
    let spelled = |symbol: SymbolicType| match symbol {
        SymbolicType::I32 | SymbolicType::FlatResults => "i32".to_owned(),
        SymbolicType::I64 => "i64".to_owned(),
        _ => wide.to_owned(),
    };
    let description = builtin.description();
    let mut text = String::new();
    for parameter in description.params {
        write!(text, "(param {})", spelled(parameter.ty)).unwrap();
    }
    if let Some(result) = description.result {
        write!(text, "(result {})", spelled(result)).unwrap();
    }
    text
}

/// Returns a component with a module that imports `name` and does not use it.
fn component(builtin: Builtin, from: &str, name: &str) -> Vec<u8> {
    let ty = core_type(builtin, name);
    let memory = if name.contains("-i64]") { "i64" } else { "" };
    let text = format!(
        r#"(module
            (import "{from}" "{name}" (func {ty}))
            (memory (export "memory") {memory} 1)
            (table (export "__indirect_function_table") 1 funcref)
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
            (func (export "[async-lift]weft:names/i#f") (param i32) (result i32) unreachable)
            (func (export "[callback][async-lift]weft:names/i#f")
                (param i32 i32 i32) (result i32) unreachable))"#
    );
    let mut module = wat::parse_str(&text).unwrap();
    let mut resolve = Resolve { all_features: true, ..Resolve::default() };
    let package = resolve.push_source("names.wit", WIT).unwrap();
    let world = resolve.select_world(&[package], Some("w")).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
    // It is not validated, because some built-ins belong to features that are not yet standardized.
    let mut encoder = ComponentEncoder::default();
    encoder.validate(false).module(&module).unwrap();
    encoder.encode().unwrap_or_else(|error| panic!("`{name}` from `{from}`: {error:?}"))
}

/// Returns the opcodes of the built-ins that a component defines.
fn opcodes(component: &[u8]) -> Vec<u8> {
    let mut opcodes = Vec::new();
    for payload in Parser::new(0).parse_all(component) {
        let Payload::ComponentCanonicalSection(section) = payload.unwrap() else { continue };
        for definition in section.into_iter_with_offsets() {
            let (offset, _) = definition.unwrap();
            opcodes.push(component[usize::try_from(offset).unwrap()]);
        }
    }
    opcodes
}

#[test]
fn each_import_name_stands_for_its_built_in() {
    let mut checked = 0;
    for builtin in Builtin::ALL {
        let description = builtin.description();
        for import in description.imports {
            assert!(!import.is_async || description.blocks == Blocks::UnlessAsync, "{builtin}");
            for name in names(import.pattern) {
                let component = component(builtin, module(import.pattern), &name);
                let found = opcodes(&component);
                assert!(
                    found.contains(&description.opcode),
                    "`{name}` is not {builtin}: {found:x?}"
                );
                checked += 1;
            }
        }
    }
    println!("{checked} names lead to their built-ins");
    assert!(checked > Builtin::ALL.len());
}

#[test]
fn only_built_ins_with_shared_functions_have_no_import_name() {
    let spec = weft_spec::load(Path::new(weft_spec::DATA)).unwrap();
    for builtin in &spec.builtins {
        let shared = *builtin.gate == "shared-everything-threads";
        assert_eq!(builtin.imports.is_empty(), shared, "{}", *builtin.name);
    }
}

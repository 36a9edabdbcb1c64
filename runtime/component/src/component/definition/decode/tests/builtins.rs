#![expect(clippy::format_push_string, reason = "a text is put together from small parts")]

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::convert::Infallible;

use crate::abi::{CoreFunctionType, FlatTypes, Flattening, HandleNumbers, StringEncoding, Type};
use crate::builtin::{
    Builtin, CoreTypeIndex, MemoryIndex, OptionsIndex, SymbolicType, TableIndex, TaskDefinition,
    TypeIndex,
};
use crate::component::definition::generated::builtin::BuiltinTemplate;
use crate::component::definition::immediates::{BuiltinNumbers, CanonicalOptions};
use crate::component::definition::items::Item;
use crate::core_value::{CoreType, IntegerType};

use super::decoded;
use super::definitions::Fixed;

/// The items that definitions of built-ins refer to. Slots of resource types are numbered in order.
const ENVIRONMENT: &str = r#"
    (core module $m
        (memory (export "memory") 1)
        (memory (export "memory64") i64 1)
        (table (export "table") 1 funcref)
        (table (export "shared-table") shared 1 (ref null (shared func)))
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)
        (func (export "realloc64") (param i64 i64 i64 i64) (result i64) unreachable))
    (core instance $i (instantiate $m))
    (alias core export $i "memory" (core memory $memory))
    (alias core export $i "memory64" (core memory $memory64))
    (alias core export $i "table" (core table $table))
    (alias core export $i "shared-table" (core table $shared-table))
    (alias core export $i "realloc" (core func $realloc))
    (alias core export $i "realloc64" (core func $realloc64))
    (core type $start (func (param i32)))
    (core type $shared-start (shared (func (param i32))))
    (import "q" (type $q (sub resource)))
    (type $r (resource (rep i32)))
    (type $r64 (resource (rep i64)))
    (type $s (stream u8))
    (type $f (future string))"#;

/// A form that every built-in is defined in, as far as it has one.
#[derive(Clone, Copy, Debug)]
struct Form {
    is_wide: bool,
    is_async: bool,
}

const FORMS: [Form; 4] = [
    Form { is_wide: false, is_async: false },
    Form { is_wide: false, is_async: true },
    Form { is_wide: true, is_async: false },
    Form { is_wide: true, is_async: true },
];

/// Returns whether an immediate of this kind follows the opcode of `builtin`.
fn has(builtin: Builtin, kind: &str) -> bool {
    builtin
        .description()
        .immediates
        .iter()
        .any(|it| it.split_once(": ").is_some_and(|it| it.1 == kind))
}

fn allows(builtin: Builtin, option: &str) -> bool {
    builtin.description().allowed.contains(&option)
}

/// Returns `true` if the signature names the representation, so that the type is the component's own.
fn is_of_own_resource(builtin: Builtin) -> bool {
    let description = builtin.description();
    let representation = SymbolicType::ResourceRepresentation;
    description.result == Some(representation)
        || description.params.iter().any(|it| it.ty == representation)
}

impl Form {
    const fn width(self) -> IntegerType {
        if self.is_wide { IntegerType::I64 } else { IntegerType::I32 }
    }

    /// Returns the definition of `builtin` in the text format.
    fn text(self, builtin: Builtin) -> String {
        let wide = if self.is_wide { "64" } else { "" };
        let (shared, shared_table) = if has(builtin, "sh?") {
            ("$shared-start", "$shared-table")
        } else {
            ("$start", "$table")
        };
        let is_async = if self.is_async { " async" } else { "" };
        let memory = format!(" (memory $memory{wide})");
        let name = match builtin {
            // The parser of the text format still has the old name.
            Builtin::ThreadAvailableParallelism => "thread.available_parallelism",
            _ => builtin.name(),
        };
        let mut text = name.to_owned();
        for immediate in builtin.description().immediates {
            match immediate.split_once(": ") {
                Some(("rt", _)) if is_of_own_resource(builtin) => text += &format!(" $r{wide}"),
                Some(("rt", _)) => text += " $q",
                Some((_, "typeidx")) => {
                    text += if name.starts_with("stream.") { " $s" } else { " $f" }
                }
                Some((_, "core:valtype")) => text += if self.is_wide { " i64" } else { " i32" },
                Some((_, "u32")) => text += if self.is_wide { " 1" } else { " 0" },
                Some((_, "core:memoryidx")) => text += &memory,
                Some((_, "core:typeidx")) => text += &format!(" {shared}"),
                Some((_, "core:tableidx")) => text += &format!(" (core table {shared_table})"),
                Some((_, "resultlist")) => text += " (result string)",
                Some((_, "async?")) => text += is_async,
                Some((_, "opts")) => {
                    text += if allows(builtin, "async") { is_async } else { "" };
                    text += &memory;
                    text += " string-encoding=utf16";
                    if allows(builtin, "realloc") {
                        text += &format!(" (realloc $realloc{wide})");
                    }
                }
                // A byte, or an immediate that the text format has no word for.
                _ => {}
            }
        }
        format!("(core func (canon {text}))")
    }

    /// Returns what the definition of `builtin` fixes.
    fn fixed(self, builtin: Builtin) -> Fixed {
        let width = self.width();
        let own = if self.is_wide { 102 } else { 101 };
        Fixed {
            resource_type: TypeIndex(if is_of_own_resource(builtin) { own } else { 100 }),
            representation: width,
            context_type: width,
            slot: u32::from(self.is_wide),
            result_type: Some(TypeIndex(200)),
            options: OptionsIndex(300),
            is_async: self.is_async,
            memory: MemoryIndex(400 + u32::from(self.is_wide)),
            memory_address: width,
            stream_type: TypeIndex(700),
            future_type: TypeIndex(800),
            start_type: CoreTypeIndex(600),
            table: TableIndex(500 + u32::from(has(builtin, "sh?"))),
            table_address: IntegerType::I32,
            start_parameter: IntegerType::I32,
            is_shared: true,
        }
    }

    /// Returns the options of `builtin`, if it takes any.
    fn options(self, builtin: Builtin) -> Option<CanonicalOptions> {
        let index = u32::from(self.is_wide);
        has(builtin, "opts").then(|| CanonicalOptions {
            address_type: self.width(),
            string_encoding: StringEncoding::Utf16,
            memory: Some(index),
            realloc: allows(builtin, "realloc").then_some(index),
            post_return: None,
            callback: None,
            is_async: self.is_async && allows(builtin, "async"),
        })
    }

    /// Returns a component that defines every built-in, in order.
    fn component(self) -> String {
        let definitions: String = Builtin::ALL.into_iter().map(|it| self.text(it)).collect();
        format!("(component {ENVIRONMENT} {definitions})")
    }
}

/// Numbers whatever a definition asks for, each kind from a hundred of its own on.
#[derive(Default)]
struct Numbers {
    options: Vec<CanonicalOptions>,
}

impl HandleNumbers for Numbers {
    type Error = Infallible;

    fn resource(&mut self, TypeIndex(slot): TypeIndex) -> Result<TypeIndex, Infallible> {
        Ok(TypeIndex(100 + slot))
    }

    fn stream(&mut self, _: Option<&Type>) -> Result<TypeIndex, Infallible> {
        panic!("no type of a value is resolved here")
    }

    fn future(&mut self, _: Option<&Type>) -> Result<TypeIndex, Infallible> {
        panic!("no type of a value is resolved here")
    }
}

impl BuiltinNumbers for Numbers {
    fn value_type(&mut self, ty: &Type) -> Result<TypeIndex, Infallible> {
        assert_eq!(*ty, Type::String);
        Ok(TypeIndex(200))
    }

    fn options(&mut self, options: &CanonicalOptions) -> Result<OptionsIndex, Infallible> {
        self.options.push(*options);
        Ok(OptionsIndex(300))
    }

    fn lift_options(&mut self, options: &CanonicalOptions) -> Result<OptionsIndex, Infallible> {
        self.options.push(*options);
        Ok(OptionsIndex(300))
    }

    fn memory(&mut self, memory: u32) -> Result<MemoryIndex, Infallible> {
        Ok(MemoryIndex(400 + memory))
    }

    fn table(&mut self, table: u32) -> Result<TableIndex, Infallible> {
        Ok(TableIndex(500 + table))
    }

    fn core_type(&mut self, ty: &CoreFunctionType) -> Result<CoreTypeIndex, Infallible> {
        let one = FlatTypes::one(CoreType::I32);
        assert_eq!(*ty, CoreFunctionType { params: one, results: FlatTypes::EMPTY });
        Ok(CoreTypeIndex(600))
    }

    fn stream_type(&mut self, element: Option<&Type>) -> Result<TypeIndex, Infallible> {
        assert_eq!(element, Some(&Type::U8));
        Ok(TypeIndex(700))
    }

    fn future_type(&mut self, value: Option<&Type>) -> Result<TypeIndex, Infallible> {
        assert_eq!(value, Some(&Type::String));
        Ok(TypeIndex(800))
    }
}

fn templates(items: &[Item]) -> Vec<(&BuiltinTemplate, CoreFunctionType)> {
    let builtin = |item| match item {
        &Item::Builtin { ref template, signature } => Some((template, signature)),
        _ => None,
    };
    items.iter().filter_map(builtin).collect()
}

#[test]
fn every_builtin_of_the_spec_becomes_its_definition() {
    for form in FORMS {
        let decoded = decoded(&form.component());
        let templates = templates(&decoded.root.items);
        assert_eq!(templates.len(), Builtin::ALL.len());
        for ((template, _), builtin) in templates.into_iter().zip(Builtin::ALL) {
            let mut numbers = Numbers::default();
            let Ok(definition) = template.definition(&mut numbers);
            assert_eq!(definition, form.fixed(builtin).definition(builtin), "{form:?}");
            assert_eq!(definition.builtin(), builtin);
            let options: Vec<_> = form.options(builtin).into_iter().collect();
            assert_eq!(numbers.options, options, "{builtin} {form:?}");
        }
    }
}

#[test]
fn a_task_without_a_result_returns_none() {
    let decoded = decoded("(component (core func (canon task.return)))");
    let [(template, _)] = *templates(&decoded.root.items) else { panic!() };
    let Ok(definition) = template.definition(&mut Numbers::default());
    let options = OptionsIndex(300);
    assert_eq!(definition, TaskDefinition::Return { result_type: None, options }.into());
}

/// Returns the core types that the spec's symbol stands for in a definition with these values.
fn core_types(ty: SymbolicType, fixed: &Fixed) -> Vec<CoreType> {
    let ty = match ty {
        SymbolicType::I32 => CoreType::I32,
        SymbolicType::I64 => CoreType::I64,
        SymbolicType::F32 => CoreType::F32,
        SymbolicType::F64 => CoreType::F64,
        SymbolicType::StartReference => CoreType::Function,
        SymbolicType::MemoryAddress => fixed.memory_address.into(),
        SymbolicType::TableAddress => fixed.table_address.into(),
        SymbolicType::StartParameter => fixed.start_parameter.into(),
        SymbolicType::ContextType => fixed.context_type.into(),
        SymbolicType::ResourceRepresentation => fixed.representation.into(),
        // The pointer and the length of a string.
        SymbolicType::FlatResults => return [fixed.memory_address.into(); 2].to_vec(),
    };
    Vec::from([ty])
}

#[test]
fn the_core_signature_of_every_builtin_is_the_specs() {
    for form in FORMS {
        let decoded = decoded(&form.component());
        let templates = templates(&decoded.root.items);
        for ((_, signature), builtin) in templates.into_iter().zip(Builtin::ALL) {
            let (description, fixed) = (builtin.description(), form.fixed(builtin));
            let params = description.params.iter().flat_map(|it| core_types(it.ty, &fixed));
            assert!(signature.params.iter().eq(params), "{builtin}: {signature:?}");
            let result = description.result.map_or(Vec::new(), |ty| core_types(ty, &fixed));
            assert!(signature.results.iter().eq(result), "{builtin}: {signature:?}");
        }
    }
}

#[test]
fn the_core_signature_of_a_lowered_function_is_the_canonical_abis() {
    let decoded = decoded(
        r#"(component
            (import "f" (func $f (param "a" string) (param "b" (list u8)) (param "c" f64)
                (result (tuple u8 u16))))
            (import "g" (func $g async (param "a" string) (param "b" (list u8)) (param "c" f64)
                (result (tuple u8 u16))))
            (core module $m
                (memory (export "memory") 1)
                (memory (export "memory64") i64 1)
                (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable))
            (core instance $i (instantiate $m))
            (alias core export $i "memory" (core memory $memory))
            (alias core export $i "memory64" (core memory $memory64))
            (core func (canon lower (func $f) (memory $memory)))
            (core func (canon lower (func $f) (memory $memory64)))
            (core func (canon lower (func $g) (memory $memory) async))
            (core func (canon lower (func $g) (memory $memory64) async)))"#,
    );
    let mut lowered = 0;
    for item in &decoded.root.items {
        let Item::Lower { options, ty, signature, .. } = item else { continue };
        let flattening = if options.is_async { Flattening::AsyncLower } else { Flattening::Lower };
        let (params, results) = (ty.params.abi(), ty.results.abi());
        let expected = flattening.flatten_functype(options.address_type, &params, &results);
        assert_eq!(*signature, expected);
        lowered += 1;
    }
    assert_eq!(lowered, 4);
}

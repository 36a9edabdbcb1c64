use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::convert::Infallible;

use crate::abi::{CoreFunctionType, FlatTypes, Flattening, HandleNumbers, StringEncoding, Type};
use crate::builtin::{
    BackpressureDefinition, Builtin, ContextDefinition, CoreTypeIndex, Definition,
    ErrorContextDefinition, FutureDefinition, MemoryIndex, OptionsIndex, ResourceDefinition,
    StreamDefinition, SubtaskDefinition, SymbolicType, TableIndex, TaskDefinition,
    ThreadDefinition, TypeIndex, WaitableDefinition,
};
use crate::core_value::{CoreType, IntegerType};

use super::super::super::builtin_template::{BuiltinNumbers, BuiltinTemplate};
use super::super::super::definition::{CanonicalOptions, Item};
use super::decoded;

const EVERY_BUILTIN: &str = r#"(component
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
    (type $f (future string))
    (core func (canon resource.new $r))
    (core func (canon resource.new $r64))
    (core func (canon resource.drop $q))
    (core func (canon resource.rep $r))
    (core func (canon resource.rep $r64))
    (core func (canon context.get i32 0))
    (core func (canon context.get i32 1))
    (core func (canon context.set i32 0))
    (core func (canon backpressure.inc))
    (core func (canon backpressure.dec))
    (core func (canon task.return (result string) (memory $memory) string-encoding=utf16))
    (core func (canon task.return))
    (core func (canon task.cancel))
    (core func (canon subtask.cancel))
    (core func (canon subtask.cancel async))
    (core func (canon subtask.drop))
    (core func (canon waitable-set.new))
    (core func (canon waitable-set.wait (memory $memory)))
    (core func (canon waitable-set.poll (memory $memory64)))
    (core func (canon waitable-set.drop))
    (core func (canon waitable.join))
    (core func (canon stream.new $s))
    (core func (canon stream.read $s async (memory $memory)))
    (core func (canon stream.write $s (memory $memory64)))
    (core func (canon stream.cancel-read $s))
    (core func (canon stream.cancel-write $s async))
    (core func (canon stream.drop-readable $s))
    (core func (canon stream.drop-writable $s))
    (core func (canon stream.forward $s))
    (core func (canon future.new $f))
    (core func (canon future.read $f (memory $memory) (realloc $realloc)))
    (core func (canon future.write $f async (memory $memory)))
    (core func (canon future.cancel-read $f async))
    (core func (canon future.cancel-write $f))
    (core func (canon future.drop-readable $f))
    (core func (canon future.drop-writable $f))
    (core func (canon future.forward $f))
    (core func (canon error-context.new (memory $memory64)))
    (core func (canon error-context.debug-message (memory $memory) (realloc $realloc)))
    (core func (canon error-context.drop))
    (core func (canon thread.index))
    (core func (canon thread.new-indirect $start (core table $table)))
    (core func (canon thread.resume-later))
    (core func (canon thread.suspend))
    (core func (canon thread.yield))
    (core func (canon thread.suspend-then-resume))
    (core func (canon thread.yield-then-resume))
    (core func (canon thread.suspend-then-promote))
    (core func (canon thread.yield-then-promote))
    (core func (canon thread.spawn-ref $shared-start))
    (core func (canon thread.spawn-indirect $shared-start (core table $shared-table)))
    (core func (canon thread.available_parallelism)))"#;

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

const I32: IntegerType = IntegerType::I32;
const I64: IntegerType = IntegerType::I64;

fn expected() -> Vec<Definition> {
    let options = OptionsIndex(300);
    let s = TypeIndex(700);
    let f = TypeIndex(800);
    let start_type = CoreTypeIndex(600);
    // Slots are numbered as they come: the import first.
    let (q, r, r64) = (TypeIndex(100), TypeIndex(101), TypeIndex(102));
    let resource = |it: ResourceDefinition| Definition::from(it);
    let mut all = Vec::from([
        resource(ResourceDefinition::New { resource_type: r, representation: I32 }),
        resource(ResourceDefinition::New { resource_type: r64, representation: I64 }),
        resource(ResourceDefinition::Drop { resource_type: q }),
        resource(ResourceDefinition::Rep { resource_type: r, representation: I32 }),
        resource(ResourceDefinition::Rep { resource_type: r64, representation: I64 }),
        ContextDefinition::Get { ty: I32, slot: 0 }.into(),
        ContextDefinition::Get { ty: I32, slot: 1 }.into(),
        ContextDefinition::Set { ty: I32, slot: 0 }.into(),
        BackpressureDefinition::Inc.into(),
        BackpressureDefinition::Dec.into(),
        TaskDefinition::Return { result_type: Some(TypeIndex(200)), options }.into(),
        TaskDefinition::Return { result_type: None, options }.into(),
        TaskDefinition::Cancel.into(),
        SubtaskDefinition::Cancel { is_async: false }.into(),
        SubtaskDefinition::Cancel { is_async: true }.into(),
        SubtaskDefinition::Drop.into(),
        WaitableDefinition::SetNew.into(),
        WaitableDefinition::SetWait { memory: MemoryIndex(400), memory_address: I32 }.into(),
        WaitableDefinition::SetPoll { memory: MemoryIndex(401), memory_address: I64 }.into(),
        WaitableDefinition::SetDrop.into(),
        WaitableDefinition::Join.into(),
    ]);
    all.extend(
        [
            StreamDefinition::New { ty: s },
            StreamDefinition::Read { ty: s, options, is_async: true, memory_address: I32 },
            StreamDefinition::Write { ty: s, options, is_async: false, memory_address: I64 },
            StreamDefinition::CancelRead { ty: s, is_async: false },
            StreamDefinition::CancelWrite { ty: s, is_async: true },
            StreamDefinition::DropReadable { ty: s },
            StreamDefinition::DropWritable { ty: s },
            StreamDefinition::Forward { ty: s },
        ]
        .map(Definition::from),
    );
    all.extend(
        [
            FutureDefinition::New { ty: f },
            FutureDefinition::Read { ty: f, options, is_async: false, memory_address: I32 },
            FutureDefinition::Write { ty: f, options, is_async: true, memory_address: I32 },
            FutureDefinition::CancelRead { ty: f, is_async: true },
            FutureDefinition::CancelWrite { ty: f, is_async: false },
            FutureDefinition::DropReadable { ty: f },
            FutureDefinition::DropWritable { ty: f },
            FutureDefinition::Forward { ty: f },
        ]
        .map(Definition::from),
    );
    all.extend(
        [
            ErrorContextDefinition::New { options, memory_address: I64 },
            ErrorContextDefinition::DebugMessage { options, memory_address: I32 },
            ErrorContextDefinition::Drop,
        ]
        .map(Definition::from),
    );
    all.extend(
        [
            ThreadDefinition::Index,
            ThreadDefinition::NewIndirect {
                start_type,
                table: TableIndex(500),
                table_address: I32,
                start_parameter: I32,
            },
            ThreadDefinition::ResumeLater,
            ThreadDefinition::Suspend,
            ThreadDefinition::Yield,
            ThreadDefinition::SuspendThenResume,
            ThreadDefinition::YieldThenResume,
            ThreadDefinition::SuspendThenPromote,
            ThreadDefinition::YieldThenPromote,
            ThreadDefinition::SpawnRef { is_shared: true, start_type, start_parameter: I32 },
            ThreadDefinition::SpawnIndirect {
                is_shared: true,
                start_type,
                table: TableIndex(501),
                table_address: I32,
                start_parameter: I32,
            },
            ThreadDefinition::AvailableParallelism { is_shared: true },
        ]
        .map(Definition::from),
    );
    all
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
    let decoded = decoded(EVERY_BUILTIN);
    let mut numbers = Numbers::default();
    let found: Vec<_> = templates(&decoded.root.items)
        .into_iter()
        .map(|(template, _)| {
            let Ok(definition) = template.definition(&mut numbers);
            definition
        })
        .collect();
    assert_eq!(found, expected());
    let builtins: BTreeSet<_> = found.iter().map(|it| it.builtin().description().opcode).collect();
    let all: BTreeSet<_> = Builtin::ALL.iter().map(|it| it.description().opcode).collect();
    assert_eq!(builtins, all);
    assert_eq!(
        numbers.options[0],
        CanonicalOptions {
            address_type: I32,
            string_encoding: StringEncoding::Utf16,
            memory: Some(0),
            realloc: None,
            post_return: None,
            callback: None,
            is_async: false,
        }
    );
}

/// The core type that the spec's symbol stands for in a definition.
fn core_types(ty: SymbolicType, definition: Definition) -> Vec<CoreType> {
    let core = |ty| match ty {
        IntegerType::I32 => CoreType::I32,
        IntegerType::I64 => CoreType::I64,
    };
    Vec::from([match (ty, definition) {
        (SymbolicType::I32, _) => CoreType::I32,
        (SymbolicType::I64, _) => CoreType::I64,
        (SymbolicType::F32, _) => CoreType::F32,
        (SymbolicType::F64, _) => CoreType::F64,
        (SymbolicType::StartReference, _) => CoreType::Function,
        (
            SymbolicType::MemoryAddress,
            Definition::Waitable(
                WaitableDefinition::SetWait { memory_address, .. }
                | WaitableDefinition::SetPoll { memory_address, .. },
            )
            | Definition::Stream(
                StreamDefinition::Read { memory_address, .. }
                | StreamDefinition::Write { memory_address, .. },
            )
            | Definition::Future(
                FutureDefinition::Read { memory_address, .. }
                | FutureDefinition::Write { memory_address, .. },
            )
            | Definition::ErrorContext(
                ErrorContextDefinition::New { memory_address, .. }
                | ErrorContextDefinition::DebugMessage { memory_address, .. },
            ),
        ) => core(memory_address),
        (
            SymbolicType::TableAddress,
            Definition::Thread(
                ThreadDefinition::NewIndirect { table_address, .. }
                | ThreadDefinition::SpawnIndirect { table_address, .. },
            ),
        ) => core(table_address),
        (
            SymbolicType::StartParameter,
            Definition::Thread(
                ThreadDefinition::NewIndirect { start_parameter, .. }
                | ThreadDefinition::SpawnIndirect { start_parameter, .. }
                | ThreadDefinition::SpawnRef { start_parameter, .. },
            ),
        ) => core(start_parameter),
        (
            SymbolicType::ContextType,
            Definition::Context(
                ContextDefinition::Get { ty, .. } | ContextDefinition::Set { ty, .. },
            ),
        ) => core(ty),
        (
            SymbolicType::ResourceRepresentation,
            Definition::Resource(
                ResourceDefinition::New { representation, .. }
                | ResourceDefinition::Rep { representation, .. },
            ),
        ) => core(representation),
        (
            SymbolicType::FlatResults,
            Definition::Task(TaskDefinition::Return { result_type: None, .. }),
        ) => return Vec::new(),
        // A string.
        (SymbolicType::FlatResults, _) => return [CoreType::I32; 2].to_vec(),
        (ty, definition) => panic!("{ty} in {definition:?}"),
    }])
}

#[test]
fn the_core_signature_of_every_builtin_is_the_specs() {
    let decoded = decoded(EVERY_BUILTIN);
    for (template, signature) in templates(&decoded.root.items) {
        let Ok(definition) = template.definition(&mut Numbers::default());
        let description = definition.builtin().description();
        let params: Vec<_> =
            description.params.iter().flat_map(|it| core_types(it.ty, definition)).collect();
        assert!(signature.params.iter().eq(params), "{}: {signature:?}", description.name);
        let result = description.result.map_or(Vec::new(), |ty| core_types(ty, definition));
        assert!(signature.results.iter().eq(result), "{}: {signature:?}", description.name);
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

#[test]
fn contexts_of_64_bits_are_told_apart() {
    let decoded = decoded("(component (core func (canon context.set i64 1)))");
    let [(template, _)] = *templates(&decoded.root.items) else { panic!() };
    let Ok(definition) = template.definition(&mut Numbers::default());
    assert_eq!(definition, ContextDefinition::Set { ty: I64, slot: 1 }.into());
}

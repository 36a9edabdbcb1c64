//! An engine that frees everything it is told to release, so that the rest belongs to Weft.
//!
//! It runs no code. A module's export `trap` traps, its export `call` calls the module's first
//! import, and all others return 0.

use std::collections::BTreeMap;
use std::sync::Arc;

use wasmparser::{ExternalKind, Parser, Payload, TypeRef, ValType};
use weft::abi::CoreFunctionType;
use weft::core_value::{CoreType, CoreValue};
use weft::engine::{
    Capability, CoreContext, CoreEngine, CoreExtern, CoreProgress, CoreTrap, HostFunctions,
    MemoryLimits, ModuleRefused, TableEntry,
};

/// The engine.
#[derive(Clone, Debug, Default)]
pub(super) struct FreeingEngine(Arc<()>);

/// The imports and exports of a module.
#[derive(Debug, Default)]
pub(super) struct Module {
    imports: Vec<(String, String)>,
    /// The positions of the imports that are functions.
    imported_functions: Vec<usize>,
    exports: Vec<(String, ExternalKind, u32)>,
    results: Vec<Option<CoreType>>,
}

/// A function: one of an instance, by index, or one of the host, by number.
#[derive(Clone, Copy, Debug)]
pub(super) enum Function {
    Guest { instance: u32, index: u32 },
    Host { number: u32 },
}

struct Instance {
    module: Arc<Module>,
    imports: Vec<CoreExtern<FreeingEngine>>,
    memory: Vec<u8>,
}

/// The store: the objects that were not released.
pub(super) struct FreeingStore<D> {
    data: D,
    instances: BTreeMap<u32, Instance>,
}

/// A borrowed store.
pub(super) struct Context<'a, D>(&'a mut FreeingStore<D>);

fn core_type(ty: ValType) -> CoreType {
    match ty {
        ValType::I64 => CoreType::I64,
        ValType::F32 => CoreType::F32,
        ValType::F64 => CoreType::F64,
        _ => CoreType::I32,
    }
}

fn parse(bytes: &[u8]) -> Module {
    let (mut module, mut types) = (Module::default(), Vec::new());
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.unwrap() {
            Payload::TypeSection(section) => {
                for ty in section.into_iter_err_on_gc_types() {
                    types.push(ty.unwrap().results().first().copied().map(core_type));
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.unwrap();
                    if let TypeRef::Func(ty) = import.ty {
                        module.imported_functions.push(module.imports.len());
                        module.results.push(types[ty as usize]);
                    }
                    module.imports.push((import.module.into(), import.name.into()));
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    module.results.push(types[ty.unwrap() as usize]);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.unwrap();
                    module.exports.push((export.name.into(), export.kind, export.index));
                }
            }
            _ => {}
        }
    }
    module
}

impl CoreEngine for FreeingEngine {
    type Module = Arc<Module>;
    type Instance = u32;
    type Function = Function;
    type Memory = u32;
    type Table = u32;
    type Global = u32;
    type Tag = u32;
    type Activation = ();
    type Store<D: HostFunctions<Self>> = FreeingStore<D>;
    type Context<'a, D: HostFunctions<Self>> = Context<'a, D>;

    fn capabilities(&self) -> &[Capability] {
        &[]
    }

    fn compile(&self, module: &[u8]) -> Result<Arc<Module>, ModuleRefused> {
        Ok(Arc::new(parse(module)))
    }

    fn imports(module: &Arc<Module>) -> Vec<(String, String)> {
        module.imports.clone()
    }

    fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    fn new_store<D: HostFunctions<Self>>(&self, data: D) -> FreeingStore<D> {
        FreeingStore { data, instances: BTreeMap::new() }
    }

    fn context<D: HostFunctions<Self>>(store: &mut FreeingStore<D>) -> Context<'_, D> {
        Context(store)
    }

    fn data<D: HostFunctions<Self>>(store: &FreeingStore<D>) -> &D {
        &store.data
    }

    fn data_mut<D: HostFunctions<Self>>(store: &mut FreeingStore<D>) -> &mut D {
        &mut store.data
    }

    fn into_data<D: HostFunctions<Self>>(store: FreeingStore<D>) -> D {
        store.data
    }
}

fn zero(result: Option<CoreType>) -> Option<CoreValue> {
    Some(match result? {
        CoreType::I64 => CoreValue::I64(0),
        CoreType::F32 => CoreValue::F32(0),
        CoreType::F64 => CoreValue::F64(0),
        _ => CoreValue::I32(0),
    })
}

impl<D: HostFunctions<FreeingEngine>> Context<'_, D> {
    fn call_host(
        &mut self,
        number: u32,
        arguments: &[CoreValue],
    ) -> Result<Option<CoreValue>, CoreTrap> {
        D::call(Context(&mut *self.0), number, arguments).map_err(|_| CoreTrap::Host)
    }

    fn run(
        &mut self,
        function: Function,
        arguments: &[CoreValue],
    ) -> Result<Option<CoreValue>, CoreTrap> {
        let (instance, index) = match function {
            Function::Host { number } => return self.call_host(number, arguments),
            Function::Guest { instance, index } => (instance, index),
        };
        let found = self.0.instances.get(&instance).expect("it was not released");
        let exports = found.module.exports.iter();
        let names = exports.filter(|(_, kind, it)| *kind == ExternalKind::Func && *it == index);
        match names.map(|(name, ..)| &**name).next() {
            Some("trap") => Err(CoreTrap::Engine("unreachable".into())),
            Some("call") => {
                let import = found.module.imported_functions.first().map(|it| found.imports[*it]);
                let Some(CoreExtern::Function(import)) = import else { panic!("no import") };
                self.run(import, arguments)
            }
            _ => Ok(zero(found.module.results[index as usize])),
        }
    }
}

impl<D: HostFunctions<FreeingEngine>> CoreContext for Context<'_, D> {
    type Engine = FreeingEngine;
    type Data = D;

    fn data(&self) -> &D {
        &self.0.data
    }

    fn data_mut(&mut self) -> &mut D {
        &mut self.0.data
    }

    fn new_function(&mut self, number: u32, _: &CoreFunctionType) -> Function {
        Function::Host { number }
    }

    fn instantiate(
        &mut self,
        module: &Arc<Module>,
        imports: &[CoreExtern<FreeingEngine>],
    ) -> Result<u32, CoreTrap> {
        let id = self.0.instances.last_key_value().map_or(0, |(id, _)| id + 1);
        let (module, imports) = (module.clone(), imports.to_vec());
        let has_memory = module.exports.iter().any(|(_, kind, _)| *kind == ExternalKind::Memory);
        let memory = vec![0; if has_memory { 1 << 16 } else { 0 }];
        self.0.instances.insert(id, Instance { module, imports, memory });
        Ok(id)
    }

    fn release(&mut self, instances: &[u32], _: &[Function]) {
        for instance in instances {
            self.0.instances.remove(instance).expect("it is released once");
        }
    }

    fn export(&self, instance: &u32, name: &str) -> Option<CoreExtern<FreeingEngine>> {
        let found = &self.0.instances[instance];
        let (_, kind, index) = found.module.exports.iter().find(|(it, ..)| it == name)?;
        Some(match kind {
            ExternalKind::Memory => CoreExtern::Memory(*instance),
            ExternalKind::Table => CoreExtern::Table(*instance),
            ExternalKind::Global => CoreExtern::Global(*instance),
            _ => CoreExtern::Function(Function::Guest { instance: *instance, index: *index }),
        })
    }

    fn set_memory_limits(&mut self, _: MemoryLimits) {}

    fn call(
        &mut self,
        function: Function,
        arguments: &[CoreValue],
    ) -> Result<CoreProgress<()>, CoreTrap> {
        self.run(function, arguments).map(CoreProgress::Returned)
    }

    fn resume(&mut self, (): (), _: Option<CoreValue>) -> Result<CoreProgress<()>, CoreTrap> {
        Err(CoreTrap::CannotStop)
    }

    fn memory(&self, memory: u32) -> &[u8] {
        &self.0.instances[&memory].memory
    }

    fn memory_mut(&mut self, memory: u32) -> (&mut [u8], &mut D) {
        let FreeingStore { data, instances } = &mut *self.0;
        (&mut instances.get_mut(&memory).expect("it was not released").memory, data)
    }

    fn table_function(&self, _: u32, _: u64, _: &CoreFunctionType) -> TableEntry<Function> {
        TableEntry::Empty
    }
}

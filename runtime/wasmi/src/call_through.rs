//! Functions that call a host function in an ordinary way.
//!
//! In wasmi 2.0.0, a guest that stops in a host function that it has *tail-called* goes on with a
//! wrong value. A host function that is itself lifted can't stop. So a module with tail calls
//! imports another function in place of the host function. That function is the only one of its
//! module, and calls the host function ordinarily. It is also called in place of a host function
//! that was lifted.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;

use spin::Mutex;
use wasm_encoder::{
    CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, ImportSection,
    TypeSection, ValType,
};
use wasmi::{Extern, Func, Instance, Module, StoreContextMut};

use weft_core::abi::CoreFunctionType;
use weft_core::core_value::CoreType;

/// The modules that call host functions. There is one for each type, for all functions of the
/// type and for all stores of an engine.
#[derive(Default)]
pub(super) struct CallThrough(Mutex<BTreeMap<Vec<u8>, Module>>);

impl CallThrough {
    /// Returns a function that calls `callee`, which has type `ty`, or `None` if there is no such
    /// module.
    pub(super) fn function<T>(
        &self,
        store: &mut StoreContextMut<'_, T>,
        callee: Func,
        ty: &CoreFunctionType,
    ) -> Option<Func> {
        let module = self.module(store, ty)?;
        let instance = Instance::new(&mut *store, &module, &[Extern::Func(callee)]).ok()?;
        instance.get_func(&*store, "f")
    }

    /// Returns the module for a type, which is compiled when it is first needed.
    fn module<T>(&self, store: &StoreContextMut<'_, T>, ty: &CoreFunctionType) -> Option<Module> {
        let bytes = bytes(ty);
        if let Some(module) = self.0.lock().get(&bytes) {
            return Some(module.clone());
        }
        // The lock is not held while compiling: at worst, two threads compile the same module.
        let module = Module::new(store.engine(), &bytes).ok()?;
        Some(self.0.lock().entry(bytes).or_insert(module).clone())
    }

    /// Returns the number of compiled modules.
    #[cfg(test)]
    fn len(&self) -> usize {
        self.0.lock().len()
    }
}

impl fmt::Debug for CallThrough {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallThrough").finish_non_exhaustive()
    }
}

/// Returns the module for a type, as bytes.
fn bytes(ty: &CoreFunctionType) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function(ty.params.iter().map(value_type), ty.results.iter().map(value_type));
    let mut imports = ImportSection::new();
    imports.import("", "f", EntityType::Function(0));
    let mut functions = FunctionSection::new();
    functions.function(0);
    let mut exports = ExportSection::new();
    exports.export("f", ExportKind::Func, 1);
    let mut body = Function::new([]);
    let mut instructions = body.instructions();
    for (position, _) in (0_u32..).zip(ty.params.iter()) {
        instructions.local_get(position);
    }
    instructions.call(0).end();
    let mut code = CodeSection::new();
    code.function(&body);
    let mut module = wasm_encoder::Module::new();
    module.section(&types).section(&imports).section(&functions).section(&exports).section(&code);
    module.finish()
}

const fn value_type(ty: CoreType) -> ValType {
    match ty {
        CoreType::I32 => ValType::I32,
        CoreType::I64 => ValType::I64,
        CoreType::F32 => ValType::F32,
        CoreType::F64 => ValType::F64,
        CoreType::Function => ValType::FUNCREF,
    }
}

#[cfg(test)]
mod tests {
    use wasmi::AsContextMut as _;
    use weft_core::abi::FlatTypes;

    use super::*;

    #[test]
    fn one_module_is_compiled_for_each_type() {
        let engine = wasmi::Engine::default();
        let modules = CallThrough::default();
        let types = [CoreType::I32, CoreType::I64]
            .map(|ty| CoreFunctionType { params: FlatTypes::one(ty), results: FlatTypes::EMPTY });
        for _ in 0..3 {
            let mut store = wasmi::Store::new(&engine, ());
            let callee = Func::wrap(&mut store, |_: u32| {});
            for _ in 0..10 {
                let function = modules.function(&mut store.as_context_mut(), callee, &types[0]);
                assert!(function.is_some());
            }
            assert_eq!(modules.len(), 1);
        }
        let mut store = wasmi::Store::new(&engine, ());
        let callee = Func::wrap(&mut store, |_: u64| {});
        assert!(modules.function(&mut store.as_context_mut(), callee, &types[1]).is_some());
        assert_eq!(modules.len(), 2);
    }
}

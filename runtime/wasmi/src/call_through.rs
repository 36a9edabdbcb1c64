//! Functions that reach a function of the host by an ordinary call.
//!
//! In wasmi 2.0.0 a guest that stopped in a function of the host which it had *tail-called* goes
//! on with a wrong value, and one that is such a function itself can't stop. A module with tail
//! calls is therefore given, instead of a function of the host, a function of a module that has
//! nothing else in it and calls it ordinarily; and that one is called where a function of the host
//! was lifted.

use wasm_encoder::{
    CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, ImportSection,
    Module, TypeSection, ValType,
};
use wasmi::{Extern, Func, Instance, StoreContextMut};

use weft_core::abi::CoreFunctionType;
use weft_core::core_value::CoreType;

/// A function that calls `callee`, which has type `ty`; `None` if there is no such module.
pub(super) fn new<T>(
    store: &mut StoreContextMut<'_, T>,
    callee: Func,
    ty: &CoreFunctionType,
) -> Option<Func> {
    let module = wasmi::Module::new(store.engine(), module(ty)).ok()?;
    let instance = Instance::new(&mut *store, &module, &[Extern::Func(callee)]).ok()?;
    instance.get_func(&*store, "f")
}

fn module(ty: &CoreFunctionType) -> alloc::vec::Vec<u8> {
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
    let mut module = Module::new();
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

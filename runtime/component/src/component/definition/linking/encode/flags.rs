//! The module with the flags of all callees.

use alloc::vec::Vec;

use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, ExportKind, ExportSection, Function, FunctionSection,
    GlobalSection, GlobalType, Module, TypeSection, ValType,
};

use super::names::flag_name;

/// The flag of an instance that is no longer linked.
const UNLINKED: i32 = -1;

/// The type of a flag.
pub(super) const FLAG: GlobalType =
    GlobalType { val_type: ValType::I32, mutable: true, shared: false };

/// Returns the module with this number of flags. It exports the flags, and two functions: `get`
/// returns the value of a flag, and `unlink` ends the linking of an instance.
pub(crate) fn flags(count: u32) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32], [ValType::I32]);
    types.ty().function([ValType::I32], []);
    let mut functions = FunctionSection::new();
    functions.function(0).function(1);
    let mut globals = GlobalSection::new();
    let mut exports = ExportSection::new();
    for flag in 0..count {
        globals.global(FLAG, &ConstExpr::i32_const(0));
        exports.export(&flag_name(flag), ExportKind::Global, flag);
    }
    exports.export("get", ExportKind::Func, 0).export("unlink", ExportKind::Func, 1);
    let mut code = CodeSection::new();
    code.function(&get(count)).function(&unlink(count));
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&globals).section(&exports).section(&code);
    module.finish()
}

fn get(count: u32) -> Function {
    let mut function = Function::new([]);
    let mut code = function.instructions();
    for flag in 0..count {
        code.local_get(0).i32_const(flag.cast_signed()).i32_eq().if_(BlockType::Empty);
        code.global_get(flag).return_().end();
    }
    code.i32_const(0).end();
    function
}

fn unlink(count: u32) -> Function {
    let mut function = Function::new([]);
    let mut code = function.instructions();
    for flag in 0..count {
        code.local_get(0).i32_const(flag.cast_signed()).i32_eq().if_(BlockType::Empty);
        code.i32_const(UNLINKED).global_set(flag).end();
    }
    code.end();
    function
}

//! The modules that are generated.
//!
//! | file | contents |
//! |---|---|
//! | `flags` | the module with the flags |
//! | `imports` | the imports of the module of a group |
//! | `body` | the code of a function, and its locals |
//! | `call` | the function of a link |
//! | `shape` | the types that code is generated for, and the values that native code moves |
//! | `values` | the two sides of a link, and the places of values |
//! | `check` | the first pass: the checks of lifting |
//! | `transfer` | the second pass: values that are moved |
//! | `scalar` | values that are one core value |
//! | `pair` | strings and lists |
//! | `names` | the names in them |
//! | `native` | values that native code moves |

mod body;
mod call;
mod check;
mod flags;
mod imports;
mod names;
mod native;
mod pair;
mod scalar;
mod shape;
mod transfer;
mod values;

use alloc::vec::Vec;

use wasm_encoder::{CodeSection, ExportKind, ExportSection, FunctionSection, Module};

use super::link_import::LinkImport;
use super::link_input::LinkInput;
use imports::Imports;

pub(crate) use flags::flags;
pub(crate) use names::{flag_name, function_name};

/// A generated module, and the items for its imports, in their order.
#[derive(Debug)]
pub(crate) struct EncodedModule {
    pub(crate) bytes: Vec<u8>,
    pub(crate) imports: Vec<LinkImport>,
}

/// Returns the module of some links. It exports the function of each by its [name](function_name).
pub(super) fn links(inputs: &[LinkInput<'_>]) -> EncodedModule {
    let mut imports = Imports::default();
    let mut bodies = Vec::with_capacity(inputs.len());
    for (member, input) in inputs.iter().enumerate() {
        let (ty, function) = call::function(&mut imports, member, input);
        bodies.push((imports.type_of(&ty), function));
    }
    let mut functions = FunctionSection::new();
    let mut exports = ExportSection::new();
    let mut code = CodeSection::new();
    for (member, (ty, function)) in bodies.iter().enumerate() {
        functions.function(*ty);
        let index = imports.num_functions() + u32::try_from(member).unwrap_or(u32::MAX);
        exports.export(&function_name(member), ExportKind::Func, index);
        code.function(function);
    }
    let (types, section, imports) = imports.finish();
    let mut module = Module::new();
    module.section(&types).section(&section).section(&functions).section(&exports).section(&code);
    EncodedModule { bytes: module.finish(), imports }
}

//! The code of a function, and its locals.

use alloc::vec::Vec;

use wasm_encoder::{Function, InstructionSink};

use crate::abi::FlatTypes;
use crate::core_value::CoreType;

use super::imports::val_type;

/// The code of a function.
pub(super) struct Body {
    code: Vec<u8>,
    /// The types of its locals, those of its parameters first.
    locals: Vec<CoreType>,
    num_params: usize,
}

impl Body {
    /// Returns the empty code of a function with these parameters.
    pub(super) fn new(params: FlatTypes) -> Self {
        let locals: Vec<_> = params.iter().collect();
        Self { code: Vec::new(), num_params: locals.len(), locals }
    }

    /// Returns the place of the next instructions.
    pub(super) fn code(&mut self) -> InstructionSink<'_> {
        InstructionSink::new(&mut self.code)
    }

    /// Adds a local, which is 0 at first.
    pub(super) fn local(&mut self, ty: CoreType) -> u32 {
        let index = u32::try_from(self.locals.len()).unwrap_or(u32::MAX);
        self.locals.push(ty);
        index
    }

    /// Adds a local that gets the value on the stack.
    pub(super) fn set_local(&mut self, ty: CoreType) -> u32 {
        let local = self.local(ty);
        self.code().local_set(local);
        local
    }

    /// Returns the type of a local.
    pub(super) fn type_of(&self, local: u32) -> Option<CoreType> {
        self.locals.get(usize::try_from(local).ok()?).copied()
    }

    /// Returns the function, which is complete.
    pub(super) fn finish(mut self) -> Function {
        self.code().end();
        let own = self.locals.get(self.num_params..).unwrap_or_default();
        let mut function = Function::new_with_locals_types(own.iter().copied().map(val_type));
        function.raw(self.code);
        function
    }
}

//! Values that native code moves: all arguments of a call together, or its result.

use alloc::vec::Vec;

use crate::abi::{CoreFunctionType, FlatTypes};
use crate::component::definition::linking::link_import::{LinkFunction, direction_code};
use crate::core_value::CoreType;

use super::values::Values;

impl Values<'_, '_> {
    /// Calls native code to move arguments. Returns locals with the core values for the callee,
    /// which have these types.
    pub(super) fn native_arguments(&mut self, params: &[u32], types: FlatTypes) -> Vec<u32> {
        let mut ty = FlatTypes::one(CoreType::I32);
        self.push_code();
        for param in params {
            ty = ty.push(self.body.type_of(*param).unwrap_or(CoreType::I32));
            self.body.code().local_get(*param);
        }
        let ty = CoreFunctionType { params: ty, results: FlatTypes::EMPTY };
        let function = self.imports.host(LinkFunction::Arguments(ty));
        let next = self.imports.host(LinkFunction::Next);
        self.body.code().call(function);
        let mut moved = Vec::new();
        for ty in types.iter() {
            self.body.code().call(next);
            if ty != CoreType::I64 {
                self.convert(CoreType::I64, ty);
            }
            moved.push(self.body.set_local(ty));
        }
        moved
    }

    /// Calls native code to move a result between two addresses, which are in locals.
    pub(super) fn native_result(&mut self, from: u32, to: u32) {
        let mut ty = FlatTypes::one(CoreType::I32);
        self.push_code();
        for local in [from, to] {
            ty = ty.push(self.body.type_of(local).unwrap_or(CoreType::I32));
            self.body.code().local_get(local);
        }
        let ty = CoreFunctionType { params: ty, results: FlatTypes::EMPTY };
        let function = self.imports.host(LinkFunction::Results(ty));
        self.body.code().call(function);
    }

    /// Pushes the number of the link in calls of native code.
    fn push_code(&mut self) {
        let code = direction_code(self.input.number, self.from);
        self.body.code().i32_const(code.cast_signed());
    }
}

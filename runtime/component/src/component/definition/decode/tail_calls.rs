//! Finding tail calls in core functions.
//!
//! The operators of a function are visited without being stored. Most functions are not even
//! visited, as none of their bytes is the opcode of a tail call.

use alloc::vec::Vec;

use wasmparser::{FunctionBody, VisitOperator, VisitSimdOperator};

use super::InvalidComponent;

/// Returns `true` if a byte is the opcode of `return_call`, `return_call_indirect` or
/// `return_call_ref`.
const fn may_be_tail_call(byte: u8) -> bool {
    matches!(byte, 0x12 | 0x13 | 0x15)
}

/// Returns `true` if a function has a tail call.
pub(super) fn has_tail_calls(body: &FunctionBody<'_>) -> Result<bool, InvalidComponent> {
    // Chunks without a branch let the compiler compare many bytes at once.
    let mut chunks = body.as_bytes().chunks(32);
    if !chunks.any(|chunk| chunk.iter().fold(false, |any, byte| any | may_be_tail_call(*byte))) {
        return Ok(false);
    }
    let mut operators = body.get_operators_reader()?;
    while !operators.eof() {
        if operators.visit_operator(&mut IsTailCall)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A visitor that returns `true` for tail calls.
struct IsTailCall;

macro_rules! visit {
    ($(@$proposal:ident $operator:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($arity:tt)*))*) => {
        $(visit!(method $visit $({ $($arg: $ty),* })?);)*
    };
    (method visit_return_call { $($arg:ident: $ty:ty),* }) => { visit!(returns true visit_return_call { $($arg: $ty),* }); };
    (method visit_return_call_indirect { $($arg:ident: $ty:ty),* }) => { visit!(returns true visit_return_call_indirect { $($arg: $ty),* }); };
    (method visit_return_call_ref { $($arg:ident: $ty:ty),* }) => { visit!(returns true visit_return_call_ref { $($arg: $ty),* }); };
    (method $visit:ident $({ $($arg:ident: $ty:ty),* })?) => { visit!(returns false $visit $({ $($arg: $ty),* })?); };
    (returns $is:literal $visit:ident $({ $($arg:ident: $ty:ty),* })?) => {
        fn $visit(&mut self $($(, _: $ty)*)?) -> bool {
            $is
        }
    };
}

impl<'a> VisitOperator<'a> for IsTailCall {
    type Output = bool;

    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = bool>> {
        Some(self)
    }

    wasmparser::for_each_visit_operator!(visit);
}

impl VisitSimdOperator<'_> for IsTailCall {
    wasmparser::for_each_visit_simd_operator!(visit);
}

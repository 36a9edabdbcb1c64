//! A check of function bodies, before wasmi compiles them.
//!
//! wasmi 2.0.0 panics at an operator after the last `end` of a body. Its validator refuses such a
//! body only at the end, after the operator has been translated.

use alloc::string::ToString as _;
use alloc::vec::Vec;

use wasmparser::{
    BinaryReaderError, FunctionBody, OperatorsReader, OperatorsReaderAllocations, Parser, Payload,
    VisitOperator, VisitSimdOperator,
};
use weft_core::engine::ModuleRefused;

/// Checks that the last `end` of each function body is its last operator.
///
/// # Errors
///
/// [`ModuleRefused`] if it is not, or if an operator can't be read.
pub(crate) fn check_ends(module: &[u8]) -> Result<(), ModuleRefused> {
    read_bodies(module).map_err(|error| ModuleRefused(error.to_string().into()))
}

fn read_bodies(module: &[u8]) -> Result<(), BinaryReaderError> {
    let mut allocations = OperatorsReaderAllocations::default();
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::CodeSectionEntry(body) = payload? {
            allocations = read_operators(&body, allocations)?;
        }
    }
    Ok(())
}

/// Reads all operators. The reader counts blocks, and fails after the last `end`. Returns what the
/// reader of the next body can use again.
fn read_operators(
    body: &FunctionBody<'_>,
    allocations: OperatorsReaderAllocations,
) -> Result<OperatorsReaderAllocations, BinaryReaderError> {
    let reader = body.get_binary_reader_for_operators()?;
    let mut operators = OperatorsReader::new_with_allocs(reader, allocations);
    while !operators.eof() {
        operators.visit_operator(&mut Skip)?;
    }
    operators.finish()?;
    Ok(operators.into_allocations())
}

/// A visitor that skips operators.
struct Skip;

macro_rules! skip {
    ($(@$proposal:ident $operator:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($arity:tt)*))*) => {
        $(fn $visit(&mut self $($(, _: $ty)*)?) {})*
    };
}

impl<'a> VisitOperator<'a> for Skip {
    type Output = ();

    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = ()>> {
        Some(self)
    }

    wasmparser::for_each_visit_operator!(skip);
}

impl VisitSimdOperator<'_> for Skip {
    wasmparser::for_each_visit_simd_operator!(skip);
}

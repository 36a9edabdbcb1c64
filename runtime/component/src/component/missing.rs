//! What a core module needs and an engine lacks.

use alloc::vec::Vec;

use wasmparser::{Validator, WasmFeatures};

use crate::engine::Capability;

use super::InvalidComponent;
use super::decode::features;

/// What `engine` has besides every capability: WebAssembly 2.0 without vectors, and constant
/// expressions that add and multiply.
const ALWAYS: WasmFeatures = WasmFeatures::WASM2
    .difference(WasmFeatures::SIMD)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::BULK_MEMORY_OPT)
    .union(WasmFeatures::CALL_INDIRECT_OVERLONG);

const fn flags(capability: Capability) -> WasmFeatures {
    match capability {
        Capability::Memory64 => WasmFeatures::MEMORY64,
        Capability::MultiMemory => WasmFeatures::MULTI_MEMORY,
        Capability::CustomPageSizes => WasmFeatures::CUSTOM_PAGE_SIZES,
        Capability::TailCalls => WasmFeatures::TAIL_CALL,
        Capability::Simd => WasmFeatures::SIMD,
        Capability::RelaxedSimd => WasmFeatures::RELAXED_SIMD,
        Capability::ExceptionHandling => WasmFeatures::EXCEPTIONS,
        Capability::FunctionReferences => WasmFeatures::FUNCTION_REFERENCES,
        Capability::GarbageCollection => WasmFeatures::GC,
        Capability::Threads => WasmFeatures::THREADS.union(WasmFeatures::SHARED_EVERYTHING_THREADS),
        Capability::WideArithmetic => WasmFeatures::WIDE_ARITHMETIC,
        Capability::StackSwitching => WasmFeatures::STACK_SWITCHING,
    }
}

fn is_valid(module: &[u8], features: WasmFeatures) -> bool {
    Validator::new_with_features(features).validate_all(module).is_ok()
}

/// What the core module needs of what an engine lacks that has only `capabilities`; none if the
/// engine can run it.
///
/// A module is validated with what the engine has. Only if it isn't valid then, it is validated
/// again, with everything but one thing at a time.
///
/// # Errors
///
/// [`InvalidComponent::Invalid`] if the module is not valid at all.
pub(crate) fn missing_capabilities(
    module: &[u8],
    capabilities: &[Capability],
) -> Result<Vec<Capability>, InvalidComponent> {
    let of_engine = capabilities.iter().fold(ALWAYS, |all, it| all.union(flags(*it)));
    if is_valid(module, of_engine) {
        return Ok(Vec::new());
    }
    let mut needed = features();
    Validator::new_with_features(needed).validate_all(module)?;
    let mut missing = Vec::new();
    // What builds on something else comes later in the list, and is left out first.
    for capability in Capability::ALL.into_iter().rev().filter(|it| !capabilities.contains(it)) {
        let less = needed.difference(flags(capability));
        if is_valid(module, less) {
            needed = less;
        } else {
            missing.push(capability);
        }
    }
    missing.reverse();
    Ok(missing)
}

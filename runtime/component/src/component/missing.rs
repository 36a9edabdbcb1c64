//! Capabilities that a core module needs and an engine lacks.

use alloc::vec::Vec;

use wasmparser::{Validator, WasmFeatures};

use crate::component::definition::decode::error::GARBAGE_COLLECTION;
use crate::component::definition::decode::{InvalidComponent, features};
use crate::engine::Capability;

impl InvalidComponent {
    /// Returns the capability that an engine would need for a component that is [not
    /// implemented](Self::Unsupported), if its core code needs one.
    ///
    /// ```
    /// use weft::component::validate;
    /// use weft::engine::Capability;
    ///
    /// let component = wat::parse_str(r#"
    ///     (component
    ///         (core module $module (func (export "f")))
    ///         (core instance $instance (instantiate $module))
    ///         (func (canon lift (core func $instance "f") gc)))
    /// "#)?;
    /// let error = validate(&component).unwrap_err();
    /// assert_eq!(error.capability(), Some(Capability::GarbageCollection));
    /// # Ok::<(), wat::Error>(())
    /// ```
    #[must_use]
    pub fn capability(&self) -> Option<Capability> {
        match self {
            Self::Unsupported { feature: GARBAGE_COLLECTION, .. } => {
                Some(Capability::GarbageCollection)
            }
            _ => None,
        }
    }
}

/// The features that an `engine` has besides all capabilities: WebAssembly 2.0 without vectors, and
/// constant expressions that add and multiply.
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

/// Returns the capabilities that an engine needs to run a core module.
///
/// ```
/// use weft::component::needed_capabilities;
/// use weft::engine::Capability;
///
/// let module = wat::parse_str("(module (memory i64 1) (tag))")?;
/// let needed = [Capability::Memory64, Capability::ExceptionHandling];
/// assert_eq!(needed_capabilities(&module)?, needed);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// [`DecodedComponent::core_modules`](super::DecodedComponent::core_modules) returns the core
/// modules of a component. The module is validated, more than once if it needs a capability, so
/// that this takes time with its size.
///
/// # Errors
///
/// [`InvalidComponent::Invalid`] if the module is not valid.
pub fn needed_capabilities(module: &[u8]) -> Result<Vec<Capability>, InvalidComponent> {
    missing_capabilities(module, &[])
}

/// Returns the capabilities that the core module needs, without those in `capabilities`. The result
/// is empty if an engine with those can run it.
///
/// The module is validated with the engine's capabilities. Only if it isn't valid then, it is
/// validated again, with everything but one capability at a time.
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
    // A capability that builds on another one comes later in the list, and is left out first.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        wat::parse_str(text).expect("the text is right")
    }

    /// Modules that need one thing.
    const NEEDS: [(Capability, &str); 12] = [
        (Capability::Memory64, "(memory i64 1)"),
        (Capability::MultiMemory, "(memory 1) (memory 1)"),
        (Capability::CustomPageSizes, "(memory 1 (pagesize 1))"),
        (Capability::TailCalls, "(func $f return_call $f)"),
        (Capability::Simd, "(func (param v128))"),
        (
            Capability::RelaxedSimd,
            "(func (param v128) (drop (i8x16.relaxed_swizzle (local.get 0) (local.get 0))))",
        ),
        (Capability::ExceptionHandling, "(tag)"),
        (Capability::FunctionReferences, "(type $t (func)) (func (param (ref $t)))"),
        (Capability::GarbageCollection, "(type (struct))"),
        (Capability::Threads, "(memory 1 1 shared)"),
        (
            Capability::WideArithmetic,
            "(func (drop (drop (i64.mul_wide_u (i64.const 1) (i64.const 2)))))",
        ),
        (Capability::StackSwitching, "(type $f (func)) (type (cont $f))"),
    ];

    #[test]
    fn what_a_module_needs_is_named_when_an_engine_lacks_it() {
        for (needed, text) in NEEDS {
            let module =
                wat::parse_str(alloc::format!("(module {text})")).expect("the text is right");
            let missing = missing_capabilities(&module, &[]).expect("the module is valid");
            assert!(missing.contains(&needed), "{needed}: {missing:?}");
            let all = missing_capabilities(&module, &Capability::ALL).expect("the module is valid");
            assert!(all.is_empty(), "{needed}: {all:?}");
            // Garbage collection builds on references to functions: no engine has it without them.
            let builds_on = |it| {
                (needed, it) == (Capability::FunctionReferences, Capability::GarbageCollection)
            };
            let others: Vec<_> =
                Capability::ALL.into_iter().filter(|it| *it != needed && !builds_on(*it)).collect();
            let missing = missing_capabilities(&module, &others).expect("the module is valid");
            assert_eq!(missing, [needed]);
        }
    }

    #[test]
    fn a_plain_module_needs_nothing() {
        let module = bytes("(module (func (result i32) (i32.const 1)) (memory 1))");
        assert_eq!(missing_capabilities(&module, &[]), Ok(Vec::new()));
    }

    #[test]
    fn several_needs_are_named_together() {
        let module = bytes("(module (memory i64 1) (memory 1) (tag))");
        let missing = missing_capabilities(&module, &[Capability::Simd]);
        let expected =
            [Capability::Memory64, Capability::MultiMemory, Capability::ExceptionHandling].to_vec();
        assert_eq!(missing, Ok(expected));
    }

    #[test]
    fn a_module_that_is_not_valid_needs_nothing_but_correction() {
        let module = bytes("(module (func (result i32)))");
        assert!(matches!(
            missing_capabilities(&module, &[]),
            Err(InvalidComponent::Invalid { .. })
        ));
    }
}

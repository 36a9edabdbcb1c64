//! What is wrong with a component.

use alloc::string::{String, ToString as _};

use thiserror::Error;
use wasmparser::WasmFeatures;

use crate::abi::InvalidType;
use crate::error::OneLine;

/// As deep as components may be nested, so that no recursion over them ends a thread's stack.
pub(crate) const MAX_NESTING: usize = 100;

/// Bytes are not a component, or not one for Weft.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidComponent {
    /// The bytes are not a component: they don't follow the binary format, or break a rule of
    /// validation.
    #[error("{} (at byte {offset})", OneLine(message))]
    Invalid {
        /// What is wrong.
        message: String,
        /// Where, in bytes from the beginning.
        offset: u64,
    },
    /// There is no such type of a value.
    #[error("a type of values is not valid (at byte {offset})")]
    Type {
        /// What is wrong with it.
        #[source]
        invalid: InvalidType,
        /// Where it is used, in bytes from the beginning.
        offset: u64,
    },
    /// Components are nested within components too deeply to be worked on.
    #[error("components are nested at most {MAX_NESTING} levels deep (at byte {offset})")]
    TooDeep {
        /// Where, in bytes from the beginning.
        offset: u64,
    },
    /// The component may well be valid, but Weft does not implement what it needs.
    #[error("{feature} are needed and not implemented: {} (at byte {offset})", OneLine(message))]
    Unsupported {
        /// What it needs.
        feature: &'static str,
        /// What needs it.
        message: String,
        /// Where, in bytes from the beginning.
        offset: u64,
    },
}

/// What there is in the spec or in core WebAssembly, and not in Weft.
pub(super) const NOT_IMPLEMENTED: [(WasmFeatures, &str); 9] = [
    (WasmFeatures::CM_VALUES, VALUES),
    (WasmFeatures::CM_GC, GARBAGE_COLLECTION),
    (WasmFeatures::CM_NESTED_NAMES, "nested namespaces and packages in names"),
    (WasmFeatures::LEGACY_EXCEPTIONS, "legacy exceptions"),
    (WasmFeatures::MEMORY_CONTROL, "instructions of memory control"),
    (WasmFeatures::CUSTOM_DESCRIPTORS, "custom descriptors"),
    (WasmFeatures::COMPACT_IMPORTS, "compact import sections"),
    (WasmFeatures::ACQUIRE_RELEASE_ATOMICS, "atomic instructions with acquire and release"),
    (WasmFeatures::MULTIBYTE_ARRAY_ACCESS, "accesses to arrays of several bytes"),
];

const VALUES: &str = "value imports and exports and start functions of components";
pub(crate) const GARBAGE_COLLECTION: &str = "canonical options for garbage-collected values";

impl InvalidComponent {
    pub(super) fn invalid(message: impl Into<String>, offset: u64) -> Self {
        Self::Invalid { message: message.into(), offset }
    }

    pub(super) fn of_type(offset: u64) -> impl FnOnce(InvalidType) -> Self {
        move |invalid| Self::Type { invalid, offset }
    }

    pub(super) fn values(offset: u64) -> Self {
        Self::Unsupported { feature: VALUES, message: "a value is used".into(), offset }
    }

    pub(super) fn garbage_collection(offset: u64) -> Self {
        Self::Unsupported {
            feature: GARBAGE_COLLECTION,
            message: "such an option is used".into(),
            offset,
        }
    }
}

impl From<wasmparser::Error> for InvalidComponent {
    fn from(error: wasmparser::Error) -> Self {
        let (message, offset) = (error.message().to_string(), error.offset());
        let missing = error.missing_wasm_feature().unwrap_or(WasmFeatures::empty());
        match NOT_IMPLEMENTED.into_iter().find(|(flag, _)| missing.contains(*flag)) {
            Some((_, feature)) => Self::Unsupported { feature, message, offset },
            None => Self::Invalid { message, offset },
        }
    }
}

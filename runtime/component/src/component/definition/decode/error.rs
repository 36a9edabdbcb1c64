//! The errors of invalid components.

use alloc::string::String;

use thiserror::Error;
use wasmparser::{Validator, WasmFeatures};

use crate::abi::InvalidType;
use crate::error::OneLine;

/// The deepest nesting of components, so that recursion over them never exhausts a thread's stack.
pub(crate) const MAX_NESTING: usize = 100;

/// The reasons why bytes are not a component that Weft can load.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidComponent {
    /// The bytes are not a component: they don't follow the binary format, or break a rule of
    /// validation.
    #[error("{} (at byte {offset})", OneLine(message))]
    Invalid {
        /// The mistake.
        message: String,
        /// The offset of the mistake, in bytes.
        offset: u64,
    },
    /// A type of a value is not valid.
    #[error("a type of a value is not valid (at byte {offset})")]
    Type {
        /// The mistake in the type.
        #[source]
        invalid: InvalidType,
        /// The offset of the type's use, in bytes.
        offset: u64,
    },
    /// Components are nested too deeply.
    #[error("components are nested more than {MAX_NESTING} levels deep (at byte {offset})")]
    TooDeep {
        /// The offset of the innermost component, in bytes.
        offset: u64,
    },
    /// Weft does not implement something that the component needs. The component may be valid.
    #[error("Weft does not implement {feature}: {} (at byte {offset})", OneLine(message))]
    Unsupported {
        /// The feature that it needs.
        feature: &'static str,
        /// The item that needs it.
        message: String,
        /// The offset of that item, in bytes.
        offset: u64,
    },
    /// The component needs a feature that is off by default. It is valid if
    /// [`Features`](crate::component::Features) have it.
    #[error(
        "{feature} are off by default, see `Features`: {} (at byte {offset})",
        OneLine(message)
    )]
    OffByDefault {
        /// The feature that it needs.
        feature: &'static str,
        /// The mistake that it is otherwise.
        message: String,
        /// The offset of the mistake, in bytes.
        offset: u64,
    },
}

/// The features of the spec and of core WebAssembly that Weft does not implement.
pub(super) const NOT_IMPLEMENTED: [(WasmFeatures, &str); 9] = [
    (WasmFeatures::CM_VALUES, VALUES),
    (WasmFeatures::CM_GC, GARBAGE_COLLECTION),
    (WasmFeatures::CM_NESTED_NAMES, NESTED_NAMES),
    (WasmFeatures::LEGACY_EXCEPTIONS, "legacy exceptions"),
    (WasmFeatures::MEMORY_CONTROL, "instructions of memory control"),
    (WasmFeatures::CUSTOM_DESCRIPTORS, "custom descriptors"),
    (WasmFeatures::COMPACT_IMPORTS, "compact import sections"),
    (WasmFeatures::ACQUIRE_RELEASE_ATOMICS, "atomic instructions with acquire and release"),
    (WasmFeatures::MULTIBYTE_ARRAY_ACCESS, "accesses to arrays of several bytes"),
];

const NESTED_NAMES: &str = "names with nested namespaces and packages";
const VALUES: &str = "values and start functions of components";
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

impl InvalidComponent {
    /// Returns the error with its reason, if `bytes` are only refused because `features` lack one
    /// that `wasmparser` knows. Not all errors of `wasmparser` name the feature.
    #[cold]
    pub(super) fn explained(self, bytes: &[u8], features: WasmFeatures) -> Self {
        let Self::Invalid { message, offset } = self else { return self };
        let is_valid =
            |features| Validator::new_with_features(features).validate_all(bytes).is_ok();
        let all = WasmFeatures::all();
        let missing = NOT_IMPLEMENTED.into_iter().filter(|(flag, _)| !features.contains(*flag));
        let mut needed = missing.filter(|(flag, _)| !is_valid(all.difference(*flag)));
        let found = if is_valid(all) { needed.next() } else { None };
        match found {
            Some((_, feature @ NESTED_NAMES)) => Self::OffByDefault { feature, message, offset },
            Some((_, feature)) => Self::Unsupported { feature, message, offset },
            None => Self::Invalid { message, offset },
        }
    }
}

impl From<wasmparser::Error> for InvalidComponent {
    fn from(error: wasmparser::Error) -> Self {
        // Each context of a mistake is a line before it.
        let (message, offset) = (error.message().replace('\n', ": "), error.offset());
        let missing = error.missing_wasm_feature().unwrap_or(WasmFeatures::empty());
        match NOT_IMPLEMENTED.into_iter().find(|(flag, _)| missing.contains(*flag)) {
            Some((_, feature)) => Self::Unsupported { feature, message, offset },
            None => Self::Invalid { message, offset },
        }
    }
}

//! The options of canonical definitions.

use crate::abi::StringEncoding;
use crate::core_value::IntegerType;

/// The options of a canonical definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CanonicalOptions {
    /// What the addresses of the memory are; `i32` if there is no memory.
    pub(crate) address_type: IntegerType,
    /// How strings lie in the memory.
    pub(crate) string_encoding: StringEncoding,
    /// The core memory.
    pub(crate) memory: Option<u32>,
    /// The core function that allocates in it.
    pub(crate) realloc: Option<u32>,
    /// The core function to call after the results have been lifted.
    pub(crate) post_return: Option<u32>,
    /// The core function that is told of events.
    pub(crate) callback: Option<u32>,
    /// Whether `async` is there.
    pub(crate) is_async: bool,
}

//! The vocabulary and the ABI, through the public API alone.
//!
//! | module | contents |
//! |---|---|
//! | `builtin`, `code` | built-ins and the codes that guests see |
//! | `abi` | lifting and lowering of Rust types |
//! | `dynamic`, `plan` | values of types known at run time; moves from guest to guest |
//! | `list`, `types`, `wave` | lists of fixed length, types, and values as text |

mod abi;
mod builtin;
mod code;
#[cfg(feature = "alloc")]
mod dynamic;
mod list;
#[cfg(feature = "alloc")]
mod plan;
#[cfg(feature = "alloc")]
mod types;
#[cfg(feature = "wave")]
mod wave;

//! Components: decoding and validating them.
//!
//! | file | what is in it |
//! |---|---|
//! | `definition` | what a component is once it is decoded: items to walk in order |
//! | `entity_type` | the types of imports and exports, as far as they matter at run time |
//! | `builtin_template` | a built-in before the store's numbers are known |
//! | `decode` | from bytes to definitions: [`validate`], [`InvalidComponent`] |
//! | `missing` | what a core module needs and an engine lacks |

#[allow(dead_code, reason = "for the instantiator")]
mod builtin_template;
mod decode;
#[allow(dead_code, reason = "for the instantiator")]
mod definition;
#[allow(dead_code, reason = "for the instantiator")]
mod entity_type;
#[allow(dead_code, reason = "for the instantiator")]
mod missing;

pub use decode::{InvalidComponent, validate};

//! WIT: found, read, decoded, parsed, resolved, and refused where there are no bindings for it.
//!
//! | module | contents |
//! |---|---|
//! | `files`, `encoded` | the files: found and read, and decoded from WebAssembly |
//! | `source` | WIT, parsed and resolved |
//! | `world` | the world that is meant |
//! | `features` | the `@unstable` features that WIT has |
//! | `nested_names` | names such as `a:b:c/d`, which the parser does not know |
//! | `complaints`, `closest` | the parser's complaints, and the names that were perhaps meant |
//! | `limits` | types that there are no bindings for, refused at their places |

pub(crate) mod closest;
pub(crate) mod complaints;
pub(crate) mod encoded;
pub(crate) mod features;
pub(crate) mod files;
pub(crate) mod limits;
pub(crate) mod nested_names;
pub(crate) mod source;
pub(crate) mod world;

//! WIT: finds, reads, decodes, parses and resolves it, and refuses types without bindings.
//!
//! | module | contents |
//! |---|---|
//! | `files`, `encoded` | finds and reads the files, and decodes WebAssembly |
//! | `source` | parses and resolves WIT |
//! | `world` | selects the world |
//! | `features` | the `@unstable` features in WIT |
//! | `nested_names` | names such as `a:b:c/d`, which the parser cannot read |
//! | `complaints`, `closest` | the parser's errors, and suggestions of names |
//! | `limits` | refuses types without bindings, at their places |

pub(crate) mod closest;
pub(crate) mod complaints;
pub(crate) mod encoded;
pub(crate) mod features;
pub(crate) mod files;
pub(crate) mod limits;
pub(crate) mod nested_names;
pub(crate) mod source;
pub(crate) mod world;

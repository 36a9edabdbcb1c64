//! Generates the items of Rust from a resolved world.
//!
//! | module | contents |
//! |---|---|
//! | `generator` | the order in which the parts of a world become Rust |
//! | `modules`, `names` | the tree of Rust modules with the imports of each, and names of Rust |
//! | `facts` | the facts about each type, such as the traits it can derive |
//! | `types`, `errors`, `references` | definitions of types, errors for Rust, and uses of types |
//! | `functions` | the way in which a host implements each function |
//! | `hosts`, `glue`, `views` | the traits of a host, and the functions that add it to a linker |
//! | `exports`, `arguments` | the structs for exports, and the types of their arguments |
//! | `docs` | comments of WIT as comments of Rust, safe for rustdoc and doctests |

pub(crate) mod arguments;
pub(crate) mod docs;
pub(crate) mod errors;
pub(crate) mod exports;
pub(crate) mod facts;
pub(crate) mod functions;
pub(crate) mod generator;
pub(crate) mod glue;
pub(crate) mod hosts;
pub(crate) mod modules;
pub(crate) mod names;
pub(crate) mod references;
pub(crate) mod types;
pub(crate) mod views;

//! From a resolved world to the items of Rust.
//!
//! | module | contents |
//! |---|---|
//! | `generator` | the order in which the parts of a world become Rust |
//! | `modules`, `names` | the tree of Rust modules with what each imports, and names of Rust |
//! | `facts` | what is known of each type: what it can derive, whether it borrows |
//! | `types`, `errors`, `references` | definitions of types, errors for Rust, and types where they are used |
//! | `functions` | how a host implements each function |
//! | `hosts`, `glue`, `views` | the traits of a host, and what adds it to a linker |
//! | `exports`, `arguments` | the structs for what is exported, and the types of their arguments |
//! | `docs` | WIT comments as Rust ones, which rustdoc and doctests leave alone |

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

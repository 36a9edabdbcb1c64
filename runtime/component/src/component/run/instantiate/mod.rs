//! Instantiation: walking the items of a definition.
//!
//! | file | contents |
//! |---|---|
//! | `frame` | an instance that is being made |
//! | `spaces` | its index spaces |
//! | `items` | the effect of each item |
//! | `canonical` | canonical definitions |
//! | `linking` | the calls of other instances that are linked |
//! | `given` | what is given for imports |
//! | `imports` | checking what is given for imports |
//! | `numbers` | the store's numbers for what a definition names by its own |
//! | `core_instance` | instances of core modules |
//! | `budget` | limits |
//! | `error` | [`InstantiateError`](error::InstantiateError) |

mod budget;
mod canonical;
mod core_instance;
pub(crate) mod error;
mod frame;
pub(crate) mod given;
pub(crate) mod imports;
mod items;
mod linking;
mod numbers;
mod spaces;

//! Instantiation: executing the items of a definition.
//!
//! | file | contents |
//! |---|---|
//! | `frame` | an instance that is being made |
//! | `spaces` | its index spaces |
//! | `items` | the effect of each item |
//! | `canonical` | canonical definitions |
//! | `linking` | the linked calls of the instance |
//! | `given` | the items for imports |
//! | `imports` | checking the items for imports |
//! | `numbers` | the store's numbers for the indices and slots of a definition |
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

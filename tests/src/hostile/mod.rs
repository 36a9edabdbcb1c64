//! Arbitrary bytes as a component: the outcome is always an error, a trap or a result, in bounded
//! time and memory.
//!
//! | file | contents |
//! |---|---|
//! | `attempt` | loads, links, instantiates and calls, within bounds: [`Hostile`] |
//! | `offer` | provides the imports of a component |
//! | `values` | arguments for calls |
//! | `seeds` | components from `.wast` files, as seeds of hostile ones |
//! | `handmade` | components that are hostile on purpose: the corpus of the fuzz target |
//! | `mutants` | a seeded generator of changes |

mod attempt;
mod handmade;
mod mutants;
mod offer;
mod seeds;
mod values;

pub use attempt::{Bounds, Fate, Hostile};
pub use handmade::handmade;
pub use mutants::Mutants;
pub use seeds::components;

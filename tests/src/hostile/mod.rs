//! Arbitrary bytes as a component: whatever they are, there is an error, a trap or a result in
//! bounded time and memory.
//!
//! | file | what is in it |
//! |---|---|
//! | `attempt` | loading, linking, instantiating and calling, with bounds: [`Hostile`] |
//! | `offer` | giving a component what it asks for |
//! | `values` | arguments for whatever is called |
//! | `seeds` | components that are changed into hostile ones: those of `.wast` files |
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

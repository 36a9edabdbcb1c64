//! Linked calls between guests: the conditions for them, and their equal results.
//!
//! | module | contents |
//! |---|---|
//! | `guests` | components for several modules, and both ways of calling |
//! | `census` | calls that are linked, and the reasons why others are not |
//! | `traps` | traps in linked calls: the instances that are locked down, and the backtraces |
//! | `unlinking` | instances that are locked down in other ways, and stores that link nothing |
//! | `values` | values that the random tests of `tests/abi` do not cover |

mod census;
pub(crate) mod guests;
mod traps;
mod unlinking;
mod values;

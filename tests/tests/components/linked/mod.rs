//! Calls between guests that are linked: which they are, and that nobody notices.
//!
//! | module | contents |
//! |---|---|
//! | `guests` | components that are used by several modules, and both ways of calling |
//! | `census` | which calls of components are linked, and why others are not |
//! | `traps` | traps in linked calls: who is locked down, and what backtraces say |
//! | `unlinking` | instances that are locked down otherwise, and stores that link nothing |
//! | `values` | values that the random ones of `tests/abi` don't show |

mod census;
mod guests;
mod traps;
mod unlinking;
mod values;

//! Functions with Rust's own types: those that components export and those of the host.
//!
//! | module | what is in it |
//! |---|---|
//! | `world` | a store, and a component that gives back what it is given |
//! | `exports` | calls of exports: types, results, waiting |
//! | `host_functions` | functions of the host |
//! | `handles` | resources, ends and error contexts |

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that fails says where")]

mod exports;
mod handles;
mod host_functions;
mod world;

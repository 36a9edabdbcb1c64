//! Functions with Rust's own types: those that components export and those of the host.
//!
//! | module | what is in it |
//! |---|---|
//! | `guests` | components that give back what they are given |
//! | `exports` | calls of exports: types, results, waiting |
//! | `host_functions` | functions of the host |
//! | `long_parameters` | parameter lists that are too long for a tuple |
//! | `handles` | resources, ends and error contexts |

mod exports;
mod guests;
mod handles;
mod host_functions;
mod long_parameters;

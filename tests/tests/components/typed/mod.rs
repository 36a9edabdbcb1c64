//! Functions with Rust types: those that components export, and those of the host.
//!
//! | module | contents |
//! |---|---|
//! | `guests` | components that return their arguments |
//! | `exports` | calls of exports: types, results, waiting |
//! | `host_functions` | host functions |
//! | `long_parameters` | parameter lists that are too long for a tuple |
//! | `handles` | resources, ends and error contexts |

mod exports;
mod guests;
mod handles;
mod host_functions;
mod long_parameters;

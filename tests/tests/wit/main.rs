//! Comparison of types, names and interfaces with `wit-parser` and `wit-component`.
//!
//! | module | contents |
//! |---|---|
//! | `value_types`, `abi_layout` | layouts and flat types |
//! | `import_names` | the names of built-ins as imports |
//! | `host_api_wit` | the host API in WIT |
//! | `component_text` | the text of components |
//! | `bindings` | generated bindings, and a component that calls them |
//! | `shelf`, `shelf_host` | the same with resources that are values, streams, and host errors |

mod abi_layout;
mod bindings;
mod component_text;
mod host_api_wit;
mod import_names;
mod shelf;
mod shelf_host;
mod value_types;

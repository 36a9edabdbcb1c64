//! The objects of a store.
//!
//! They name [`definition`](super::definition), the machine, the host extensions, the ABI, the
//! vocabulary and the engine's types. No engine is called from here.

pub(crate) mod activations;
pub(crate) mod call_error;
pub(crate) mod calls;
pub(crate) mod canonical;
pub(crate) mod claims;
pub(crate) mod context;
pub(crate) mod crossing;
pub(crate) mod deadlock;
pub(crate) mod entity;
#[cfg(test)]
mod example_ids;
pub(crate) mod fault;
pub(crate) mod flat_values;
pub(crate) mod functions;
pub(crate) mod handle_error;
pub(crate) mod host_function;
pub(crate) mod host_handles;
pub(crate) mod host_resource;
pub(crate) mod host_result;
pub(crate) mod identity;
pub(crate) mod lent;
pub(crate) mod machine;
pub(crate) mod module;
pub(crate) mod names;
pub(crate) mod origins;
pub(crate) mod outcome;
pub(crate) mod resource_types;
pub(crate) mod settings;
pub(crate) mod spare;
pub(crate) mod state;
pub(crate) mod thread_destructors;
pub(crate) mod type_tables;
pub(crate) mod waiting;

//! The objects of a store.
//!
//! They name [`definition`](super::definition), the machine, the host extensions, the ABI, the
//! vocabulary and the engine's types. No engine is called from here, and there are no closures: the
//! functions that an embedder defines are known only by their [types](state::Callbacks).
//!
//! | file | contents |
//! |---|---|
//! | `state` | everything that is in a store |
//! | `functions`, `canonical`, `core_function` | functions with an id, and those that core modules import |
//! | `type_tables` | the numbers of types, options, memories and tables |
//! | `calls`, `outcome` | calls that have not returned, and results |
//! | `deferred_calls` | calls that were begun without records, until something looks at them |
//! | `activations` | threads that have stopped, and the first functions of new threads |
//! | `crossing` | data that is passed across a call of the engine |
//! | `host_handles`, `claims`, `lent`, `handle_error` | the handles that the host holds, passes and lends |
//! | `host_values`, `borrowers` | the values of host-defined resources, and their holders |
//! | `values_converted`, `carried_values`, `resource_value_error` | Rust values with such values in them, as `Val`s |
//! | `origins` | the call that each task belongs to, which gets its traps |
//! | `waiting` | host functions and others that wait, and their wakers |
//! | `mailbox`, `acting` | requests of code that runs beside the store, and the calls that they belong to |
//! | `resource_types`, `thread_destructors` | the host's resource types and destructors |
//! | `roots`, `slab` | the instances that the host has made, and numbers that are reused |
//! | `links` | the linked calls between guests |
//! | `names`, `deadlock` | names for messages, and reports of waiting tasks |
//! | `recorded_names` | names for the timeline that is recorded |
//! | `settings`, `store_limits` | limits that an embedder sets |
//! | `beside`, `interrupts` | the parts of a store that code beside it shares, and interrupts |
//! | `waits_for_host` | finding out if the host can do something for a waiter |
//! | `entity`, `module` | imports and exports of instances |
//! | `machine`, `identity` | the machine, and the identity of a store |
//! | `traps`, `trap_backtrace`, `trapping` | traps and their backtraces |
//! | `fault`, `call_error`, `host_result`, `host_result_error` | the reasons why calls fail |
//! | `host_panic`, `panics`, `unwinding` | panics of the host in calls from guests |
//! | `flat_values`, `spare` | core values as bits, and second references |

pub(crate) mod acting;
pub(crate) mod activations;
pub(crate) mod beside;
pub(crate) mod borrowers;
pub(crate) mod call_error;
pub(crate) mod calls;
pub(crate) mod canonical;
pub(crate) mod carried_values;
pub(crate) mod claims;
pub(crate) mod core_function;
pub(crate) mod crossing;
pub(crate) mod deadlock;
pub(crate) mod deferred_calls;
pub(crate) mod entity;
#[cfg(test)]
mod example_ids;
pub(crate) mod fault;
pub(crate) mod flat_values;
pub(crate) mod functions;
pub(crate) mod handle_error;
pub(crate) mod host_handles;
pub(crate) mod host_panic;
pub(crate) mod host_result;
pub(crate) mod host_result_error;
pub(crate) mod host_values;
pub(crate) mod identity;
pub(crate) mod interrupts;
pub(crate) mod lent;
pub(crate) mod links;
pub(crate) mod machine;
pub(crate) mod mailbox;
pub(crate) mod module;
pub(crate) mod names;
pub(crate) mod origins;
pub(crate) mod outcome;
pub(crate) mod panics;
pub(crate) mod recorded_names;
pub(crate) mod resource_types;
pub(crate) mod resource_value_error;
pub(crate) mod roots;
pub(crate) mod settings;
pub(crate) mod slab;
pub(crate) mod spare;
pub(crate) mod state;
pub(crate) mod store_limits;
pub(crate) mod thread_destructors;
pub(crate) mod trap_backtrace;
pub(crate) mod trapping;
pub(crate) mod traps;
pub(crate) mod type_tables;
pub(crate) mod unwinding;
pub(crate) mod values_converted;
pub(crate) mod waiting;
pub(crate) mod waits_for_host;

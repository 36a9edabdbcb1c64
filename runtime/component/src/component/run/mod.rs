//! Running a store: taking steps, moving values, calling both ways, instantiating.
//!
//! Most functions are methods of [`Context`](context::Context), the store as it is lent.
//!
//! | file | contents |
//! |---|---|
//! | `context`, `state` | the store, lent, and everything that is in it |
//! | `host_function`, `host_resource` | the functions and resource types that an embedder defines |
//! | `steps` | taking the machine's steps on the engine |
//! | `core_calls`, `guest_calls` | calls of core functions, and calls by them |
//! | `turns`, `embedder_calls` | letting guests run, and calls by the embedder |
//! | `host_function_calls`, `typed_host_function`, `async_host_function` | calls of host functions |
//! | `stuck` | finding out if it is the host's turn when nothing can go on |
//! | `waiting`, `host_function_future`, `polling` | futures that wait for events outside of the store, and polling them |
//! | `spawned_tasks` | host tasks that are futures |
//! | `requests` | closures that run where the store is driven |
//! | `deferred_call`, `deferred_host_call`, `ended` | calls without records |
//! | `lifting`, `lowering`, `between` | the store's side of the canonical ABI |
//! | `flat` | values that consist only of core values |
//! | `transfer`, `copies`, `element_layout` | moving values for calls, and through streams and futures |
//! | `linked_calls`, `linked_values` | linked calls between guests, and native code for them |
//! | `lifted_result` | [`LiftedResult`](lifted_result::LiftedResult): results in the form that the host wants |
//! | `host_ends` | reads and writes by the host |
//! | `serving` | sources and sinks that serve the host's ends |
//! | `dropping` | dropping what is no longer needed, and running destructors |
//! | `removing`, `abandoning` | removing instances, and giving up calls |
//! | `instantiate` | making instances of components |

mod abandoning;
pub(crate) mod async_host_function;
mod between;
pub(crate) mod context;
mod copies;
mod core_calls;
pub(crate) mod deferred_call;
mod deferred_host_call;
mod dropping;
mod element_layout;
pub(crate) mod embedder_calls;
pub(crate) mod ended;
pub(crate) mod flat;
mod guest_calls;
pub(crate) mod host_ends;
pub(crate) mod host_function;
mod host_function_calls;
pub(crate) mod host_function_future;
pub(crate) mod host_resource;
pub(crate) mod instantiate;
pub(crate) mod lifted_result;
mod lifting;
mod linked_calls;
mod linked_values;
pub(crate) mod lowering;
pub(crate) mod polling;
mod removing;
pub(crate) mod requests;
pub(crate) mod serving;
mod spawned_tasks;
pub(crate) mod state;
mod steps;
mod stuck;
mod transfer;
pub(crate) mod turns;
pub(crate) mod typed_host_function;
pub(crate) mod waiting;

//! Components: loading, linking, instantiating and calling them, on any engine.
//!
//! | file | what is in it |
//! |---|---|
//! | `store` | [`Component`], [`Store`] |
//! | `instance`, `linker`, `host_function` | [`Instance`], [`Function`], [`Linker`], [`HostContext`] |
//! | `error` | [`LoadError`], [`InstantiateError`], [`CallError`] |
//! | `decode` | from bytes to definitions: [`validate`], [`InvalidComponent`] |
//! | `definition`, `entity_type`, `builtin_template` | what a component is once it is decoded |
//! | `missing` | what a core module needs and an engine lacks |
//! | `instantiate`, `entity` | walking a definition; what instances are given and give |
//! | `state`, `numbers` | what is in a store: the machine, and what its numbers stand for |
//! | `drive` | taking the machine's steps on the engine |
//! | `call`, `host_call` | calls by the host, and of the host |
//! | `transfer`, `contexts` | moving values, by the canonical ABI |

#[cfg(feature = "std")]
mod block;
mod builtin_template;
mod call;
mod call_future;
mod contexts;
mod deadlock;
mod decode;
mod definition;
mod drive;
mod entity;
mod entity_type;
mod error;
mod host_call;
mod host_function;
mod instance;
mod instantiate;
mod linker;
mod missing;
mod names;
mod numbers;
mod origin;
mod progress;
mod state;
mod store;
mod transfer;
mod waiting;

pub use call_future::CallFuture;
pub use deadlock::{Awaited, Deadlock, Party, WaitingTask};
pub use decode::{InvalidComponent, validate};
pub use error::{CallError, InstantiateError, LoadError};
pub use host_function::{HostContext, HostFuture, HostResult};
pub use instance::{Function, Instance};
pub use linker::Linker;
pub use progress::Progress;
pub use state::HostError;
pub use store::{CallId, Component, Store};

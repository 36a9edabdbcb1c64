//! The host extensions: the host's records of tasks, threads, waitables and errors.
//!
//! The Component Model defines what guests can learn of one another. A host needs more: the request
//! that a task works for, or the causes of an error. It asks a view of the subject, which a store
//! or machine returns: see [`HostExtensions`]. All of them are **host extensions**, which no guest
//! sees. The signatures are the same for a store of components and for a machine in firmware.
//!
//! ```
//! # use weft_core as weft;
//! # #[cfg(feature = "alloc")] {
//! use weft::error_context::ErrorSeverity;
//! use weft::host::ExtendedMachine;
//! use weft::limits::Heap;
//!
//! let mut store = ExtendedMachine::<Heap>::default(); // A `component::Store` has the same views.
//! let download = store.tasks().start()?;
//! store.tasks().set_metadata(download, "url", "https://example.com")?;
//! let error = store.error_contexts().create("no route", ErrorSeverity::Error)?;
//! store.tasks().fail(download, error)?;
//! # }
//! # Ok::<(), weft::error::Error>(())
//! ```
//!
//! | subject | view | method |
//! |---|---|---|
//! | [contexts](crate::context) that follow tasks | [`Contexts`](crate::context::Contexts) | `store.contexts()` |
//! | [host tasks, and calls](crate::task) | [`Tasks`](crate::task::Tasks) | `store.tasks()` |
//! | [cancellation](crate::task#cancellation) | [`CancellationTokens`](crate::task::CancellationTokens) | `store.cancellation_tokens()` |
//! | [threads](crate::thread) that the host begins | [`Threads`](crate::thread::Threads) | `store.threads()` |
//! | [waitable sets](crate::waitable) of the host | [`WaitableSets`](crate::waitable::WaitableSets) | `store.waitable_sets()` |
//! | timelines of all that happens | `Timeline` (feature `alloc`) | `store.timeline()` |
//! | severity, frames, sources and metadata of [error contexts](crate::error_context) | [`ErrorContexts`](crate::error_context::ErrorContexts) | `store.error_contexts()` |
//!
//! The records are side tables, which [`Extensions`] keeps as the [hooks](crate::machine::Hooks) of
//! a machine. The record of a task or an error context is dropped when the machine removes it, so
//! that no later task gets it. Methods that wait for something, and so let guests run, belong to
//! the store of components itself.

mod access;
mod any_error;
pub(crate) mod attributes;
pub(crate) mod extensions;
pub mod limits;
pub(crate) mod machine;
pub mod observer;

pub use access::{ExtensionAccess, HostExtensions};
pub use any_error::AnyError;
pub use extensions::Extensions;
pub use machine::ExtendedMachine;

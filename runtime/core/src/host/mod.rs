//! The host's side: what it remembers of tasks, threads, waitables and errors. All of it are
//! **host extensions**, which no guest sees.
//!
//! The Component Model says what guests hear of one another. A host wants to know more: for whom a
//! task works, how an error came to be. It asks a view of the subject, which is made from whatever
//! has a machine with the extensions: see [`HostExtensions`]. So everything here has one signature,
//! wherever it is used and whatever the machine's tables are made of.
//!
//! | subject | view | got by |
//! |---|---|---|
//! | [contexts](crate::context) that follow tasks | [`Contexts`](crate::context::Contexts) | `store.contexts()` |
//! | [host tasks, and calls](crate::task) | [`Tasks`](crate::task::Tasks) | `store.tasks()` |
//! | [cancellation](crate::task#cancellation) | [`CancellationTokens`](crate::task::CancellationTokens) | `store.cancellation_tokens()` |
//! | [threads](crate::thread) that the host begins, joins and gives values to | [`Threads`](crate::thread::Threads) | `store.threads()` |
//! | [waitable sets](crate::waitable) of the host | [`WaitableSets`](crate::waitable::WaitableSets) | `store.waitable_sets()` |
//! | severity, frames, sources and metadata of [error contexts](crate::error_context) | [`ErrorContexts`](crate::error_context::ErrorContexts) | `store.error_contexts()` |
//!
//! What lets guests run in order to wait for something is a method of a component store itself.
//!
//! # Where it is kept
//!
//! | file | content |
//! |---|---|
//! | `access` | [`HostExtensions`]: where the views come from |
//! | `machine` | [`ExtendedMachine`] |
//! | `extensions` | [`Extensions`]: the side tables, which are the [hooks](crate::machine::Hooks) of a machine |
//! | [`limits`] | the storage of these tables, and their sizes |
//! | `attributes` | named values: contexts and metadata are made of them |
//!
//! These, and the data of each subject, know nothing of the machine but its ids. The views know
//! both. The record of a task or an error context is dropped when the machine removes
//! that, so that it never becomes anybody else's.

mod access;
pub(crate) mod attributes;
pub(crate) mod extensions;
pub mod limits;
pub(crate) mod machine;

pub use access::{ExtensionAccess, HostExtensions};
pub use extensions::Extensions;
pub use machine::ExtendedMachine;

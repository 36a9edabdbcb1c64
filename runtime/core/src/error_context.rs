//! Severities, codes, sources, stack frames and metadata that the host adds to error contexts:
//! **host extensions**.
//!
//! An
//! [error context](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#-canon-error-contextnew)
//! of the Component Model has a debug message, and nothing else. A guest creates one with
//! `error-context.new`, or the host creates one, and it can be passed between them with its debug
//! message. The host can describe any error context further, with the methods of
//! [`ErrorContexts`]. It keeps the description under the [`ErrorContextId`] until the error
//! context is removed. Guests never see it.
//!
//!
//! ```
//! # use weft_core as weft;
//! # #[cfg(feature = "alloc")] {
//! use weft::error_context::{ErrorSeverity, StackFrame};
//! use weft::limits::Heap;
//! use weft::host::ExtendedMachine;
//!
//! let mut machine = ExtendedMachine::<Heap>::default();
//!
//! // Create an error context.
//! let context_id = machine.error_contexts().create("Database connection failed", ErrorSeverity::Error)?;
//!
//! // Add a stack frame.
//! let frame = StackFrame::new("connect_to_db").file("database.rs").line(142).column(15);
//! machine.error_contexts().add_stack_frame(context_id, frame)?;
//!
//! // Add metadata.
//! machine.error_contexts().set_metadata(context_id, "database_url", "postgres://localhost:5432")?;
//!
//! // Get the formatted stack trace.
//! let stack_trace = machine.error_contexts().stack_trace(context_id)?.to_string();
//! assert_eq!(
//!     stack_trace,
//!     "error: Database connection failed\n    at connect_to_db (database.rs:142:15)",
//! );
//! machine.error_contexts().drop(context_id)?;
//! # }
//! # Ok::<(), weft::error::Error>(())
//! ```
//!
//! An error context can have another one as its
//! [source](crate::error_context::ErrorContexts::set_source), and holds it: the source lives at
//! least as long. An error context is never among its own sources, so each trace is finite.
//! [`ErrorContexts::create_from`] creates an error context from a Rust error and all its sources.
//!
//! A debug message that is too long for its storage is cut, as the spec allows. Any other text that
//! is too long is refused, with
//! [`ExtensionError::ValueTooLong`](crate::error::ExtensionError::ValueTooLong).

mod error_contexts;
mod frame;
mod kept;
pub(crate) mod record;
mod severity;
mod source;
mod trace;

pub use crate::machine::ErrorContextId;
pub use error_contexts::ErrorContexts;
pub use frame::StackFrame;
pub use severity::{ErrorSeverity, UnknownSeverity};
pub use trace::ErrorTrace;

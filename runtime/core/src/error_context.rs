//! What the host knows of errors: severity, code, source, stack frames and metadata. All of it are
//! **host extensions**.
//!
//! An [error context](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#-canon-error-contextnew)
//! of the Component Model has a debug message, and nothing else. It may be made by a guest, with
//! `error-context.new`, or by the host, and be passed between them; its debug message goes with it.
//! What is described here rides beside it: the host keeps it by the [`ErrorContextId`], whoever made
//! the error context, it never crosses into a guest, and it is gone when the error context is.
//!
//! | item | what it is |
//! |---|---|
//! | [`ErrorContexts`] | [`create`](ErrorContexts::create), [`add_stack_frame`](ErrorContexts::add_stack_frame), [`set_metadata`](ErrorContexts::set_metadata) and their like |
//! | [`ErrorSeverity`] | how bad it is |
//! | [`StackFrame`] | where it came from |
//! | [`ErrorTrace`] | all of it, and its sources, as text |
//!
//! A debug message that is too long for its storage is cut, as the spec allows; any other text that
//! is, is [`Error::ValueTooLong`](crate::error::Error::ValueTooLong).
//!
//! # The guide's fourth example
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
//! # Sources
//!
//! An error context can have another as its [source](crate::error_context::ErrorContexts::set_source),
//! and holds it: the source lives as long as what it is the source of. None can be among its own
//! sources, so each trace comes to an end. An error of Rust's becomes an error context with all its
//! sources by [`ErrorContexts::create_from`].
//!
//! | file | what is in it |
//! |---|---|
//! | `severity`, `frame` | [`ErrorSeverity`], [`StackFrame`] |
//! | `record` | what is kept of an error context |
//! | `error_contexts`, `source` | what the host does with it; chains |
//! | `trace` | [`ErrorTrace`] |

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

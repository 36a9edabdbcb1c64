//! The records that the machine keeps, as plain data with methods of their own.
//!
//! They know nothing of the machine, whose tables they are in, and of its rules. Links between them
//! are [keys](super::arena::Key).

pub(crate) mod definition;
pub(crate) mod error_context;
pub(crate) mod frame;
pub(crate) mod held;
pub(crate) mod held_stack;
pub(crate) mod instance;
pub(crate) mod resource;
pub(crate) mod tables;
pub(crate) mod task;
pub(crate) mod waitable;
pub(crate) mod words;

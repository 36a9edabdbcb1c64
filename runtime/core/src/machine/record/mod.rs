//! The records that the machine keeps: plain data with methods of their own.
//!
//! They don't know the machine, in whose tables they are, nor its rules. Links between them are
//! [keys](super::arena::Key).

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

//! The adapter for wasmi, and its effects on components: calls that stop, are interrupted, and
//! nest.

mod adapter;
mod allocations;
mod capabilities;
mod components;
mod host;
mod instantiation;
mod interruption;
mod memories;
mod nesting;
mod signatures;
mod tail_calls;

//! The adapter for wasmi, and what components owe to it: calls that stop, are interrupted, and
//! nest.

mod adapter;

mod host;

mod memories;

mod signatures;
mod tail_calls;

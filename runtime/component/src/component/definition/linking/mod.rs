//! Linked calls: calls between guests that nothing can observe, and the core modules that make
//! them.
//!
//! A call between guests has records, because a built-in or a host function may look at them. An
//! instance that has neither, and that calls only such instances, is *blind*. A synchronous call of
//! a blind instance is *linked*: a generated core module between caller and callee lifts, lowers
//! and calls. The machine does not take part.
//!
//! For each callee there is a *flag*, a global. While a link calls into the instance, its flag
//! records the link and the part of the call. If the callee's flag isn't 0, a link calls in the
//! ordinary way, through the *fallback*. So after a trap, the flags of all instances on the stack
//! stay set. Setting a flag ends the linking of an instance for any other reason, too.
//!
//! | file | contents |
//! |---|---|
//! | `composition` | the instances that an instantiation of a component makes |
//! | `core_space` | the origins of core functions and memories |
//! | `rules` | the calls that are linked, and the reasons why others are not |
//! | `link_input`, `link_import`, `call_part` | links as input for generated code, the imports of that code, and the parts of a call in a flag |
//! | `guest_call` | [`GuestCall`](guest_call::GuestCall): a call, as an embedder sees it |
//! | `encode` | the generated modules |

pub(crate) mod call_part;
pub(crate) mod composition;
mod core_space;
pub(crate) mod encode;
pub(crate) mod guest_call;
pub(crate) mod link_import;
mod link_input;
pub(crate) mod link_trap;
mod module_code;
pub(crate) mod plan;
mod reach;
pub(crate) mod rules;
#[cfg(test)]
mod tests;

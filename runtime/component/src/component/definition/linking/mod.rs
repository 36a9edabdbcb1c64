//! Linked guests: the calls between guests that nobody can look at, and the core modules that make
//! them.
//!
//! A call of a guest by a guest has records, because a built-in or a host function may look at them.
//! An instance that has neither, and calls nobody who has, is *blind*. A synchronous call of a blind
//! instance is *linked*: a core module that is generated here lies between caller and callee, and
//! lifts, lowers and calls. The machine hears nothing of it.
//!
//! For each callee there is a *flag*, a global. While a link calls into the instance, its flag says
//! which link that is, and in which part of the call it is. A link whose callee's flag isn't 0 goes
//! the ordinary way, by the *fallback*. So a trap leaves the flags of all instances on the stack set;
//! and setting a flag ends the linking of an instance, whatever the reason.
//!
//! | file | contents |
//! |---|---|
//! | `composition` | the instances that instantiating a component makes |
//! | `core_space` | where core functions and memories are from |
//! | `module_code`, `reach` | the functions that `realloc` and `post-return` may call |
//! | `rules` | the calls that are linked, and why others are not |
//! | `plan` | the links, in groups that are instantiated together |
//! | `link_input`, `link_import`, `call_part` | a link as code is made for it, what that imports, and what a flag tells |
//! | `guest_call` | [`GuestCall`](guest_call::GuestCall): what an embedder is told of a call |
//! | `link_trap` | the traps that generated code raises |
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

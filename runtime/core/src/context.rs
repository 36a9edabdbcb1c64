//! Contexts that follow tasks: a **host extension**.
//!
//! The Component Model gives each thread two numbered context slots, read and written by
//! `context.get` and `context.set`; they belong to the guest. A host that carries values of
//! its own along with its tasks, such as who is asking, or which trace a call belongs to,
//! keeps them in contexts. Nothing here is a canonical built-in, and no guest sees any of it.
//!
//! | item | what it is |
//! |---|---|
//! | [`AsyncContext`] | values by their keys |
//! | [`Contexts`] | the current context, and those under it: [`current`](Contexts::current), [`replace`](Contexts::replace), [`push`](Contexts::push), [`pop`](Contexts::pop), [`get`](Contexts::get), [`set`](Contexts::set) and their like |
//! | [`AsyncContextScope`], [`with_async_context`] | a context that is current until a guard is dropped, or a closure returns |
//! | `AmbientContextScope`, `ambient_context` | the same for a thread, without a store (feature `std`) |
//! | `AsyncContext::scope` | the same for a future, on whatever thread it is polled (feature `std`) |
//! | [`ContextValue`], [`IntoContextValue`], [`ContextValueType`] | a value; what can be one; what is given back |
//! | [`struct@ContextKey`] | a key made of text, checked when it is made |
//! | [`TypedContextKey`], [`macro@ContextKey`] | a key that is a type, and knows the type of its value |
//! | [`ContextKeyIdentity`] | what a context remembers of a typed key, to tell it from another of the same name |
//! | [`InvalidContextKey`], [`ContextKeyCollision`], [`ContextError`] | what can go wrong |
//!
//! # Which context is current
//!
//! Each task has contexts of its own, one of which is current; so has the host. What the host does
//! by itself, it does in its own; a host function that a guest calls is in the task's whose
//! guest called it.
//!
//! A task begins with the context that is current where it is begun, whether the host begins it or
//! another guest: it has those values when the host has left the scope, and however often it has
//! been suspended meanwhile. They are its own: what is set afterwards, by whoever began it or by the
//! task, the other does not see. A context is copied only when somebody changes one that others
//! have, too; so beginning a task in it costs a count.
//!
//! # The guide's first example
//!
//! ```
//! # use weft_core as weft;
//! # #[cfg(feature = "alloc")] {
//! use weft::context::{AsyncContext, AsyncContextScope, ContextKey, ContextValue};
//! use weft::limits::Heap;
//! use weft::host::ExtendedMachine;
//!
//! // A store of components has a host side as a machine has, and a host function, too.
//! let mut machine = ExtendedMachine::<Heap>::default();
//!
//! // Create and set a context.
//! let context = AsyncContext::new();
//! machine.contexts().replace(context)?;
//!
//! // Store values in the context.
//! machine.contexts().set_value(
//!     ContextKey::new("user_id")?,
//!     ContextValue::from_component_value(123_i32)?,
//! )?;
//!
//! // Retrieve values.
//! let value = machine.contexts().get_value(ContextKey::new("user_id")?);
//! assert_eq!(value, Some(&ContextValue::S32(123)));
//!
//! // Use scoped contexts.
//! {
//!     let scope = &mut AsyncContextScope::enter_empty(&mut machine)?;
//!     assert!(scope.contexts().current().is_some_and(AsyncContext::is_empty));
//!     // The context is automatically popped when the scope ends.
//! }
//! assert_eq!(machine.contexts().current().map(AsyncContext::len), Some(1));
//! # }
//! # Ok::<(), weft::context::ContextError>(())
//! ```
//!
//! # What is in here
//!
//! | file | |
//! |---|---|
//! | `key` | keys |
//! | `value`, `value_type` | values, and which types of Rust they can be |
//! | `async_context` | contexts by themselves |
//! | `stack` | where contexts are, for each task and for the host |
//! | `contexts`, `scope` | what the host does with them |
//! | `ambient` | contexts of a thread |
//!
//! # Typed keys
//!
//! ```
//! # extern crate weft_core as weft;
//! use weft::context::{ContextKey, TypedContextKey};
//!
//! #[derive(ContextKey)]
//! #[context_key(value = u64)]
//! struct UserId;
//!
//! // The name is the type's, in kebab case, unless `name = "…"` says otherwise.
//! assert_eq!(UserId::KEY, ContextKey::new("user-id")?);
//!
//! // What takes a typed key knows the type of its value.
//! fn store<K: TypedContextKey>(value: K::Value) -> K::Value {
//!     value
//! }
//! let stored: u64 = store::<UserId>(123);
//! # assert_eq!(stored, 123);
//! # Ok::<(), weft::context::InvalidContextKey>(())
//! ```
//!
//! # Two keys of one name
//!
//! Two key types with the same name would read each other's values as their own. Where the
//! compiler can see both (in one module, or in one `keys = …` set of a crate) it refuses them;
//! see [`macro@ContextKey`]. Where it cannot, because they are in different crates, a context
//! refuses the second with [`ContextKeyCollision`] as soon as its value is to be stored:
//!
//! ```
//! # extern crate weft_core as weft;
//! use weft::context::{ContextKeyIdentity, ContextKey};
//!
//! mod sessions {
//!     # use weft::context::ContextKey;
//!     #[derive(ContextKey)]
//!     #[context_key(value = u64)]
//!     pub struct UserId;
//! }
//! mod billing {
//!     # use weft::context::ContextKey;
//!     #[derive(ContextKey)]
//!     #[context_key(value = String)]
//!     pub struct UserId;
//! }
//!
//! let held = ContextKeyIdentity::of::<sessions::UserId>();
//! let refused = ContextKeyIdentity::of::<billing::UserId>();
//! let collision = refused.check_beside(held).unwrap_err();
//! assert_eq!(collision.name, "user-id");
//! assert!(held.check_beside(held).is_ok(), "a key does not collide with itself");
//! ```

#[cfg(feature = "std")]
mod ambient;
mod async_context;
mod contexts;
#[cfg(feature = "alloc")]
mod kept;
mod kept_duration;
mod key;
mod scope;
pub(crate) mod stack;
mod value;
mod value_type;

pub use crate::error::InvalidContextKey;
#[cfg(feature = "std")]
pub use ambient::{AmbientContextScope, InContext, ambient_context};
pub use async_context::{AsyncContext, ContextError};
pub use contexts::Contexts;
#[cfg(feature = "alloc")]
pub use kept::Kept;
pub use key::{ContextKey, ContextKeyCollision, ContextKeyIdentity, TypedContextKey};
pub use scope::{AsyncContextScope, with_async_context};
pub use value::{ContextValue, ContextValueType, IntoContextValue};

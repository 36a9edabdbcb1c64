//! Contexts that follow tasks: a **host extension**.
//!
//! A host needs values that follow its tasks, such as the user of a request, or the trace that a
//! call belongs to. It stores them in contexts. (The Component Model also has two context slots for
//! each thread, for `context.get` and `context.set`. These belong to the guest. Nothing here is a
//! canonical built-in, and no guest sees any of it.)
//!
//! ```
//! # use weft_core as weft;
//! # #[cfg(feature = "alloc")] {
//! use weft::context::{AsyncContext, AsyncContextScope, ContextKey, ContextValue};
//! use weft::limits::Heap;
//! use weft::host::ExtendedMachine;
//!
//! // A store of components has the same views, and so has a host function.
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
//! | item | purpose |
//! |---|---|
//! | [`AsyncContext`] | values by their keys |
//! | [`Contexts`] | the current context, and those under it: [`current`](Contexts::current), [`replace`](Contexts::replace), [`push`](Contexts::push), [`pop`](Contexts::pop), [`get`](Contexts::get), [`set`](Contexts::set) and their like |
//! | [`AsyncContextScope`], [`with_async_context`] | a context that is current until a guard is dropped, or a closure returns |
//! | `AmbientContextScope`, `ambient_context` | the same for a thread, without a store (feature `std`) |
//! | `AsyncContext::scope` | the same for a future, on each thread that polls it (feature `std`) |
//! | [`ContextValue`], [`ContextValueRef`] | a value, and a borrowed one |
//! | [`IntoContextValue`], [`ContextValueType`] | types that become values, and types of results |
//! | [`struct@ContextKey`] | a key made of text, checked when it is made |
//! | [`TypedContextKey`], [`#[derive(ContextKey)]`][derive] | a key that is a type, and knows the type of its value |
//! | [`ContextKeyIdentity`] | the type of a typed key, which distinguishes keys of the same name |
//! | [`InvalidContextKey`], [`ContextKeyCollision`], [`ContextError`] | errors |
//!
//! # The current context
//!
//! Each task has contexts of its own, one of which is current, and so has the host. Outside of any
//! call, the host uses its own. A host function uses those of the task whose guest called it.
//!
//! A task begins with the context that is current where it is begun, by the host or by another
//! guest. The task keeps those values after the host has left the scope, and while the task is
//! suspended. Its values are its own: a later change by the side that began the task is not seen by
//! the task, and a change by the task is not seen by that side. Both share one context until either
//! changes it, and only then is it copied. So beginning a task in a context only increments a
//! counter.
//!
//! # Typed keys
//!
//! ```standalone_crate
//! # extern crate weft_core as weft;
//! use weft::context::{ContextKey, TypedContextKey};
//!
//! #[derive(ContextKey)]
//! #[context_key(value = u64)]
//! struct UserId;
//!
//! // The name is the type's, in kebab case, unless there is a `name = "…"`.
//! assert_eq!(UserId::KEY, ContextKey::new("user-id")?);
//!
//! // A function with a typed key as its parameter knows the type of the value.
//! fn store<K: TypedContextKey>(value: K::Value) -> K::Value {
//!     value
//! }
//! let stored: u64 = store::<UserId>(123);
//! # assert_eq!(stored, 123);
//! # Ok::<(), weft::context::InvalidContextKey>(())
//! ```
//!
//! # Two keys of the same name
//!
//! Two key types with the same name would read each other's values as their own. If the compiler
//! sees both, in one module or in one `keys = …` set of a crate, it refuses them: see
//! [its derive][derive]. If they are in different crates, it can't see both. Then a context
//! refuses the second with [`ContextKeyCollision`] before it stores its value:
//!
//! ```standalone_crate
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
//!
//! [derive]: https://docs.rs/weft-macros/latest/weft_macros/derive.ContextKey.html

#[cfg(feature = "std")]
mod ambient;
mod async_context;
mod contexts;
#[cfg(feature = "alloc")]
mod kept;
#[cfg(feature = "alloc")]
mod kept_arc;
mod kept_duration;
mod key;
mod scope;
pub(crate) mod stack;
mod value;
mod value_ref;
mod value_type;

pub use crate::error::InvalidContextKey;
#[cfg(feature = "std")]
pub use ambient::{AmbientContextScope, InContext, ambient_context};
pub use async_context::{AsyncContext, ContextError};
pub use contexts::Contexts;
#[cfg(feature = "alloc")]
pub use kept::Kept;
#[cfg(feature = "alloc")]
pub use kept_arc::KeptArc;
pub use key::{ContextKey, ContextKeyCollision, ContextKeyIdentity, TypedContextKey};
pub use scope::{AsyncContextScope, with_async_context};
pub use value::{ContextValue, ContextValueType, IntoContextValue};
pub use value_ref::ContextValueRef;

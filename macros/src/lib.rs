//! Weft's derives, used through the `weft` crate, which re-exports each of them beside the
//! trait it implements.
//!
//! | derive | implements | logic |
//! |---|---|---|
//! | [`macro@ContextKey`] | `weft::context::TypedContextKey` | `context_key.rs` |
//!
//! What every derive here keeps to:
//!
//! - The logic is a function on `proc_macro2` tokens in a file of its own, so that tests call
//!   it without a compiler; this file only connects it.
//! - The expansion contains no `unsafe`, names everything by an absolute path, needs neither
//!   `std` nor `alloc`, and is quiet under `deny(warnings, missing_docs)`.
//! - All mistakes in one input are reported at once, each at the token that the user wrote.

mod complaints;
mod context_key;

use proc_macro::TokenStream;

/// Makes a type the key of a context value, with the type of that value: a **host extension**.
///
/// The Component Model gives a thread two numbered context slots, `context.get` and
/// `context.set`, and nothing else. Contexts with named and typed values are Weft's, for the
/// host; a guest never sees them.
///
/// The derive implements `weft::context::TypedContextKey`. It goes on a unit struct, or on an
/// enum without variants; the key is only ever used as a type.
///
/// ```
/// use weft::context::{ContextKey, TypedContextKey};
///
/// /// Who is asking.
/// #[derive(ContextKey)]
/// #[context_key(value = u64)]
/// struct UserId;
///
/// /// The trace this call belongs to.
/// #[derive(ContextKey)]
/// #[context_key(value = [u8; 16], name = "trace.id")]
/// struct Trace;
///
/// assert_eq!(UserId::KEY.name(), "user-id");
/// assert_eq!(Trace::KEY.name(), "trace.id");
///
/// // The compiler knows what each key stands for.
/// let user: <UserId as TypedContextKey>::Value = 123_u64;
/// # let _ = user;
/// ```
///
/// # Options
///
/// | option | what it says | without it |
/// |---|---|---|
/// | `value = Type` | the type of the value: sized, and with no lifetime but `'static` | an error |
/// | `name = "text"` | the key's name: 1 to 64 bytes of text without control characters | the type's name in kebab case |
/// | `keys = Path` | the set of keys that this one belongs to: a type of the same crate | the set is the module |
/// | `crate = path` | where the `weft` crate is, if not at `::weft` | `::weft` |
///
/// # Two keys of one name are refused
///
/// Within a set, by the compiler. The set is any type of your crate, shared by keys in as many
/// modules as you like:
///
/// ```compile_fail,E0592
/// # fn main() {}
/// struct AppKeys;
///
/// mod session {
///     # use weft::context::ContextKey;
///     #[derive(ContextKey)]
///     #[context_key(value = u64, keys = super::AppKeys)]
///     pub struct UserId; // duplicate definitions with name `_context_key_user_id`
/// }
///
/// mod audit {
///     # use weft::context::ContextKey;
///     #[derive(ContextKey)]
///     #[context_key(value = String, name = "user-id", keys = super::AppKeys)]
///     pub struct Actor; // other definition for `_context_key_user_id`
/// }
/// ```
///
/// Without `keys`, within the module (or the function) that the keys are declared in:
///
/// ```compile_fail,E0428
/// # fn main() {}
/// # use weft::context::ContextKey;
/// #[derive(ContextKey)]
/// #[context_key(value = u64)]
/// struct UserId;
///
/// #[derive(ContextKey)]
/// #[context_key(value = String, name = "user-id")]
/// struct Actor; // the name `context_key_user_id` is defined multiple times
/// ```
///
/// The compiler's message spells the name as an identifier: a `-` between lower-case letters
/// and digits becomes `_`, any other character its code point (`user_id` is
/// `user_u5f_id`), and two names never share a spelling.
///
/// Across crates no compiler sees both keys. There a context refuses the second of them when
/// its value is stored, with `weft::context::ContextKeyCollision`.
///
/// # What it expands to
///
/// The implementation of the trait, and the one empty item that a second key of the same name
/// would define again. No `unsafe`, no statics, no allocation, nothing exported.
#[proc_macro_derive(ContextKey, attributes(context_key))]
pub fn derive_context_key(input: TokenStream) -> TokenStream {
    context_key::expand(input.into()).into()
}

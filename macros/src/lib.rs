//! Weft's derives, used through the `weft` crate, which re-exports each of them beside the
//! trait it implements.
//!
//! | derive | implements | logic |
//! |---|---|---|
//! | [`macro@ContextKey`] | `weft::context::TypedContextKey` | `context_key.rs` |
//! | [`macro@ComponentType`], [`macro@Lift`], [`macro@Lower`], all three as [`macro@Value`] | the traits of `weft::abi` | `component.rs` |
//! | [`macro@FixedLengthList`] | those, and `weft::list::FixedLength` | `fixed_length_list.rs` |
//!
//! What every derive here keeps to:
//!
//! - The logic is a function on `proc_macro2` tokens in a file of its own, so that tests call
//!   it without a compiler; this file only connects it.
//! - The expansion contains no `unsafe`, names everything by an absolute path, needs neither
//!   `std` nor `alloc`, and is quiet under `deny(warnings, missing_docs)`.
//! - All mistakes in one input are reported at once, each at the token that the user wrote.

mod complaints;
mod component;
mod context_key;
mod fixed_length_list;

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

/// Makes a type one of the Component Model: its layout, and the names of its parts.
///
/// With it come [`macro@Lift`] and [`macro@Lower`], one of them or both.
///
/// | Rust | WIT |
/// |---|---|
/// | a struct with named fields | `record` |
/// | the same with `#[component(flags)]`, every field a `bool` | `flags` |
/// | a struct with several unnamed fields | `tuple` |
/// | a struct with one unnamed field | what the field is |
/// | an enum without payloads | `enum` |
/// | an enum with payloads, at most one for each case; or with `#[component(variant)]` | `variant` |
///
/// Names are those of the fields and cases in kebab case. The numbers that Rust gives to cases
/// mean nothing here: the first case is 0, the next is 1.
///
/// ```
/// use weft::abi::{ComponentType, Lift, Lower};
///
/// #[derive(ComponentType, Lift, Lower)]
/// struct Request<'a> {
///     path: &'a str,
///     #[component(name = "type")]
///     content_type: Option<&'a str>,
///     access: Access,
/// }
///
/// #[derive(ComponentType, Lift, Lower)]
/// #[component(flags)]
/// struct Access {
///     read: bool,
///     write: bool,
/// }
///
/// #[derive(ComponentType, Lift, Lower)]
/// enum Reply {
///     NotFound,
///     Moved(String),
///     Body(Vec<u8>),
/// }
///
/// assert_eq!(Request::ABI.narrow.size, 24);
/// assert_eq!(Reply::ABI.narrow.flat.to_string(), "[i32 i32 i32]");
/// ```
///
/// # Options
///
/// | option | where | what it says |
/// |---|---|---|
/// | `flags` | a struct of truth values | that it is flags |
/// | `variant` | an enum without payloads | that it is a `variant` all the same |
/// | `handles` | the type | that its lifetime is that of borrowed handles, and not of the guest's memory |
/// | `name = "text"` | a field or case | what it is called in WIT |
/// | `crate = path` | the type | where the `weft` crate is, if not at `::weft` |
///
/// # Lifetimes and parameters
///
/// A type with a lifetime is lifted as a view: what it borrows is the guest's memory. It may have
/// one lifetime, and any type parameters, which must be types of the Component Model themselves.
#[proc_macro_derive(ComponentType, attributes(component))]
pub fn derive_component_type(input: TokenStream) -> TokenStream {
    component::expand(component::Derived::ComponentType, input.into()).into()
}

/// Lets values of a type be lifted from a guest; goes with [`macro@ComponentType`].
#[proc_macro_derive(Lift, attributes(component))]
pub fn derive_lift(input: TokenStream) -> TokenStream {
    component::expand(component::Derived::Lift, input.into()).into()
}

/// Lets values of a type be lowered into a guest; goes with [`macro@ComponentType`].
#[proc_macro_derive(Lower, attributes(component))]
pub fn derive_lower(input: TokenStream) -> TokenStream {
    component::expand(component::Derived::Lower, input.into()).into()
}

/// [`macro@ComponentType`], [`macro@Lift`] and [`macro@Lower`] in one: what types in bindings from
/// WIT derive.
///
/// ```
/// #[derive(weft::binding::Value)]
/// struct Point {
///     x: f32,
///     y: f32,
/// }
/// ```
#[proc_macro_derive(Value, attributes(component))]
pub fn derive_value(input: TokenStream) -> TokenStream {
    let derived =
        [component::Derived::ComponentType, component::Derived::Lift, component::Derived::Lower];
    component::expand_all(&derived, &input.into()).into()
}

/// Makes a newtype over an array a `list<t, n>`, to be lifted and lowered as one.
///
/// It implements `weft::list::FixedLength`, and what [`macro@ComponentType`], [`macro@Lift`] and
/// [`macro@Lower`] would.
///
/// ```
/// use weft::abi::Type;
/// use weft::list::FixedLengthList;
///
/// #[derive(FixedLengthList)]
/// struct Matrix([[f32; 4]; 4]);
///
/// let ty = Type::of::<Matrix>()?.unwrap();
/// assert_eq!(ty.to_string(), "list<list<f32, 4>, 4>");
/// # Ok::<(), weft::abi::InvalidType>(())
/// ```
///
/// There is no list of length 0, and none of more bytes than the canonical ABI allows:
///
/// ```compile_fail
/// # use weft::list::FixedLengthList;
/// #[derive(FixedLengthList)]
/// struct Nothing([u8; 0]); // the length of a fixed-length list is at least 1
/// ```
///
/// `#[component(crate = path)]` says where the `weft` crate is, if not at `::weft`.
#[proc_macro_derive(FixedLengthList, attributes(component))]
pub fn derive_fixed_length_list(input: TokenStream) -> TokenStream {
    fixed_length_list::expand(&input.into()).into()
}

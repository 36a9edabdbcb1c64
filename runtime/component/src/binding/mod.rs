//! What bindings from WIT consist of: the traits that generated types implement.
//!
//! `codegen bind` turns a WIT world into one Rust file that declares types, and for the rest
//! relies on this module. For WIT such as
//!
//! ```wit
//! package example:files;
//!
//! interface types {
//!   resource file {
//!     size: func() -> u64;
//!     sync: async func() -> result<_, string>;
//!   }
//! }
//!
//! world program {
//!   import types;
//!   export run: async func(name: string) -> u32;
//! }
//! ```
//!
//! the file has:
//!
//! - `example::files::types::File`, a [`BoundResource`]: a type without values that tells one kind
//!   of handle from another, as in [`OwnHandle<File>`](OwnHandle) and [`BorrowHandle<'_, File>`](BorrowHandle);
//! - `example::files::types::HostFile`, the trait with what a host does for files, and `Host`
//!   for the interface's functions that belong to no resource; at the top a `Host` that joins
//!   those of all imports. A method of a resource gets the handle as `self_`;
//! - in modules called `functions`, a type for each function, which implements [`BoundFunction`]:
//!   here `example::files::types::functions::FileSize`, and `exports::functions::Run`;
//! - `Program`, the [`World`];
//! - with components (feature `component`) a function `add_to_linker` for each interface and one
//!   for the world, which gives what a host implements to a
//!   `weft::component::Linker`; what a world exports is called by the type that stands for it,
//!   with `Store::export`.
//!
//! Interfaces are modules, `namespace::package::interface`; those that the world exports lie
//! under `exports`, and their types and resources are others than those of an import of the
//! same interface. Anything in a name that Rust does not allow, or that is there twice, is
//! resolved by a rule: keywords are raw (`r#type`), `self`, `super` and `crate` get an underscore,
//! and the second of two equal names gets a number.
//!
//! # Resources
//!
//! Where a host defines a resource type, its resources are values of a Rust type, or numbers.
//!
//! | resources | handles | made by | kept by |
//! |---|---|---|---|
//! | values of a type `R` | [`Own<R>`](Own), [`Borrow<R>`](Borrow), which deref to `&R` | `HostResourceType::of::<R>()` | the store |
//! | numbers | [`OwnHandle<R>`](OwnHandle), [`BorrowHandle<'_, R>`](BorrowHandle): `R` is a name | `HostResourceType::with_destructor` | the host, for example in a [`ResourceTable`] |
//!
//! With values, a host function takes and returns them, and that is all: the store finds the value
//! of each handle that a guest has, and drops the value when the guest drops the handle, when the
//! guest's instance is removed, and when the store is dropped. A value that a guest has is shared with
//! those who have borrowed it, so what changes in it uses interior mutability. A resource that needs
//! another one has a [`Borrow`] of it, which keeps that one.
//!
//! A value whose destructor panics is a host function that panics: if a guest has dropped the
//! resource, the guest stops, and the panic goes on at the embedder. If the store is dropped, the panic
//! is heard by nobody.
//!
//! # Async functions
//!
//! A host's method for an `async func` returns a future that is `Send` and `'static`:
//!
//! ```
//! # use weft::binding::BorrowHandle;
//! # enum File {}
//! # trait HostFile {
//! #     fn sync(
//! #         &mut self,
//! #         self_: BorrowHandle<'_, File>,
//! #     ) -> impl Future<Output = Result<(), String>> + Send + 'static;
//! # }
//! struct Server {
//!     disk: std::sync::Arc<std::sync::Mutex<Vec<String>>>,
//! }
//!
//! impl HostFile for Server {
//!     fn sync(
//!         &mut self,
//!         self_: BorrowHandle<'_, File>,
//!     ) -> impl Future<Output = Result<(), String>> + Send + 'static {
//!         let (disk, file) = (self.disk.clone(), self_.representation());
//!         async move {
//!             let mut disk = disk.lock().map_err(|error| error.to_string())?;
//!             disk.push(format!("file {file} is in sync"));
//!             Ok(())
//!         }
//!     }
//! }
//! ```
//!
//! - *`'static`*, so that it does not hold on to the host. A guest may have any number of calls
//!   under way at once, and other guests too; if a future borrowed `&mut self`, the first call
//!   that waits would keep all others out. A method looks up what it needs (and resolves
//!   borrowed handles, which belong to the call) and returns an `async move` block with it. So
//!   such a method is written as above and not as an `async fn`, which would hold on to `self`.
//! - *`Send`*, because a [store](crate) is: it can be moved between threads with everything that
//!   is under way in it, so these futures have to be movable, too. The bound stands in the
//!   trait, where a mistake is reported at the method and not at a spawn far away.
//!
//! # What WIT types become
//!
//! | WIT | Rust |
//! |---|---|
//! | `string`, `list<t>` | [`String`], [`Vec<T>`](Vec) |
//! | `list<t, 4>` | `[T; 4]` |
//! | `map<k, v>` | [`BTreeMap<K, V>`](BTreeMap): WIT's key types all have an order |
//! | `record`, `variant`, `enum` | `struct`, `enum` |
//! | `flags` | a `struct` with constants and operators, made with [`flags!`] |
//! | `r`, `own<r>`, `borrow<r>` | [`Own<R>`](Own), [`Borrow<R>`](Borrow), or [`OwnHandle<R>`](OwnHandle), [`BorrowHandle<'_, R>`](BorrowHandle): see [Resources](#resources) |
//! | `stream<t>`, `future<t>` | [`StreamHandle<T>`](StreamHandle), [`FutureHandle<T>`](FutureHandle) |
//! | `error-context` | [`ErrorContext`] |
//!
//! Types derive what all their parts allow: [`Clone`] unless there is an owned handle in them,
//! [`Eq`] and [`Hash`](core::hash::Hash) unless there is a float. Those that a `result` has as its error implement
//! [`Error`](core::error::Error), with the first sentence of their WIT comment as the message.

mod flags;
#[cfg(feature = "alloc")]
mod own;
#[cfg(feature = "alloc")]
mod resource_table;

#[cfg(feature = "alloc")]
pub use alloc::boxed::Box;
#[cfg(feature = "alloc")]
pub use alloc::collections::BTreeMap;
#[cfg(feature = "alloc")]
pub use alloc::string::String;
#[cfg(feature = "alloc")]
pub use alloc::vec::Vec;

pub use crate::handle::{BorrowHandle, ErrorContext, FutureHandle, OwnHandle, StreamHandle};
pub use weft_core::abi::Value;

pub use flags::Flags;
#[cfg(feature = "alloc")]
pub use own::{Borrow, Own};
#[cfg(feature = "alloc")]
pub use resource_table::{ResourceHandle, ResourceTable, ResourceTableError};

#[doc(inline)]
pub use crate::__weft_flags as flags;
// Hidden: only generated bindings call it.
#[doc(hidden)]
pub use crate::__weft_link as link;

/// A function that a world imports or exports.
///
/// ```
/// use weft::binding::BoundFunction;
///
/// struct Run;
///
/// impl BoundFunction for Run {
///     const INTERFACE: Option<&'static str> = Some("wasi:cli/run@0.3.2");
///     const NAME: &'static str = "run";
///     const ASYNC: bool = true;
///     type Params<'a> = ();
///     type Result = Result<(), ()>;
/// }
///
/// fn title<F: BoundFunction>() -> String {
///     let kind = if F::ASYNC { "async func" } else { "func" };
///     format!("{kind} {}#{}", F::INTERFACE.unwrap_or_default(), F::NAME)
/// }
///
/// assert_eq!(title::<Run>(), "async func wasi:cli/run@0.3.2#run");
/// ```
pub trait BoundFunction {
    /// The name, in the world, of the interface that the function is in; `None` if it is
    /// directly in the world.
    const INTERFACE: Option<&'static str>;

    /// The name in the interface or world, as components spell it: `[method]file.size`.
    const NAME: &'static str;

    /// Whether it is an `async func`.
    const ASYNC: bool;

    /// The parameters, as a tuple; borrowed handles in it are lent for `'a`. A method's first is
    /// the handle.
    type Params<'a>;

    /// The result, `()` if there is none.
    type Result;
}

/// A type of resource. It has no values: what there are values of is handles to it.
///
/// ```
/// use weft::binding::{BoundResource, OwnHandle};
///
/// #[derive(Debug)]
/// enum File {}
///
/// impl BoundResource for File {
///     const INTERFACE: Option<&'static str> = Some("example:files/types");
///     const NAME: &'static str = "file";
/// }
///
/// fn close<R: BoundResource>(handle: OwnHandle<R>) -> String {
///     format!("[resource-drop]{} of {}", R::NAME, handle.representation())
/// }
///
/// assert_eq!(close(OwnHandle::<File>::new(4)), "[resource-drop]file of 4");
/// ```
pub trait BoundResource {
    /// The name, in the world, of the interface that the resource is in; `None` if it is
    /// directly in the world.
    const INTERFACE: Option<&'static str>;

    /// The name in the interface or world.
    const NAME: &'static str;
}

/// A world: what a component needs and what it offers.
///
/// ```
/// use weft::binding::World;
///
/// struct Program;
///
/// impl World for Program {
///     const NAME: &'static str = "example:files/program";
///     const IMPORTS: &'static [&'static str] = &["example:files/types"];
///     const EXPORTS: &'static [&'static str] = &["run"];
/// }
///
/// assert!(Program::IMPORTS.contains(&"example:files/types"));
/// ```
pub trait World {
    /// The full name, such as `wasi:cli/command@0.3.2`.
    const NAME: &'static str;

    /// The names of the interfaces and functions that it imports, in the order of the WIT.
    const IMPORTS: &'static [&'static str];

    /// The names of the interfaces and functions that it exports, in the order of the WIT.
    const EXPORTS: &'static [&'static str];
}

/// Makes `add_to_linker`, which gives what a host implements to components: for one interface, or
/// for a world with all of its interfaces. Only bindings call it.
#[cfg(feature = "component")]
// Hidden: only generated bindings call it, as `binding::link`.
#[doc(hidden)]
#[macro_export]
macro_rules! __weft_link {
    (
        interface: $interface:expr, host: [$($host:ident)?],
        modules: [$($module:path),*],
        resources: [$($name:literal $resource:ty => $dropped:ident::$drop:ident),*],
        functions: [$($function:path => $trait:ident::$method:ident($($param:ident),*)),*],
        async_functions: [
            $($later:path => $later_trait:ident::$later_method:ident($($later_param:ident),*)),*
        ]
    ) => {
        /// Gives all of it to components: `host` finds who implements it in a store's data.
        #[allow(
            clippy::all,
            clippy::pedantic,
            dead_code,
            deprecated,
            unreachable_pub,
            unused_qualifications,
            reason = "it is generated, and what it names is the user's"
        )]
        pub fn add_to_linker<E, T, H>(
            linker: &mut $crate::component::Linker<E, T>,
            host: $crate::component::FindHost<T, H>,
        ) where
            E: $crate::engine::CoreEngine,
            T: 'static,
            H: $($host +)? 'static,
        {
            $($module(linker, host);)*
            $(linker.bind_resource::<$resource, H>(
                $interface, $name, host, <H as $dropped>::$drop,
            );)*
            $(linker.bind_function::<$function, H>(
                host, |host, ($($param,)*)| <H as $trait>::$method(host, $($param),*),
            );)*
            $(linker.bind_async_function::<$later, H>(
                host, |host, ($($later_param,)*)| {
                    $crate::binding::Box::pin(
                        <H as $later_trait>::$later_method(host, $($later_param),*),
                    )
                },
            );)*
            let _ = (linker, host);
        }
    };
}

/// Without components there is nothing to give anything to.
#[cfg(not(feature = "component"))]
// Hidden: only generated bindings call it, as `binding::link`.
#[doc(hidden)]
#[macro_export]
macro_rules! __weft_link {
    ($($anything:tt)*) => {};
}

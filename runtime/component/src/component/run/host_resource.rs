//! Resource types of the host.

use alloc::sync::Arc;
use core::fmt;

use crate::abi::ResourceKey;
use crate::builtin::TypeIndex;
use crate::component::store::host_result::HostError;
use crate::engine::CoreEngine;
use crate::error::Error;
use crate::machine::TypeDefinition;

use super::context::Caller;
use super::state::State;

/// A resource type of the host.
///
/// It is a token: each that is made is a different resource type, and clones are the same type. A
/// store numbers it at its first use ([`resource_type`](crate::component::Store::resource_type)).
/// Its resources are values of a Rust type, which the store keeps ([`of`](Self::of)), or numbers
/// ([`new`](Self::new), [`with_destructor`](Self::with_destructor)). The host decides what a number
/// means: as a rule, it is the place at which the host keeps something.
pub struct HostResourceType<E: CoreEngine, T: 'static = ()> {
    token: Arc<Token<E, T>>,
}

struct Token<E: CoreEngine, T: 'static> {
    destructor: Option<Destructor<E, T>>,
    /// The Rust type of the values, if the resources have values.
    values: Option<ResourceKey>,
}

impl<E: CoreEngine, T: 'static> HostResourceType<E, T> {
    /// Makes a resource type without a destructor.
    #[must_use]
    pub fn new() -> Self {
        Self { token: Arc::new(Token { destructor: None, values: None }) }
    }

    /// Makes a resource type with a destructor. `destructor` is called with the representation of a
    /// resource when its owner drops it. If it fails, the guest that dropped the resource traps.
    pub fn with_destructor(
        destructor: impl Fn(&mut Caller<'_, '_, E, T>, u64) -> Result<(), HostError>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        let destructor = Some(Arc::new(destructor) as Destructor<E, T>);
        Self { token: Arc::new(Token { destructor, values: None }) }
    }

    /// Makes a resource type whose resources are values of the Rust type `R`, which the store
    /// keeps. The host passes a resource to a guest as an [`Own<R>`](crate::binding::Own), and gets
    /// a resource that a guest lends as a [`Borrow<R>`](crate::binding::Borrow). When a guest drops
    /// a resource, its value is dropped.
    ///
    /// Each call makes a different resource type, even for the same `R`. If a store has two of one
    /// `R`, a stream with such resources needs its type: see
    /// [`stream_of_type`](crate::component::Store::stream_of_type).
    ///
    /// ```
    /// # #[cfg(all(feature = "std", feature = "wasmi"))] {
    /// use weft::binding::{Borrow, Own};
    /// use weft::component::{Component, HostResourceType, Linker, Store};
    /// use weft::engine::wasmi::Wasmi;
    ///
    /// struct File {
    ///     name: String,
    /// }
    ///
    /// let mut linker = Linker::<Wasmi, ()>::new();
    /// linker.resource("file", &HostResourceType::of::<File>());
    /// linker.typed_function("open", |_, (name,): (String,)| Ok(Own::new(File { name })));
    /// linker.typed_function("size", |_, (file,): (Borrow<File>,)| Ok(file.name.len() as u32));
    ///
    /// // Opens a file, and returns its size.
    /// let component = wat::parse_str(r#"
    ///     (component
    ///         (import "file" (type $file (sub resource)))
    ///         (import "open" (func $open (param "name" string) (result (own $file))))
    ///         (import "size" (func $size (param "self" (borrow $file)) (result u32)))
    ///         (core module $Memory (memory (export "memory") 1) (data (i32.const 0) "notes"))
    ///         (core instance $memory (instantiate $Memory))
    ///         (core func $open (canon lower (func $open) (memory (core memory $memory "memory"))))
    ///         (core func $size (canon lower (func $size)))
    ///         (core func $drop (canon resource.drop $file))
    ///         (core module $Module
    ///             (import "" "open" (func $open (param i32 i32) (result i32)))
    ///             (import "" "size" (func $size (param i32) (result i32)))
    ///             (import "" "drop" (func $drop (param i32)))
    ///             (func (export "run") (result i32) (local $file i32)
    ///                 (local.set $file (call $open (i32.const 0) (i32.const 5)))
    ///                 (call $size (local.get $file))
    ///                 (call $drop (local.get $file))))
    ///         (core instance $module (instantiate $Module (with "" (instance
    ///             (export "open" (func $open))
    ///             (export "size" (func $size))
    ///             (export "drop" (func $drop))))))
    ///         (func (export "run") (result u32) (canon lift (core func $module "run"))))
    /// "#)?;
    /// let engine = Wasmi::default();
    /// let mut store = Store::new(&engine, ());
    /// let instance = store.instantiate(&Component::new(&engine, &component)?, &linker)?;
    /// let run = store.typed_function::<(), u32>(&instance, "run")?;
    /// assert_eq!(store.call(&run, ())?, 5);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn of<R: Send + Sync + 'static>() -> Self {
        let values = Some(ResourceKey::of_values::<R>());
        Self { token: Arc::new(Token { destructor: None, values }) }
    }

    /// Returns the Rust type of the values, if the resources have values.
    pub(crate) fn values(&self) -> Option<ResourceKey> {
        self.token.values
    }

    /// Returns the address that identifies it as long as it exists.
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.token).addr()
    }
}

/// The function that is called when a host's own resource is dropped.
pub(crate) type Destructor<E, T> =
    Arc<dyn Fn(&mut Caller<'_, '_, E, T>, u64) -> Result<(), HostError> + Send + Sync>;

impl<E: CoreEngine, T: 'static> State<E, T> {
    /// Returns the number of a resource type of the host.
    pub(crate) fn resource_type(
        &mut self,
        token: &HostResourceType<E, T>,
    ) -> Result<TypeIndex, Error> {
        if let Some(number) = self.resource_types.number(token.address()) {
            return Ok(number);
        }
        let definition = TypeDefinition::Resource { instance: None, destructor: None };
        let number = self.machine.define_type(definition)?;
        let destructor = token.token.destructor.clone();
        if let Some(key) = token.token.values {
            self.handles.values.add_type(number, key);
        }
        // The token is kept, so that no other one gets its address.
        self.resource_types.insert(token.address(), token.clone(), number, destructor);
        Ok(number)
    }
}

impl<E: CoreEngine, T: 'static> Default for HostResourceType<E, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E: CoreEngine, T: 'static> Clone for HostResourceType<E, T> {
    fn clone(&self) -> Self {
        Self { token: self.token.clone() }
    }
}

impl<E: CoreEngine, T: 'static> PartialEq for HostResourceType<E, T> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.token, &other.token)
    }
}

impl<E: CoreEngine, T: 'static> Eq for HostResourceType<E, T> {}

impl<E: CoreEngine, T: 'static> fmt::Debug for HostResourceType<E, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HostResourceType").field(&format_args!("{:#x}", self.address())).finish()
    }
}

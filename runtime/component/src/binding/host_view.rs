//! Hosts that are made for each call, from references to several parts of a store's data.

use core::fmt;
use core::marker::PhantomData;

use crate::abi::{Lift, Lower};
use crate::component::{HostError, HostResourceType, Linker};
use crate::engine::CoreEngine;
use crate::handle::OwnHandle;

use super::interface::{Interface, part};

/// A view of the data `T` of a store as a host that borrows several parts of it.
///
/// The type that implements it only names the host, and needs no values. It works for interfaces
/// whose methods all take `&mut self`.
///
/// ```
/// use weft::binding::HostView;
///
/// struct State {
///     names: Vec<String>,
///     calls: u32,
/// }
///
/// struct Files<'a> {
///     names: &'a [String],
///     calls: &'a mut u32,
/// }
///
/// enum FilesView {}
///
/// impl HostView<State> for FilesView {
///     type Host<'a> = Files<'a>;
///
///     fn view(data: &mut State) -> Files<'_> {
///         Files { names: &data.names, calls: &mut data.calls }
///     }
/// }
/// ```
pub trait HostView<T: 'static>: 'static {
    /// The host, for one call.
    type Host<'a>;

    /// Returns the host for a call.
    fn view(data: &mut T) -> Self::Host<'_>;
}

/// A part of a linker, as an [`Interface`], for a host that the [`HostView`] `V` makes for each
/// call.
///
/// ```
/// # #[cfg(feature = "wasmi")] {
/// use weft::binding::{HostView, Interface};
/// use weft::component::Linker;
/// use weft::engine::wasmi::Wasmi;
///
/// struct Sum<'a> {
///     left: &'a u32,
///     right: &'a mut u32,
/// }
///
/// enum SumView {}
///
/// impl HostView<(u32, u32)> for SumView {
///     type Host<'a> = Sum<'a>;
///
///     fn view(data: &mut (u32, u32)) -> Sum<'_> {
///         Sum { left: &data.0, right: &mut data.1 }
///     }
/// }
///
/// let mut linker = Linker::<Wasmi, (u32, u32)>::new();
/// let mut sums = Interface::of_views::<SumView>(&mut linker, Some("example:sums/sums"));
/// sums.function("add", |host, (number,): (u32,)| {
///     *host.right += host.left + number;
///     Ok(*host.right)
/// });
/// # }
/// ```
pub struct ViewInterface<'l, E: CoreEngine, T: 'static, V> {
    linker: &'l mut Linker<E, T>,
    pub(super) name: Option<&'l str>,
    view: PhantomData<fn() -> V>,
}

impl<'l, E: CoreEngine, T: 'static> Interface<'l, E, T, (), ()> {
    /// Takes the part of a linker that is called `interface`, or the functions that are directly in
    /// the world if that is `None`. The view `V` makes the host for each call.
    pub fn of_views<V: HostView<T>>(
        linker: &'l mut Linker<E, T>,
        interface: Option<&'l str>,
    ) -> ViewInterface<'l, E, T, V> {
        ViewInterface { linker: part(linker, interface), name: interface, view: PhantomData }
    }
}

impl<E: CoreEngine, T: 'static, V: HostView<T>> ViewInterface<'_, E, T, V> {
    /// Adds a function that gets the host.
    pub fn function<P, R>(
        &mut self,
        name: &str,
        call: impl Fn(&mut V::Host<'_>, P) -> Result<R, HostError> + Send + Sync + 'static,
    ) where
        P: for<'a> Lift<'a> + 'static,
        R: Lower + 'static,
    {
        self.linker.typed_function(name, move |caller, params: P| {
            call(&mut V::view(caller.data_mut()), params)
        });
    }

    /// Adds a resource type. Its resources are values of `R`, which the store keeps.
    pub fn resource<R: Send + Sync + 'static>(&mut self, name: &str) {
        self.linker.resource(name, &HostResourceType::of::<R>());
    }

    /// Adds a resource type. The host knows its resources by number. `drop` is called when the
    /// owner of a resource drops it, and an error that it returns traps.
    pub fn resource_with_drop<R: 'static>(
        &mut self,
        name: &str,
        drop: impl Fn(&mut V::Host<'_>, OwnHandle<R>) -> Result<(), HostError> + Send + Sync + 'static,
    ) {
        let ty = HostResourceType::with_destructor(move |caller, representation| {
            drop(&mut V::view(caller.data_mut()), OwnHandle::new(representation))
        });
        self.linker.resource(name, &ty);
    }
}

impl<E: CoreEngine, T: 'static, V> fmt::Debug for ViewInterface<'_, E, T, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ViewInterface").field("name", &self.name).finish_non_exhaustive()
    }
}

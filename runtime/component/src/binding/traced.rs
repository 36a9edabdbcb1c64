//! Host functions with spans around their calls.

use alloc::sync::Arc;
use core::fmt::Debug;
use core::future::Future;

use tracing::{Instrument as _, Level, Span, event, span};

use crate::abi::{Lift, Lower};
use crate::component::HostError;
use crate::engine::CoreEngine;

use super::host_view::{HostView, ViewInterface};
use super::interface::Interface;
use super::interface_access::InterfaceAccess;
use super::interface_caller::InterfaceCaller;

/// A part of a linker that a host is added to, with a span of [`tracing`] around each call of its
/// functions.
///
/// A span is called `host function`, and has the fields `interface` and `function`. It contains two
/// events: `call` with the `arguments`, and `return` with the `result`. Both show their values by
/// [`Debug`]. All have the level `TRACE` and the target `weft::binding`.
///
/// ```
/// # #[cfg(feature = "wasmi")] {
/// use weft::binding::Interface;
/// use weft::component::Linker;
/// use weft::engine::wasmi::Wasmi;
///
/// let mut linker = Linker::<Wasmi, Vec<String>>::new();
/// let mut files = Interface::new(&mut linker, Some("example:files/types"), |data| data);
/// files.traced().function("find", |names: &mut Vec<String>, (name,): (String,)| {
///     Ok(names.iter().any(|it| *it == name))
/// });
/// # }
/// ```
#[derive(Debug)]
pub struct Traced<I>(I);

/// The name of a function, for its spans.
#[derive(Clone)]
struct FunctionSpan {
    interface: Option<Arc<str>>,
    function: Arc<str>,
}

impl FunctionSpan {
    fn new(interface: Option<&str>, function: &str) -> Self {
        Self { interface: interface.map(Arc::from), function: function.into() }
    }

    /// Returns the span of a call, and adds an event with the arguments.
    fn called(&self, arguments: &impl Debug) -> Span {
        let interface = self.interface.as_deref();
        let function = &*self.function;
        let span =
            span!(target: "weft::binding", Level::TRACE, "host function", interface, function);
        span.in_scope(|| event!(target: "weft::binding", Level::TRACE, ?arguments, "call"));
        span
    }
}

/// Adds an event with the result of a call to its span.
fn returned(result: &impl Debug) {
    event!(target: "weft::binding", Level::TRACE, ?result, "return");
}

impl<E, T, H, F> Interface<'_, E, T, H, F>
where
    E: CoreEngine,
    T: 'static,
    H: 'static,
    F: Fn(&mut T) -> &mut H + Clone + Send + Sync + 'static,
{
    /// Returns a view of this that adds functions with spans around their calls.
    pub const fn traced(&mut self) -> Traced<&mut Self> {
        Traced(self)
    }
}

impl<E, T, H, F> Traced<&mut Interface<'_, E, T, H, F>>
where
    E: CoreEngine,
    T: 'static,
    H: 'static,
    F: Fn(&mut T) -> &mut H + Clone + Send + Sync + 'static,
{
    /// Adds a function that gets the host: see [`Interface::function`].
    pub fn function<P, R>(
        &mut self,
        name: &str,
        call: impl Fn(&mut H, P) -> Result<R, HostError> + Send + Sync + 'static,
    ) where
        P: for<'a> Lift<'a> + Debug + 'static,
        R: Lower + Debug + 'static,
    {
        let span = FunctionSpan::new(self.0.name, name);
        self.0.function(name, move |host, params: P| {
            span.called(&params).in_scope(|| {
                let result = call(host, params);
                returned(&result);
                result
            })
        });
    }

    /// Adds a function that gets the store: see [`Interface::caller_function`].
    pub fn caller_function<P, R>(
        &mut self,
        name: &str,
        call: impl Fn(&mut InterfaceCaller<'_, E, T, H, F>, P) -> Result<R, HostError>
        + Send
        + Sync
        + 'static,
    ) where
        P: for<'a> Lift<'a> + Debug + 'static,
        R: Lower + Debug + 'static,
    {
        let span = FunctionSpan::new(self.0.name, name);
        self.0.caller_function(name, move |caller, params: P| {
            span.called(&params).in_scope(|| {
                let result = call(caller, params);
                returned(&result);
                result
            })
        });
    }

    /// Adds a function that may wait and gets a handle of the store: see
    /// [`Interface::async_function`].
    pub fn async_function<P, R, U>(
        &mut self,
        name: &str,
        call: impl Fn(InterfaceAccess<E, T, H, F>, P) -> U + Send + Sync + 'static,
    ) where
        P: for<'a> Lift<'a> + Debug + 'static,
        R: Lower + Debug + 'static,
        U: Future<Output = Result<R, HostError>> + Send + 'static,
    {
        let span = FunctionSpan::new(self.0.name, name);
        self.0.async_function(name, move |access, params: P| {
            let span = span.called(&params);
            let future = span.in_scope(|| call(access, params));
            let future = async move {
                let result = future.await;
                returned(&result);
                result
            };
            future.instrument(span)
        });
    }
}

impl<E: CoreEngine, T: 'static, V: HostView<T>> ViewInterface<'_, E, T, V> {
    /// Returns a view of this that adds functions with spans around their calls.
    pub const fn traced(&mut self) -> Traced<&mut Self> {
        Traced(self)
    }
}

impl<E: CoreEngine, T: 'static, V: HostView<T>> Traced<&mut ViewInterface<'_, E, T, V>> {
    /// Adds a function that gets the host: see [`ViewInterface::function`].
    pub fn function<P, R>(
        &mut self,
        name: &str,
        call: impl Fn(&mut V::Host<'_>, P) -> Result<R, HostError> + Send + Sync + 'static,
    ) where
        P: for<'a> Lift<'a> + Debug + 'static,
        R: Lower + Debug + 'static,
    {
        let span = FunctionSpan::new(self.0.name, name);
        self.0.function(name, move |host, params: P| {
            span.called(&params).in_scope(|| {
                let result = call(host, params);
                returned(&result);
                result
            })
        });
    }
}

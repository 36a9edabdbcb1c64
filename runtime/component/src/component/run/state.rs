//! Everything in a store, with the types of the functions that an embedder defines.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::marker::PhantomData;

use crate::abi::Val;
use crate::component::store::call_error::CallError;
use crate::component::store::fault::Fault;
use crate::component::store::state::{Callbacks, StoreState};
use crate::component::store::waiting::GiveUp;
use crate::engine::CoreEngine;
use crate::machine::CopySide;

use super::context::{Context, LiftResult, Request};
use super::host_function::{DestroyThreadLocal, HostFunction};
use super::host_resource::{Destructor, HostResourceType};
use super::waiting::Waiting;

/// Everything in a store except the engine's part.
pub(crate) type State<E, T> = StoreState<E, T, Closures<E, T>>;

/// The closures that an embedder defines for a store. They get the store, lent.
pub(crate) struct Closures<E, T>(PhantomData<fn() -> (E, T)>);

impl<E: CoreEngine, T: 'static> Callbacks for Closures<E, T> {
    type HostFunction = HostFunction<E, T>;
    type LiftResult = LiftResult<E, T>;
    type ResourceType = HostResourceType<E, T>;
    type Destructor = Destructor<E, T>;
    type ThreadDestructor = DestroyThreadLocal<E, T>;
    type Waiting = Waiting<AnyServedEnd<E, T>>;
    type Request = Request<E, T>;
}

/// The next step of an end that is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndNext {
    /// It goes on when the other side does.
    Offer,
    /// It goes on when its waker is woken.
    Wait,
    /// It has ended, and its result was reported: it is dropped.
    Over,
}

/// The number of values that were moved, and the next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moved {
    pub(crate) count: u32,
    pub(crate) next: EndNext,
}

/// An end that is served by a source or a sink.
pub(crate) trait ServedEnd<E: CoreEngine, T: 'static>: Send {
    /// Moves at most `count` values from or to the guest on the other side.
    fn copy(
        &mut self,
        cx: &mut Context<'_, E, T>,
        other: &CopySide,
        count: u32,
    ) -> Result<Moved, Fault>;

    /// Takes at most `count` values out of a source, for the host.
    fn take_values(&mut self, cx: &mut Context<'_, E, T>, count: u32) -> (Vec<Val>, EndNext);

    /// Returns the number of values of the host that a sink takes now.
    fn room(&self) -> u32;

    /// Puts values of the host into a sink, as many as it takes.
    fn put_values(&mut self, cx: &mut Context<'_, E, T>, values: Vec<Val>) -> EndNext;

    /// Goes on, after the waker was woken and before the end is offered.
    fn go_on(&mut self, cx: &mut Context<'_, E, T>) -> EndNext;

    /// Records that the other end was dropped.
    fn close(&mut self, cx: &mut Context<'_, E, T>) -> EndNext;

    /// Finishes with an error. Returns the values that nobody has taken.
    fn fail(&mut self, error: CallError) -> Vec<Val>;

    /// Wakes itself.
    fn wake(&self);
}

/// An end that is served, in a box.
pub(crate) type AnyServedEnd<E, T> = Box<dyn ServedEnd<E, T>>;

impl<E: CoreEngine, T: 'static> GiveUp for AnyServedEnd<E, T> {
    fn give_up(&mut self, error: &CallError) -> Vec<Val> {
        self.fail(error.clone())
    }
}

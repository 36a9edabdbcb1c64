//! Everything that is in a store, with the types of what an embedder gives it to call.

use core::marker::PhantomData;

use crate::component::store::state::{Callbacks, StoreState};
use crate::engine::CoreEngine;

use super::context::LiftResult;
use super::host_function::{DestroyThreadLocal, HostFunction};
use super::host_resource::{Destructor, HostResourceType};
use super::mailbox::{Acting, Inbox};
use super::waiting::Waiting;

/// Everything that is in a store besides the engine's part.
pub(crate) type State<E, T> = StoreState<E, T, Closures<E, T>>;

/// The closures that an embedder gives a store to call. They get the store, lent.
pub(crate) struct Closures<E, T>(PhantomData<fn() -> (E, T)>);

impl<E: CoreEngine, T: 'static> Callbacks for Closures<E, T> {
    type HostFunction = HostFunction<E, T>;
    type LiftResult = LiftResult<E, T>;
    type ResourceType = HostResourceType<E, T>;
    type Destructor = Destructor<E, T>;
    type ThreadDestructor = DestroyThreadLocal<E, T>;
    type Waiting = Waiting;
    type Inbox = Inbox<E, T>;
    type Acting = Acting;
}

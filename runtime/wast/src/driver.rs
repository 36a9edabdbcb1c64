//! The store of a script, and how its calls are driven.

use std::task::Waker;

use weft::abi::Val;
use weft::component::{CallError, Component, Function, Instance, InstantiateError, Linker, Store};
use weft::engine::CoreEngine;
use weft_explore::Explorer;

use crate::fixtures::Fixtures;

/// The largest number of steps of an explorer for the work that a call has left.
const MAX_STEPS_LEFT: usize = 100;

/// The store of a script, and how its calls are driven.
pub(crate) enum Driver<'e, E: CoreEngine> {
    /// By the store.
    Store(Box<Store<E, Fixtures>>),
    /// By an explorer.
    Explorer(Box<Store<E, Fixtures>>, &'e mut Explorer),
}

impl<E: CoreEngine> Driver<'_, E> {
    /// Returns the store.
    pub(crate) const fn store(&self) -> &Store<E, Fixtures> {
        match self {
            Self::Store(store) | Self::Explorer(store, _) => store,
        }
    }

    /// Returns the store.
    pub(crate) const fn store_mut(&mut self) -> &mut Store<E, Fixtures> {
        match self {
            Self::Store(store) | Self::Explorer(store, _) => store,
        }
    }

    /// Makes an instance of a component.
    pub(crate) fn instantiate(
        &mut self,
        component: &Component<E>,
        linker: &Linker<E, Fixtures>,
    ) -> Result<Instance<E>, InstantiateError> {
        match self {
            Self::Store(store) => store.instantiate(component, linker),
            Self::Explorer(store, explorer) => explorer.instantiate(store, component, linker),
        }
    }

    /// Keeps the timeline for a replay. An explorer has not kept it if nothing was driven.
    pub(crate) fn keep_timeline(&mut self) {
        if let Self::Explorer(store, explorer) = self {
            explorer.keep_timeline(store);
        }
    }

    /// Calls a function. Work that the call has begun is finished before the next call, as far as
    /// possible. A trap in it does not belong to the call, which has its result.
    pub(crate) fn call(
        &mut self,
        function: &Function,
        arguments: &[Val],
    ) -> Result<Option<Val>, CallError> {
        match self {
            Self::Store(store) => {
                let result = store.call(function, arguments);
                let _ = store.poll(Waker::noop());
                result
            }
            Self::Explorer(store, explorer) => {
                let result = explorer.call(store, function, arguments);
                let mut steps = 0;
                let _ = explorer.run_until(store, |_| {
                    steps += 1;
                    (steps > MAX_STEPS_LEFT).then_some(())
                });
                result
            }
        }
    }
}

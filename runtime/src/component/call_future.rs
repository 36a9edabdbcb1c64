//! A call as a future.

use alloc::vec::Vec;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context as WakerContext, Poll};

use crate::abi::Val;
use crate::engine::CoreEngine;
use crate::error::Error;
use crate::limits::Table;

use super::call::Ran;
use super::error::CallError;
use super::instance::Function;
use super::store::{CallId, Store};

/// A call, to be polled by any executor: [`Store::call_async`] and [`Store::run_async`] give it.
///
/// Polling it lets everything in the store run. It is woken when a function of the host can go
/// on; and at once if it has used up [what one poll may take](Store::set_turns_per_poll), or the
/// engine has interrupted a guest, so that others have their turn: a time-out fires while guests
/// run.
///
/// Dropping it before its end [cancels](Store::cancel) the call. The guest hears of it when the
/// store runs next, before anything else.
#[must_use = "nothing runs before the future is polled"]
pub struct CallFuture<'s, E: CoreEngine, T: Send + 'static> {
    store: &'s mut Store<E, T>,
    stage: Stage,
}

enum Stage {
    /// The call is not begun.
    New { function: Function, arguments: Vec<Val> },
    /// It is.
    Begun(CallId),
    /// It has come to its end.
    Ended,
}

impl<'s, E: CoreEngine, T: Send + 'static> CallFuture<'s, E, T> {
    pub(super) const fn of(store: &'s mut Store<E, T>, call: CallId) -> Self {
        Self { store, stage: Stage::Begun(call) }
    }

    pub(super) const fn new(
        store: &'s mut Store<E, T>,
        function: Function,
        arguments: Vec<Val>,
    ) -> Self {
        Self { store, stage: Stage::New { function, arguments } }
    }
}

impl<E: CoreEngine, T: Send + 'static> Future for CallFuture<'_, E, T> {
    type Output = Result<Option<Val>, CallError>;

    fn poll(self: Pin<&mut Self>, context: &mut WakerContext<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let waker = context.waker();
        let call = match &this.stage {
            Stage::Begun(call) => *call,
            Stage::New { function, arguments } => {
                if this.store.settle(1).is_err() {
                    waker.wake_by_ref();
                    return Poll::Pending;
                }
                match this.store.start(function, arguments) {
                    Ok(call) => {
                        this.stage = Stage::Begun(call);
                        call
                    }
                    Err(error) => {
                        this.stage = Stage::Ended;
                        return Poll::Ready(Err(error));
                    }
                }
            }
            Stage::Ended => return Poll::Ready(Err(Error::Unknown(Table::Waitables).into())),
        };
        this.store.set_driver(waker);
        let ran = this.store.run_until(call);
        let result = match ran {
            Ok(Ran::ToItsEnd(value)) => Ok(value),
            Err(error) => Err(error),
            Ok(Ran::ForTooLong) => {
                waker.wake_by_ref();
                return Poll::Pending;
            }
            Ok(Ran::UntilItWaits) => return Poll::Pending,
        };
        this.stage = Stage::Ended;
        Poll::Ready(result)
    }
}

impl<E: CoreEngine, T: Send + 'static> Drop for CallFuture<'_, E, T> {
    fn drop(&mut self) {
        if let Stage::Begun(call) = self.stage {
            self.store.abandon(call);
        }
    }
}

impl<E: CoreEngine, T: Send + 'static> fmt::Debug for CallFuture<'_, E, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let call = match self.stage {
            Stage::Begun(call) => Some(call),
            Stage::New { .. } | Stage::Ended => None,
        };
        f.debug_struct("CallFuture").field("call", &call).finish_non_exhaustive()
    }
}

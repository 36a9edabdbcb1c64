//! Polling the futures and others that wait for events outside of the store.

use core::task::{Context as WakerContext, Poll};

use crate::component::store::canonical::Lowered;
use crate::component::store::fault::Fault;
use crate::component::store::host_result::HostError;
use crate::component::store::unwinding::catch;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::{Error, Failure, MachineError};
use crate::machine::{SubtaskId, WaitableId};

use super::context::Context;
use super::host_function_future::{HostFunctionFuture, Returned};
use super::state::AnyServedEnd;
use super::waiting::Waiting;

/// The largest number of polls of a host function that asks for the store again and again, before
/// others have their turn.
const MOST_POLLS_AT_ONCE: usize = 8;

impl<E: CoreEngine, T: 'static> Context<'_, E, T> {
    /// Polls the future of a host function where it was called. If it asks for the store, it gets
    /// the store here and is polled again, so that its guest learns of the result at once. If it is
    /// not ready then, it waits from now on.
    pub(crate) fn begin_host_function(
        &mut self,
        call: SubtaskId,
        lowered: &Lowered,
        mut future: HostFunctionFuture,
    ) -> Option<Result<Returned, HostError>> {
        let id = WaitableId::Subtask(call);
        for _ in 0..MOST_POLLS_AT_ONCE {
            let state = self.data_mut();
            let waker = state.waiting.waker(id)?;
            let mut context = WakerContext::from_waker(&waker);
            let values = &mut state.handles.values;
            if let Poll::Ready(result) = future.poll(lowered, values, &mut context) {
                return Some(result);
            }
            if !self.run_requests_of(call) {
                break;
            }
        }
        self.data_mut().wait(id, Waiting::HostFunction(future));
        None
    }

    /// Polls everything that was woken. Returns `true` if something in the store has gone on.
    pub(crate) fn poll_woken(&mut self) -> bool {
        let count = self.data_mut().waiting.take_woken();
        if count == 0 {
            return false;
        }
        self.refuel();
        let mut has_gone_on = false;
        for _ in 0..count {
            if !self.data().waiting.may_poll() {
                break;
            }
            if let Some((id, waiting, waker)) = self.data_mut().waiting.take_next() {
                let mut context = WakerContext::from_waker(&waker);
                has_gone_on |= self.poll_waiting(id, waiting, &mut context);
            }
        }
        has_gone_on
    }

    fn poll_waiting(
        &mut self,
        id: WaitableId,
        waiting: Waiting<AnyServedEnd<E, T>>,
        context: &mut WakerContext<'_>,
    ) -> bool {
        match (id, waiting) {
            (WaitableId::Subtask(call), Waiting::HostFunction(future)) => {
                self.poll_host_function(call, future, context)
            }
            (WaitableId::Subtask(task), Waiting::Task(future)) => {
                self.poll_task(task, future, context)
            }
            (WaitableId::End(end), Waiting::End(served)) => self.poll_served(end, served),
            (WaitableId::End(_), Waiting::HostFunction(_) | Waiting::Task(_))
            | (WaitableId::Subtask(_), Waiting::End(_)) => false,
        }
    }

    /// Polls a host function. Returns `true` if it has returned.
    fn poll_host_function(
        &mut self,
        call: SubtaskId,
        mut future: HostFunctionFuture,
        context: &mut WakerContext<'_>,
    ) -> bool {
        let Ok(guest_call) = self.data_mut().calls.guest_call(call) else {
            // The caller no longer exists.
            self.data_mut().drop_waiting(Waiting::HostFunction(future));
            return true;
        };
        let lowered = guest_call.lowered().clone();
        // A future that panicked is dropped, and never polled again.
        let values = &mut self.data_mut().handles.values;
        let polled = catch(|| match future.poll(&lowered, values, context) {
            Poll::Ready(result) => Ok(result),
            Poll::Pending => Err(future),
        });
        let result = match polled {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(future)) => {
                let id = WaitableId::Subtask(call);
                self.data_mut().waiting.polled(id, Waiting::HostFunction(future));
                return false;
            }
            Err(panic) => Err(Fault::Panicked(panic)),
        };
        // The lowering of a value may run code of the host, too.
        let returned = result.and_then(|result| {
            catch(|| self.host_returns(call, &lowered, result))
                .unwrap_or_else(|panic| Err(Fault::Panicked(panic)))
        });
        match returned {
            Ok(())
            | Err(Fault::Failure(Failure::Error(Error::Machine(MachineError::CallerGone)))) => {}
            Err(fault) => self.data_mut().caller_trapped(call, fault),
        }
        true
    }
}

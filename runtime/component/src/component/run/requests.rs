//! Running the requests of code that runs beside the store.

use crate::component::store::acting::Acting;
use crate::component::store::unwinding::catch;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::machine::SubtaskId;

use super::context::{Caller, Context, Request};
use super::state::State;

impl<E: CoreEngine, T: 'static> Context<'_, E, T> {
    /// Runs all requests. Returns `true` if there was one.
    pub(crate) fn run_requests(&mut self) -> bool {
        // Requests that these make are for the next turn.
        let count = self.data().inbox.len();
        for _ in 0..count {
            let Some(request) = self.data_mut().inbox.take() else { break };
            self.run_request(request);
        }
        count > 0
    }

    /// Runs the requests that the host function of this call has just made, where it was called.
    /// Other requests can't run there, as the calling guest is on the stack. Returns `true` if
    /// there was one.
    pub(crate) fn run_requests_of(&mut self, call: SubtaskId) -> bool {
        let requests = self.data_mut().inbox.take_new(|it| it.acting.call == Some(call));
        let has_some = !requests.is_empty();
        for request in requests {
            self.run_request(request);
        }
        has_some
    }

    fn run_request(&mut self, Request { acting, run }: Request<E, T>) {
        let state = self.data_mut();
        let origin = acting.call.and_then(|call| state.calls.origin_of(call));
        let running = state.origins.set_running(origin);
        let before = state.act_for(acting);
        // The panic of the closure itself is caught by it, but not those of values that the closure
        // drops.
        let result = catch(|| run(&mut Caller::new(self)));
        let state = self.data_mut();
        state.act_for(before);
        state.origins.set_running(running);
        if let Err(panic) = result {
            state.panics.add_of_nobody(panic);
        }
    }
}

impl<E: CoreEngine, T: 'static> State<E, T> {
    /// Sets the call for which code of the host runs. Returns the previous one.
    pub(crate) fn act_for(&mut self, acting: Acting) -> Acting {
        let task = acting.task.filter(|task| self.machine.function_of(*task).is_ok());
        self.machine.act_for(task);
        core::mem::replace(&mut self.acting, acting)
    }

    /// Returns the call of the host function that has control.
    pub(crate) fn acting(&mut self) -> Acting {
        let task = self.machine.tasks().current();
        Acting { call: self.acting.call, task }
    }
}

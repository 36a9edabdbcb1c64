//! Instances of core modules.

use alloc::vec::Vec;

use crate::abi::Val;
use crate::component::run::context::Context;
use crate::component::run::embedder_calls::Begun;
use crate::component::run::lifted_result::sealed::LiftedResult as _;
use crate::component::run::state::State;
use crate::component::store::crossing::{Next, Starting};
use crate::component::store::fault::Fault;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::machine::FunctionId;

use super::error::InstantiateError;

impl<E: CoreEngine, T: 'static> Context<'_, E, T> {
    /// Instantiates a core module in a task of `initialisation`, as its start function may call
    /// out.
    pub(crate) fn instantiate_core(
        &mut self,
        initialisation: FunctionId,
        starting: Starting<E>,
    ) -> Result<E::Instance, InstantiateError> {
        self.data_mut().crossing.put_starting(starting);
        let begin = |state: &mut State<E, T>| {
            let (call, step) = state.machine.invoke(initialisation)?;
            state.calls.add_embedder_call(call, Vec::new(), <Option<Val>>::lift)?;
            Ok(Begun { call, step })
        };
        let call = self.run_to_host(initialisation, begin, |_, _, _| Ok(()))?;
        let state = self.data_mut();
        state.forget_call(call);
        state.machine.drop_call(call)?;
        Ok(state.crossing.take_started()?)
    }

    /// Instantiates a core module, as the machine's step says: on the thread of the component
    /// instance's initialisation, which can't stop.
    pub(crate) fn start_core_instance(&mut self) -> Result<Next, Fault> {
        self.sync_links()?;
        let starting = self.data_mut().crossing.take_starting()?;
        self.data_mut().crossing.enter();
        let before = self.data_mut().machine.forbid_holding(true);
        let result = self.instantiate(&starting.module, &starting.imports);
        let state = self.data_mut();
        state.machine.forbid_holding(before);
        state.crossing.leave();
        match result {
            Ok(instance) => {
                state.crossing.put_started(instance);
                Ok(Next::Step(state.machine.function_returned(None)?))
            }
            Err(trap) => {
                // A guest may have tried to stop, which it can't in a start function.
                let _ = state.crossing.take_stop();
                Err(state.crossing.take_trap(trap))
            }
        }
    }
}

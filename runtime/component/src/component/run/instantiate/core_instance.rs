//! Instances of core modules.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::abi::{TypeList, Val};
use crate::component::definition::function_type::FunctionType;
use crate::component::run::context::Context;
use crate::component::run::embedder_calls::Begun;
use crate::component::run::lifted_result::sealed::LiftedResult as _;
use crate::component::run::state::State;
use crate::component::store::crossing::{Next, Starting};
use crate::component::store::fault::Fault;
use crate::component::store::module::Module;
use crate::engine::{CoreContext as _, CoreEngine, CoreExtern};
use crate::machine::FunctionId;

use super::error::InstantiateError;
use super::frame::Frame;

impl<E: CoreEngine, T: 'static> Frame<'_, '_, E, T> {
    /// Instantiates a core module.
    ///
    /// This needs no task if none of the module's functions runs. If it traps nevertheless, because
    /// a segment is out of bounds, there is a task that traps.
    pub(crate) fn instantiate_core(
        &mut self,
        module: &Module<E>,
        imports: Vec<CoreExtern<E>>,
    ) -> Result<E::Instance, InstantiateError> {
        let starting = if module.loaded().has_start {
            Starting::Module(module.clone(), imports)
        } else {
            // A host function that instantiates a module uses the fuel of the call that it is part
            // of.
            if self.cx.data().crossing.is_outermost() {
                self.cx.refuel();
            }
            match self.cx.instantiate(&module.loaded().compiled, &imports) {
                Ok(instance) => {
                    self.making.put_core_imports(imports);
                    return Ok(instance);
                }
                Err(trap) => Starting::Trapped(trap),
            }
        };
        let initialisation = self.initialisation()?;
        self.cx.start_core(initialisation, starting)
    }

    /// Returns the function whose task initializes the instance.
    fn initialisation(&mut self) -> Result<FunctionId, Fault> {
        if let Some(function) = self.initialisation {
            return Ok(function);
        }
        let nothing = TypeList::new([]).map_err(|_| Fault::Inconsistent("a list of no types"))?;
        let ty = FunctionType {
            names: Arc::new([]),
            params: nothing.clone(),
            result: None,
            results: nothing,
            is_async: false,
        };
        let function = self.cx.data_mut().add_plain_function(self.instance, None, ty, None)?;
        self.initialisation = Some(function);
        Ok(function)
    }
}

impl<E: CoreEngine, T: 'static> Context<'_, E, T> {
    /// Instantiates a core module in a task of `initialisation`, as its start function may call
    /// imports.
    fn start_core(
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

    /// Instantiates a core module for a step of the machine, on the thread of the component
    /// instance's initialization, which can't stop.
    pub(crate) fn start_core_instance(&mut self) -> Result<Next, Fault> {
        self.sync_links()?;
        let starting = self.data_mut().crossing.take_starting()?;
        self.data_mut().crossing.enter();
        let before = self.data_mut().machine.forbid_holding(true);
        let result = match starting {
            Starting::Module(module, imports) => {
                self.instantiate(&module.loaded().compiled, &imports)
            }
            Starting::Trapped(trap) => Err(trap),
        };
        let state = self.data_mut();
        state.machine.forbid_holding(before);
        state.crossing.leave();
        match result {
            Ok(instance) => {
                state.crossing.put_started(instance);
                Ok(Next::Step(state.machine.function_returned(None)?))
            }
            Err(trap) => {
                // A guest may have tried to stop, which is not possible in a start function.
                let _ = state.crossing.take_stop();
                Err(state.crossing.take_trap(trap))
            }
        }
    }
}

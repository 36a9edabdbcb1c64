//! A minimal layer above the engine, which records the calls that it receives.

use weft::abi::{CoreFunctionType, FlatTypes};
use weft::core_value::CoreType::{self, I32};
use weft::core_value::CoreValue;
use weft::engine::wasmi::{Activation, Context, Wasmi, WasmiFunction};
use weft::engine::{CoreContext, CoreEngine, CoreExtern, CoreTrap, HostFunctions, HostStop};
use weft::engine::{CoreProgress, ProgressOf};

/// The number of a function that stops.
pub(crate) const STOP: u32 = 0;
/// The number of a function that traps.
pub(crate) const TRAP: u32 = 1;
/// The number of a function that calls [`Host::inner`] with its arguments, and stops if the inner
/// call stops.
pub(crate) const NEST: u32 = 2;
/// The number of a function that returns [`Host::result`].
pub(crate) const RETURN: u32 = 3;

#[derive(Default)]
pub(crate) struct Host {
    /// The arguments of calls of host functions.
    pub(crate) arguments: Vec<Vec<CoreValue>>,
    pub(crate) result: Option<CoreValue>,
    pub(crate) inner: Option<WasmiFunction>,
    /// The activations that stopped inside [`NEST`].
    pub(crate) stopped: Vec<Activation>,
}

impl HostFunctions<Wasmi> for Host {
    fn call(
        mut context: Context<'_, Self>,
        number: u32,
        arguments: &[CoreValue],
    ) -> Result<Option<CoreValue>, HostStop> {
        context.data_mut().arguments.push(arguments.to_vec());
        match number {
            RETURN => Ok(context.data().result),
            NEST => {
                let inner = context.data().inner.ok_or(HostStop::Trap)?;
                match context.call(inner, arguments) {
                    Ok(CoreProgress::Returned(value)) => Ok(value),
                    Ok(
                        CoreProgress::Stopped(activation) | CoreProgress::Interrupted(activation),
                    ) => {
                        context.data_mut().stopped.push(activation);
                        Err(HostStop::Suspend)
                    }
                    Err(_) => Err(HostStop::Trap),
                }
            }
            STOP => Err(HostStop::Suspend),
            _ => Err(HostStop::Trap),
        }
    }
}

/// A store, and functions that use it.
pub(crate) struct Guests {
    pub(crate) engine: Wasmi,
    pub(crate) store: <Wasmi as CoreEngine>::Store<Host>,
}

pub(crate) type Instance = <Wasmi as CoreEngine>::Instance;

impl Guests {
    pub(crate) fn new() -> Self {
        Self::on(Wasmi::default())
    }

    pub(crate) fn on(engine: Wasmi) -> Self {
        let store = engine.new_store(Host::default());
        Self { engine, store }
    }

    pub(crate) fn context(&mut self) -> Context<'_, Host> {
        Wasmi::context(&mut self.store)
    }

    /// Runs a closure with the host.
    pub(crate) fn host<R>(&mut self, act: impl FnOnce(&mut Host) -> R) -> R {
        act(self.context().data_mut())
    }

    pub(crate) fn try_instantiate(
        &mut self,
        module: &str,
        imports: &[CoreExtern<Wasmi>],
    ) -> Result<Instance, CoreTrap> {
        let module = self.engine.compile(&wat::parse_str(module).unwrap()).unwrap();
        self.context().instantiate(&module, imports)
    }

    pub(crate) fn instantiate(&mut self, module: &str, imports: &[CoreExtern<Wasmi>]) -> Instance {
        self.try_instantiate(module, imports).unwrap()
    }

    pub(crate) fn import(&mut self, number: u32, ty: &CoreFunctionType) -> CoreExtern<Wasmi> {
        CoreExtern::Function(self.context().new_function(number, ty))
    }

    pub(crate) fn export(&mut self, instance: Instance, name: &str) -> CoreExtern<Wasmi> {
        self.context().export(&instance, name).unwrap()
    }

    pub(crate) fn function(&mut self, instance: Instance, name: &str) -> WasmiFunction {
        match self.export(instance, name) {
            CoreExtern::Function(function) => function,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn call(
        &mut self,
        function: WasmiFunction,
        arguments: &[u32],
    ) -> Result<ProgressOf<Context<'_, Host>>, CoreTrap> {
        let arguments: Vec<CoreValue> = arguments.iter().copied().map(CoreValue::I32).collect();
        self.context().call(function, &arguments)
    }

    /// Calls a function that stops.
    pub(crate) fn stop(&mut self, function: WasmiFunction, arguments: &[u32]) -> Activation {
        stopped(self.call(function, arguments))
    }

    pub(crate) fn resume(
        &mut self,
        activation: Activation,
        result: u32,
    ) -> Result<ProgressOf<Context<'_, Host>>, CoreTrap> {
        self.context().resume(activation, Some(CoreValue::I32(result)))
    }
}

/// Returns the activation of a call that stopped.
pub(crate) fn stopped(progress: Result<CoreProgress<Activation>, CoreTrap>) -> Activation {
    match progress {
        Ok(CoreProgress::Stopped(activation)) => activation,
        other => panic!("{other:?}"),
    }
}

/// Returns the result of a call that returned an `i32`.
pub(crate) fn returned(progress: Result<CoreProgress<Activation>, CoreTrap>) -> u32 {
    match progress {
        Ok(CoreProgress::Returned(Some(CoreValue::I32(value)))) => value,
        other => panic!("{other:?}"),
    }
}

/// Returns the trap of a call.
pub(crate) fn trap(progress: Result<CoreProgress<Activation>, CoreTrap>) -> CoreTrap {
    progress.unwrap_err()
}

pub(crate) fn flat(types: &[CoreType]) -> FlatTypes {
    types.iter().fold(FlatTypes::EMPTY, |all, ty| all.push(*ty))
}

/// Returns the type `[i32…] -> [i32]` with `params` parameters.
pub(crate) fn words(params: usize) -> CoreFunctionType {
    CoreFunctionType { params: flat(&vec![I32; params]), results: flat(&[I32]) }
}

//! Stores: where instances live, and run.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::task::Waker;

use crate::abi::Val;
use crate::chooser::{Chooser, FirstInFirstOut};
use crate::engine::{CoreContext as _, CoreEngine};
use crate::machine::SubtaskId;

use super::call::{Turn, forget, start, take_result, turn};
use super::contexts::Context;
use super::entity::{Closure, Code, Module};
use super::error::{CallError, InstantiateError, LoadError};
use super::instance::{Function, Instance};
use super::instantiate::{budget, instantiate};
use super::linker::Linker;
use super::missing::missing_capabilities;
use super::state::{Callable, State};

/// A component that is loaded: decoded, validated and compiled. Cloning one is cheap, and it can
/// be instantiated in any store of its engine.
pub struct Component<E: CoreEngine> {
    closure: Closure<E>,
}

impl<E: CoreEngine> Component<E> {
    /// Loads a component from its binary format.
    ///
    /// # Errors
    ///
    /// [`LoadError`] says what is wrong with it, or what the engine lacks.
    pub fn new(engine: &E, bytes: &[u8]) -> Result<Self, LoadError> {
        let decoded = super::decode::decode(bytes)?;
        let mut modules = Vec::with_capacity(decoded.modules.len());
        for (number, module) in decoded.modules.iter().enumerate() {
            let bytes = bytes.get(module.bytes.clone()).unwrap_or_default();
            let compiled = match engine.compile(bytes) {
                Ok(compiled) => compiled,
                Err(refused) => {
                    let missing = missing_capabilities(bytes, engine.capabilities())?;
                    return Err(if missing.is_empty() {
                        LoadError::ModuleRefused { module: number, refused }
                    } else {
                        LoadError::MissingCapabilities { module: number, missing }
                    });
                }
            };
            let imports = Arc::from(E::imports(&compiled));
            modules.push(Module { compiled, imports });
        }
        let has_tail_calls = decoded.has_tail_calls();
        let code = Arc::new(Code { modules: modules.into(), has_tail_calls });
        Ok(Self { closure: Closure { definition: decoded.root, code, around: None } })
    }
}

impl<E: CoreEngine> Clone for Component<E> {
    fn clone(&self) -> Self {
        Self { closure: self.closure.clone() }
    }
}

impl<E: CoreEngine> fmt::Debug for Component<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Component").finish_non_exhaustive()
    }
}

/// Where instances of components live and run.
pub struct Store<E: CoreEngine, T: Send + 'static = ()> {
    engine_store: E::Store<State<E, T>>,
}

/// A call of an export that was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallId(SubtaskId);

impl<E: CoreEngine, T: Send + 'static> Store<E, T> {
    /// An empty store with `data` in it, which functions of the host get at.
    pub fn new(engine: &E, data: T) -> Self {
        Self::with_chooser(engine, Box::new(FirstInFirstOut), data)
    }

    /// The same with someone else to decide what the spec leaves open.
    pub fn with_chooser(engine: &E, chooser: Box<dyn Chooser + Send>, data: T) -> Self {
        Self { engine_store: engine.new_store(State::new(chooser, data)) }
    }

    /// What was put into the store.
    pub fn data(&self) -> &T {
        &E::data(&self.engine_store).data
    }

    /// Sets how often guests may go on, during one [`finish`](Self::finish), after the engine
    /// interrupted them since they ran for too long; then the call fails with
    /// [`CallError::Interrupted`], and the instances that were interrupted can't be entered any
    /// more. Without a limit, which is the default, they go on for ever.
    pub fn set_interruptions(&mut self, limit: Option<u32>) {
        E::context(&mut self.engine_store).data_mut().interruption_limit = limit;
    }

    /// Makes an instance of a component, with what `linker` gives for its imports.
    ///
    /// # Errors
    ///
    /// [`InstantiateError`]
    pub fn instantiate(
        &mut self,
        component: &Component<E>,
        linker: &Linker<E, T>,
    ) -> Result<Instance<E>, InstantiateError> {
        let mut cx = Context::<E, T>(E::context(&mut self.engine_store));
        cx.data_mut().interruptions = 0;
        let mut imports = BTreeMap::new();
        for (name, ty) in component.closure.definition.imports() {
            let entity = linker.resolve(cx.data_mut(), &name.name, &name.full_name, ty)?;
            imports.insert(name.name.clone(), entity);
        }
        let exports = instantiate(&mut cx, &component.closure, &imports, &mut budget())?;
        Ok(Instance { exports: Arc::new(exports) })
    }

    /// The function that `instance` exports as `name`.
    pub fn function(&self, instance: &Instance<E>, name: &str) -> Option<Function> {
        let id = instance.function_id(name)?;
        match E::data(&self.engine_store).functions.get(id.position())? {
            Callable::Lifted(lifted) => Some(Function { id, ty: lifted.ty.clone() }),
            Callable::Host(_) => None,
        }
    }

    /// Begins a call of a function. It goes on whenever the store runs. If a guest was interrupted
    /// by the engine, that goes on first, until it waits or ends.
    ///
    /// # Errors
    ///
    /// [`CallError`] if it can't be begun, or trapped at once.
    pub fn start(&mut self, function: &Function, arguments: &[Val]) -> Result<CallId, CallError> {
        let mut cx = Context::<E, T>(E::context(&mut self.engine_store));
        cx.data_mut().interruptions = 0;
        start(&mut cx, function.id, arguments).map(CallId)
    }

    /// Lets everything run until a call has returned.
    ///
    /// # Errors
    ///
    /// [`CallError`]: what trapped, whether it belongs to this call or to another one that runs
    /// meanwhile; or there is nothing left that could bring the call to its end.
    pub fn finish(&mut self, call: CallId) -> Result<Option<Val>, CallError> {
        let mut cx = Context::<E, T>(E::context(&mut self.engine_store));
        cx.data_mut().interruptions = 0;
        loop {
            if let Some(result) = take_result(&mut cx, call.0)? {
                return Ok(result);
            }
            match turn(&mut cx, Waker::noop()) {
                Ok(Turn::Progress) => {}
                Ok(Turn::Idle) => {
                    forget(&mut cx, call.0)?;
                    return Err(CallError::Deadlock);
                }
                Err(fault) => {
                    forget(&mut cx, call.0)?;
                    return Err(fault.into());
                }
            }
        }
    }

    /// Calls a function, and lets everything run until it has returned.
    ///
    /// # Errors
    ///
    /// Those of [`start`](Self::start) and [`finish`](Self::finish).
    pub fn call(
        &mut self,
        function: &Function,
        arguments: &[Val],
    ) -> Result<Option<Val>, CallError> {
        let call = self.start(function, arguments)?;
        self.finish(call)
    }
}

impl<E: CoreEngine, T: Send + 'static> fmt::Debug for Store<E, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

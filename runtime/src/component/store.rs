//! Stores: where instances live, and run.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::task::Waker;

use crate::abi::Val;
use crate::chooser::{Chooser, FirstInFirstOut};
use crate::engine::CoreEngine;
use crate::machine::SubtaskId;

use super::call::{Turn, forget, start, take_result, turn};
use super::contexts::Context;
use super::entity::{Closure, Code, Module};
use super::entity_type::ModuleType;
use super::error::{CallError, InstantiateError, LoadError};
use super::instance::{Function, Instance, function};
use super::instantiate::instantiate_component;
use super::linker::Linker;
use super::missing::missing_capabilities;
use super::state::State;

/// A component that is loaded: decoded, validated and compiled. Cloning one is cheap, and it can
/// be instantiated in any store of its engine.
pub struct Component<E: CoreEngine> {
    pub(super) closure: Closure<E>,
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
        let types = decoded.module_types.iter();
        for (number, (module, ty)) in decoded.modules.iter().zip(types).enumerate() {
            let bytes = bytes.get(module.bytes.clone()).unwrap_or_default();
            modules.push(Module::compile(engine, number, bytes, ty.clone())?);
        }
        let has_tail_calls = decoded.has_tail_calls();
        let modules = modules.into();
        let code = Arc::new(Code { modules, has_tail_calls, engine: engine.clone() });
        Ok(Self { closure: Closure { definition: decoded.root, code, around: None } })
    }
}

impl<E: CoreEngine> Module<E> {
    /// Loads a core module from its binary format.
    ///
    /// # Errors
    ///
    /// [`LoadError`] says what is wrong with it, or what the engine lacks.
    pub fn new(engine: &E, bytes: &[u8]) -> Result<Self, LoadError> {
        let ty = super::decode::decode_module(bytes)?;
        Self::compile(engine, 0, bytes, ty)
    }

    /// Compiles a core module that is valid.
    fn compile(
        engine: &E,
        number: usize,
        bytes: &[u8],
        ty: Arc<ModuleType>,
    ) -> Result<Self, LoadError> {
        match engine.compile(bytes) {
            Ok(compiled) => {
                let imports = Arc::from(E::imports(&compiled));
                Ok(Self { compiled, ty, engine: engine.clone(), imports })
            }
            Err(refused) => {
                let missing = missing_capabilities(bytes, engine.capabilities())?;
                Err(if missing.is_empty() {
                    LoadError::ModuleRefused { module: number, refused }
                } else {
                    LoadError::MissingCapabilities { module: number, missing }
                })
            }
        }
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
    pub(super) engine_store: E::Store<State<E, T>>,
}

/// A call of an export that was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallId(pub(super) SubtaskId);

impl<E: CoreEngine, T: Send + 'static> Store<E, T> {
    /// An empty store with `data` in it, which functions of the host get at.
    pub fn new(engine: &E, data: T) -> Self {
        Self::with_chooser(engine, Box::new(FirstInFirstOut), data)
    }

    /// The same with someone else to decide what the spec leaves open.
    pub fn with_chooser(engine: &E, chooser: Box<dyn Chooser + Send>, data: T) -> Self {
        Self { engine_store: engine.new_store(State::new(engine.clone(), chooser, data)) }
    }

    /// What was put into the store.
    pub fn data(&self) -> &T {
        &E::data(&self.engine_store).data
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
        instantiate_component(&mut cx, &component.closure, linker)
    }

    /// The function that `instance` exports as `name`. Nothing if it exports none, or belongs to
    /// another store.
    pub fn function(&self, instance: &Instance<E>, name: &str) -> Option<Function> {
        function(E::data(&self.engine_store), instance, name)
    }

    /// Begins a call of a function. It goes on whenever the store runs.
    ///
    /// # Errors
    ///
    /// [`CallError`] if it can't be begun, or trapped at once.
    pub fn start(&mut self, function: &Function, arguments: &[Val]) -> Result<CallId, CallError> {
        let mut cx = Context::<E, T>(E::context(&mut self.engine_store));
        start(&mut cx, function, arguments).map(CallId)
    }

    /// Lets everything run until a call has returned.
    ///
    /// # Errors
    ///
    /// [`CallError`]: what trapped, whether it belongs to this call or to another one that runs
    /// meanwhile; or there is nothing left that could bring the call to its end.
    pub fn finish(&mut self, call: CallId) -> Result<Option<Val>, CallError> {
        let mut cx = Context::<E, T>(E::context(&mut self.engine_store));
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

//! Loading components and core modules.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::component::definition::decode::{Bodies, InvalidComponent, decode, decode_module};
use crate::component::definition::extern_type::ModuleType;
use crate::component::definition::features::Features;
use crate::component::definition::items::{CoreModule, Decoded};
use crate::component::definition::linking::encode;
use crate::component::definition::linking::plan::{CompiledLinks, LinkPlan};
use crate::component::store::entity::{Closure, Code};
use crate::component::store::module::{LoadedModule, Module};
use crate::engine::{CoreEngine, ModuleRefused};

use super::load_error::LoadError;
use super::missing::missing_capabilities;

/// A component that is loaded: decoded, validated and compiled. It can be instantiated in any store
/// of its engine, and cloning it is cheap.
pub struct Component<E: CoreEngine> {
    pub(crate) closure: Closure<E>,
}

impl<E: CoreEngine> Component<E> {
    /// Loads a component from its binary format.
    ///
    /// # Errors
    ///
    /// [`LoadError`] says what is wrong with the component, or what the engine lacks.
    pub fn new(engine: &E, bytes: &[u8]) -> Result<Self, LoadError> {
        Self::with_features(engine, bytes, Features::default())
    }

    /// Loads a component that may use features which are off by default.
    ///
    /// # Errors
    ///
    /// [`LoadError`]
    pub fn with_features(engine: &E, bytes: &[u8], features: Features) -> Result<Self, LoadError> {
        let bodies = bodies_for(engine);
        let decoded = decode(bytes, features, bodies)?;
        let mut modules = Vec::with_capacity(decoded.modules.len());
        let has_tail_calls = decoded.has_tail_calls();
        let all = decoded.modules.iter().zip(&decoded.module_types);
        for (number, (module, ty)) in all.enumerate() {
            let within = bytes.get(module.bytes.clone()).unwrap_or_default();
            match Module::compile(engine, within, ty.clone(), module) {
                Ok(module) => modules.push(module),
                Err(refused) => {
                    if bodies == Bodies::LeftToEngine {
                        decode(bytes, features, Bodies::Validated)?;
                    }
                    return Err(why_refused(engine, number, within, refused)?);
                }
            }
        }
        let modules = modules.into();
        let links = compile_links(engine, &decoded, bytes).map(Arc::new);
        let code = Arc::new(Code { modules, has_tail_calls, links, engine: engine.clone() });
        Ok(Self { closure: Closure { definition: decoded.root, code, around: None, ty: None } })
    }
}

/// Plans and compiles the links of a component. Without links, all calls are made in the ordinary
/// way. So there are none if the engine refuses a module.
fn compile_links<E: CoreEngine>(
    engine: &E,
    decoded: &Decoded,
    bytes: &[u8],
) -> Option<CompiledLinks<E::Module>> {
    if !engine.links_guests() {
        return None;
    }
    let modules = decoded.modules.iter();
    let modules: Vec<_> =
        modules.map(|module| bytes.get(module.bytes.clone()).unwrap_or_default()).collect();
    let plan = LinkPlan::of(decoded, &modules)?;
    let flags = u32::try_from(plan.flagged.len()).ok()?;
    let groups = plan.compile_groups(|bytes| {
        let module = engine.compile(bytes).ok()?;
        let names = E::imports(&module).into_iter().map(|(_, name)| name).collect();
        Some((module, names))
    })?;
    Some(CompiledLinks {
        root: decoded.root.clone(),
        flags: engine.compile(&encode::flags(flags)).ok()?,
        groups,
        plan: Arc::new(plan),
    })
}

impl<E: CoreEngine> Module<E> {
    /// Loads a core module from its binary format.
    ///
    /// # Errors
    ///
    /// [`LoadError`] says what is wrong with the module, or what the engine lacks.
    pub fn new(engine: &E, bytes: &[u8]) -> Result<Self, LoadError> {
        let (ty, module) = decode_module(bytes, bodies_for(engine))?;
        Self::compile(engine, bytes, ty, &module)
            .or_else(|refused| Err(why_refused(engine, 0, bytes, refused)?))
    }

    /// Compiles a core module that is valid.
    fn compile(
        engine: &E,
        bytes: &[u8],
        ty: Arc<ModuleType>,
        module: &CoreModule,
    ) -> Result<Self, ModuleRefused> {
        let compiled = engine.compile(bytes)?;
        let (imports, engine) = (E::imports(&compiled), engine.clone());
        let (has_start, memories) = (module.has_start, module.memories.clone());
        Ok(Self::of(LoadedModule { compiled, ty, has_start, memories, engine, imports }))
    }
}

/// Returns the checks that are left to `engine`.
fn bodies_for<E: CoreEngine>(engine: &E) -> Bodies {
    if engine.validates_functions() { Bodies::LeftToEngine } else { Bodies::Validated }
}

/// Returns the reason for which an engine has refused a module.
///
/// An error if the module is not valid.
///
/// The module is not valid.
fn why_refused<E: CoreEngine>(
    engine: &E,
    module: usize,
    bytes: &[u8],
    refused: ModuleRefused,
) -> Result<LoadError, InvalidComponent> {
    let missing = missing_capabilities(bytes, engine.capabilities())?;
    Ok(if missing.is_empty() {
        LoadError::ModuleRefused { module, refused }
    } else {
        LoadError::MissingCapabilities { module, missing }
    })
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

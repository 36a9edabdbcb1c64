//! The adapter for [wasmi](https://docs.rs/wasmi), an interpreter in Rust.
//!
//! The crate `weft-runtime` re-exports it as `weft::engine::wasmi`, with its feature `wasmi`.
//!
//! ```
//! # #[cfg(feature = "alloc")] {
//! use weft_core::engine::{Capability, CoreEngine as _};
//! use weft_wasmi::Wasmi;
//!
//! let engine = Wasmi::default();
//! assert!(engine.capabilities().contains(&Capability::TailCalls));
//! assert!(!engine.capabilities().contains(&Capability::ExceptionHandling));
//! # }
//! ```
//!
//! A call that stops is a resumable call of wasmi: a host function returns an error, wasmi keeps
//! the stack of the call, and later goes on with the results that it gets. wasmi has these limits,
//! which are handled here or by the driver of calls:
//!
//! - A start function can't stop.
//! - A tail call of an imported function returns a wrong value if it stopped (wasmi 2.0.0). For
//!   modules with tail calls, `call_through` makes host functions that are called ordinarily.
//! - A host function that was lifted, and that only the host has called, leaves no stack when it
//!   stops. Its later result is the result of the call.
//! - It panics at operators after the last `end` of a function (wasmi 2.0.0). `function_bodies`
//!   finds them before.
//! - There are no exceptions, threads, references to functions by type, or garbage collection.

#![no_std]
#![cfg(feature = "alloc")]
#![forbid(unsafe_code)]

extern crate alloc;

mod call_through;
mod fuel;
mod function_bodies;
mod host_function;
mod limiter;
mod value;

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use wasmi::errors::{ErrorKind, HostError, InstantiationError, MemoryError, TableError};
use wasmi::{AsContextMut as _, CompilationMode, Config, Engine, Extern, Nullable, Ref};
use wasmi::{
    ResumableCall, ResumableCallHostTrap, ResumableCallOutOfFuel, StoreContextMut, TrapCode,
};

use call_through::CallThrough;
use fuel::Fuel;
use limiter::Limiter;
use value::{core_type, core_value, default_value, wasmi_value};
use weft_core::abi::CoreFunctionType;
use weft_core::core_value::{CoreType, CoreValue};
use weft_core::engine::{
    Capability, CoreContext, CoreEngine, CoreExtern, CoreProgress, CoreTrap, HostFunctions,
    HostStop, MemoryLimits, ModuleRefused, ProgressOf, TableEntry,
};

/// The interpreter wasmi, as an engine for components.
///
/// A value is a handle: cloning it is cheap, and all clones share compiled code.
///
/// ```
/// use weft_wasmi::Wasmi;
///
/// let fast = Wasmi::default();
/// let interruptible = Wasmi::with_fuel(1_000_000);
/// # let _ = (fast, interruptible);
/// ```
#[derive(Clone, Debug)]
pub struct Wasmi {
    engine: Engine,
    fuel: Option<u64>,
    /// `true` if functions are validated when their module is compiled.
    validates: bool,
    links_guests: bool,
    /// The modules that call host functions, which all stores of the engine share.
    call_through: Arc<CallThrough>,
}

/// The number of stacks that the default engine keeps for later calls. Each call that is nested
/// in another one has a stack.
const CACHED_STACKS: usize = 64;

impl Default for Wasmi {
    fn default() -> Self {
        Self::new(&default_config(), None)
    }
}

/// Returns the configuration of the default engine.
fn default_config() -> Config {
    let mut config = Config::default();
    config.set_max_cached_stacks(CACHED_STACKS);
    config
}

impl Wasmi {
    /// Creates the default engine, which also counts fuel. Guests are interrupted each time they
    /// have used `fuel`: see [`new`](Self::new).
    #[must_use]
    pub fn with_fuel(fuel: u64) -> Self {
        Self::new(&default_config(), Some(fuel))
    }

    /// Creates an engine with this configuration, and with all proposals that wasmi has.
    ///
    /// A call from guest to guest allocates a stack, unless wasmi has one left from an earlier
    /// call: see [`Config::set_max_cached_stacks`]. The default engine keeps 64 stacks, and a
    /// configuration that doesn't set this keeps 2.
    ///
    /// With `fuel`, guests are interrupted each time that all of them together have used this much
    /// since the host let them run. The driver gets control, and decides if they go on. A start
    /// function of a core module can't be interrupted: it may use all the fuel that is left, or one
    /// slice if there is no limit, and traps then. Counting makes guests slower.
    #[must_use]
    pub fn new(config: &Config, fuel: Option<u64>) -> Self {
        let mut config = config.clone();
        config.wasm_multi_memory(true).wasm_memory64(true).wasm_custom_page_sizes(true);
        config.wasm_tail_call(true).wasm_wide_arithmetic(true);
        config.wasm_simd(true).wasm_relaxed_simd(true);
        config.consume_fuel(fuel.is_some());
        if fuel.is_some() {
            // Compiling a function when it is first called takes fuel, and can't be interrupted.
            config.compilation_mode(CompilationMode::Eager);
        }
        let engine = Engine::new(&config);
        // A configuration can't be read. wasmi may validate functions when they are first called.
        let validates = wasmi::Module::new(&engine, INVALID_FUNCTION).is_err();
        Self { engine, fuel, validates, links_guests: true, call_through: Arc::default() }
    }

    /// Sets whether calls between guests may be [linked](CoreEngine::links_guests). By default,
    /// they may. They are never linked if the engine counts fuel.
    ///
    /// The setting is for components that are loaded, and stores that are made, with the returned
    /// engine.
    #[must_use]
    pub fn with_linked_guests(self, links_guests: bool) -> Self {
        Self { links_guests, ..self }
    }
}

/// A module with a function that returns nothing, although its type has a result.
const INVALID_FUNCTION: &[u8] =
    b"\0asm\x01\0\0\0\x01\x05\x01\x60\0\x01\x7f\x03\x02\x01\0\x0a\x04\x01\x02\0\x0b";

impl CoreEngine for Wasmi {
    type Module = WasmiModule;
    type Instance = wasmi::Instance;
    type Function = WasmiFunction;
    type Memory = wasmi::Memory;
    type Table = wasmi::Table;
    type Global = wasmi::Global;
    type Tag = NoTag;
    type Activation = Activation;
    type Store<D: HostFunctions<Self>> = wasmi::Store<Inner<D>>;
    type Context<'a, D: HostFunctions<Self>> = Context<'a, D>;

    fn capabilities(&self) -> &[Capability] {
        &[
            Capability::Memory64,
            Capability::MultiMemory,
            Capability::CustomPageSizes,
            Capability::TailCalls,
            Capability::Simd,
            Capability::RelaxedSimd,
            Capability::WideArithmetic,
        ]
    }

    fn validates_functions(&self) -> bool {
        self.validates
    }

    fn compile(&self, module: &[u8]) -> Result<WasmiModule, ModuleRefused> {
        if self.validates {
            function_bodies::check_ends(module)?;
        }
        match wasmi::Module::new(&self.engine, module) {
            Ok(compiled) => Ok(WasmiModule(compiled)),
            Err(error) => Err(ModuleRefused(error.to_string().into())),
        }
    }

    fn imports(module: &WasmiModule) -> Vec<(String, String)> {
        let imports = module.0.imports();
        imports.map(|it| (it.module().to_string(), it.name().to_string())).collect()
    }

    fn links_guests(&self) -> bool {
        self.links_guests && self.fuel.is_none()
    }

    fn is_same(&self, other: &Self) -> bool {
        Engine::same(&self.engine, &other.engine)
    }

    fn new_store<D: HostFunctions<Self>>(&self, data: D) -> Self::Store<D> {
        let limiter = Limiter::default();
        let call_through = self.call_through.clone();
        let fuel = self.fuel.map(Fuel::of_slice);
        let inner = Inner { fuel, limiter, call_through, imports: Vec::new(), data };
        let mut store = wasmi::Store::new(&self.engine, inner);
        store.limiter(|inner| &mut inner.limiter);
        refuel(&mut store.as_context_mut(), 0);
        store
    }

    fn context<D: HostFunctions<Self>>(store: &mut Self::Store<D>) -> Context<'_, D> {
        Context(store.as_context_mut())
    }

    fn data<D: HostFunctions<Self>>(store: &Self::Store<D>) -> &D {
        &store.data().data
    }

    fn data_mut<D: HostFunctions<Self>>(store: &mut Self::Store<D>) -> &mut D {
        &mut store.data_mut().data
    }

    fn into_data<D: HostFunctions<Self>>(store: Self::Store<D>) -> D {
        store.into_data().data
    }
}

impl<'a, D: HostFunctions<Wasmi>> Context<'a, D> {
    /// Runs what can't be interrupted. If the fuel is limited, all that is left is granted for it.
    fn with_all_fuel<R>(&mut self, run: impl FnOnce(&mut StoreContextMut<'a, Inner<D>>) -> R) -> R {
        let left = self.fuel();
        if let Some(left) = left {
            refuel(&mut self.0, left);
        }
        let result = run(&mut self.0);
        if left.is_some() {
            refuel(&mut self.0, 0);
        }
        result
    }
}

/// Grants fuel for a store's guests: a slice, or `required` if the next action alone takes more.
fn refuel<D>(store: &mut StoreContextMut<'_, Inner<D>>, required: u64) {
    // wasmi would make an error for each call if the engine doesn't count.
    if store.data().fuel.is_none() {
        return;
    }
    let unused = store.get_fuel().unwrap_or_default();
    if let Some(fuel) = &mut store.data_mut().fuel {
        let granted = fuel.grant(unused, required);
        // It fails only for an engine that doesn't count.
        let _ = store.set_fuel(granted);
    }
}

/// A compiled module.
#[derive(Clone)]
pub struct WasmiModule(wasmi::Module);

impl fmt::Debug for WasmiModule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WasmiModule").finish_non_exhaustive()
    }
}

/// The data in a store of wasmi.
#[derive(Debug)]
pub struct Inner<D> {
    fuel: Option<Fuel>,
    limiter: Limiter,
    call_through: Arc<CallThrough>,
    /// The list of imports of the last instantiation, whose memory is used again.
    imports: Vec<Extern>,
    data: D,
}

/// A function, and the type of its result.
#[derive(Clone, Copy, Debug)]
pub struct WasmiFunction {
    wasmi: wasmi::Func,
    result: Option<CoreType>,
    /// `true` if it returns one value that has no [`CoreType`], or several.
    is_foreign: bool,
}

/// The type of tags, which has no values, because wasmi has no exceptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoTag {}

/// A call that has stopped.
#[derive(Debug)]
pub struct Activation {
    call: StoppedCall,
    result: Option<CoreType>,
}

#[derive(Debug)]
enum StoppedCall {
    InHost(ResumableCallHostTrap),
    /// In a host function that is the outermost function. No guest waits for its result.
    InOutermostHost,
    OutOfFuel(ResumableCallOutOfFuel),
}

/// The error that a host function returns to stop the guest. wasmi boxes it, which takes no
/// memory.
#[derive(Debug)]
struct Suspends;

/// The error that a host function returns if the guest trapped.
#[derive(Debug)]
struct Traps;

impl fmt::Display for Suspends {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the guest stops here")
    }
}

impl fmt::Display for Traps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the guest trapped")
    }
}

impl HostError for Suspends {}
impl HostError for Traps {}

/// Returns the error by which a host function stops the guest that called it.
fn stop_error(stop: HostStop) -> wasmi::Error {
    match stop {
        HostStop::Suspend => wasmi::Error::host(Suspends),
        HostStop::Trap => wasmi::Error::host(Traps),
    }
}

/// A store of wasmi while it is lent.
#[derive(Debug)]
pub struct Context<'a, D>(StoreContextMut<'a, Inner<D>>);

impl<D: HostFunctions<Wasmi>> Context<'_, D> {
    fn function(&self, function: wasmi::Func) -> WasmiFunction {
        let ty = function.ty(&self.0);
        let (result, is_foreign) = match ty.results() {
            [] => (None, false),
            [one] => (core_type(*one), core_type(*one).is_none()),
            _ => (None, true),
        };
        WasmiFunction { wasmi: function, result, is_foreign }
    }

    /// Returns a function that calls `callee` ordinarily.
    fn call_through(&mut self, callee: wasmi::Func, ty: &CoreFunctionType) -> Option<wasmi::Func> {
        let modules = self.0.data().call_through.clone();
        modules.function(&mut self.0, callee, ty)
    }

    fn wasmi_extern(it: CoreExtern<Wasmi>) -> Extern {
        match it {
            CoreExtern::Function(it) => Extern::Func(it.wasmi),
            CoreExtern::Memory(it) => Extern::Memory(it),
            CoreExtern::Table(it) => Extern::Table(it),
            CoreExtern::Global(it) => Extern::Global(it),
            CoreExtern::Tag(it) => match it {},
        }
    }
}

impl<D: HostFunctions<Wasmi>> CoreContext for Context<'_, D> {
    type Engine = Wasmi;
    type Data = D;

    fn data(&self) -> &D {
        &self.0.data().data
    }

    fn data_mut(&mut self) -> &mut D {
        &mut self.0.data_mut().data
    }

    fn new_function(&mut self, number: u32, ty: &CoreFunctionType) -> WasmiFunction {
        let function = host_function::new(&mut self.0, number, ty);
        WasmiFunction { wasmi: function, result: ty.results.get(0), is_foreign: false }
    }

    fn new_function_for_tail_calls(&mut self, number: u32, ty: &CoreFunctionType) -> WasmiFunction {
        let function = host_function::new(&mut self.0, number, ty);
        let function = self.call_through(function, ty).unwrap_or_else(|| {
            // There is no function with this number, so that the guest traps and gets no wrong
            // value.
            host_function::new(&mut self.0, u32::MAX, ty)
        });
        WasmiFunction { wasmi: function, result: ty.results.get(0), is_foreign: false }
    }

    fn instantiate(
        &mut self,
        module: &WasmiModule,
        imports: &[CoreExtern<Wasmi>],
    ) -> Result<wasmi::Instance, CoreTrap> {
        let mut list = core::mem::take(&mut self.0.data_mut().imports);
        list.clear();
        list.extend(imports.iter().copied().map(Self::wasmi_extern));
        let instance = self.with_all_fuel(|store| wasmi::Instance::new(store, &module.0, &list));
        self.0.data_mut().imports = list;
        instance.map_err(|error| match error.downcast_ref::<Suspends>() {
            Some(Suspends) => CoreTrap::CannotStop,
            None => trap(&error),
        })
    }

    fn export(&self, instance: &wasmi::Instance, name: &str) -> Option<CoreExtern<Wasmi>> {
        Some(match instance.get_export(&self.0, name)? {
            Extern::Func(it) => CoreExtern::Function(self.function(it)),
            Extern::Memory(it) => CoreExtern::Memory(it),
            Extern::Table(it) => CoreExtern::Table(it),
            Extern::Global(it) => CoreExtern::Global(it),
        })
    }

    fn refuel(&mut self) {
        refuel(&mut self.0, 0);
    }

    fn set_fuel_slice(&mut self, fuel: u64) -> bool {
        let counted = self.0.data_mut().fuel.as_mut();
        counted.map(|counted| counted.set_slice(fuel)).is_some()
    }

    fn set_fuel(&mut self, fuel: Option<u64>) -> bool {
        let unused = self.0.get_fuel().unwrap_or_default();
        let counted = self.0.data_mut().fuel.as_mut();
        counted.map(|counted| counted.set_left(fuel, unused)).is_some()
    }

    fn fuel(&self) -> Option<u64> {
        // wasmi makes an error if the engine doesn't count.
        let counted = self.0.data().fuel.as_ref()?;
        counted.left(self.0.get_fuel().unwrap_or_default())
    }

    fn set_memory_limits(&mut self, limits: MemoryLimits) {
        self.0.data_mut().limiter.limits = limits;
    }

    fn call(
        &mut self,
        function: WasmiFunction,
        arguments: &[CoreValue],
    ) -> Result<ProgressOf<Self>, CoreTrap> {
        if function.is_foreign {
            return Err(CoreTrap::Engine("a function returns more than one value, or a value of a type that a lifted function cannot return".into()));
        }
        let mut inputs = value::Values::new();
        inputs.add(arguments)?;
        let mut output = [default_value(function.result)];
        let outputs = output.get_mut(..usize::from(function.result.is_some()));
        let outputs = outputs.unwrap_or_default();
        let call = function.wasmi.call_resumable(&mut self.0, inputs.as_slice(), outputs);
        progress(call, &output, function.result)
    }

    fn call_to_end(
        &mut self,
        function: WasmiFunction,
        arguments: &[CoreValue],
    ) -> Result<ProgressOf<Self>, CoreTrap> {
        if self.0.data().fuel.is_some() || function.is_foreign {
            return self.call(function, arguments);
        }
        let mut inputs = value::Values::new();
        inputs.add(arguments)?;
        let mut output = [default_value(function.result)];
        let outputs = output.get_mut(..usize::from(function.result.is_some()));
        let outputs = outputs.unwrap_or_default();
        match function.wasmi.call(&mut self.0, inputs.as_slice(), outputs) {
            Ok(()) => {
                let [output] = &output;
                Ok(CoreProgress::Returned(function.result.and_then(|_| core_value(output))))
            }
            Err(error) if error.downcast_ref::<Suspends>().is_some() => Err(CoreTrap::CannotStop),
            Err(error) => Err(trap(&error)),
        }
    }

    fn resume(
        &mut self,
        activation: Activation,
        result: Option<CoreValue>,
    ) -> Result<ProgressOf<Self>, CoreTrap> {
        let Activation { call, result: returned } = activation;
        let mut output = [default_value(returned)];
        let outputs = output.get_mut(..usize::from(returned.is_some())).unwrap_or_default();
        let call = match call {
            StoppedCall::InHost(call) => {
                let input = result.map(wasmi_value).transpose()?;
                call.resume(&mut self.0, input.as_slice(), outputs)
            }
            StoppedCall::InOutermostHost => return Ok(CoreProgress::Returned(result)),
            StoppedCall::OutOfFuel(call) => {
                refuel(&mut self.0, call.required_fuel());
                call.resume(&mut self.0, outputs)
            }
        };
        progress(call, &output, returned)
    }

    fn memory(&self, memory: wasmi::Memory) -> &[u8] {
        memory.data(&self.0)
    }

    fn memory_mut(&mut self, memory: wasmi::Memory) -> (&mut [u8], &mut D) {
        let (bytes, inner) = memory.data_and_store_mut(&mut self.0);
        (bytes, &mut inner.data)
    }

    fn table_function(
        &self,
        table: wasmi::Table,
        index: u64,
        ty: &CoreFunctionType,
    ) -> TableEntry<WasmiFunction> {
        let Some(Ref::Func(Nullable::Val(function))) = table.get(&self.0, index) else {
            return TableEntry::Empty;
        };
        if function.ty(&self.0) == value::function_type(ty) {
            TableEntry::Function(self.function(function))
        } else {
            TableEntry::OtherType
        }
    }
}

/// Converts the progress of a call.
#[inline]
fn progress(
    call: Result<ResumableCall, wasmi::Error>,
    output: &[wasmi::Val; 1],
    result: Option<CoreType>,
) -> Result<CoreProgress<Activation>, CoreTrap> {
    let call = match call {
        Ok(call) => call,
        Err(error) if error.downcast_ref::<Suspends>().is_some() => {
            let call = StoppedCall::InOutermostHost;
            return Ok(CoreProgress::Stopped(Activation { call, result }));
        }
        Err(error) => return Err(trap(&error)),
    };
    match call {
        ResumableCall::Finished => {
            let [output] = output;
            Ok(CoreProgress::Returned(result.and_then(|_| core_value(output))))
        }
        ResumableCall::HostTrap(call) => match call.host_error().downcast_ref::<Suspends>() {
            Some(Suspends) => {
                Ok(CoreProgress::Stopped(Activation { call: StoppedCall::InHost(call), result }))
            }
            None => Err(trap(call.host_error())),
        },
        ResumableCall::OutOfFuel(call) => {
            Ok(CoreProgress::Interrupted(Activation { call: StoppedCall::OutOfFuel(call), result }))
        }
    }
}

/// Converts wasmi's error into a trap.
#[cold]
fn trap(error: &wasmi::Error) -> CoreTrap {
    if error.downcast_ref::<Traps>().is_some() || error.downcast_ref::<Suspends>().is_some() {
        return CoreTrap::Host;
    }
    match (error.kind(), error.as_trap_code()) {
        (
            ErrorKind::Instantiation(InstantiationError::FailedToInstantiateMemory(
                MemoryError::ResourceLimiterDeniedAllocation,
            )),
            _,
        ) => CoreTrap::MemoryLimit,
        (
            ErrorKind::Instantiation(InstantiationError::FailedToInstantiateTable(
                TableError::ResourceLimiterDeniedAllocation,
            )),
            _,
        ) => CoreTrap::TableLimit,
        (_, Some(TrapCode::OutOfFuel)) => CoreTrap::OutOfFuel,
        (_, Some(code)) => CoreTrap::Engine(code.trap_message().into()),
        (_, None) => CoreTrap::Engine(Box::from(format!("{error}"))),
    }
}

/// The README, whose examples run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

//! The trait [`CoreEngine`]: all that components need from an engine for core WebAssembly.
//!
//! An adapter implements it for an engine. The engine compiles and instantiates core modules, lets
//! the caller reach the exports of instances, and calls functions. One demand goes beyond most
//! embedding interfaces: **a call can stop inside of a host function, and go on later**, in any
//! order relative to other calls that have stopped. A stopped call is an
//! [activation](CoreEngine::Activation). The adapter decides how to keep it, for example as a saved
//! stack of an interpreter, a core continuation, or a thread.
//!
//! # Example
//!
//! Code that works with any engine:
//!
//! ```
//! use weft_core::engine::{CoreContext, CoreEngine, CoreExtern, CoreTrap, ProgressOf};
//!
//! /// Calls an export that has no parameters.
//! fn run<C: CoreContext>(
//!     store: &mut C,
//!     instance: &<C::Engine as CoreEngine>::Instance,
//!     name: &str,
//! ) -> Result<ProgressOf<C>, CoreTrap> {
//!     match store.export(instance, name) {
//!         Some(CoreExtern::Function(function)) => store.call(function, &[]),
//!         _ => Err(CoreTrap::Engine("there is no such function".into())),
//!     }
//! }
//! ```
//!
//! | type | purpose |
//! |---|---|
//! | [`CoreEngine`] | an engine |
//! | [`CoreContext`] | an engine's store, from the outside or from inside of a host function |
//! | [`HostFunctions`] | the host functions, which the layer above implements |
//! | [`CoreFrame`] | a core function that was active when a guest trapped |
//! | [`MemoryLimits`] | the memory that guests may have |
//! | [`Capability`] | a proposal that an engine may lack |
//!
//! The functions of a canonical definition return at most one value, and so do calls here.

mod capability;
mod core_frame;
mod memory_limits;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use thiserror::Error;

use crate::abi::CoreFunctionType;
use crate::core_value::CoreValue;
use crate::error::OneLine;

pub use capability::Capability;
pub use core_frame::CoreFrame;
pub use memory_limits::MemoryLimits;

/// An engine for core WebAssembly.
///
/// A value of this type is a handle: cloning it is cheap, and all clones share compiled code.
pub trait CoreEngine: Clone + Send + Sync + 'static {
    /// A compiled module.
    type Module: Clone + Send + Sync + 'static;
    /// An instance of a module.
    type Instance: Clone + Send + Sync + 'static;
    /// A function.
    type Function: Copy + fmt::Debug + Send + Sync + 'static;
    /// A memory.
    type Memory: Copy + fmt::Debug + Send + Sync + 'static;
    /// A table.
    type Table: Copy + fmt::Debug + Send + Sync + 'static;
    /// A global variable.
    type Global: Copy + fmt::Debug + Send + Sync + 'static;
    /// A tag of exceptions.
    type Tag: Copy + fmt::Debug + Send + Sync + 'static;
    /// A call that has stopped and can go on.
    type Activation: Send + 'static;
    /// A store of the engine that holds `D`.
    type Store<D: HostFunctions<Self>>: 'static;
    /// The store while it is lent, by its owner or by the engine to a host function.
    type Context<'a, D: HostFunctions<Self>>: CoreContext<Engine = Self, Data = D>;

    /// Returns the capabilities of the engine beyond WebAssembly 1.0.
    fn capabilities(&self) -> &[Capability];

    /// Returns `true` if [`compile`](Self::compile) refuses each module in which the body of a
    /// function is not valid. The engine has to refuse the module at that time, and not when the
    /// function is first called.
    ///
    /// If this returns `true`, Weft doesn't validate function bodies a second time, which would
    /// take most of the time of loading. An engine that returns `false` gets only valid modules.
    fn validates_functions(&self) -> bool {
        false
    }

    /// Compiles a module that has been validated. If the engine
    /// [validates functions](Self::validates_functions), their bodies have not been.
    ///
    /// # Errors
    ///
    /// [`ModuleRefused`] with the engine's reason.
    fn compile(&self, module: &[u8]) -> Result<Self::Module, ModuleRefused>;

    /// Returns the module and field names of a module's imports, in the order in which
    /// [`instantiate`](CoreContext::instantiate) takes them.
    fn imports(module: &Self::Module) -> Vec<(String, String)>;

    /// Returns `true` if calls between guests may be linked. Then a core module that the layer
    /// above generates lies between two guests, and such a call can't be observed.
    ///
    /// Such a module needs [`Capability::MultiMemory`], bulk memory operations and sign-extension
    /// operators.
    ///
    /// An engine that interrupts guests, for example after some fuel, has to return `false`. While a
    /// guest is interrupted, other guests run. The [machine](crate::machine) has no record of a
    /// linked call, so it would let them enter the callee's instance in the middle of that call.
    fn links_guests(&self) -> bool {
        false
    }

    /// Returns `true` if this is the same engine as `other`, so that a store of one takes modules
    /// that the other has compiled.
    fn is_same(&self, other: &Self) -> bool;

    /// Creates a store that holds `data`.
    fn new_store<D: HostFunctions<Self>>(&self, data: D) -> Self::Store<D>;

    /// Lends a store.
    fn context<D: HostFunctions<Self>>(store: &mut Self::Store<D>) -> Self::Context<'_, D>;

    /// Returns the data in a store.
    fn data<D: HostFunctions<Self>>(store: &Self::Store<D>) -> &D;

    /// Returns the data in a store, to change it.
    fn data_mut<D: HostFunctions<Self>>(store: &mut Self::Store<D>) -> &mut D;

    /// Drops a store, and returns the data in it.
    fn into_data<D: HostFunctions<Self>>(store: Self::Store<D>) -> D;
}

/// The store of an engine while it is lent.
pub trait CoreContext {
    /// The engine.
    type Engine: CoreEngine;
    /// The data in the store.
    type Data;

    /// Returns the data in the store.
    fn data(&self) -> &Self::Data;

    /// Returns the data in the store, to change it.
    fn data_mut(&mut self) -> &mut Self::Data;

    /// Creates a function that calls [`HostFunctions::call`] with `number` when a guest calls it.
    fn new_function(&mut self, number: u32, ty: &CoreFunctionType) -> FunctionOf<Self>;

    /// Creates such a function for a module with tail calls. Some engines need a different function
    /// there.
    fn new_function_for_tail_calls(
        &mut self,
        number: u32,
        ty: &CoreFunctionType,
    ) -> FunctionOf<Self> {
        self.new_function(number, ty)
    }

    /// Instantiates a module with its imports, which are as many and have the right types. Runs
    /// its start function, in which nothing can stop.
    ///
    /// # Errors
    ///
    /// [`CoreTrap`] if the start function or a segment trapped, or if the engine refuses an
    /// import.
    fn instantiate(
        &mut self,
        module: &<Self::Engine as CoreEngine>::Module,
        imports: &[CoreExtern<Self::Engine>],
    ) -> Result<<Self::Engine as CoreEngine>::Instance, CoreTrap>;

    /// Releases the objects of one component instance: its core instances, and the functions that
    /// [`new_function`](Self::new_function) and its like made for them.
    ///
    /// None of them is called, read or resumed afterwards. An engine that can free memory before
    /// its store is dropped frees theirs. The default frees nothing: wasmi can't.
    fn release(
        &mut self,
        instances: &[<Self::Engine as CoreEngine>::Instance],
        functions: &[FunctionOf<Self>],
    ) {
        let _ = (instances, functions);
    }

    /// Returns the export with this name of an instance, or `None` if there is none.
    fn export(
        &self,
        instance: &<Self::Engine as CoreEngine>::Instance,
        name: &str,
    ) -> Option<CoreExtern<Self::Engine>>;

    /// Tells the engine that the host lets guests run. An engine that interrupts guests that run
    /// for too long counts from here.
    ///
    /// Calls from within host functions count for the guest that runs already. So guests that
    /// call one another without end are interrupted like one that never returns.
    fn refuel(&mut self) {}

    /// Sets the fuel that guests use before the engine interrupts them, from the next
    /// [`refuel`](Self::refuel) on. The engine defines the unit. Returns `false` if the engine
    /// doesn't interrupt guests.
    fn set_fuel_slice(&mut self, fuel: u64) -> bool {
        let _ = fuel;
        false
    }

    /// Sets the fuel that all guests of the store together may use from now on; `None` is no
    /// limit. A guest that needs more than is left is interrupted, and again each time that it
    /// goes on. Returns `false` if the engine doesn't interrupt guests.
    fn set_fuel(&mut self, fuel: Option<u64>) -> bool {
        let _ = fuel;
        false
    }

    /// Returns the fuel that the guests of the store may still use, if that is
    /// [limited](Self::set_fuel). It is 0 after a guest needed more than was left.
    fn fuel(&self) -> Option<u64> {
        None
    }

    /// Sets the memory that the guests of the store may have from now on. They keep the memory
    /// that they have.
    fn set_memory_limits(&mut self, limits: MemoryLimits);

    /// Calls a function, which goes on until it returns, traps or stops.
    ///
    /// # Errors
    ///
    /// [`CoreTrap`] if it traps.
    fn call(
        &mut self,
        function: FunctionOf<Self>,
        arguments: &[CoreValue],
    ) -> Result<ProgressOf<Self>, CoreTrap>;

    /// Calls a function that never stops, because it reaches no host function that returns
    /// [`HostStop::Suspend`]. An engine that can call such a function faster does so here. It may
    /// still interrupt the function.
    ///
    /// # Errors
    ///
    /// - [`CoreTrap`] if it traps.
    /// - [`CoreTrap::CannotStop`] if the function does stop, and the engine can't keep it.
    fn call_to_end(
        &mut self,
        function: FunctionOf<Self>,
        arguments: &[CoreValue],
    ) -> Result<ProgressOf<Self>, CoreTrap> {
        self.call(function, arguments)
    }

    /// Lets a stopped call go on. The host function in which it stopped returns `result`. With
    /// `None` after an interruption, the engine counts its fuel anew.
    ///
    /// # Errors
    ///
    /// [`CoreTrap`] if it traps.
    fn resume(
        &mut self,
        activation: <Self::Engine as CoreEngine>::Activation,
        result: Option<CoreValue>,
    ) -> Result<ProgressOf<Self>, CoreTrap>;

    /// Returns the core functions that were active when the last call trapped, the innermost
    /// first. It is called after a trap, before anything else.
    ///
    /// The default returns none, for an engine that does not know them.
    fn trap_frames(&self) -> Vec<CoreFrame> {
        Vec::new()
    }

    /// Returns the bytes of a memory.
    fn memory(&self, memory: MemoryOf<Self>) -> &[u8];

    /// Returns the bytes of a memory, and the data in the store.
    fn memory_mut(&mut self, memory: MemoryOf<Self>) -> (&mut [u8], &mut Self::Data);

    /// Returns the function at `index` of a table, if it has this type.
    fn table_function(
        &self,
        table: <Self::Engine as CoreEngine>::Table,
        index: u64,
        ty: &CoreFunctionType,
    ) -> TableEntry<FunctionOf<Self>>;
}

/// The functions of the engine of a context.
pub type FunctionOf<C> = <<C as CoreContext>::Engine as CoreEngine>::Function;
/// The memories of the engine of a context.
pub type MemoryOf<C> = <<C as CoreContext>::Engine as CoreEngine>::Memory;
/// The progress of a call in the engine of a context.
pub type ProgressOf<C> = CoreProgress<<<C as CoreContext>::Engine as CoreEngine>::Activation>;

/// The data in a store, with its host functions.
pub trait HostFunctions<E: CoreEngine>: Sized + 'static {
    /// Calls the host function that was made with `number`, for a guest.
    ///
    /// # Errors
    ///
    /// [`HostStop`] if it does not return at once.
    fn call(
        context: E::Context<'_, Self>,
        number: u32,
        arguments: &[CoreValue],
    ) -> Result<Option<CoreValue>, HostStop>;
}

/// The reason why a host function does not return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostStop {
    /// The guest stops here, and goes on by [`CoreContext::resume`].
    Suspend,
    /// The guest trapped. The layer that returns this knows the reason.
    Trap,
}

/// The progress of a call.
#[derive(Debug)]
pub enum CoreProgress<A> {
    /// It has returned.
    Returned(Option<CoreValue>),
    /// It stopped in a host function.
    Stopped(A),
    /// The engine interrupted it, because it ran for too long.
    Interrupted(A),
}

/// An import or export of a core instance.
pub enum CoreExtern<E: CoreEngine> {
    /// A function.
    Function(E::Function),
    /// A memory.
    Memory(E::Memory),
    /// A table.
    Table(E::Table),
    /// A global variable.
    Global(E::Global),
    /// A tag.
    Tag(E::Tag),
}

#[expect(clippy::expl_impl_clone_on_copy, reason = "a derive would ask it of the engine")]
impl<E: CoreEngine> Clone for CoreExtern<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E: CoreEngine> Copy for CoreExtern<E> {}

impl<E: CoreEngine> fmt::Debug for CoreExtern<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Function(it) => it.fmt(f),
            Self::Memory(it) => it.fmt(f),
            Self::Table(it) => it.fmt(f),
            Self::Global(it) => it.fmt(f),
            Self::Tag(it) => it.fmt(f),
        }
    }
}

/// An entry of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableEntry<F> {
    /// A function of the type that was asked for.
    Function(F),
    /// A function of another type.
    OtherType,
    /// No function: the entry is null, or the table is shorter.
    Empty,
}

/// The reason why a core function trapped.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CoreTrap {
    /// A host function returned [`HostStop::Trap`].
    #[error("a host function trapped")]
    Host,
    /// A host function stopped while a start function called it, and the engine can't stop there.
    #[error(
        "the start function of a core module called a host function that waits, and it cannot wait"
    )]
    CannotStop,
    /// Code that can't be interrupted, such as a start function, has used its fuel.
    #[error("the fuel is used up, and the function cannot be interrupted")]
    OutOfFuel,
    /// Guests have called one another too deeply, each from within the other's call.
    #[error("call stack exhausted")]
    CallStackExhausted,
    /// An instance would have more linear memory than the guests of the store may.
    #[error("the instance needs more linear memory than the guests of the store may have")]
    MemoryLimit,
    /// An instance would have larger tables than the guests of the store may.
    #[error("the instance needs more elements of tables than the guests of the store may have")]
    TableLimit,
    /// A reason that only the engine knows: an instruction that traps, or resources that are used
    /// up.
    #[error("{}", OneLine(.0))]
    Engine(Box<str>),
}

/// The refusal of a valid module by an engine.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the engine refuses the module: {}", OneLine(.0))]
pub struct ModuleRefused(pub Box<str>);

//! What components need of an engine for core WebAssembly: the trait [`CoreEngine`], and adapters.
//!
//! An engine compiles and instantiates core modules, gives access to what instances export, and
//! calls functions. What sets this apart from most embedding interfaces is one demand: **a call
//! can stop inside of a host function, and go on later**, in any order relative to other
//! calls that have stopped. What has stopped is an [activation](CoreEngine::Activation); how it
//! is kept is the engine's matter: a saved stack of an interpreter, a core continuation, a thread.
//!
//! | type | what it is |
//! |---|---|
//! | [`CoreEngine`] | an engine |
//! | [`CoreContext`] | an engine's store, from the outside or from inside of a host function |
//! | [`HostFunctions`] | what a host function does: the layer above implements it |
//! | [`CoreFrame`] | a core function that was active when a guest trapped |
//! | [`MemoryLimits`] | how much memory guests may have |
//! | [`Capability`] | what an engine may lack |
//!
//! The functions of a canonical definition return one value at most, and so do calls here.

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
    /// A call that has stopped, and can go on.
    type Activation: Send + 'static;
    /// A store of the engine, which has `D` in it.
    type Store<D: HostFunctions<Self>>: 'static;
    /// The store, lent: by whoever has it, or by the engine to a host function.
    type Context<'a, D: HostFunctions<Self>>: CoreContext<Engine = Self, Data = D>;

    /// What the engine can do, besides WebAssembly 1.0.
    fn capabilities(&self) -> &[Capability];

    /// Returns `true` if [`compile`](Self::compile) refuses each module in which the body of a
    /// function is not valid: then, and not when the function is called first. So Weft need not
    /// validate bodies a second time, which is most of the time that loading takes.
    ///
    /// An engine that doesn't say so is given valid modules only.
    fn validates_functions(&self) -> bool {
        false
    }

    /// Compiles a module, which has been validated. The bodies of its functions have not, if the
    /// engine [does that](Self::validates_functions).
    ///
    /// # Errors
    ///
    /// What the engine says of it.
    fn compile(&self, module: &[u8]) -> Result<Self::Module, ModuleRefused>;

    /// The module and field names of what a module imports, in the order in which
    /// [`instantiate`](CoreContext::instantiate) takes them.
    fn imports(module: &Self::Module) -> Vec<(String, String)>;

    /// Returns `true` if calls between guests may be linked: a core module that the layer above
    /// generates then lies between two guests, where nobody can look at the call.
    ///
    /// Such a module needs [`Capability::MultiMemory`], bulk memory operations and sign-extension
    /// operators. An engine that interrupts guests returns `false`: what lies between guests can't
    /// be seen while they are interrupted.
    fn links_guests(&self) -> bool {
        false
    }

    /// Whether this is the same engine as `other`, so that a store of one takes what the other
    /// has compiled.
    fn is_same(&self, other: &Self) -> bool;

    /// A new store.
    fn new_store<D: HostFunctions<Self>>(&self, data: D) -> Self::Store<D>;

    /// Lends a store.
    fn context<D: HostFunctions<Self>>(store: &mut Self::Store<D>) -> Self::Context<'_, D>;

    /// What is in a store.
    fn data<D: HostFunctions<Self>>(store: &Self::Store<D>) -> &D;

    /// What is in a store.
    fn data_mut<D: HostFunctions<Self>>(store: &mut Self::Store<D>) -> &mut D;

    /// Drops a store, and returns what was in it.
    fn into_data<D: HostFunctions<Self>>(store: Self::Store<D>) -> D;
}

/// The store of an engine, while it is lent.
pub trait CoreContext {
    /// The engine.
    type Engine: CoreEngine;
    /// What is in the store besides what belongs to the engine.
    type Data;

    /// What is in the store.
    fn data(&self) -> &Self::Data;

    /// What is in the store.
    fn data_mut(&mut self) -> &mut Self::Data;

    /// Makes a function that, when a guest calls it, calls [`HostFunctions::call`] with `number`.
    fn new_function(&mut self, number: u32, ty: &CoreFunctionType) -> FunctionOf<Self>;

    /// The same for a module with tail calls, for engines to which that makes a difference.
    fn new_function_for_tail_calls(
        &mut self,
        number: u32,
        ty: &CoreFunctionType,
    ) -> FunctionOf<Self> {
        self.new_function(number, ty)
    }

    /// Instantiates a module with as many imports as it has, of the right types, and runs its
    /// start function, in which nothing can stop.
    ///
    /// # Errors
    ///
    /// [`CoreTrap`]: what the start function, or the placing of segments, trapped with; or the
    /// engine refuses an import.
    fn instantiate(
        &mut self,
        module: &<Self::Engine as CoreEngine>::Module,
        imports: &[CoreExtern<Self::Engine>],
    ) -> Result<<Self::Engine as CoreEngine>::Instance, CoreTrap>;

    /// Releases what was made for one component instance: its core instances, and the functions
    /// that [`new_function`](Self::new_function) and its like made for them.
    ///
    /// Nothing of them is called, read or resumed any more. An engine that can free memory before
    /// its store is dropped frees theirs. Without this method nothing is freed: wasmi can't.
    fn release(
        &mut self,
        instances: &[<Self::Engine as CoreEngine>::Instance],
        functions: &[FunctionOf<Self>],
    ) {
        let _ = (instances, functions);
    }

    /// What an instance exports as `name`.
    fn export(
        &self,
        instance: &<Self::Engine as CoreEngine>::Instance,
        name: &str,
    ) -> Option<CoreExtern<Self::Engine>>;

    /// The host lets guests run: an engine that interrupts those that run for too long counts from
    /// here on. Calls from within host functions count for the guest that runs already, so
    /// that guests which call one another for ever are interrupted like one that never returns.
    fn refuel(&mut self) {}

    /// Sets how much fuel guests use before the engine interrupts them, from the next
    /// [`refuel`](Self::refuel) on. What fuel is, is the engine's matter. Returns `false` if the
    /// engine interrupts nobody.
    fn set_fuel_slice(&mut self, fuel: u64) -> bool {
        let _ = fuel;
        false
    }

    /// Sets how much fuel the guests of the store may use from now on, all together; without a number
    /// as much as they need. A guest that needs more than is left is interrupted, and then again
    /// whenever it goes on. Returns `false` if the engine interrupts nobody.
    fn set_fuel(&mut self, fuel: Option<u64>) -> bool {
        let _ = fuel;
        false
    }

    /// Returns how much fuel the guests of the store may still use, if that is
    /// [limited](Self::set_fuel); 0 after one needed more than was left.
    fn fuel(&self) -> Option<u64> {
        None
    }

    /// Sets how much the guests of the store may have from now on. What they have already they keep.
    fn set_memory_limits(&mut self, limits: MemoryLimits);

    /// Calls a function. It goes as far as it can, and returns, traps or stops.
    ///
    /// # Errors
    ///
    /// [`CoreTrap`]
    fn call(
        &mut self,
        function: FunctionOf<Self>,
        arguments: &[CoreValue],
    ) -> Result<ProgressOf<Self>, CoreTrap>;

    /// Calls a function that never stops: it reaches no host function that returns
    /// [`HostStop::Suspend`]. An engine that can call such a function in a quicker way does so here.
    /// It may still interrupt it.
    ///
    /// # Errors
    ///
    /// [`CoreTrap`]; [`CoreTrap::CannotStop`] if the function does stop, and the engine can't keep it.
    fn call_to_end(
        &mut self,
        function: FunctionOf<Self>,
        arguments: &[CoreValue],
    ) -> Result<ProgressOf<Self>, CoreTrap> {
        self.call(function, arguments)
    }

    /// Lets what has stopped go on. The host function in which it stopped returns `result`;
    /// nothing if the engine interrupted it, which then counts anew.
    ///
    /// # Errors
    ///
    /// [`CoreTrap`]
    fn resume(
        &mut self,
        activation: <Self::Engine as CoreEngine>::Activation,
        result: Option<CoreValue>,
    ) -> Result<ProgressOf<Self>, CoreTrap>;

    /// Returns the core functions that were active when the call that trapped last did, the
    /// innermost first. It is asked after a trap, before anything else is called.
    ///
    /// An engine that does not know them returns none, as this does unless an engine says more.
    fn trap_frames(&self) -> Vec<CoreFrame> {
        Vec::new()
    }

    /// The bytes of a memory.
    fn memory(&self, memory: MemoryOf<Self>) -> &[u8];

    /// The bytes of a memory, and what is in the store.
    fn memory_mut(&mut self, memory: MemoryOf<Self>) -> (&mut [u8], &mut Self::Data);

    /// The function at `index` of a table, if it has that type.
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
/// How far calls come in the engine of a context.
pub type ProgressOf<C> = CoreProgress<<<C as CoreContext>::Engine as CoreEngine>::Activation>;

/// What is in a store, and what its host functions do.
pub trait HostFunctions<E: CoreEngine>: Sized + 'static {
    /// A guest calls the function that was made with `number`.
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

/// Why a host function does not return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostStop {
    /// The guest stops here; it goes on by [`CoreContext::resume`].
    Suspend,
    /// The guest trapped. Who says so knows more of it.
    Trap,
}

/// How far a call came.
#[derive(Debug)]
pub enum CoreProgress<A> {
    /// To its end.
    Returned(Option<CoreValue>),
    /// It stopped in a host function.
    Stopped(A),
    /// The engine interrupted it, since it ran for too long.
    Interrupted(A),
}

/// What core instances import and export.
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

/// What is found in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableEntry<F> {
    /// A function of the type that was asked for.
    Function(F),
    /// A function of another type.
    OtherType,
    /// Nothing, or the table is shorter.
    Empty,
}

/// Why a core function trapped.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CoreTrap {
    /// The host's function said so, with [`HostStop::Trap`].
    #[error("a host function trapped")]
    Host,
    /// A host function stopped where the engine can't: in a start function.
    #[error("a start function cannot wait")]
    CannotStop,
    /// Guests have called one another, each from within the other's call, too deeply.
    #[error("call stack exhausted")]
    CallStackExhausted,
    /// An instance would have more linear memory than the guests of the store may.
    #[error("the store's guests may not have so much memory")]
    MemoryLimit,
    /// An instance would have larger tables than the guests of the store may.
    #[error("the store's guests may not have so many elements of tables")]
    TableLimit,
    /// An engine's own reason: an instruction that traps, or resources that are used up.
    #[error("{}", OneLine(.0))]
    Engine(Box<str>),
}

/// An engine refuses a module which is valid.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the engine refuses the module: {}", OneLine(.0))]
pub struct ModuleRefused(pub Box<str>);

//! An adapter as a third party would write it: it uses the core alone, and nothing private.
//!
//! [`CountingEngine`] wraps the adapter for wasmi. It counts the calls that are made, that stop and
//! that go on. It stands for any engine outside Weft. It needs only public items of
//! `weft_core::engine`.

#![no_std]
#![cfg(feature = "alloc")]
#![forbid(unsafe_code)]

extern crate alloc;

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicUsize, Ordering};

use weft_core::abi::CoreFunctionType;
use weft_core::core_value::CoreValue;
use weft_core::engine::{
    Capability, CoreContext, CoreEngine, CoreExtern, CoreFrame, CoreProgress, CoreTrap, FunctionOf,
    HostFunctions, HostStop, MemoryLimits, MemoryOf, ModuleRefused, ProgressOf, TableEntry,
};
use weft_wasmi::Wasmi;

/// The engine that is wrapped. To wrap another one, change this line.
type Inner = Wasmi;

/// A wrapper around an engine. All stores of one engine, and of its clones, count together.
#[derive(Clone, Debug, Default)]
pub struct CountingEngine {
    inner: Inner,
    counts: Arc<Counters>,
}

/// The counts of events at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Calls of core functions that the layer above made.
    pub calls: usize,
    /// Calls of host functions that guests made.
    pub host_function_calls: usize,
    /// Calls that stopped inside a host function.
    pub stops: usize,
    /// Stopped calls that were resumed.
    pub resumptions: usize,
    /// Core instances that were released.
    pub releases: usize,
}

#[derive(Debug, Default)]
struct Counters {
    calls: AtomicUsize,
    host_function_calls: AtomicUsize,
    stops: AtomicUsize,
    resumptions: AtomicUsize,
    releases: AtomicUsize,
}

fn count(counter: &AtomicUsize) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl CountingEngine {
    /// Wraps an engine.
    #[must_use]
    pub fn new(inner: Inner) -> Self {
        Self { inner, counts: Arc::default() }
    }

    /// Returns the counts so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let value = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        let Counters { calls, host_function_calls, stops, resumptions, releases } = &*self.counts;
        Counts {
            calls: value(calls),
            host_function_calls: value(host_function_calls),
            stops: value(stops),
            resumptions: value(resumptions),
            releases: value(releases),
        }
    }
}

impl CoreEngine for CountingEngine {
    type Module = <Inner as CoreEngine>::Module;
    type Instance = <Inner as CoreEngine>::Instance;
    type Function = <Inner as CoreEngine>::Function;
    type Memory = <Inner as CoreEngine>::Memory;
    type Table = <Inner as CoreEngine>::Table;
    type Global = <Inner as CoreEngine>::Global;
    type Tag = <Inner as CoreEngine>::Tag;
    type Activation = <Inner as CoreEngine>::Activation;
    type Store<D: HostFunctions<Self>> = <Inner as CoreEngine>::Store<Counted<D>>;
    type Context<'a, D: HostFunctions<Self>> = Context<'a, D>;

    fn capabilities(&self) -> &[Capability] {
        self.inner.capabilities()
    }

    fn validates_functions(&self) -> bool {
        self.inner.validates_functions()
    }

    fn compile(&self, module: &[u8]) -> Result<Self::Module, ModuleRefused> {
        self.inner.compile(module)
    }

    fn imports(module: &Self::Module) -> Vec<(String, String)> {
        Inner::imports(module)
    }

    fn is_same(&self, other: &Self) -> bool {
        self.inner.is_same(&other.inner)
    }

    fn new_store<D: HostFunctions<Self>>(&self, data: D) -> Self::Store<D> {
        self.inner.new_store(Counted { data, counts: Arc::clone(&self.counts) })
    }

    fn context<D: HostFunctions<Self>>(store: &mut Self::Store<D>) -> Context<'_, D> {
        Context(Inner::context(store))
    }

    fn data<D: HostFunctions<Self>>(store: &Self::Store<D>) -> &D {
        &Inner::data(store).data
    }

    fn data_mut<D: HostFunctions<Self>>(store: &mut Self::Store<D>) -> &mut D {
        &mut Inner::data_mut(store).data
    }

    fn into_data<D: HostFunctions<Self>>(store: Self::Store<D>) -> D {
        Inner::into_data(store).data
    }
}

/// The content of a store of the wrapped engine: the data of the layer above, and the counters.
#[derive(Debug)]
pub struct Counted<D> {
    data: D,
    counts: Arc<Counters>,
}

impl<D: HostFunctions<CountingEngine>> HostFunctions<Inner> for Counted<D> {
    fn call(
        context: <Inner as CoreEngine>::Context<'_, Self>,
        number: u32,
        arguments: &[CoreValue],
    ) -> Result<Option<CoreValue>, HostStop> {
        count(&context.data().counts.host_function_calls);
        D::call(Context(context), number, arguments)
    }
}

/// A store during a call.
#[derive(Debug)]
pub struct Context<'a, D: HostFunctions<CountingEngine>>(
    <Inner as CoreEngine>::Context<'a, Counted<D>>,
);

impl<D: HostFunctions<CountingEngine>> Context<'_, D> {
    /// Adds a stop to the count, if there was one.
    fn observed(&self, progress: ProgressOf<Self>) -> ProgressOf<Self> {
        if matches!(progress, CoreProgress::Stopped(_)) {
            count(&self.0.data().counts.stops);
        }
        progress
    }
}

impl<D: HostFunctions<CountingEngine>> CoreContext for Context<'_, D> {
    type Engine = CountingEngine;
    type Data = D;

    fn data(&self) -> &D {
        &self.0.data().data
    }

    fn data_mut(&mut self) -> &mut D {
        &mut self.0.data_mut().data
    }

    fn new_function(&mut self, number: u32, ty: &CoreFunctionType) -> FunctionOf<Self> {
        self.0.new_function(number, ty)
    }

    fn new_function_for_tail_calls(
        &mut self,
        number: u32,
        ty: &CoreFunctionType,
    ) -> FunctionOf<Self> {
        self.0.new_function_for_tail_calls(number, ty)
    }

    fn instantiate(
        &mut self,
        module: &<Inner as CoreEngine>::Module,
        imports: &[CoreExtern<CountingEngine>],
    ) -> Result<<Inner as CoreEngine>::Instance, CoreTrap> {
        let imports: Vec<_> = imports.iter().copied().map(as_inner).collect();
        self.0.instantiate(module, &imports)
    }

    fn release(
        &mut self,
        instances: &[<Inner as CoreEngine>::Instance],
        functions: &[FunctionOf<Self>],
    ) {
        self.0.data().counts.releases.fetch_add(instances.len(), Ordering::Relaxed);
        self.0.release(instances, functions);
    }

    fn export(
        &self,
        instance: &<Inner as CoreEngine>::Instance,
        name: &str,
    ) -> Option<CoreExtern<CountingEngine>> {
        self.0.export(instance, name).map(as_counting)
    }

    fn refuel(&mut self) {
        self.0.refuel();
    }

    fn set_fuel_slice(&mut self, fuel: u64) -> bool {
        self.0.set_fuel_slice(fuel)
    }

    fn set_memory_limits(&mut self, limits: MemoryLimits) {
        self.0.set_memory_limits(limits);
    }

    fn call(
        &mut self,
        function: FunctionOf<Self>,
        arguments: &[CoreValue],
    ) -> Result<ProgressOf<Self>, CoreTrap> {
        count(&self.0.data().counts.calls);
        let progress = self.0.call(function, arguments)?;
        Ok(self.observed(progress))
    }

    fn resume(
        &mut self,
        activation: <Inner as CoreEngine>::Activation,
        result: Option<CoreValue>,
    ) -> Result<ProgressOf<Self>, CoreTrap> {
        count(&self.0.data().counts.resumptions);
        let progress = self.0.resume(activation, result)?;
        Ok(self.observed(progress))
    }

    /// Returns the frames of the last trap; the wrapped engine knows only which call trapped.
    fn trap_frames(&self) -> Vec<CoreFrame> {
        let calls = self.0.data().counts.calls.load(Ordering::Relaxed);
        Vec::from([CoreFrame { function: Some(format!("call {calls}")), ..CoreFrame::default() }])
    }

    fn memory(&self, memory: MemoryOf<Self>) -> &[u8] {
        self.0.memory(memory)
    }

    fn memory_mut(&mut self, memory: MemoryOf<Self>) -> (&mut [u8], &mut D) {
        let (bytes, counted) = self.0.memory_mut(memory);
        (bytes, &mut counted.data)
    }

    fn table_function(
        &self,
        table: <Inner as CoreEngine>::Table,
        index: u64,
        ty: &CoreFunctionType,
    ) -> TableEntry<FunctionOf<Self>> {
        self.0.table_function(table, index, ty)
    }
}

fn as_inner(it: CoreExtern<CountingEngine>) -> CoreExtern<Inner> {
    match it {
        CoreExtern::Function(it) => CoreExtern::Function(it),
        CoreExtern::Memory(it) => CoreExtern::Memory(it),
        CoreExtern::Table(it) => CoreExtern::Table(it),
        CoreExtern::Global(it) => CoreExtern::Global(it),
        CoreExtern::Tag(it) => CoreExtern::Tag(it),
    }
}

fn as_counting(it: CoreExtern<Inner>) -> CoreExtern<CountingEngine> {
    match it {
        CoreExtern::Function(it) => CoreExtern::Function(it),
        CoreExtern::Memory(it) => CoreExtern::Memory(it),
        CoreExtern::Table(it) => CoreExtern::Table(it),
        CoreExtern::Global(it) => CoreExtern::Global(it),
        CoreExtern::Tag(it) => CoreExtern::Tag(it),
    }
}

//! Instantiation: walking the items of a definition.

mod budget;
mod items;
mod numbers;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::abi::{StringEncoding, Type, TypeList, Val};
use crate::builtin::{OptionsIndex, TypeIndex};
use crate::core_value::IntegerType;
use crate::engine::{CoreContext as _, CoreEngine, CoreExtern};
use crate::error::Error;
use crate::limits::Table;
use crate::machine::{FunctionId, InstanceId, Lift, LiftedFunction};

use budget::Budget;

use super::calls::{Call, HostCall};
use super::contexts::Context;
use super::definition::{FunctionType, Item, Reference};
use super::entity::{Closure, Code, CoreInstance, Entity, Exports, Module, Surroundings};
use super::error::{ImportError, InstantiateError, not_validated};
use super::instance::Instance;
use super::linker::Linker;
use super::outcome::sealed::CallResult as _;
use super::state::{Callable, CanonicalOptions, Fault, Lifted, Next, State};

/// A core module that is being instantiated.
pub(crate) struct Starting<E: CoreEngine> {
    module: E::Module,
    imports: Vec<CoreExtern<E>>,
}

/// Instantiates a core module, as the machine's step says: on the thread of the component
/// instance's initialisation, which can't stop.
pub(super) fn start<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
) -> Result<Next, Fault> {
    let starting = cx.data_mut().starting.take().ok_or(Error::NotEntered)?;
    cx.data_mut().depth += 1;
    let result = cx.instantiate(&starting.module, &starting.imports);
    let state = cx.data_mut();
    state.depth -= 1;
    match result {
        Ok(instance) => {
            state.started = Some(instance);
            Ok(Next::Step(state.machine.function_returned(None)?))
        }
        Err(trap) => {
            (state.next, state.stopping) = (None, None);
            Err(state.fault.take().unwrap_or(Fault::Core(trap)))
        }
    }
}

/// Makes an instance of a component that is given these imports.
fn instantiate<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    component: &Closure<E>,
    imports: &BTreeMap<Box<str>, Entity<E>>,
    budget: &mut Budget,
) -> Result<Exports<E>, InstantiateError> {
    budget.take_instance()?;
    let mut frame = Frame::new(cx, component)?;
    for item in &component.definition.items {
        // Once an import is wrong, only those that are wrong, too, are of interest.
        if frame.errors.is_empty() || matches!(item, Item::Import { .. }) {
            frame.item(cx, item, imports, budget)?;
        }
    }
    if frame.errors.is_empty() {
        Ok(Exports(frame.exports))
    } else {
        Err(InstantiateError::Imports(frame.errors))
    }
}

/// Makes an instance of a component that is loaded, with what `linker` gives for its imports.
pub(super) fn instantiate_component<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    component: &Closure<E>,
    linker: &Linker<E, T>,
) -> Result<Instance<E>, InstantiateError> {
    if !component.code.engine.is_same(&cx.data().engine) {
        return Err(InstantiateError::OtherEngine);
    }
    let imports = linker.resolve(cx.data_mut(), &component.definition)?;
    let exports = instantiate(cx, component, &imports, &mut Budget::new())?;
    Ok(Instance { exports: Arc::new(exports), store: cx.data().identity.clone() })
}

/// An instance that is being made: its index spaces, so far.
struct Frame<E: CoreEngine> {
    instance: InstanceId,
    /// The function whose task initialises the instance.
    initialisation: FunctionId,
    code: Arc<Code<E>>,
    /// Whether functions of the host may come to modules with tail calls.
    has_tail_calls: bool,
    around: Option<Arc<Surroundings<E>>>,
    /// The resource types in the slots.
    slots: Vec<Option<TypeIndex>>,
    resolver: crate::abi::Resolver,
    core_instances: Vec<CoreInstance<E>>,
    core_functions: Vec<E::Function>,
    tables: Vec<E::Table>,
    memories: Vec<E::Memory>,
    globals: Vec<E::Global>,
    tags: Vec<E::Tag>,
    modules: Vec<Module<E>>,
    components: Vec<Closure<E>>,
    instances: Vec<Arc<Exports<E>>>,
    functions: Vec<FunctionId>,
    exports: BTreeMap<Box<str>, Entity<E>>,
    /// What is wrong with what it is given.
    errors: Vec<ImportError>,
}

impl<E: CoreEngine> Frame<E> {
    fn new<T: Send + 'static>(
        cx: &mut Context<'_, E, T>,
        component: &Closure<E>,
    ) -> Result<Self, InstantiateError> {
        let state = cx.data_mut();
        let instance = state.machine.new_instance()?;
        state.names.name_instance(instance);
        let nothing = TypeList::new([]).map_err(|_| not_validated("a list of no types"))?;
        let ty = Arc::new(FunctionType {
            names: Box::new([]),
            params: nothing.clone(),
            result: None,
            results: nothing,
            is_async: false,
        });
        let options = state.numbers.add_options(CanonicalOptions {
            instance,
            address_type: IntegerType::I32,
            string_encoding: StringEncoding::Utf8,
            memory: None,
            realloc: None,
        })?;
        let lifted = Lifted {
            instance,
            core: None,
            ty,
            options,
            is_async: false,
            callback: None,
            post_return: None,
        };
        let initialisation = add_lifted(state, lifted, None, options)?;
        let slots = usize::try_from(component.definition.resources).unwrap_or_default();
        Ok(Self {
            instance,
            initialisation,
            code: component.code.clone(),
            has_tail_calls: component.code.has_tail_calls || component.definition.gets_modules(),
            around: component.around.clone(),
            slots: alloc::vec![None; slots],
            resolver: crate::abi::Resolver::default(),
            core_instances: Vec::new(),
            core_functions: Vec::new(),
            tables: Vec::new(),
            memories: Vec::new(),
            globals: Vec::new(),
            tags: Vec::new(),
            modules: Vec::new(),
            components: Vec::new(),
            instances: Vec::new(),
            functions: Vec::new(),
            exports: BTreeMap::new(),
            errors: Vec::new(),
        })
    }

    /// What a reference refers to.
    fn entity(&self, reference: Reference) -> Result<Entity<E>, Fault> {
        Ok(match reference {
            Reference::Function(index) => Entity::Function(*at(&self.functions, index)?),
            Reference::Module(index) => Entity::Module(at(&self.modules, index)?.clone()),
            Reference::Instance(index) => Entity::Instance(at(&self.instances, index)?.clone()),
            Reference::Component(index) => Entity::Component(at(&self.components, index)?.clone()),
            Reference::Resource(slot) => Entity::Resource(self.slot(slot)?),
            Reference::Type => Entity::Type,
        })
    }

    /// Adds to the index space of its sort.
    fn push(&mut self, entity: Entity<E>) {
        match entity {
            Entity::Function(it) => self.functions.push(it),
            Entity::Module(it) => self.modules.push(it),
            Entity::Instance(it) => self.instances.push(it),
            Entity::Component(it) => self.components.push(it),
            Entity::Resource(_) | Entity::Type => {}
        }
    }

    fn push_core(&mut self, it: CoreExtern<E>) {
        match it {
            CoreExtern::Function(it) => self.core_functions.push(it),
            CoreExtern::Memory(it) => self.memories.push(it),
            CoreExtern::Table(it) => self.tables.push(it),
            CoreExtern::Global(it) => self.globals.push(it),
            CoreExtern::Tag(it) => self.tags.push(it),
        }
    }

    fn slot(&self, slot: u32) -> Result<TypeIndex, Fault> {
        Ok(at(&self.slots, slot)?.ok_or(Error::Unknown(Table::Types))?)
    }

    /// Instantiates a core module in a task of the instance, as its start function may call out.
    fn instantiate_core<T: Send + 'static>(
        &self,
        cx: &mut Context<'_, E, T>,
        module: &Module<E>,
        imports: Vec<CoreExtern<E>>,
    ) -> Result<E::Instance, InstantiateError> {
        let state = cx.data_mut();
        state.starting = Some(Starting { module: module.compiled.clone(), imports });
        let begin = |cx: &mut Context<'_, E, T>| {
            let (call, step) = cx.data_mut().machine.invoke(self.initialisation)?;
            let host_call = HostCall::new(Vec::new(), <Option<Val>>::lift);
            cx.data_mut().put_call(call, Call::Host(host_call));
            Ok((call, step))
        };
        let call = super::call::run_to_host(cx, begin, |_, _, _| Ok(()))?;
        let state = cx.data_mut();
        state.take_call(call);
        state.machine.drop_call(call)?;
        Ok(state.started.take().ok_or(Error::NotEntered)?)
    }

    /// The type with the store's numbers.
    fn resolve_function_type<T: Send + 'static>(
        &mut self,
        state: &mut State<E, T>,
        ty: &FunctionType,
    ) -> Result<Arc<FunctionType>, Error> {
        let mut numbers = numbers::FrameNumbers::new(&self.slots, state);
        ty.resolve(&mut self.resolver, &mut numbers).map(Arc::new)
    }
}

/// Tells the machine of a function that a guest exports.
fn add_lifted<E: CoreEngine, T: Send + 'static>(
    state: &mut State<E, T>,
    lifted: Lifted<E>,
    result: Option<&Type>,
    lift_options: OptionsIndex,
) -> Result<FunctionId, Error> {
    let lift = match (lifted.is_async, lifted.callback) {
        (false, _) => Lift::Sync { has_post_return: lifted.post_return.is_some() },
        (true, None) => Lift::Stackful,
        (true, Some(_)) => Lift::Callback,
    };
    let State { machine, numbers, .. } = state;
    let result_type =
        result.map(|ty| numbers.value(ty, |it| machine.define_type(it))).transpose()?;
    let function = LiftedFunction {
        instance: lifted.instance,
        is_async: lifted.ty.is_async,
        lift,
        result_type,
        lift_options,
    };
    let id = state.machine.lift(function)?;
    state.functions.push(Callable::Lifted(Arc::new(lifted)));
    if id.position().checked_add(1) == Some(state.functions.len()) {
        Ok(id)
    } else {
        Err(Error::Inconsistent(Table::Functions))
    }
}

fn at<V>(space: &[V], index: u32) -> Result<&V, Fault> {
    let found = usize::try_from(index).ok().and_then(|index| space.get(index));
    found.ok_or_else(|| not_validated("an index leads nowhere"))
}

/// Joins the names of an import within an import.
pub(super) fn within(outer: &str, inner: &str) -> String {
    let mut name = String::from(outer);
    name.push('/');
    name.push_str(inner);
    name
}

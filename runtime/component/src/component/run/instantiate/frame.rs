//! An instance that is being made.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;

use crate::abi::{Resolver, Type, TypeList};
use crate::builtin::OptionsIndex;
use crate::component::definition::function_type::FunctionType;
use crate::component::run::context::Context;
use crate::component::run::state::State;
use crate::component::store::canonical::{CanonicalOptions, Lifted, Place};
use crate::component::store::entity::{Closure, Code, Entity, Exports};
use crate::component::store::fault::Fault;
use crate::component::store::roots::{Part, RootId};
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::Error;
use crate::machine::{FunctionId, InstanceId, LiftMode, LiftedFunction};

use super::budget::Budget;
use super::error::InstantiateError;
use super::linking::Linking;
use super::numbers::SlotNumbers;
use super::spaces::Spaces;

/// An instance that is being made.
pub(crate) struct Frame<'a, 'c, E: CoreEngine, T: 'static> {
    pub(crate) cx: &'a mut Context<'c, E, T>,
    pub(crate) budget: &'a mut Budget,
    pub(crate) instance: InstanceId,
    /// The function whose task initialises the instance.
    pub(crate) initialisation: FunctionId,
    pub(crate) code: Arc<Code<E>>,
    /// The item that is under way.
    pub(crate) place: Place,
    /// Host functions may come to modules with tail calls.
    pub(crate) has_tail_calls: bool,
    pub(crate) resolver: Resolver,
    pub(crate) spaces: Spaces<E>,
    /// The links of the instance, if it has some.
    pub(crate) linking: Option<Linking<E>>,
    /// The imports that the instance is given.
    pub(crate) imports: &'a BTreeMap<Box<str>, Entity<E>>,
    pub(crate) exports: BTreeMap<Box<str>, Entity<E>>,
}

impl<E: CoreEngine, T: 'static> Context<'_, E, T> {
    /// Makes an instance of a component that is loaded, with what is given for its imports, which
    /// was checked.
    pub(crate) fn instantiate_component(
        &mut self,
        component: &Closure<E>,
        imports: &BTreeMap<Box<str>, Entity<E>>,
    ) -> Result<(Exports<E>, RootId), InstantiateError> {
        let state = self.data_mut();
        let limits = state.settings.limits;
        state.open_root(imports)?;
        let made = self.make_root(component, imports, &mut Budget::new(limits));
        let state = self.data_mut();
        let parts = state.close_root()?;
        match made {
            Ok(exports) => Ok((exports, state.add_root(parts)?)),
            Err(error) => {
                if state.are_removable(&parts) {
                    self.remove_parts(parts)?;
                } else {
                    // A guest's destructor of the host's resource runs. It stays, for nobody to find.
                    state.add_root(parts)?;
                }
                Err(error)
            }
        }
    }
}

impl<E: CoreEngine, T: 'static> Context<'_, E, T> {
    fn make_root(
        &mut self,
        component: &Closure<E>,
        imports: &BTreeMap<Box<str>, Entity<E>>,
        budget: &mut Budget,
    ) -> Result<Exports<E>, InstantiateError> {
        let linking = self.begin_linking(component)?;
        Frame::make(self, component, imports, budget, linking)
    }
}

impl<'a, 'c, E: CoreEngine, T: 'static> Frame<'a, 'c, E, T> {
    /// Makes an instance of a component that is given these imports.
    pub(crate) fn make(
        cx: &'a mut Context<'c, E, T>,
        component: &Closure<E>,
        imports: &'a BTreeMap<Box<str>, Entity<E>>,
        budget: &'a mut Budget,
        linking: Option<Linking<E>>,
    ) -> Result<Exports<E>, InstantiateError> {
        budget.take_instance()?;
        let mut frame = Self::new(cx, component, imports, budget)?;
        frame.set_linking(linking)?;
        for (position, item) in component.definition.items.iter().enumerate() {
            frame.place.item = position;
            frame.item(item)?;
        }
        Ok(Exports(frame.exports))
    }

    fn new(
        cx: &'a mut Context<'c, E, T>,
        component: &Closure<E>,
        imports: &'a BTreeMap<Box<str>, Entity<E>>,
        budget: &'a mut Budget,
    ) -> Result<Self, InstantiateError> {
        let state = cx.data_mut();
        let instance = state.machine.new_instance()?;
        state.roots.record(Part::Instance(instance));
        state.names.name_instance(instance);
        let nothing = TypeList::new([]).map_err(|_| Fault::not_validated("a list of no types"))?;
        let ty = FunctionType {
            names: Box::new([]),
            params: nothing.clone(),
            result: None,
            results: nothing,
            is_async: false,
        };
        let initialisation = state.add_plain_function(instance, None, ty, None)?;
        let slots = usize::try_from(component.definition.resources).unwrap_or_default();
        Ok(Self {
            cx,
            budget,
            instance,
            initialisation,
            code: component.code.clone(),
            place: Place { definition: component.definition.clone(), item: 0 },
            has_tail_calls: component.code.has_tail_calls || component.definition.gets_modules(),
            resolver: Resolver::default(),
            spaces: Spaces::new(component.around.clone(), slots),
            linking: None,
            imports,
            exports: BTreeMap::new(),
        })
    }

    /// Returns a type with the store's numbers.
    pub(crate) fn resolve_function_type(
        &mut self,
        ty: &FunctionType,
    ) -> Result<Arc<FunctionType>, Error> {
        let mut numbers = SlotNumbers::new(&self.spaces.slots, self.cx.data_mut());
        ty.resolve(&mut self.resolver, &mut numbers).map(Arc::new)
    }
}

impl<E: CoreEngine, T: 'static> State<E, T> {
    /// Adds a function of an instance that is called without a memory: a destructor, or the
    /// initialisation of the instance, which has no core function.
    pub(crate) fn add_plain_function(
        &mut self,
        instance: InstanceId,
        core: Option<E::Function>,
        ty: FunctionType,
        place: Option<Place>,
    ) -> Result<FunctionId, Error> {
        let options = self.types.add_options(CanonicalOptions::without_memory(instance))?;
        let lifted = Lifted {
            instance,
            core,
            ty: Arc::new(ty),
            options,
            is_async: false,
            callback: None,
            post_return: None,
            place,
        };
        self.add_lifted(lifted, None, options)
    }

    /// Adds a function that a guest exports, and tells the machine of it.
    pub(crate) fn add_lifted(
        &mut self,
        lifted: Lifted<E::Function>,
        result: Option<&Type>,
        lift_options: OptionsIndex,
    ) -> Result<FunctionId, Error> {
        let lift = match (lifted.is_async, lifted.callback) {
            (false, _) => LiftMode::Sync { has_post_return: lifted.post_return.is_some() },
            (true, None) => LiftMode::Stackful,
            (true, Some(_)) => LiftMode::Callback,
        };
        let Self { machine, types, .. } = self;
        let result_type =
            result.map(|ty| types.value(ty, |it| machine.define_type(it))).transpose()?;
        let function = LiftedFunction {
            instance: lifted.instance,
            is_async: lifted.ty.is_async,
            lift,
            result_type,
            lift_options,
        };
        let id = self.machine.lift(function)?;
        self.roots.record(Part::Function(id));
        self.functions.add_lifted(id, lifted)?;
        Ok(id)
    }
}

//! An instance that is being made.

use alloc::sync::Arc;
use alloc::vec::Vec;

use arrayvec::ArrayVec;

use crate::abi::{Resolver, Type};
use crate::builtin::OptionsIndex;
use crate::component::definition::function_type::FunctionType;
use crate::component::run::context::Context;
use crate::component::run::state::State;
use crate::component::store::canonical::{CanonicalOptions, Lifted, Place};
use crate::component::store::entity::{Closure, Code, Entity, Exports, NamedEntity};
use crate::component::store::roots::{Part, RootId};
use crate::component::store::store_limits::StoreLimits;
use crate::engine::{CoreContext as _, CoreEngine, CoreExtern};
use crate::error::Error;
use crate::machine::{FunctionId, InstanceId, LiftMode, LiftedFunction};

use super::budget::Budget;
use super::error::InstantiateError;
use super::linking::Linking;
use super::numbers::SlotNumbers;
use super::spaces::{SpaceItem, Spaces};

/// An instance that is being made.
pub(crate) struct Frame<'a, 'c, E: CoreEngine, T: 'static> {
    pub(crate) cx: &'a mut Context<'c, E, T>,
    pub(crate) making: &'a mut Making<E>,
    pub(crate) instance: InstanceId,
    /// The function whose task initializes the instance, if one was needed.
    pub(crate) initialisation: Option<FunctionId>,
    pub(crate) code: Arc<Code<E>>,
    /// The current item.
    pub(crate) place: Place,
    /// `true` if modules with tail calls may call host functions.
    pub(crate) has_tail_calls: bool,
    /// `true` if core code of the instance may stop: it can call something that may wait.
    pub(crate) may_stop: bool,
    pub(crate) resolver: Resolver,
    pub(crate) spaces: Spaces<E>,
    /// The links of the instance, if it has some.
    pub(crate) linking: Option<Linking<E>>,
    /// The imports of the instance.
    pub(crate) imports: &'a [NamedEntity<E>],
    pub(crate) exports: Vec<NamedEntity<E>>,
}

/// The data that all instances share that are made together.
pub(crate) struct Making<E: CoreEngine> {
    pub(crate) budget: Budget,
    /// The items in the index spaces of the instances around the one that is being made.
    pub(crate) items: Vec<SpaceItem<E>>,
    /// The memory of imports and exports that are no longer needed.
    named: ArrayVec<Vec<NamedEntity<E>>, 2>,
    /// The memory of imports of core modules that are no longer needed.
    core_imports: Vec<CoreExtern<E>>,
}

/// The number of items of a small component with one inner component, for which the list need not
/// grow.
const USUAL_ITEMS: usize = 16;

impl<E: CoreEngine> Making<E> {
    pub(crate) fn new(limits: StoreLimits) -> Self {
        Self {
            budget: Budget::new(limits),
            items: Vec::with_capacity(USUAL_ITEMS),
            named: ArrayVec::new_const(),
            core_imports: Vec::new(),
        }
    }

    /// Returns an empty list, in memory that was used before, if there is some.
    pub(crate) fn take_named(&mut self) -> Vec<NamedEntity<E>> {
        self.named.pop().unwrap_or_default()
    }

    /// Takes the memory of a list.
    pub(crate) fn put_named(&mut self, mut named: Vec<NamedEntity<E>>) {
        named.clear();
        if named.capacity() > 0 {
            // If there is no place for it, it is dropped.
            let _ = self.named.try_push(named);
        }
    }

    /// Returns an empty list of imports of a core module, in memory that was used before.
    pub(crate) fn take_core_imports(&mut self) -> Vec<CoreExtern<E>> {
        core::mem::take(&mut self.core_imports)
    }

    /// Takes the memory of imports of a core module.
    pub(crate) fn put_core_imports(&mut self, mut imports: Vec<CoreExtern<E>>) {
        imports.clear();
        self.core_imports = imports;
    }
}

impl<E: CoreEngine, T: 'static> Context<'_, E, T> {
    /// Makes an instance of a loaded component, with imports that were checked.
    pub(crate) fn instantiate_component(
        &mut self,
        component: &Closure<E>,
        imports: &[NamedEntity<E>],
    ) -> Result<(Exports<E>, RootId), InstantiateError> {
        let state = self.data_mut();
        let limits = state.settings.limits;
        state.open_root(imports)?;
        let made = self.make_root(component, imports, &mut Making::new(limits));
        let state = self.data_mut();
        let parts = state.close_root()?;
        match made {
            Ok(exports) => Ok((exports, state.add_root(parts)?)),
            Err(error) => {
                if state.are_removable(&parts) {
                    self.remove_parts(parts)?;
                } else {
                    // A guest runs as the destructor of a host's resource. The instance stays, but
                    // cannot be found.
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
        imports: &[NamedEntity<E>],
        making: &mut Making<E>,
    ) -> Result<Exports<E>, InstantiateError> {
        let linking = self.begin_linking(component)?;
        Frame::make(self, component, imports, None, making, linking)
    }
}

impl<'a, 'c, E: CoreEngine, T: 'static> Frame<'a, 'c, E, T> {
    /// Makes an instance of a component with these imports, which are sorted by name. If it is
    /// inside of an instance, `around` is that instance and the number in it.
    pub(crate) fn make(
        cx: &'a mut Context<'c, E, T>,
        component: &Closure<E>,
        imports: &'a [NamedEntity<E>],
        around: Option<(InstanceId, usize)>,
        making: &'a mut Making<E>,
        linking: Option<Linking<E>>,
    ) -> Result<Exports<E>, InstantiateError> {
        making.budget.take_instance()?;
        let mut frame = Self::new(cx, component, imports, around, making)?;
        frame.set_linking(linking)?;
        for (position, item) in component.definition.items.iter().enumerate() {
            frame.place.item = position;
            frame.item(item)?;
        }
        if !frame.may_stop {
            let functions = &mut frame.cx.data_mut().functions;
            for function in frame.spaces.functions() {
                functions.never_stops(function, frame.instance);
            }
        }
        Ok(component.exports_seen(frame.finish()))
    }

    fn new(
        cx: &'a mut Context<'c, E, T>,
        component: &Closure<E>,
        imports: &'a [NamedEntity<E>],
        around: Option<(InstanceId, usize)>,
        making: &'a mut Making<E>,
    ) -> Result<Self, InstantiateError> {
        let state = cx.data_mut();
        let instance = state.machine.new_instance()?;
        state.roots.record(Part::Instance(instance));
        state.name_instance(instance, around);
        let items = core::mem::take(&mut making.items);
        Ok(Self {
            cx,
            making,
            instance,
            initialisation: None,
            code: component.code.clone(),
            place: Place { definition: component.definition.clone(), item: 0 },
            has_tail_calls: component.code.has_tail_calls || component.definition.gets_modules(),
            may_stop: false,
            resolver: Resolver::default(),
            spaces: Spaces::new(component, items),
            linking: None,
            imports,
            exports: Vec::new(),
        })
    }

    /// Completes the instance, and returns the exports.
    fn finish(mut self) -> Exports<E> {
        let exports = Exports::take(&mut self.exports);
        self.making.put_named(self.exports);
        self.making.items = self.spaces.into_items();
        exports
    }

    /// Adds an export.
    pub(crate) fn add_export(&mut self, name: Arc<str>, entity: Entity<E>) {
        if self.exports.capacity() == 0 {
            self.exports = self.making.take_named();
        }
        self.exports.push((name, entity));
    }

    /// Returns a type with the store's numbers. A type without numbers is shared by all instances.
    pub(crate) fn resolve_function_type(
        &mut self,
        ty: &Arc<FunctionType>,
    ) -> Result<Arc<FunctionType>, Error> {
        if !ty.contains_numbers() {
            return Ok(Arc::clone(ty));
        }
        let mut numbers = SlotNumbers::new(&self.spaces.slots, self.cx.data_mut());
        ty.resolve(&mut self.resolver, &mut numbers).map(Arc::new)
    }
}

impl<E: CoreEngine, T: 'static> State<E, T> {
    /// Adds a function of an instance that needs no memory: a destructor, or the initialization of
    /// the instance, which has no core function.
    pub(crate) fn add_plain_function(
        &mut self,
        instance: InstanceId,
        core: Option<E::Function>,
        ty: FunctionType,
        place: Option<Place>,
    ) -> Result<FunctionId, Error> {
        let Self { types, roots, .. } = self;
        let options = CanonicalOptions::without_memory(instance);
        let options = types.add_options(options, |part| roots.record(part))?;
        let lifted = Lifted {
            instance,
            core,
            ty: Arc::new(ty),
            options,
            is_async: false,
            callback: None,
            post_return: None,
            // The host calls none of them.
            is_deferrable: false,
            may_stop: true,
            place,
        };
        self.add_lifted(lifted, None, options)
    }

    /// Adds a function that a guest exports, to the store and to the machine.
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

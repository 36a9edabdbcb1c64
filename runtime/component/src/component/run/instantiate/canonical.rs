//! Canonical definitions, and resource types.

use alloc::boxed::Box;
use alloc::sync::Arc;

use crate::abi::{CoreFunctionType, HandleTypes, NoResourceFacts, Type, TypeList};
use crate::component::definition::function_type::FunctionType;
use crate::component::definition::generated::builtin::BuiltinTemplate;
use crate::component::definition::immediates::CanonicalOptions;
use crate::component::definition::items::Binding;
use crate::component::run::element_layout::element_layout;
use crate::component::run::host_function::HostFunctionCall;
use crate::component::run::state::State;
use crate::component::store::canonical::{Lifted, Lowered, Unchanged};
use crate::component::store::core_function::CoreFunction;
use crate::component::store::entity::Entity;
use crate::component::store::fault::Fault;
use crate::component::store::roots::Part;
use crate::core_value::IntegerType;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::{AbiError, Error};
use crate::machine::{FunctionId, TypeDefinition};

use super::frame::Frame;
use super::numbers::BuiltinSpaces;

impl<E: CoreEngine, T: 'static> Frame<'_, '_, E, T> {
    pub(crate) fn resource(
        &mut self,
        slot: u32,
        representation: IntegerType,
        destructor: Option<u32>,
    ) -> Result<(), Fault> {
        let destructor =
            destructor.map(|function| self.destructor(function, representation)).transpose()?;
        let definition = TypeDefinition::Resource { instance: Some(self.instance), destructor };
        let state = self.cx.data_mut();
        let ty = state.machine.define_type(definition)?;
        state.use_resource_type(ty)?;
        self.spaces.bind(Some(&Binding::Resource(slot)), &Entity::Resource(ty))
    }

    /// Adds the destructor of a resource type.
    fn destructor(
        &mut self,
        function: u32,
        representation: IntegerType,
    ) -> Result<FunctionId, Fault> {
        let core = Some(self.spaces.core_function(function)?);
        let unlistable = |_| Fault::Inconsistent("a list of one type");
        let params = match representation {
            IntegerType::I32 => Type::U32,
            IntegerType::I64 => Type::U64,
        };
        let ty = FunctionType {
            names: Arc::new([Box::from("rep")]),
            params: TypeList::new([params]).map_err(unlistable)?,
            result: None,
            results: TypeList::new([]).map_err(unlistable)?,
            is_async: false,
        };
        let place = self.place.clone();
        Ok(self.cx.data_mut().add_plain_function(self.instance, core, ty, Some(place))?)
    }

    pub(crate) fn lift(
        &mut self,
        core_function: u32,
        options: &CanonicalOptions,
        ty: &Arc<FunctionType>,
    ) -> Result<(), Fault> {
        let core =
            |index: Option<u32>| index.map(|index| self.spaces.core_function(index)).transpose();
        let (core_function, callback) = (core(Some(core_function))?, core(options.callback)?);
        let post_return = core(options.post_return)?;
        let ty = self.resolve_function_type(ty)?;
        let store_options = self.spaces.store_options(self.instance, options)?;
        let memory = self.spaces.memory_key(options)?;
        let state = self.cx.data_mut();
        let State { types, roots, .. } = &mut *state;
        let number = types.add_options(store_options, |part| roots.record(part))?;
        // Only `task.return` uses these, and functions lifted without `async` can't call it.
        let (result, lift_options) = if options.is_async {
            let number = types.lift_options(&store_options, memory, |part| roots.record(part))?;
            (ty.result.clone(), number)
        } else {
            (None, number)
        };
        let lifted = Lifted {
            instance: self.instance,
            core: core_function,
            is_deferrable: !ty.moves_handles() && ty.is_async == callback.is_some(),
            may_stop: true,
            ty,
            options: number,
            is_async: options.is_async,
            callback,
            post_return,
            place: Some(self.place.clone()),
        };
        let function = state.add_lifted(lifted, result.as_ref(), lift_options)?;
        self.spaces.push(Entity::Function(function))
    }

    pub(crate) fn lower(
        &mut self,
        function: u32,
        options: &CanonicalOptions,
        ty: &Arc<FunctionType>,
        signature: &CoreFunctionType,
    ) -> Result<(), Fault> {
        let function = self.spaces.function(function)?;
        let ty = self.resolve_function_type(ty)?;
        let is_async = options.is_async;
        let options = self.spaces.store_options(self.instance, options)?;
        let state = self.cx.data_mut();
        let State { types, roots, .. } = &mut *state;
        let options = types.add_options(options, |part| roots.record(part))?;
        let handles = state.handle_types(function, &ty)?;
        let host_function = state.functions.host_function(function);
        let is_immediate = host_function.is_some_and(|it| it.call.is_immediate());
        let is_deferrable = !ty.moves_handles();
        let contains_float = ty.params.contains_float() || ty.results.contains_float();
        let unchanged = match (!is_async && ty.is_flat_plain(), contains_float) {
            (false, _) => Unchanged::NotAll,
            (true, false) => Unchanged::All,
            (true, true) => Unchanged::UnlessNan,
        };
        let can_pend = is_immediate && is_deferrable && !is_async;
        let immediate = state.functions.host_number(function).filter(|_| can_pend);
        self.may_stop |= !is_immediate;
        let lowered = Lowered {
            function,
            ty,
            options,
            is_async,
            handles,
            is_deferrable,
            immediate,
            unchanged,
        };
        self.core_function(CoreFunction::Lowered(Arc::new(lowered)), signature)?;
        self.link(function, options)
    }

    pub(crate) fn builtin(
        &mut self,
        template: &BuiltinTemplate,
        signature: &CoreFunctionType,
    ) -> Result<(), Fault> {
        let definition = template.definition(&mut BuiltinSpaces {
            instance: self.instance,
            spaces: &self.spaces,
            resolver: &mut self.resolver,
            state: self.cx.data_mut(),
        })?;
        let state = self.cx.data();
        let function = CoreFunction::builtin(definition, |ty| state.element(ty), element_layout)?;
        self.may_stop |= function.may_stop();
        self.core_function(function, signature)
    }

    /// Makes a host function for core modules to import.
    fn core_function(
        &mut self,
        function: CoreFunction,
        signature: &CoreFunctionType,
    ) -> Result<(), Fault> {
        let number = self.cx.data_mut().functions.add_core_function(function);
        let number = number
            .ok_or_else(|| Fault::Inconsistent("there are more core functions than numbers"))?;
        self.cx.data_mut().roots.record(Part::CoreFunction(number));
        let function = if self.has_tail_calls {
            self.cx.new_function_for_tail_calls(number, signature)
        } else {
            self.cx.new_function(number, signature)
        };
        if let Some(making) = self.cx.data_mut().roots.making() {
            making.core_functions.push(function);
        }
        self.spaces.push_core(crate::engine::CoreExtern::Function(function))
    }
}

impl<E: CoreEngine, T: 'static> State<E, T> {
    /// Returns the types of the handles of a function, if it is a host function with Rust's own
    /// types. Its types were checked when it was imported.
    fn handle_types(&self, function: FunctionId, ty: &FunctionType) -> Result<HandleTypes, Error> {
        let Some(function) = self.functions.host_function(function) else {
            return Ok(HandleTypes::default());
        };
        match &function.call {
            HostFunctionCall::Typed(function) => {
                function.check(ty, &NoResourceFacts).map_err(|_| AbiError::ValueMismatch.into())
            }
            _ => Ok(HandleTypes::default()),
        }
    }
}

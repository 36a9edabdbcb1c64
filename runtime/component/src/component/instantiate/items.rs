//! What each item of a definition does.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::ToString as _;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt::Display;

use crate::abi::{CoreFunctionType, HandleTypes, Resolver, StringEncoding, Type, TypeList};
use crate::core_value::IntegerType;
use crate::engine::{CoreContext as _, CoreEngine, CoreExtern};
use crate::error::Error;
use crate::limits::Table;
use crate::machine::{FunctionId, TypeDefinition};

use super::super::contexts::Context;
use super::super::definition::{
    Binding, CanonicalOptions, CoreSort, ExternName, FunctionType, Item, OuterSort, Reference, Sort,
};
use super::super::entity::{Closure, CoreInstance, Entity, Exports, Surroundings};
use super::super::entity_type::EntityType;
use super::super::error::{ImportError, InstantiateError, not_validated};
use super::super::host_function::{DeclaredType, HostFunctionCall};
use super::super::matching;
use super::super::state::{
    Callable, CanonicalOptions as StoreOptions, CoreFunction, Fault, Lifted, Lowered, State,
};
use super::numbers::{BuiltinFrame, FrameNumbers};
use super::{Budget, Frame, add_lifted, at, instantiate, within};

impl<E: CoreEngine> Frame<E> {
    /// Does what an item says.
    pub(super) fn item<T: Send + 'static>(
        &mut self,
        cx: &mut Context<'_, E, T>,
        item: &Item,
        imports: &BTreeMap<Box<str>, Entity<E>>,
        budget: &mut Budget,
    ) -> Result<(), InstantiateError> {
        match item {
            Item::CoreModule { number } => {
                let module = self.code.modules.get(*number);
                let module = module.ok_or_else(|| not_validated("a core module is missing"))?;
                self.modules.push(module.clone());
            }
            Item::InstantiateCore { module, arguments } => {
                budget.take_instance()?;
                self.instantiate_module(cx, *module, arguments)?;
            }
            Item::CoreInstance { exports } => {
                let exports = exports.iter().map(|(name, sort, index)| {
                    Ok((name.clone(), self.core_extern(*sort, *index)?))
                });
                let exports = exports.collect::<Result<_, Fault>>()?;
                self.core_instances.push(CoreInstance::Exports(exports));
            }
            Item::AliasCoreExport { sort, instance, name } => {
                let found = self.core_export(cx, *instance, name)?;
                let found = found.filter(|found| sort.is_of(found));
                self.push_core(found.ok_or_else(|| not_validated("a core export is missing"))?);
            }
            Item::Component(definition) => {
                budget.take_seen(self.modules.len().saturating_add(self.components.len()))?;
                self.components.push(Closure {
                    definition: definition.clone(),
                    code: self.code.clone(),
                    around: Some(Arc::new(Surroundings {
                        modules: self.modules.clone(),
                        components: self.components.clone(),
                        around: self.around.clone(),
                    })),
                });
            }
            Item::Instantiate { component, arguments, binding } => {
                let component = at(&self.components, *component)?.clone();
                let arguments = self.entities(arguments)?;
                cx.data_mut().names.enter(self.instance, self.instances.len());
                budget.enter()?;
                let exports = instantiate(cx, &component, &arguments, budget);
                budget.leave();
                cx.data_mut().names.leave();
                let instance = Entity::Instance(Arc::new(exports?));
                self.bind(binding.as_ref(), &instance)?;
                self.push(instance);
            }
            Item::Instance { exports } => {
                let exports = self.entities(exports)?;
                for (name, entity) in &exports {
                    if let Entity::Function(function) = entity {
                        cx.data_mut().names.name_function(*function, name);
                    }
                }
                self.instances.push(Arc::new(Exports(exports)));
            }
            Item::AliasExport { sort, instance, name } => {
                self.alias_export(*sort, *instance, name)?;
            }
            Item::AliasOuter { sort, count, index } => self.alias_outer(*sort, *count, *index)?,
            Item::Resource { slot, representation, destructor } => {
                self.resource(cx, *slot, *representation, *destructor)?;
            }
            Item::Import { name, ty, binding } => {
                self.import(cx.data_mut(), (name, ty), binding.as_ref(), imports)?;
            }
            Item::Export { name, reference, binding, .. } => {
                let entity = self.entity(*reference)?;
                if let Entity::Function(function) = entity {
                    cx.data_mut().names.name_function(function, &name.full_name);
                }
                self.bind(binding.as_ref(), &entity)?;
                self.exports.insert(name.name.clone(), entity.clone());
                self.push(entity);
            }
            Item::Lift { core_function, options, ty } => {
                self.lift(cx, *core_function, options, ty)?;
            }
            Item::Lower { function, options, ty, signature } => {
                let state = cx.data_mut();
                let function = *at(&self.functions, *function)?;
                let ty = self.resolve_function_type(state, ty)?;
                let is_async = options.is_async;
                let options = state.numbers.add_options(self.store_options(options)?)?;
                let handles = state.handle_types(function, &ty)?;
                let lowered = Lowered { function, ty, options, is_async, handles };
                self.core_function(cx, CoreFunction::Lowered(Arc::new(lowered)), signature)?;
            }
            Item::Builtin { template, signature } => {
                let state = cx.data_mut();
                let definition = template.definition(&mut BuiltinFrame { frame: self, state })?;
                self.core_function(cx, CoreFunction::Builtin(definition), signature)?;
            }
        }
        Ok(())
    }

    fn instantiate_module<T: Send + 'static>(
        &mut self,
        cx: &mut Context<'_, E, T>,
        module: u32,
        arguments: &[(Box<str>, u32)],
    ) -> Result<(), InstantiateError> {
        let module = at(&self.modules, module)?.clone();
        let mut imports = Vec::with_capacity(module.imports.len());
        for (from, name) in &*module.imports {
            let argument = arguments.iter().find(|(argument, _)| **argument == **from);
            let (_, instance) = argument.ok_or_else(|| not_validated("an argument is missing"))?;
            let found = self.core_export(cx, *instance, name)?;
            imports.push(found.ok_or_else(|| not_validated("a core export is missing"))?);
        }
        let instance = self.instantiate_core(cx, &module, imports)?;
        self.core_instances.push(CoreInstance::Module(instance));
        Ok(())
    }

    fn core_export<T: Send + 'static>(
        &self,
        cx: &Context<'_, E, T>,
        instance: u32,
        name: &str,
    ) -> Result<Option<CoreExtern<E>>, Fault> {
        Ok(match at(&self.core_instances, instance)? {
            CoreInstance::Module(instance) => cx.export(instance, name),
            CoreInstance::Exports(exports) => exports.get(name).copied(),
        })
    }

    fn core_extern(&self, sort: CoreSort, index: u32) -> Result<CoreExtern<E>, Fault> {
        Ok(match sort {
            CoreSort::Function => CoreExtern::Function(*at(&self.core_functions, index)?),
            CoreSort::Table => CoreExtern::Table(*at(&self.tables, index)?),
            CoreSort::Memory => CoreExtern::Memory(*at(&self.memories, index)?),
            CoreSort::Global => CoreExtern::Global(*at(&self.globals, index)?),
            CoreSort::Tag => CoreExtern::Tag(*at(&self.tags, index)?),
        })
    }

    fn entities(
        &self,
        references: &[(Box<str>, Reference)],
    ) -> Result<BTreeMap<Box<str>, Entity<E>>, Fault> {
        let entities = references.iter();
        entities.map(|(name, it)| Ok((name.clone(), self.entity(*it)?))).collect()
    }

    fn alias_export(&mut self, sort: Sort, instance: u32, name: &str) -> Result<(), Fault> {
        let found = at(&self.instances, instance)?.0.get(name).filter(|found| found.is(sort));
        let found = found.ok_or_else(|| not_validated("an export is missing"))?.clone();
        self.push(found);
        Ok(())
    }

    fn alias_outer(&mut self, sort: OuterSort, count: u32, index: u32) -> Result<(), Fault> {
        let entity = match count.checked_sub(1) {
            None => match sort {
                OuterSort::Module => Entity::Module(at(&self.modules, index)?.clone()),
                OuterSort::Component => Entity::Component(at(&self.components, index)?.clone()),
            },
            Some(further) => {
                let mut around = self.around.as_ref();
                for _ in 0..further {
                    around = around.and_then(|it| it.around.as_ref());
                }
                let around = around.ok_or_else(|| not_validated("nothing is around"))?;
                match sort {
                    OuterSort::Module => Entity::Module(at(&around.modules, index)?.clone()),
                    OuterSort::Component => {
                        Entity::Component(at(&around.components, index)?.clone())
                    }
                }
            }
        };
        self.push(entity);
        Ok(())
    }

    /// Fills slots from what is there now.
    fn bind(&mut self, binding: Option<&Binding>, entity: &Entity<E>) -> Result<(), Fault> {
        match (binding, entity) {
            (None, _) => Ok(()),
            (Some(Binding::Resource(slot)), Entity::Resource(ty)) => {
                let place = usize::try_from(*slot).ok().and_then(|it| self.slots.get_mut(it));
                *place.ok_or_else(|| not_validated("a slot is missing"))? = Some(*ty);
                Ok(())
            }
            (Some(Binding::Instance(exports)), Entity::Instance(instance)) => {
                exports.iter().try_for_each(|(name, binding)| {
                    let found = instance.0.get(name);
                    let found = found.ok_or_else(|| not_validated("a type is missing"))?;
                    self.bind(Some(binding), found)
                })
            }
            _ => Err(not_validated("what is bound is not a resource type")),
        }
    }

    fn import<T: Send + 'static>(
        &mut self,
        state: &mut State<E, T>,
        (name, ty): (&ExternName, &EntityType),
        binding: Option<&Binding>,
        imports: &BTreeMap<Box<str>, Entity<E>>,
    ) -> Result<(), InstantiateError> {
        let path = &*name.full_name;
        let given = imports.get(&name.name);
        let given = given.ok_or_else(|| not_validated("an argument is missing"))?.clone();
        // What comes from a component around this one has been checked by validation.
        if self.around.is_some() {
            self.bind(binding, &given)?;
        } else if let Err(error) = check_bound(path, binding, &given) {
            self.errors.push(error);
        } else {
            self.bind(binding, &given)?;
            self.check(state, path, ty, &given)?;
        }
        self.push(given);
        Ok(())
    }

    /// Whether what is given for an import is of its type; what isn't is one of the errors.
    fn check<T: Send + 'static>(
        &mut self,
        state: &mut State<E, T>,
        path: &str,
        expected: &EntityType,
        given: &Entity<E>,
    ) -> Result<(), Error> {
        let result = match (expected, given) {
            (EntityType::Function(expected), Entity::Function(function)) => {
                return self.check_function(state, path, expected, *function);
            }
            (EntityType::Instance(expected), Entity::Instance(given)) => {
                for (name, expected) in &expected.exports {
                    let path = within(path, name);
                    match (given.0.get(name), expected) {
                        (Some(given), expected) => self.check(state, &path, expected, given)?,
                        (None, EntityType::Type(_)) => {}
                        (None, _) => {
                            let expected = expected.to_string();
                            self.errors.push(ImportError::Missing { name: path, expected });
                        }
                    }
                }
                Ok(())
            }
            (EntityType::Resource(slot), Entity::Resource(given)) => match self.slot(*slot) {
                Ok(bound) if bound == *given => Ok(()),
                _ => Err(ImportError::Mismatch {
                    name: path.into(),
                    expected: "the resource type of another import".into(),
                    given: "a different one".into(),
                }),
            },
            (EntityType::Module(expected), Entity::Module(given)) => {
                matching::module(path, &given.ty, expected)
            }
            (EntityType::Component(expected), Entity::Component(given)) => {
                matching::component(path, &given.definition, expected)
            }
            (EntityType::Type(_), _) => Ok(()),
            (expected, given) => Err(mismatch(path, expected, given)),
        };
        self.errors.extend(result.err());
        Ok(())
    }

    fn check_function<T: Send + 'static>(
        &mut self,
        state: &mut State<E, T>,
        path: &str,
        expected: &FunctionType,
        function: FunctionId,
    ) -> Result<(), Error> {
        let given = match state.functions.get(function.position()) {
            Some(Callable::Lifted(lifted)) => lifted.ty.clone(),
            Some(Callable::Host(function)) => {
                let function = function.clone();
                match (&function.declared, &function.call) {
                    (Some(declared), _) => state.declared_type(declared)?,
                    (None, HostFunctionCall::Typed(function)) => {
                        let Some(expected) = self.expected_function_type(state, expected)? else {
                            return Ok(());
                        };
                        if let Err(mismatch) = function.check(&expected) {
                            let mismatch = Box::new(mismatch);
                            self.errors.push(ImportError::Function { name: path.into(), mismatch });
                        }
                        return Ok(());
                    }
                    // It takes what it is given, and says if that isn't its.
                    (None, _) => return Ok(()),
                }
            }
            None => return Err(Error::Unknown(Table::Functions)),
        };
        let Some(expected) = self.expected_function_type(state, expected)? else { return Ok(()) };
        if expected != given {
            self.errors.push(ImportError::Mismatch {
                name: path.into(),
                expected: expected.to_string(),
                given: given.to_string(),
            });
        }
        Ok(())
    }

    /// The type that a function is to have; nothing if it names the resource type of an import that
    /// is wrong itself.
    fn expected_function_type<T: Send + 'static>(
        &mut self,
        state: &mut State<E, T>,
        expected: &FunctionType,
    ) -> Result<Option<Arc<FunctionType>>, Error> {
        match self.resolve_function_type(state, expected) {
            Err(Error::Unknown(Table::Types)) if !self.errors.is_empty() => Ok(None),
            expected => expected.map(Some),
        }
    }

    fn resource<T: Send + 'static>(
        &mut self,
        cx: &mut Context<'_, E, T>,
        slot: u32,
        representation: IntegerType,
        destructor: Option<u32>,
    ) -> Result<(), InstantiateError> {
        let destructor = match destructor {
            None => None,
            Some(function) => {
                let core = Some(cx.callable(*at(&self.core_functions, function)?));
                let state = cx.data_mut();
                let unlistable = |_| not_validated("a list of one type");
                let params = match representation {
                    IntegerType::I32 => Type::U32,
                    IntegerType::I64 => Type::U64,
                };
                let params = TypeList::new([params]).map_err(unlistable)?;
                let results = TypeList::new([]).map_err(unlistable)?;
                let ty = FunctionType {
                    names: Box::new([Box::from("rep")]),
                    params,
                    result: None,
                    results,
                    is_async: false,
                };
                let options = state.numbers.add_options(StoreOptions {
                    instance: self.instance,
                    address_type: IntegerType::I32,
                    string_encoding: StringEncoding::Utf8,
                    memory: None,
                    realloc: None,
                })?;
                let lifted = Lifted {
                    instance: self.instance,
                    core,
                    ty: Arc::new(ty),
                    options,
                    is_async: false,
                    callback: None,
                    post_return: None,
                };
                Some(add_lifted(state, lifted, None, options)?)
            }
        };
        let state = cx.data_mut();
        let definition = TypeDefinition::Resource { instance: Some(self.instance), destructor };
        let ty = state.machine.define_type(definition)?;
        self.bind(Some(&Binding::Resource(slot)), &Entity::Resource(ty))?;
        Ok(())
    }

    fn lift<T: Send + 'static>(
        &mut self,
        cx: &mut Context<'_, E, T>,
        core_function: u32,
        options: &CanonicalOptions,
        ty: &Arc<FunctionType>,
    ) -> Result<(), InstantiateError> {
        let mut core = |index: Option<u32>| {
            let function = index.map(|index| at(&self.core_functions, index)).transpose()?;
            Ok::<_, Fault>(function.map(|function| cx.callable(*function)))
        };
        let (core_function, callback) = (core(Some(core_function))?, core(options.callback)?);
        let post_return = core(options.post_return)?;
        let state = cx.data_mut();
        let ty = self.resolve_function_type(state, ty)?;
        let store_options = self.store_options(options)?;
        let lift_options = state.numbers.lift_options(&store_options)?;
        let result = ty.result.clone();
        let lifted = Lifted {
            instance: self.instance,
            core: core_function,
            ty,
            options: state.numbers.add_options(store_options)?,
            is_async: options.is_async,
            callback,
            post_return,
        };
        let function = add_lifted(state, lifted, result.as_ref(), lift_options)?;
        self.functions.push(function);
        Ok(())
    }

    /// Makes a function of the host that core modules import.
    fn core_function<T: Send + 'static>(
        &mut self,
        cx: &mut Context<'_, E, T>,
        function: CoreFunction,
        signature: &CoreFunctionType,
    ) -> Result<(), Fault> {
        let functions = &mut cx.data_mut().core_functions;
        let number = u32::try_from(functions.len())
            .map_err(|_| not_validated("there are more core functions than numbers"))?;
        functions.push(function);
        let function = if self.has_tail_calls {
            cx.new_function_for_tail_calls(number, signature)
        } else {
            cx.new_function(number, signature)
        };
        self.core_functions.push(function);
        Ok(())
    }
}

/// Whether there are resource types where slots are to be filled from.
fn check_bound<E: CoreEngine>(
    path: &str,
    binding: Option<&Binding>,
    given: &Entity<E>,
) -> Result<(), ImportError> {
    match (binding, given) {
        (None, _) | (Some(Binding::Resource(_)), Entity::Resource(_)) => Ok(()),
        (Some(Binding::Resource(_)), given) => Err(mismatch(path, &"resource", given)),
        (Some(Binding::Instance(exports)), Entity::Instance(instance)) => {
            exports.iter().try_for_each(|(name, binding)| {
                let path = within(path, name);
                match (instance.0.get(name), binding) {
                    (Some(found), binding) => check_bound(&path, Some(binding), found),
                    (None, Binding::Resource(_)) => {
                        Err(ImportError::Missing { name: path, expected: "resource".into() })
                    }
                    (None, Binding::Instance(_)) => {
                        Err(ImportError::Missing { name: path, expected: "instance".into() })
                    }
                }
            })
        }
        (Some(Binding::Instance(_)), given) => Err(mismatch(path, &"instance", given)),
    }
}

impl<E: CoreEngine, T: Send + 'static> State<E, T> {
    /// The type that a function of the host was said to have, with the store's numbers.
    fn declared_type(&mut self, declared: &DeclaredType<E, T>) -> Result<Arc<FunctionType>, Error> {
        let resources = declared.resources.iter();
        let slots: Vec<_> =
            resources.map(|token| self.resource_type(token).map(Some)).collect::<Result<_, _>>()?;
        let mut numbers = FrameNumbers::new(&slots, self);
        declared.ty.resolve(&mut Resolver::default(), &mut numbers).map(Arc::new)
    }

    /// Of which types the handles of a function are, if it is the host's and its types are Rust's
    /// own. That they fit was checked when it was imported.
    fn handle_types(&self, function: FunctionId, ty: &FunctionType) -> Result<HandleTypes, Error> {
        let Some(Callable::Host(function)) = self.functions.get(function.position()) else {
            return Ok(HandleTypes::default());
        };
        match &function.call {
            HostFunctionCall::Typed(function) => {
                function.check(ty).map_err(|_| Error::ValueMismatch)
            }
            _ => Ok(HandleTypes::default()),
        }
    }
}

fn mismatch<E: CoreEngine>(path: &str, expected: &impl Display, given: &Entity<E>) -> ImportError {
    ImportError::Mismatch {
        name: path.into(),
        expected: expected.to_string(),
        given: given.kind().into(),
    }
}

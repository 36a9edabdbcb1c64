//! Checking what is given for imports.

use alloc::boxed::Box;
use alloc::string::ToString as _;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt::Display;

use crate::abi::Resolver;
use crate::component::definition::entity_type::EntityType;
use crate::component::definition::function_type::FunctionType;
use crate::component::definition::import_error::{ImportError, within};
use crate::component::definition::items::{Binding, ExternName};
use crate::component::definition::matching;
use crate::component::run::host_function::{DeclaredType, HostFunctionCall, TypedHostFunction};
use crate::component::run::state::State;
use crate::component::store::entity::Entity;
use crate::component::store::fault::Fault;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::Error;
use crate::limits::Table;
use crate::machine::FunctionId;

use super::frame::Frame;
use super::numbers::SlotNumbers;

impl<E: CoreEngine, T: 'static> Frame<'_, '_, E, T> {
    pub(crate) fn import(
        &mut self,
        name: &ExternName,
        ty: &EntityType,
        binding: Option<&Binding>,
    ) -> Result<(), Fault> {
        let path = &*name.full_name;
        let given = self.imports.get(&name.name);
        let given = given.ok_or_else(|| Fault::not_validated("an argument is missing"))?.clone();
        // What comes from a component around this one has been checked by validation.
        if self.spaces.around.is_some() {
            self.spaces.bind(binding, &given)?;
        } else if let Err(error) = check_bound(path, binding, &given) {
            self.errors.push(error);
        } else {
            self.spaces.bind(binding, &given)?;
            self.check(path, ty, &given)?;
        }
        self.spaces.push(given);
        Ok(())
    }

    /// Checks that what is given for an import is of its type; what isn't is one of the errors.
    fn check(&mut self, path: &str, expected: &EntityType, given: &Entity<E>) -> Result<(), Error> {
        let result = match (expected, given) {
            (EntityType::Function(expected), Entity::Function(function)) => {
                return self.check_function(path, expected, *function);
            }
            (EntityType::Instance(expected), Entity::Instance(given)) => {
                for (name, expected) in &expected.exports {
                    let path = within(path, name);
                    match (given.0.get(name), expected) {
                        (Some(given), expected) => self.check(&path, expected, given)?,
                        (None, EntityType::Type(_)) => {}
                        (None, _) => {
                            let expected = expected.to_string();
                            self.errors.push(ImportError::Missing { name: path, expected });
                        }
                    }
                }
                Ok(())
            }
            (EntityType::Resource(slot), Entity::Resource(given)) => {
                match self.spaces.slot(*slot) {
                    Ok(bound) if bound == *given => Ok(()),
                    _ => Err(ImportError::Mismatch {
                        name: path.into(),
                        expected: "the resource type of another import".into(),
                        given: "a different one".into(),
                    }),
                }
            }
            (EntityType::Module(expected), Entity::Module(given)) => {
                matching::module(path, &given.ty, expected)
            }
            (EntityType::Component(expected), Entity::Component(given)) => {
                matching::component(path, &given.definition, expected)
            }
            (EntityType::Type(_), _) => Ok(()),
            (expected, given) => Err(mismatch(path, expected, given.kind())),
        };
        self.errors.extend(result.err());
        Ok(())
    }

    fn check_function(
        &mut self,
        path: &str,
        expected: &FunctionType,
        function: FunctionId,
    ) -> Result<(), Error> {
        let state = self.cx.data_mut();
        let given = match state.functions.host_function(function).cloned() {
            None => state.functions.lifted(function)?.ty.clone(),
            Some(function) => {
                match (&function.declared, &function.call) {
                    (Some(declared), _) => state.declared_type(declared)?,
                    (None, HostFunctionCall::Typed(function)) => {
                        return self.check_typed(path, expected, &**function);
                    }
                    // It takes what it is given, and says if that isn't its.
                    (None, _) => return Ok(()),
                }
            }
        };
        let Some(expected) = self.expected_function_type(expected)? else { return Ok(()) };
        if expected != given {
            self.errors.push(ImportError::Mismatch {
                name: path.into(),
                expected: expected.to_string(),
                given: given.to_string(),
            });
        }
        Ok(())
    }

    /// Checks that a host function whose types are Rust's own is of the type of an import.
    fn check_typed(
        &mut self,
        path: &str,
        expected: &FunctionType,
        function: &dyn TypedHostFunction<E, T>,
    ) -> Result<(), Error> {
        let Some(expected) = self.expected_function_type(expected)? else { return Ok(()) };
        if let Err(mismatch) = function.check(&expected) {
            let mismatch = Box::new(mismatch);
            self.errors.push(ImportError::Function { name: path.into(), mismatch });
        }
        Ok(())
    }

    /// Returns the type that a function is to have; nothing if it names the resource type of an
    /// import that is wrong itself.
    fn expected_function_type(
        &mut self,
        expected: &FunctionType,
    ) -> Result<Option<Arc<FunctionType>>, Error> {
        match self.resolve_function_type(expected) {
            Err(Error::Unknown(Table::Types)) if !self.errors.is_empty() => Ok(None),
            expected => expected.map(Some),
        }
    }
}

/// Checks that there are resource types where slots are to be filled from.
fn check_bound<E: CoreEngine>(
    path: &str,
    binding: Option<&Binding>,
    given: &Entity<E>,
) -> Result<(), ImportError> {
    match (binding, given) {
        (None, _) | (Some(Binding::Resource(_)), Entity::Resource(_)) => Ok(()),
        (Some(Binding::Resource(_)), given) => Err(mismatch(path, &"resource", given.kind())),
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
        (Some(Binding::Instance(_)), given) => Err(mismatch(path, &"instance", given.kind())),
    }
}

impl<E: CoreEngine, T: 'static> State<E, T> {
    /// Returns the type that a host function was said to have, with the store's numbers.
    fn declared_type(&mut self, declared: &DeclaredType<E, T>) -> Result<Arc<FunctionType>, Error> {
        let resources = declared.resources.iter();
        let slots: Vec<_> =
            resources.map(|token| self.resource_type(token).map(Some)).collect::<Result<_, _>>()?;
        let mut numbers = SlotNumbers::new(&slots, self);
        declared.ty.resolve(&mut Resolver::default(), &mut numbers).map(Arc::new)
    }
}

fn mismatch(path: &str, expected: &impl Display, given: &'static str) -> ImportError {
    ImportError::Mismatch { name: path.into(), expected: expected.to_string(), given: given.into() }
}

//! Finding what a linker has for the imports of a component.

use alloc::collections::BTreeMap;
use alloc::string::ToString as _;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::builtin::TypeIndex;
use crate::component::definition::extern_type::{ExternType, InstanceType};
use crate::component::definition::import_error::{ImportError, within};
use crate::component::definition::resource_names::ResourceNames;
use crate::component::definition::versions;
use crate::component::run::context::Context;
use crate::component::run::host_resource::HostResourceType;
use crate::component::run::instantiate::error::InstantiateError;
use crate::component::run::instantiate::given::{Given, GivenByName};
use crate::component::run::instantiate::imports::import_errors;
use crate::engine::{CoreContext as _, CoreEngine};

use super::instance::Instance;
use super::instance_pre::{InstancePre, make};
use super::linker::{Linker, Provided};
use super::loading::Component;

impl<E: CoreEngine, T: 'static> Linker<E, T> {
    /// Finds what the linker has for the imports of a component, and checks it: once for any number
    /// of instances, in any stores. What the linker is given later makes no difference.
    ///
    /// The types of functions that [`exports_of`](Self::exports_of) gives are checked when an
    /// instance is made.
    ///
    /// # Errors
    ///
    /// [`InstantiateError::Imports`], with every error.
    pub fn instantiate_pre(
        &self,
        component: &Component<E>,
    ) -> Result<InstancePre<E, T>, InstantiateError> {
        let (given, errors) = self.find_all(component);
        if errors.is_empty() {
            Ok(InstancePre::new(component.clone(), given))
        } else {
            Err(InstantiateError::Imports(errors))
        }
    }

    /// Returns what is wrong with what the linker has for the imports of a component, without making
    /// an instance: nothing if [`instantiate_pre`](Self::instantiate_pre) succeeds.
    #[must_use]
    pub fn check(&self, component: &Component<E>) -> Vec<ImportError> {
        self.find_all(component).1
    }

    /// Makes an instance of a component, with what the linker has for its imports.
    pub(crate) fn instantiate(
        &self,
        cx: &mut Context<'_, E, T>,
        component: &Component<E>,
    ) -> Result<Instance<E>, InstantiateError> {
        if !component.closure.code.engine.is_same(&cx.data().engine) {
            return Err(InstantiateError::OtherEngine);
        }
        let (given, errors) = self.find_all(component);
        if !errors.is_empty() {
            return Err(InstantiateError::Imports(errors));
        }
        make(&component.closure, &given, given.values().any(Given::is_in_store), cx)
    }

    /// Returns what the linker has for the imports of a component, and what is wrong with it, in the
    /// order of the imports.
    fn find_all(&self, component: &Component<E>) -> (GivenByName<E, T>, Vec<ImportError>) {
        let definition = &component.closure.definition;
        let (resources, errors) = (BTreeMap::new(), Vec::new());
        let mut search = Search { component, position: 0, resources, errors };
        let mut all = BTreeMap::new();
        for (position, (name, ty)) in definition.imports().enumerate() {
            search.position = position;
            let import =
                Import { name: &name.name, full_name: &name.full_name, path: &name.full_name };
            let given = self.find(import, ty, &mut search);
            all.extend(given.map(|given| (name.name.clone(), given)));
        }
        let mut errors = search.errors;
        errors.extend(import_errors(definition, &all, None));
        errors.sort_by_key(|(position, _)| *position);
        (all, errors.into_iter().map(|(_, error)| error).collect())
    }

    /// Returns what is given for an import, of whatever type that is; if nothing is, that is one of
    /// the errors.
    fn find(
        &self,
        import: Import<'_>,
        ty: &ExternType,
        search: &mut Search<'_, E, T>,
    ) -> Option<Given<E, T>> {
        let Import { name, full_name, path } = import;
        let Some(provided) = versions::find(&self.provided, name, full_name) else {
            let given = search.of_itself(ty);
            if given.is_none() {
                let expected = ty.with_names(&search.names()).to_string();
                search.tell(ImportError::Missing { name: path.into(), expected });
            }
            return given;
        };
        let engine = &search.component.closure.code.engine;
        Some(match provided {
            Provided::Function(function) => Given::Function(function.clone(), path.into()),
            Provided::Instance(linker) => match ty {
                ExternType::Instance(ty) => linker.find_parts(path, ty, search),
                _ => Given::Instance(BTreeMap::new()),
            },
            Provided::Exports(instance) => {
                Given::Exports(instance.exports.clone(), instance.store.clone(), instance.root)
            }
            Provided::Resource(token) => {
                if let ExternType::Resource(slot) = ty {
                    search.resources.insert(*slot, token.clone());
                }
                Given::Resource(token.clone())
            }
            Provided::Module(module) if module.loaded().engine.is_same(engine) => {
                Given::Module(module.clone())
            }
            Provided::Component(component) if component.closure.code.engine.is_same(engine) => {
                Given::Component(component.closure.clone())
            }
            Provided::Module(_) | Provided::Component(_) => {
                search.tell(ImportError::OtherEngine { name: path.into() });
                return None;
            }
        })
    }

    /// Puts together the instance that is given for an import.
    fn find_parts(
        &self,
        path: &str,
        ty: &InstanceType,
        search: &mut Search<'_, E, T>,
    ) -> Given<E, T> {
        let mut parts = BTreeMap::new();
        for (name, ty) in ty.exports() {
            let path = within(path, name);
            let import = Import { name, full_name: name, path: &path };
            let given = self.find(import, ty, search);
            parts.extend(given.map(|given| (Arc::from(name), given)));
        }
        Given::Instance(parts)
    }
}

/// The names of an import.
#[derive(Clone, Copy)]
struct Import<'a> {
    name: &'a str,
    /// The name with its version in full.
    full_name: &'a str,
    /// The name with those of the instances that it is in before it.
    path: &'a str,
}

/// A search for what is given for a component's imports.
struct Search<'a, E: CoreEngine, T: 'static> {
    component: &'a Component<E>,
    /// The position of the import that is looked for.
    position: usize,
    /// The resource types of the host that were given, by the component's slots.
    resources: BTreeMap<TypeIndex, HostResourceType<E, T>>,
    /// The mistakes, with the positions of their imports.
    errors: Vec<(usize, ImportError)>,
}

impl<E: CoreEngine, T: 'static> Search<'_, E, T> {
    fn tell(&mut self, error: ImportError) {
        self.errors.push((self.position, error));
    }

    /// Returns the names that the component has for resource types.
    fn names(&self) -> ResourceNames {
        ResourceNames::of(self.component.closure.definition.externs())
    }

    /// Returns what an import is that nobody needs to give: a type that its definition says, a
    /// resource type that was given by another name, or an instance of nothing else.
    fn of_itself(&self, ty: &ExternType) -> Option<Given<E, T>> {
        match ty {
            ExternType::Type(_) => Some(Given::Type),
            ExternType::Resource(slot) => self.resources.get(slot).cloned().map(Given::Resource),
            ExternType::Instance(ty) => {
                let parts = ty.exports();
                let parts = parts.map(|(name, ty)| Some((Arc::from(name), self.of_itself(ty)?)));
                Some(Given::Instance(parts.collect::<Option<_>>()?))
            }
            _ => None,
        }
    }
}

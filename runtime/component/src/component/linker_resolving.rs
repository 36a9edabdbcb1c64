//! Finding the imports of a component in a linker.

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
    /// Finds the imports of a component in the linker, and checks them: once for any number of
    /// instances, in any stores. Later changes of the linker have no effect on the result.
    ///
    /// The types of functions that [`exports_of`](Self::exports_of) defines, and its resource types,
    /// are checked when an instance is made.
    ///
    /// # Errors
    ///
    /// [`InstantiateError::Imports`], which has all errors.
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

    /// Returns all errors that [`instantiate_pre`](Self::instantiate_pre) would have for the
    /// imports of a component. The result is empty if that succeeds.
    #[must_use]
    pub fn check(&self, component: &Component<E>) -> Vec<ImportError> {
        self.find_all(component).1
    }

    /// Makes an instance of a component, whose imports are found in the linker.
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

    /// Returns the items for the imports of a component, and all errors, in the order of the
    /// imports.
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

    /// Returns the item for an import, of whatever type it is. If there is none, that is one of the
    /// errors.
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

    /// Puts together the instance for an import.
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
    /// The name, after those of the instances that it is in.
    path: &'a str,
}

/// A search for the imports of a component.
struct Search<'a, E: CoreEngine, T: 'static> {
    component: &'a Component<E>,
    /// The position of the import that is searched for.
    position: usize,
    /// The resource types of the host that were found, by the component's slots.
    resources: BTreeMap<TypeIndex, HostResourceType<E, T>>,
    /// The errors, with the positions of their imports.
    errors: Vec<(usize, ImportError)>,
}

impl<E: CoreEngine, T: 'static> Search<'_, E, T> {
    fn tell(&mut self, error: ImportError) {
        self.errors.push((self.position, error));
    }

    /// Returns the component's names of resource types.
    fn names(&self) -> ResourceNames {
        ResourceNames::of(self.component.closure.definition.externs())
    }

    /// Returns an import that needs no item: a type that is fully defined, a resource type that was
    /// found under another name, or an instance that contains only such items.
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

//! Components without an engine.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use crate::builtin::TypeIndex;
use crate::component::definition::decode::{Bodies, InvalidComponent, decode};
use crate::component::definition::extern_type::ExternType;
use crate::component::definition::features::Features;
use crate::component::definition::items::Definition;
use crate::component::definition::resource_names::ResourceNames;
use crate::component::definition::wit::WitText;

/// A component that is decoded and valid, without an engine. It is for tools that show components,
/// even those that no available engine can run. A [`Component`](super::Component) answers the same
/// questions.
///
/// Its text is a world in WIT's syntax, as for a [`Component`](super::Component).
///
/// ```
/// use weft::component::{DecodedComponent, needed_capabilities};
/// use weft::engine::Capability;
///
/// let bytes = wat::parse_str(r#"
///     (component
///         (import "log" (func (param "text" string)))
///         (core module (tag)))
/// "#)?;
/// let component = DecodedComponent::new(&bytes)?;
/// assert_eq!(component.imports().next().map(|(name, _)| name), Some("log"));
/// let module = component.core_modules().next().unwrap();
/// assert_eq!(needed_capabilities(&bytes[module])?, [Capability::ExceptionHandling]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct DecodedComponent {
    definition: Arc<Definition>,
    modules: Vec<Range<usize>>,
}

impl DecodedComponent {
    /// Decodes a component from its binary format.
    ///
    /// # Errors
    ///
    /// [`InvalidComponent`]
    pub fn new(bytes: &[u8]) -> Result<Self, InvalidComponent> {
        Self::with_features(bytes, Features::default())
    }

    /// Decodes a component that may use features which are off by default.
    ///
    /// # Errors
    ///
    /// [`InvalidComponent`]
    pub fn with_features(bytes: &[u8], features: Features) -> Result<Self, InvalidComponent> {
        let decoded = decode(bytes, features, Bodies::Validated)?;
        let modules = decoded.modules.into_iter().map(|module| module.bytes).collect();
        Ok(Self { definition: decoded.root, modules })
    }

    /// Returns the names and types of the imports, in their order.
    pub fn imports(&self) -> impl Iterator<Item = (&str, &ExternType)> {
        self.definition.imports().map(|(name, ty)| (&*name.full_name, ty))
    }

    /// Returns the names and types of the exports, in their order.
    pub fn exports(&self) -> impl Iterator<Item = (&str, &ExternType)> {
        self.definition.exports().map(|(name, ty)| (&*name.full_name, ty))
    }

    /// Returns the name of a resource type, by its number in the types of imports and exports: see
    /// [`Component::resource_name`](super::Component::resource_name).
    #[must_use]
    pub fn resource_name(&self, resource: TypeIndex) -> Option<String> {
        self.resource_names().path(resource).map(String::from)
    }

    /// Returns the names of all resource types that an import or export names: see
    /// [`Component::resource_names`](super::Component::resource_names).
    #[must_use]
    pub fn resource_names(&self) -> ResourceNames {
        ResourceNames::of(self.definition.externs())
    }

    /// Returns the ranges of the core modules in the bytes: those of the component and of the
    /// components inside of it, in their order.
    pub fn core_modules(&self) -> impl ExactSizeIterator<Item = Range<usize>> {
        self.modules.iter().cloned()
    }
}

impl fmt::Display for DecodedComponent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        WitText(&self.definition).fmt(f)
    }
}

impl fmt::Debug for DecodedComponent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecodedComponent").finish_non_exhaustive()
    }
}

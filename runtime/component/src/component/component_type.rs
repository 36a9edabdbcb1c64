//! The types of components: their imports and exports.

use core::fmt;

use crate::builtin::TypeIndex;
use crate::component::definition::extern_type::ExternType;
use crate::component::definition::resource_names::ResourceNames;
use crate::component::definition::wit::WitText;
use crate::engine::CoreEngine;

use super::loading::Component;

use alloc::string::String;

/// Questions about the type of a component.
///
/// ```
/// # #[cfg(feature = "wasmi")] {
/// use weft::component::{Component, ExternType};
/// use weft::engine::wasmi::Wasmi;
///
/// let component = wat::parse_str(r#"
///     (component
///         (import "example:words/store@1.0.0" (instance $store
///             (export "word" (type $word (sub resource)))
///             (export "[method]word.text" (func (param "self" (borrow $word)) (result string)))
///             (export "first" (func (result (own $word))))))
///         (core module $module (func (export "f") (result i32) (i32.const 7)))
///         (core instance $instance (instantiate $module))
///         (func (export "count") (result u32) (canon lift (core func $instance "f"))))
/// "#)?;
/// let component = Component::new(&Wasmi::default(), &component)?;
///
/// let (name, ty) = component.imports().next().unwrap();
/// assert_eq!(name, "example:words/store@1.0.0");
/// let ExternType::Instance(store) = ty else { panic!() };
/// assert_eq!(store.exports().map(|(name, _)| name).nth(2), Some("first"));
///
/// assert_eq!(component.to_string(), "\
/// package root:component;
///
/// world root {
///   import example:words/store@1.0.0;
///   export count: func() -> u32;
/// }
///
/// package example:words@1.0.0 {
///   interface store {
///     resource word {
///       text: func() -> string;
///     }
///     first: func() -> word;
///   }
/// }
/// ");
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl<E: CoreEngine> Component<E> {
    /// Returns the names and types of the imports, in their order.
    pub fn imports(&self) -> impl Iterator<Item = (&str, &ExternType)> {
        self.closure.definition.imports().map(|(name, ty)| (&*name.full_name, ty))
    }

    /// Returns the names and types of the exports, in their order.
    pub fn exports(&self) -> impl Iterator<Item = (&str, &ExternType)> {
        self.closure.definition.exports().map(|(name, ty)| (&*name.full_name, ty))
    }

    /// Returns the name of a resource type, by its number in the types of imports and exports. The
    /// name follows those of the instances that it is in, as in `wasi:io/error@0.2.0/error`.
    /// Returns `None` if no import or export names it.
    #[must_use]
    pub fn resource_name(&self, resource: TypeIndex) -> Option<String> {
        self.resource_names().path(resource).map(String::from)
    }

    /// Returns the names of all resource types that an import or export names, to write types with
    /// them. Names of instances are before a name only if another resource type has the same one.
    ///
    /// ```
    /// # #[cfg(feature = "wasmi")] {
    /// use weft::component::{Component, ExternType};
    /// use weft::engine::wasmi::Wasmi;
    ///
    /// let component = wat::parse_str(r#"
    ///     (component
    ///         (import "word" (type $word (sub resource)))
    ///         (import "first" (func (result (own $word)))))
    /// "#)?;
    /// let component = Component::new(&Wasmi::default(), &component)?;
    /// let names = component.resource_names();
    /// let (_, ExternType::Function(first)) = component.imports().nth(1).unwrap() else { panic!() };
    /// assert_eq!(first.with_names(&names).to_string(), "func() -> own<word>");
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn resource_names(&self) -> ResourceNames {
        ResourceNames::of(self.closure.definition.externs())
    }
}

/// A world in WIT's syntax, with the interfaces that the component imports and exports.
///
/// The types in a component are structural. So a type is printed with the name that its interface
/// has for it. An alias of a type without a name of its own, such as `type size = u32`, is printed
/// as the type that it stands for. An item that WIT has no syntax for, such as an imported core
/// module, is printed as a comment.
impl<E: CoreEngine> fmt::Display for Component<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        WitText(&self.closure.definition).fmt(f)
    }
}

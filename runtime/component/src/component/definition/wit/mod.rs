//! Components in WIT's syntax.
//!
//! The types in a definition are structural, so a type is written with the name that its interface
//! has for it. An alias of a type without a name of its own, such as `type size = u32`, is written,
//! but functions use the type that it stands for.
//!
//! | file | contents |
//! |---|---|
//! | `interfaces` | the interfaces of a component, and where each type is defined |
//! | `scope` | the names in one interface, and what it uses of others |
//! | `items` | the text of types, resources and functions |
//! | `function_name` | the parts of functions' names |
//! | `identifier` | names, with `%` where they are keywords |

mod function_name;
mod identifier;
mod interfaces;
mod items;
mod scope;

use alloc::string::String;
use core::fmt::{self, Write as _};

use super::extern_type::ExternType;
use super::items::{Definition, ExternName};
use super::resource_names::ResourceNames;
use function_name::FunctionName;
use identifier::{Identifier, InterfaceName};
use interfaces::Interfaces;
use scope::Scope;

/// A component as a world, with the interfaces that it imports and exports.
///
/// Items that WIT has no syntax for are comments.
pub(crate) struct WitText<'a>(pub(crate) &'a Definition);

impl fmt::Display for WitText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let interfaces = Interfaces::of(self.0);
        f.write_str("package root:component;\n\nworld root {\n")?;
        let mut world = String::new();
        Self::world(self.0, &interfaces, &mut world)?;
        f.write_str(&world)?;
        f.write_str("}\n")?;
        for package in interfaces.packages() {
            write!(f, "\npackage {package} {{\n")?;
            for (position, interface) in interfaces.of_package(package).enumerate() {
                f.write_str(if position == 0 { "" } else { "\n" })?;
                writeln!(f, "  interface {} {{", Identifier(interface.name.interface))?;
                let mut text = String::new();
                let scope = Scope::of_interface(&interfaces, interface);
                items::write(&mut text, "    ", &interface.items, &scope, Some(package))?;
                f.write_str(&text)?;
                f.write_str("  }\n")?;
            }
            f.write_str("}\n")?;
        }
        Ok(())
    }
}

impl WitText<'_> {
    fn world(
        definition: &Definition,
        interfaces: &Interfaces<'_>,
        text: &mut String,
    ) -> fmt::Result {
        let scope = Scope::of_world(interfaces, definition);
        let mut types = alloc::vec::Vec::new();
        for (name, ty) in definition.imports() {
            match ty {
                ExternType::Resource(_) | ExternType::Type(_) => types.push((&*name.name, ty)),
                ExternType::Function(_) if is_of_resource(&name.name) => {
                    types.push((&*name.name, ty));
                }
                _ => {}
            }
        }
        for (name, ty) in definition.exports() {
            let is_type = matches!(ty, ExternType::Resource(_) | ExternType::Type(_));
            if (is_type || is_of_resource(&name.name))
                && !types.iter().any(|(it, _)| **it == *name.name)
            {
                types.push((&*name.name, ty));
            }
        }
        items::write(text, "  ", &types, &scope, None)?;
        let names = ResourceNames::of(definition.externs());
        let imports = definition.imports().map(|it| ("import", it));
        let exports = definition.exports().map(|it| ("export", it));
        for (keyword, (name, ty)) in imports.chain(exports) {
            match ty {
                ExternType::Resource(_) | ExternType::Type(_) => {}
                ExternType::Function(_) if is_of_resource(&name.name) => {}
                ExternType::Function(function) => {
                    write!(text, "  {keyword} ")?;
                    items::function(text, &FunctionName::parse(&name.name), function, &scope)?;
                }
                ExternType::Instance(_) if is_interface(name) => {
                    write!(text, "  {keyword} ")?;
                    if let Some(implements) = &name.implements {
                        writeln!(text, "{}: {implements};", Identifier(&name.name))?;
                    } else {
                        writeln!(text, "{};", name.full_name)?;
                    }
                }
                ExternType::Instance(instance) if identifier::is_plain(&name.name) => {
                    writeln!(text, "  {keyword} {}: interface {{", Identifier(&name.name))?;
                    let exports: alloc::vec::Vec<_> = instance.exports().collect();
                    let scope = Scope::of_items(interfaces, None, &exports);
                    items::write(text, "    ", &exports, &scope, None)?;
                    text.write_str("  }\n")?;
                }
                ty => items::comment(text, "  ", keyword, &name.full_name, &ty.with_names(&names))?,
            }
        }
        Ok(())
    }
}

/// Returns `true` if a name is that of a function of a resource type.
fn is_of_resource(name: &str) -> bool {
    FunctionName::parse(name).resource.is_some()
}

/// Returns `true` if an instance is an interface of a package.
fn is_interface(name: &ExternName) -> bool {
    let name = name.implements.as_deref().unwrap_or(&name.full_name);
    InterfaceName::parse(name).is_some()
}

//! The text of types, resources and functions.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Display, Write as _};

use crate::abi::{Type, VariantShape};
use crate::component::definition::extern_type::ExternType;
use crate::component::definition::function_type::FunctionType;
use crate::component::definition::resource_names::ResourceNames;

use super::function_name::{FunctionName, Kind};
use super::identifier::{Identifier, PackageName};
use super::scope::{Scope, has_own_name};

/// An item, by its name.
type Item<'a> = (&'a str, &'a ExternType);

/// Writes the items of an interface of `package`, or the types of a world, each line after
/// `indent`.
pub(super) fn write(
    text: &mut String,
    indent: &str,
    items: &[Item<'_>],
    scope: &Scope<'_>,
    package: Option<PackageName<'_>>,
) -> fmt::Result {
    for (interface, names) in scope.uses() {
        write!(text, "{indent}use ")?;
        // An interface of the same package is named without the package.
        if package == Some(interface.package) {
            write!(text, "{}.{{", Identifier(interface.interface))?;
        } else {
            write!(text, "{interface}.{{")?;
        }
        for (position, (there, here)) in names.iter().enumerate() {
            write!(text, "{}{}", if position == 0 { "" } else { ", " }, Identifier(there))?;
            if there != here {
                write!(text, " as {}", Identifier(here))?;
            }
        }
        text.push_str("};\n");
    }
    let names = ResourceNames::of(items.iter().copied());
    for (name, ty) in items {
        match ty {
            ExternType::Resource(number) => match scope.name_of_resource(*number) {
                _ if scope.is_used(name) => {}
                Some(first) if first != *name => alias(text, indent, name, &Identifier(first))?,
                _ => resource(text, indent, name, items, scope)?,
            },
            ExternType::Type(Some(_)) if scope.is_used(name) => {}
            ExternType::Type(Some(ty)) => declaration(text, indent, name, ty, scope)?,
            ExternType::Function(ty) => {
                let name = FunctionName::parse(name);
                if name.resource.is_none() {
                    text.push_str(indent);
                    function(text, &name, ty, scope)?;
                }
            }
            ty => comment(text, indent, "export", name, &ty.with_names(&names))?,
        }
    }
    Ok(())
}

/// Writes an item that WIT has no syntax for.
pub(super) fn comment(
    text: &mut String,
    indent: &str,
    keyword: &str,
    name: &str,
    ty: &dyn Display,
) -> fmt::Result {
    let start = text.len();
    write!(text, "{indent}// {keyword} {name}: {ty};")?;
    let line: String = text.drain(start..).filter(|it| !it.is_control()).collect();
    writeln!(text, "{line}")
}

fn alias(text: &mut String, indent: &str, name: &str, ty: &dyn Display) -> fmt::Result {
    writeln!(text, "{indent}type {} = {ty};", Identifier(name))
}

/// Writes a resource type, with its functions.
fn resource(
    text: &mut String,
    indent: &str,
    name: &str,
    items: &[Item<'_>],
    scope: &Scope<'_>,
) -> fmt::Result {
    let functions: Vec<_> = items
        .iter()
        .filter_map(|(function, ty)| match ty {
            ExternType::Function(ty) => Some((FunctionName::parse(function), &**ty)),
            _ => None,
        })
        .filter(|(function, _)| function.resource == Some(name))
        .collect();
    write!(text, "{indent}resource {}", Identifier(name))?;
    if functions.is_empty() {
        text.push_str(";\n");
        return Ok(());
    }
    text.push_str(" {\n");
    for (name, ty) in functions {
        write!(text, "{indent}  ")?;
        function(text, &name, ty, scope)?;
    }
    writeln!(text, "{indent}}}")
}

/// Writes a function.
pub(super) fn function(
    text: &mut String,
    name: &FunctionName<'_>,
    ty: &FunctionType,
    scope: &Scope<'_>,
) -> fmt::Result {
    let keyword = name.accessor.unwrap_or("func");
    let asynchronous = if ty.is_async() { "async " } else { "" };
    let mut skipped = 0;
    match name.kind {
        Kind::Constructor => text.push_str("constructor"),
        Kind::Static => {
            write!(text, "{}: static {asynchronous}{keyword}", Identifier(name.name))?;
        }
        Kind::Free | Kind::Method => {
            // The first parameter of a method is the resource itself.
            skipped = usize::from(name.kind == Kind::Method);
            write!(text, "{}: {asynchronous}{keyword}", Identifier(name.name))?;
        }
    }
    text.push('(');
    for (position, (name, ty)) in ty.params().skip(skipped).enumerate() {
        let comma = if position == 0 { "" } else { ", " };
        write!(text, "{comma}{}: {}", Identifier(name), ty.with_names(scope))?;
    }
    text.push(')');
    match ty.result() {
        Some(Type::Own(_)) if name.kind == Kind::Constructor => {}
        Some(result) => write!(text, " -> {}", result.with_names(scope))?,
        None => {}
    }
    text.push_str(";\n");
    Ok(())
}

/// Writes a type with a name.
fn declaration(
    text: &mut String,
    indent: &str,
    name: &str,
    ty: &Type,
    scope: &Scope<'_>,
) -> fmt::Result {
    if has_own_name(ty)
        && let Some(first) = scope.name_of_type(ty)
        && first != name
    {
        return alias(text, indent, name, &Identifier(first));
    }
    let keyword = match ty {
        Type::Own(resource) => {
            let resource = scope.name_of_resource(*resource).unwrap_or("resource");
            return writeln!(
                text,
                "{indent}type {} = own<{}>;",
                Identifier(name),
                Identifier(resource)
            );
        }
        Type::Record(_) if has_own_name(ty) => "record",
        Type::Variant(variant) if has_own_name(ty) => match variant.shape() {
            VariantShape::Enum => "enum",
            _ => "variant",
        },
        Type::Flags(_) => "flags",
        ty => return alias(text, indent, name, &ty.with_names(scope)),
    };
    writeln!(text, "{indent}{keyword} {} {{", Identifier(name))?;
    match ty {
        Type::Record(record) => {
            for field in record.fields() {
                let (name, ty) = (Identifier(field.name()), field.ty().with_names(scope));
                writeln!(text, "{indent}  {name}: {ty},")?;
            }
        }
        Type::Variant(variant) => {
            for case in variant.cases() {
                write!(text, "{indent}  {}", Identifier(case.name()))?;
                if let Some(payload) = case.payload() {
                    write!(text, "({})", payload.with_names(scope))?;
                }
                text.push_str(",\n");
            }
        }
        Type::Flags(flags) => {
            for label in flags.labels() {
                writeln!(text, "{indent}  {},", Identifier(label))?;
            }
        }
        _ => {}
    }
    writeln!(text, "{indent}}}")
}

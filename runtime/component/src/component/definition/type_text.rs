//! Types of imports and exports as text, for messages: WIT, where it has syntax for them.

use core::fmt::{self, Display, Formatter};

use crate::core_value::IntegerType;
use crate::error::OneLine;

use super::extern_type::{
    CoreExternType, CoreLimits, CoreSignature, CoreValueType, ExternType, HeapType, ReferenceType,
};
use super::resource_names::ResourceNames;

/// The largest number of imports and exports that are named, so that a message stays short.
const NAMED: usize = 8;

/// Writes the type on one line, as WIT where it has syntax for it. Numbers replace the names of
/// resource types.
impl Display for ExternType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.with_names(&ResourceNames::default()).fmt(f)
    }
}

/// The type of an import or export that is written with names. [`ExternType::with_names`] returns it.
#[derive(Clone, Copy, Debug)]
pub struct NamedExternType<'a> {
    ty: &'a ExternType,
    names: &'a ResourceNames,
}

impl ExternType {
    /// Returns the type as text, with the names of resource types. Only the parts of the outermost
    /// instance, component or core module are named, at most 8 of a kind.
    #[must_use]
    pub const fn with_names<'a>(&'a self, names: &'a ResourceNames) -> NamedExternType<'a> {
        NamedExternType { ty: self, names }
    }
}

impl Display for NamedExternType<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        use ExternType::{Component, Function, Instance, Module, Resource, Type};
        let names = self.names;
        match self.ty {
            Function(function) => function.with_names(names).fmt(f),
            Instance(instance) => {
                f.write_str("instance {")?;
                named(f, "", instance.exports(), names)?;
                f.write_str(" }")
            }
            Component(component) => {
                f.write_str("component {")?;
                named(f, "import ", component.imports(), names)?;
                named(f, "export ", component.exports(), names)?;
                f.write_str(" }")
            }
            Module(module) => {
                f.write_str("core module {")?;
                let imports = module.imports.iter();
                list(f, "import ", imports.map(|it| (Pair(&it.module, &it.name), &it.ty)))?;
                list(f, "export ", module.exports.iter().map(|(name, ty)| (OneLine(name), ty)))?;
                f.write_str(" }")
            }
            Resource(_) => f.write_str("resource"),
            Type(Some(ty)) => write!(f, "type {}", ty.with_names(names)),
            Type(None) => f.write_str("type"),
        }
    }
}

/// Two names of a core import.
struct Pair<'a>(&'a str, &'a str);

impl Display for Pair<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", OneLine(self.0), OneLine(self.1))
    }
}

/// A type inside of another one. An instance, a component or a core module is written without its
/// parts.
struct Within<'a>(NamedExternType<'a>);

impl Display for Within<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0.ty {
            ExternType::Instance(_) => f.write_str("instance"),
            ExternType::Component(_) => f.write_str("component"),
            ExternType::Module(_) => f.write_str("core module"),
            _ => self.0.fmt(f),
        }
    }
}

fn named<'a>(
    f: &mut Formatter<'_>,
    what: &str,
    types: impl Iterator<Item = (&'a str, &'a ExternType)>,
    names: &ResourceNames,
) -> fmt::Result {
    list(f, what, types.map(|(name, ty)| (OneLine(name), Within(ty.with_names(names)))))
}

fn list(
    f: &mut Formatter<'_>,
    what: &str,
    mut types: impl Iterator<Item = (impl Display, impl Display)>,
) -> fmt::Result {
    for (name, ty) in types.by_ref().take(NAMED) {
        write!(f, " {what}{name}: {ty};")?;
    }
    match types.count() {
        0 => Ok(()),
        more => write!(f, " {what}{more} more;"),
    }
}

impl Display for CoreExternType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Function(signature) => write!(f, "core func{signature}"),
            Self::Table { element, limits } => write!(f, "table {limits} {element}"),
            Self::Memory { limits, page_size_log2: 16 } => write!(f, "memory {limits}"),
            Self::Memory { limits, page_size_log2 } => {
                write!(f, "memory {limits} (pagesize 2^{page_size_log2})")
            }
            Self::Global { ty, is_mutable, is_shared } => {
                let shared = if *is_shared { "shared " } else { "" };
                let mutable = if *is_mutable { "mut " } else { "" };
                write!(f, "global {shared}{mutable}{ty}")
            }
            Self::Tag(signature) => write!(f, "tag{signature}"),
        }
    }
}

impl Display for CoreLimits {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let shared = if self.is_shared { " shared" } else { "" };
        let wide = if self.address_type == IntegerType::I64 { "i64 " } else { "" };
        write!(f, "{wide}{}", self.minimum)?;
        match self.maximum {
            None => f.write_str("..")?,
            Some(maximum) => write!(f, "..{maximum}")?,
        }
        f.write_str(shared)
    }
}

impl Display for CoreSignature {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        commas(f, &self.params)?;
        match &*self.results {
            [] => f.write_str(")"),
            [one] => write!(f, ") -> {one}"),
            several => {
                f.write_str(") -> (")?;
                commas(f, several)?;
                f.write_str(")")
            }
        }
    }
}

fn commas(f: &mut Formatter<'_>, types: &[CoreValueType]) -> fmt::Result {
    for (position, ty) in types.iter().enumerate() {
        write!(f, "{}{ty}", if position == 0 { "" } else { ", " })?;
    }
    Ok(())
}

impl Display for CoreValueType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::I32 => f.write_str("i32"),
            Self::I64 => f.write_str("i64"),
            Self::F32 => f.write_str("f32"),
            Self::F64 => f.write_str("f64"),
            Self::V128 => f.write_str("v128"),
            Self::Reference(reference) => reference.fmt(f),
        }
    }
}

impl Display for ReferenceType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let null = if self.is_nullable { "null " } else { "" };
        match self.heap_type {
            HeapType::Abstract { name, is_shared: false } => write!(f, "(ref {null}{name})"),
            HeapType::Abstract { name, is_shared: true } => {
                write!(f, "(ref {null}(shared {name}))")
            }
            HeapType::Defined(_) => write!(f, "(ref {null}of a defined type)"),
        }
    }
}

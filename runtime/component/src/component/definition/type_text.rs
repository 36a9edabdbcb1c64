//! Types of imports and exports as text, for messages: as WIT spells them where it does.

use core::fmt::{self, Display, Formatter};

use crate::core_value::IntegerType;

use super::entity_type::{
    CoreEntityType, CoreLimits, CoreSignature, CoreValueType, EntityType, HeapType, NamedTypes,
    ReferenceType,
};

/// So many imports and exports of something are named.
const NAMED: usize = 8;

/// What is within an instance, component or core module is named only on the outermost level.
impl Display for EntityType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Function(function) => function.fmt(f),
            Self::Instance(instance) => {
                f.write_str("instance {")?;
                named(f, "", &instance.exports)?;
                f.write_str(" }")
            }
            Self::Component(component) => {
                f.write_str("component {")?;
                named(f, "import ", &component.imports)?;
                named(f, "export ", &component.exports)?;
                f.write_str(" }")
            }
            Self::Module(module) => {
                f.write_str("core module {")?;
                let imports = module.imports.iter();
                list(f, "import ", imports.map(|it| (Pair(&it.module, &it.name), &it.ty)))?;
                list(f, "export ", module.exports.iter().map(|(name, ty)| (name, ty)))?;
                f.write_str(" }")
            }
            Self::Resource(_) => f.write_str("resource"),
            Self::Type(Some(ty)) => write!(f, "type {ty}"),
            Self::Type(None) => f.write_str("type"),
        }
    }
}

/// Two names of a core import.
struct Pair<'a>(&'a str, &'a str);

impl Display for Pair<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

/// What is within something else: an instance or a component is no more than that.
struct Within<'a>(&'a EntityType);

impl Display for Within<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            EntityType::Instance(_) => f.write_str("instance"),
            EntityType::Component(_) => f.write_str("component"),
            EntityType::Module(_) => f.write_str("core module"),
            ty => ty.fmt(f),
        }
    }
}

fn named(f: &mut Formatter<'_>, what: &str, types: &NamedTypes) -> fmt::Result {
    list(f, what, types.iter().map(|(name, ty)| (name, Within(ty))))
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

impl Display for CoreEntityType {
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

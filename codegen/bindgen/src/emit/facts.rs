//! Facts about types, which are collected before any Rust is generated.

use std::collections::{HashMap, HashSet};

use weft_spec::Diagnostic;
use wit_parser::{Handle, Resolve, Type, TypeDefKind, TypeId};

/// The longest tuple for which Rust's library implements its traits.
pub(crate) const LONGEST_TUPLE: usize = 12;

/// The facts about one type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    /// `true` if it contains a borrow, and therefore needs a lifetime.
    pub(crate) borrows: bool,
    /// The way to get a second value.
    pub(crate) keep: Keep,
    /// `true` if its equality is total, and it can be hashed; this excludes floats.
    pub(crate) eq: bool,
    /// `true` if it contains a stream or a future.
    pub(crate) ends: bool,
}

/// The way to get a second value of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Keep {
    /// By copying.
    Copy,
    /// By cloning.
    Clone,
    /// Impossible: it contains an own handle, or an end of a stream or future.
    Own,
}

impl Facts {
    /// Returns the facts of a plain number.
    fn plain() -> Self {
        Self { borrows: false, keep: Keep::Copy, eq: true, ends: false }
    }

    /// Returns the facts of data on the heap that contains `inner`.
    fn heap(inner: Self) -> Self {
        Self { keep: inner.keep.max(Keep::Clone), ..inner }
    }

    /// Returns the facts of a handle that has one owner.
    fn handle(inner: Self) -> Self {
        Self { keep: Keep::Own, eq: true, ..inner }
    }

    /// Combines the facts of two types in one.
    fn and(self, other: Self) -> Self {
        Self {
            borrows: self.borrows || other.borrows,
            keep: self.keep.max(other.keep),
            eq: self.eq && other.eq,
            ends: self.ends || other.ends,
        }
    }
}

/// The facts about every type.
#[derive(Debug)]
pub(crate) struct Known {
    facts: HashMap<TypeId, Facts>,
    errors: Vec<TypeId>,
    /// The resources whose values the store keeps.
    mapped: HashSet<TypeId>,
}

impl Known {
    /// Collects the facts of every type of `resolve`.
    ///
    /// Types that are cloned for exports may come after those that use them, so this repeats until
    /// nothing changes. It ends, because WIT's types are not recursive.
    pub(crate) fn new(resolve: &Resolve, mapped: HashSet<TypeId>) -> Self {
        let mut known = Self { facts: HashMap::new(), errors: Vec::new(), mapped };
        let mut changed = true;
        while changed {
            changed = false;
            for (id, definition) in &resolve.types {
                let facts = known.of_kind(resolve, &definition.kind);
                changed |= known.facts.insert(id, facts) != Some(facts);
            }
        }
        for (_, definition) in &resolve.types {
            if let TypeDefKind::Result(result) = &definition.kind
                && let Some(Type::Id(error)) = result.err
            {
                known.errors.push(origin(resolve, error));
            }
        }
        known.errors.sort();
        known.errors.dedup();
        known
    }

    /// Returns the facts of a type.
    pub(crate) fn of(&self, ty: Type) -> Facts {
        match ty {
            Type::Bool
            | Type::U8
            | Type::S8
            | Type::U16
            | Type::S16
            | Type::U32
            | Type::S32
            | Type::Char
            | Type::U64
            | Type::S64 => Facts::plain(),
            Type::F32 | Type::F64 => Facts { eq: false, ..Facts::plain() },
            Type::String => Facts::heap(Facts::plain()),
            Type::ErrorContext => Facts::handle(Facts::plain()),
            Type::Id(id) => self.facts.get(&id).copied().unwrap_or(Facts::plain()),
        }
    }

    pub(crate) fn of_all(&self, types: impl IntoIterator<Item = Type>) -> Facts {
        types.into_iter().fold(Facts::plain(), |all, ty| all.and(self.of(ty)))
    }

    fn of_kind(&self, resolve: &Resolve, kind: &TypeDefKind) -> Facts {
        match kind {
            TypeDefKind::Record(record) => self.of_all(record.fields.iter().map(|f| f.ty)),
            TypeDefKind::Variant(variant) => {
                let payloads = variant.cases.iter().filter_map(|case| case.ty);
                self.of_all(payloads)
            }
            TypeDefKind::Tuple(tuple) => self.of_all(tuple.types.iter().copied()),
            TypeDefKind::Option(ty)
            | TypeDefKind::Type(ty)
            | TypeDefKind::FixedLengthList(ty, _) => self.of(*ty),
            TypeDefKind::Result(result) => self.of_all(result.ok.into_iter().chain(result.err)),
            TypeDefKind::List(ty) => Facts::heap(self.of(*ty)),
            TypeDefKind::Map(key, value) => Facts::heap(self.of(*key).and(self.of(*value))),
            TypeDefKind::Handle(Handle::Own(_)) => Facts::handle(Facts::plain()),
            TypeDefKind::Handle(Handle::Borrow(id))
                if self.mapped.contains(&origin(resolve, *id)) =>
            {
                Facts { keep: Keep::Clone, ..Facts::plain() }
            }
            TypeDefKind::Handle(Handle::Borrow(_)) => Facts { borrows: true, ..Facts::plain() },
            TypeDefKind::Future(ty) | TypeDefKind::Stream(ty) => {
                Facts { ends: true, ..Facts::handle(self.of_all(*ty)) }
            }
            TypeDefKind::Flags(_)
            | TypeDefKind::Enum(_)
            | TypeDefKind::Resource
            | TypeDefKind::Unknown => Facts::plain(),
        }
    }

    /// Returns `true` if the store keeps the values of a resource, or of the resource that it is
    /// another name for.
    pub(crate) fn is_mapped(&self, resolve: &Resolve, id: TypeId) -> bool {
        self.mapped.contains(&origin(resolve, id))
    }

    /// Returns `true` if the definition `id` is the error of some `result`.
    pub(crate) fn is_error(&self, id: TypeId) -> bool {
        self.errors.binary_search(&id).is_ok()
    }
}

/// Creates the error for a construct that bindings cannot express.
pub(crate) fn cannot(construct: &str) -> Diagnostic {
    Diagnostic::error("bind-unsupported", format!("cannot generate {construct}"))
}

/// Returns the definition that `id` is another name for.
pub(crate) fn origin(resolve: &Resolve, id: TypeId) -> TypeId {
    let mut at = id;
    while let Some(TypeDefKind::Type(Type::Id(next))) = resolve.types.get(at).map(|t| &t.kind) {
        at = *next;
    }
    at
}

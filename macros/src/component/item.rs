//! Items, their types in the Component Model, and the names of their parts.

use proc_macro2::{Ident, TokenStream};
use syn::{
    Data, DataEnum, DataStruct, DeriveInput, Fields, GenericArgument, Generics, Lifetime, Member,
    Path, PathArguments, Type, spanned::Spanned as _,
};

use super::name::{Name, check_different};
use super::options::{Options, Place};
use crate::complaints::Complaints;

/// The number of labels that flags have at most: `weft::limit::MAX_FLAGS`.
const MAX_FLAGS: usize = 32;

/// A type that was read without a mistake.
pub(super) struct Item {
    pub(super) ident: Ident,
    pub(super) generics: Generics,
    pub(super) kind: Kind,
    /// True if its lifetime is that of borrowed handles, and not of the guest's memory.
    pub(super) handles: bool,
    /// The path of the `weft` crate.
    pub(super) weft: Path,
}

/// The type of the Component Model that an item becomes.
pub(super) enum Kind {
    /// A struct with named fields.
    Record(Vec<Field>),
    /// A struct with several unnamed fields, or with the option `tuple`.
    Tuple(Vec<Field>),
    /// A struct with one unnamed field: it has the type of the field.
    Newtype(Box<Field>),
    /// An enum with payloads.
    Variant(Vec<Case>),
    /// An enum without payloads.
    Enum(Vec<Case>),
    /// A struct of `bool` fields with the option `flags`.
    Flags(Vec<Field>),
}

pub(super) struct Field {
    pub(super) member: Member,
    /// The name, which is empty for an unnamed field.
    pub(super) name: Name,
    pub(super) ty: Type,
}

pub(super) struct Case {
    pub(super) ident: Ident,
    pub(super) name: Name,
    pub(super) payload: Option<Type>,
}

impl Kind {
    /// Returns the types of all parts.
    pub(super) fn part_types(&self) -> Vec<&Type> {
        match self {
            Self::Record(fields) | Self::Tuple(fields) => {
                fields.iter().map(|field| &field.ty).collect()
            }
            Self::Newtype(field) => vec![&field.ty],
            Self::Variant(cases) => cases.iter().filter_map(|case| case.payload.as_ref()).collect(),
            Self::Enum(_) | Self::Flags(_) => Vec::new(),
        }
    }
}

/// Types of the standard library that contain values of their type parameters.
const CONTAINERS: [&str; 7] = ["Box", "Cow", "Vec", "Option", "Result", "HashMap", "BTreeMap"];

/// Returns the place in a type where it contains the type `ident`, as far as tokens show it. A
/// handle may be one of a resource of this name.
fn within<'t>(ty: &'t Type, ident: &Ident) -> Option<&'t Ident> {
    match ty {
        Type::Group(group) => within(&group.elem, ident),
        Type::Paren(paren) => within(&paren.elem, ident),
        Type::Array(array) => within(&array.elem, ident),
        Type::Slice(slice) => within(&slice.elem, ident),
        Type::Reference(reference) => within(&reference.elem, ident),
        Type::Tuple(tuple) => tuple.elems.iter().find_map(|ty| within(ty, ident)),
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            let is_here = path.path.segments.len() == 1;
            if is_here && (last.ident == *ident || last.ident == "Self") {
                return Some(&last.ident);
            }
            let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
            if !CONTAINERS.iter().any(|it| last.ident == it) {
                return None;
            }
            arguments.args.iter().find_map(|argument| match argument {
                GenericArgument::Type(ty) => within(ty, ident),
                _ => None,
            })
        }
        _ => None,
    }
}

impl Item {
    pub(super) fn read(input: TokenStream) -> syn::Result<Self> {
        let input: DeriveInput = syn::parse2(input)?;
        let mut complaints = Complaints::default();
        let place = if matches!(input.data, Data::Struct(_)) { Place::Struct } else { Place::Enum };
        let options = Options::read(&input.attrs, place, &mut complaints);
        let kind = match &input.data {
            Data::Struct(data) => read_struct(&input.ident, data, &options, &mut complaints),
            Data::Enum(data) => read_enum(&input.ident, data, &options, &mut complaints),
            Data::Union(data) => {
                complaints.at(
                    data.union_token.span,
                    "a union is not a type of the Component Model: use an enum, which stores its case",
                );
                None
            }
        };
        for itself in
            kind.iter().flat_map(Kind::part_types).filter_map(|ty| within(ty, &input.ident))
        {
            complaints.on(
                itself,
                "the Component Model has no recursive types: a value can't contain one of its own type",
            );
        }
        for second in input.generics.lifetimes().skip(1) {
            complaints.on(
                second,
                "a lifted value borrows from one memory, so it has one lifetime: remove this one",
            );
        }
        let item = kind.map(|kind| Self {
            ident: input.ident,
            generics: input.generics,
            kind,
            handles: options.handles.is_some(),
            weft: options.weft.unwrap_or_else(|| syn::parse_quote!(::weft)),
        });
        complaints.settle(item)
    }

    /// Returns the lifetime that lifted values borrow for, if there is one.
    pub(super) fn lifetime(&self) -> Option<Lifetime> {
        let first = self.generics.lifetimes().next().filter(|_| !self.handles);
        first.map(|it| it.lifetime.clone())
    }
}

fn read_struct(
    ident: &Ident,
    data: &DataStruct,
    options: &Options,
    complaints: &mut Complaints,
) -> Option<Kind> {
    let members = data.fields.members();
    let tuple = options.tuple;
    let fields: Vec<Field> = data
        .fields
        .iter()
        .zip(members)
        .map(|(field, member)| {
            let place = if field.ident.is_some() { Place::Part } else { Place::Unnamed };
            let options = Options::read(&field.attrs, place, complaints);
            if tuple.is_some()
                && let Some(name) = &options.name
            {
                complaints.on(name, "the parts of a tuple have no names in WIT");
            }
            let name = match &field.ident {
                Some(ident) if tuple.is_none() => {
                    Name::of(ident, options.name.as_ref(), complaints)
                }
                _ => Name { text: String::new(), span: field.ty.span() },
            };
            Field { member, name, ty: field.ty.clone() }
        })
        .collect();
    if fields.is_empty() {
        complaints.on(ident, "the Component Model has no empty records: add a field");
        return None;
    }
    if let Some(tuple) = tuple {
        if options.flags.is_some() {
            complaints.at(tuple, "a struct is `flags` or a `tuple`, not both");
        }
        return Some(Kind::Tuple(fields));
    }
    if let Some(flags) = options.flags {
        let Fields::Named(_) = data.fields else {
            complaints.at(flags, "flags have names: write `struct … { name: bool, … }`");
            return None;
        };
        check_flags(&fields, complaints);
        check_different(fields.iter().map(|it| &it.name), complaints);
        return Some(Kind::Flags(fields));
    }
    match &data.fields {
        Fields::Named(_) => {
            check_different(fields.iter().map(|it| &it.name), complaints);
            Some(Kind::Record(fields))
        }
        Fields::Unnamed(_) if fields.len() == 1 => {
            fields.into_iter().next().map(Box::new).map(Kind::Newtype)
        }
        Fields::Unnamed(_) | Fields::Unit => Some(Kind::Tuple(fields)),
    }
}

/// Returns `true` if a type is `bool`. It may have come through a `macro_rules!` variable, or be
/// written with the path of its module.
fn is_bool(ty: &Type) -> bool {
    match ty {
        Type::Group(group) => is_bool(&group.elem),
        Type::Paren(paren) => is_bool(&paren.elem),
        Type::Path(path) => {
            path.qself.is_none() && path.path.segments.last().is_some_and(|it| it.ident == "bool")
        }
        _ => false,
    }
}

fn check_flags(fields: &[Field], complaints: &mut Complaints) {
    for (position, Field { ty, name, .. }) in fields.iter().enumerate() {
        if !is_bool(ty) {
            complaints.on(ty, "a flag is a `bool`");
        }
        if position >= MAX_FLAGS {
            complaints.at(
                name.span,
                format_args!("flags have at most {MAX_FLAGS} labels: this one is too many"),
            );
        }
    }
}

fn read_enum(
    ident: &Ident,
    data: &DataEnum,
    options: &Options,
    complaints: &mut Complaints,
) -> Option<Kind> {
    if data.variants.is_empty() {
        complaints.on(ident, "the Component Model has no empty variants: add a case");
        return None;
    }
    let mut cases = Vec::new();
    for variant in &data.variants {
        let options = Options::read(&variant.attrs, Place::Part, complaints);
        let name = Name::of(&variant.ident, options.name.as_ref(), complaints);
        for field in &variant.fields {
            Options::read(&field.attrs, Place::Unnamed, complaints);
        }
        let payload = match &variant.fields {
            Fields::Unit => None,
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
                fields.unnamed.first().map(|field| field.ty.clone())
            }
            Fields::Unnamed(fields) if fields.unnamed.is_empty() => {
                complaints.on(fields, "a case without payload has no parentheses: remove them");
                None
            }
            Fields::Unnamed(fields) => {
                complaints.on(
                    fields,
                    "a case has one payload: write a tuple, with parentheses of its own",
                );
                None
            }
            Fields::Named(fields) => {
                complaints
                    .on(fields, "a case has one payload: give these fields a struct of their own");
                None
            }
        };
        cases.push(Case { ident: variant.ident.clone(), name, payload });
    }
    check_different(cases.iter().map(|it| &it.name), complaints);
    if options.variant.is_none() && cases.iter().all(|case| case.payload.is_none()) {
        Some(Kind::Enum(cases))
    } else {
        Some(Kind::Variant(cases))
    }
}

//! `#[component(flags, tuple, variant, handles, name = "…", crate = path)]`.

use proc_macro2::Span;
use syn::{Attribute, LitStr, Path, meta::ParseNestedMeta, spanned::Spanned as _};

use crate::complaints::Complaints;

/// The place of an attribute.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// At a struct.
    Struct,
    /// At an enum or a union.
    Enum,
    /// At a field of a struct, or a case of an enum.
    Part,
    /// At a field that has no name.
    Unnamed,
}

/// The options of one item, field or case.
#[derive(Default)]
pub(super) struct Options {
    /// The place of the option `flags`.
    pub(super) flags: Option<Span>,
    /// The place of the option `tuple`.
    pub(super) tuple: Option<Span>,
    /// The place of the option `variant`.
    pub(super) variant: Option<Span>,
    /// The place of the option `handles`.
    pub(super) handles: Option<Span>,
    pub(super) name: Option<LitStr>,
    pub(super) weft: Option<Path>,
}

impl Options {
    pub(super) fn read(
        attributes: &[Attribute],
        place: Place,
        complaints: &mut Complaints,
    ) -> Self {
        let mut options = Self::default();
        for attribute in attributes {
            if !attribute.path().is_ident("component") {
                continue;
            }
            if let Err(error) =
                attribute.parse_nested_meta(|meta| options.read_option(&meta, place))
            {
                complaints.note(error);
            }
        }
        options
    }

    fn read_option(&mut self, meta: &ParseNestedMeta<'_>, place: Place) -> syn::Result<()> {
        let is_item = matches!(place, Place::Struct | Place::Enum);
        let words = [
            ("flags", place == Place::Struct, &mut self.flags),
            ("tuple", place == Place::Struct, &mut self.tuple),
            ("variant", place == Place::Enum, &mut self.variant),
            ("handles", is_item, &mut self.handles),
        ];
        for (word, is_here, option) in words {
            if is_here && meta.path.is_ident(word) {
                let before = option.replace(meta.path.span());
                return match before {
                    Some(_) => Err(meta.error(format_args!("`{word}` is given twice"))),
                    None => Ok(()),
                };
            }
        }
        if meta.path.is_ident("name") && place == Place::Part {
            let before = self.name.replace(meta.value()?.parse()?);
            return if before.is_some() {
                Err(meta.error("`name` is given twice"))
            } else {
                Ok(())
            };
        }
        if meta.path.is_ident("crate") && is_item {
            let before = self.weft.replace(meta.value()?.parse()?);
            return if before.is_some() {
                Err(meta.error("`crate` is given twice"))
            } else {
                Ok(())
            };
        }
        Err(meta.error(match place {
            Place::Struct => {
                "unknown option; those of a struct are `flags`, `tuple`, `handles` and `crate`"
            }
            Place::Enum => "unknown option; those of an enum are `variant`, `handles` and `crate`",
            Place::Part => "unknown option; that of a field or case is `name`",
            Place::Unnamed => "a field without a name has no options",
        }))
    }
}

//! `#[context_key(value = Type, name = "text", keys = Path, crate = path)]`.
//!
//! The options can have any order, and be spread over several attributes. After a mistake,
//! reading goes on at the next `option =`, so that one mistake does not hide another.

use proc_macro2::{Ident, Span, TokenTree};
use syn::{
    Attribute, Error, Expr, ExprLit, Lit, LitStr, Meta, Path, PathArguments, Token, Type,
    ext::IdentExt,
    parse::{ParseStream, Parser},
    spanned::Spanned,
};

use crate::complaints::Complaints;

/// The options of one key.
#[derive(Default)]
pub(super) struct Options {
    pub(super) value: Option<Type>,
    pub(super) name: Option<LitStr>,
    /// True if a name was written, but not as a string. The default isn't used then.
    pub(super) name_is_broken: bool,
    pub(super) set: Option<Path>,
    pub(super) weft: Option<Path>,
    /// The options read so far, right or wrong.
    seen: Vec<String>,
    /// The place of the first `context_key` attribute.
    attribute: Option<Span>,
    /// True if a part of an attribute could not be read. It could have been the missing option.
    unreadable: bool,
}

impl Options {
    /// Reads every `context_key` attribute, and notes the mistakes in them.
    pub(super) fn read(attributes: &[Attribute], complaints: &mut Complaints) -> Self {
        let mut options = Self::default();
        for attribute in attributes {
            if !attribute.path().is_ident("context_key") {
                continue;
            }
            options.attribute.get_or_insert_with(|| attribute.path().span());
            let Meta::List(list) = &attribute.meta else {
                options.unreadable = true;
                complaints.on(
                    &attribute.meta,
                    "expected the options in parentheses: `#[context_key(value = …)]`",
                );
                continue;
            };
            let read = |input: ParseStream<'_>| -> syn::Result<()> {
                options.read_list(input, complaints);
                Ok(())
            };
            if let Err(error) = read.parse2(list.tokens.clone()) {
                complaints.note(error);
            }
        }
        options
    }

    /// Returns the complaint that there is no value type, unless another complaint covers it.
    pub(super) fn says_no_value(&self, key: &Ident) -> Option<Error> {
        if self.unreadable || self.seen.iter().any(|option| option == "value") {
            return None;
        }
        Some(match self.attribute {
            Some(attribute) => Error::new(
                attribute,
                format_args!("the value type of `{key}` is missing: add `value = …`"),
            ),
            None => Error::new(
                key.span(),
                format_args!(
                    "the value type of `{key}` is missing: add `#[context_key(value = …)]`"
                ),
            ),
        })
    }

    fn read_list(&mut self, input: ParseStream<'_>, complaints: &mut Complaints) {
        while !input.is_empty() {
            if let Err(error) = self.read_option(input) {
                complaints.note(error);
                skip_option(input);
            } else if !input.is_empty() && !input.peek(Token![,]) {
                self.unreadable = true;
                complaints.note(input.error("expected `,` before the next option"));
                skip_option(input);
            }
            if input.parse::<Option<Token![,]>>().is_err() {
                return;
            }
        }
    }

    fn read_option(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        let Ok(option) = input.call(Ident::parse_any) else {
            self.unreadable = true;
            return Err(input.error("expected an option, such as `value = …`"));
        };
        let named = option.to_string();
        if !matches!(named.as_str(), "value" | "name" | "keys" | "crate") {
            return Err(Error::new(
                option.span(),
                format_args!(
                    "unknown option `{named}`; the options are `value`, `name`, `keys` and `crate`"
                ),
            ));
        }
        if self.seen.contains(&named) {
            return Err(Error::new(option.span(), format_args!("`{named}` is given twice")));
        }
        self.seen.push(named.clone());
        if !input.peek(Token![=]) {
            self.name_is_broken |= named == "name";
            return Err(Error::new(
                option.span(),
                format_args!("expected `{named} = …`, and found `{named}` alone"),
            ));
        }
        input.parse::<Token![=]>()?;
        match named.as_str() {
            "value" => {
                refuse_quotes(input, "type")?;
                self.value = Some(input.parse()?);
            }
            "name" => match read_text(input) {
                Ok(text) => self.name = Some(text),
                Err(error) => {
                    self.name_is_broken = true;
                    return Err(error);
                }
            },
            "keys" => self.set = Some(read_path(input, "the set of keys")?),
            _ => self.weft = Some(read_path(input, "the `weft` crate")?),
        }
        Ok(())
    }
}

/// Skips to the comma before the next `option =`, or to the end.
fn skip_option(input: ParseStream<'_>) {
    while !input.is_empty() {
        if input.peek(Token![,]) && input.peek2(Ident::peek_any) && input.peek3(Token![=]) {
            return;
        }
        if input.parse::<TokenTree>().is_err() {
            return;
        }
    }
}

fn refuse_quotes(input: ParseStream<'_>, what: &str) -> syn::Result<()> {
    if input.peek(LitStr) {
        return Err(input.error(format_args!("write the {what} without quotes")));
    }
    Ok(())
}

/// Reads a string literal. It may have come through a `macro_rules!` variable.
fn read_text(input: ParseStream<'_>) -> syn::Result<LitStr> {
    let mut expression: Expr = input.parse()?;
    while let Expr::Group(group) = expression {
        expression = *group.expr;
    }
    if let Expr::Lit(ExprLit { lit: Lit::Str(text), attrs, .. }) = &expression
        && attrs.is_empty()
        && text.suffix().is_empty()
    {
        return Ok(text.clone());
    }
    Err(Error::new_spanned(
        expression,
        "the name is a string literal, such as `name = \"user-id\"`",
    ))
}

/// Reads a path without generic arguments. It may have come through a `macro_rules!` variable.
fn read_path(input: ParseStream<'_>, what: &str) -> syn::Result<Path> {
    refuse_quotes(input, "path")?;
    let mut named: Type = input.parse()?;
    while let Type::Group(group) = named {
        named = *group.elem;
    }
    if let Type::Path(path) = &named
        && path.qself.is_none()
        && path.path.segments.iter().all(|segment| segment.arguments == PathArguments::None)
    {
        return Ok(path.path.clone());
    }
    Err(Error::new_spanned(
        named,
        format_args!("{what} is named by a path without generic arguments"),
    ))
}

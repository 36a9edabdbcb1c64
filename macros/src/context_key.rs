//! `#[derive(ContextKey)]`: from the tokens of a type to the tokens of its key.
//!
//! # The compile error for two keys of one name
//!
//! The expansion has an empty item whose identifier spells the key's name. A second key of that
//! name defines the same item again, and the compiler shows both places:
//!
//! - With `keys = Set`, the item is a function in an inherent `impl` of the set (E0592). Inherent
//!   items of a type are unique in its crate, so the set's keys can be in different modules.
//! - Otherwise it is a module (E0428), so names are unique within one module or function body.
//!
//! Neither needs lint attributes: modules are never dead code, the function's name begins with an
//! underscore, as that of an unused function does, and the spelling is snake case for every name.
//! `#[allow]` is emitted in one case only: for a key in a function body that joins a set from
//! outside. The compiler warns about an inherent `impl` there.

mod name;
mod options;
mod rule;
#[cfg(test)]
mod tests;
mod value;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Data, DeriveInput, Fields, Path, Type, spanned::Spanned};

use self::{name::KeyName, options::Options};
use crate::complaints::Complaints;

/// Returns the expansion of the derive: the key's items, or one `compile_error!` for each
/// mistake.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    match Key::read(input) {
        Ok(key) => key.into_token_stream(),
        Err(errors) => errors.to_compile_error(),
    }
}

/// A key that was read without a mistake.
struct Key {
    /// The type that is the key.
    ident: Ident,
    value: Type,
    name: KeyName,
    /// The set that the name is unique in. Without one it is unique in the module.
    set: Option<Path>,
    /// The path of the `weft` crate.
    weft: Path,
}

impl Key {
    fn read(input: TokenStream) -> syn::Result<Self> {
        let input: DeriveInput = syn::parse2(input)?;
        let mut complaints = Complaints::default();

        let options = Options::read(&input.attrs, &mut complaints);
        check_shape(&input, &mut complaints);
        if let Some(value) = &options.value {
            value::check(value, &mut complaints);
        } else if let Some(nowhere) = options.says_no_value(&input.ident) {
            complaints.note(nowhere);
        }
        if let Some(set) = options.set.as_ref().filter(|set| is_foreign(set)) {
            complaints.on(
                set,
                "a set of keys is a type of the crate that the key is in, where the compiler sees all \
                 of them: write `enum Keys {}` and `keys = Keys`",
            );
        }
        let name = match &options.name {
            Some(literal) => KeyName::written(literal, &mut complaints),
            None if options.name_is_broken => None,
            None => KeyName::of_type(&input.ident, &mut complaints),
        };

        let key = options.value.zip(name).map(|(value, name)| Self {
            ident: input.ident,
            value,
            name,
            set: options.set,
            weft: options.weft.unwrap_or_else(|| syn::parse_quote!(::weft)),
        });
        complaints.settle(key)
    }

    /// Returns the empty item that a second key of the same name would define again.
    ///
    /// All of its tokens have the place that the name comes from, so that the compiler shows this
    /// place.
    fn claim_of_the_name(&self) -> TokenStream {
        let span = Span::call_site().located_at(self.name.span());
        let spelling = self.name.spelling();
        if let Some(set) = &self.set {
            let claim = Ident::new(&format!("_context_key_{spelling}"), span);
            let claim = quote_spanned! {span=>
                #[doc(hidden)]
                const fn #claim() {}
            };
            // The path that names the set is where the compiler reports a set of another crate.
            let set_span = Span::call_site().located_at(set.span());
            quote_spanned! {set_span=>
                #[allow(non_local_definitions)]
                impl #set { #claim }
            }
        } else {
            let claim = Ident::new(&format!("context_key_{spelling}"), span);
            quote_spanned! {span=>
                #[doc(hidden)]
                mod #claim {}
            }
        }
    }
}

impl ToTokens for Key {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { value, name, weft, .. } = self;
        let name = name.text();
        // This is read as part of the expansion, so that a deprecated key does not warn here.
        let mut ident = self.ident.clone();
        ident.set_span(Span::call_site().located_at(ident.span()));
        let claim = self.claim_of_the_name();
        tokens.extend(quote! {
            #[automatically_derived]
            impl #weft::context::TypedContextKey for #ident {
                type Value = #value;
                const NAME: &'static ::core::primitive::str = #name;
            }
            #claim
        });
    }
}

/// Returns `true` if a path leads to another crate. For some paths, only the compiler can tell.
fn is_foreign(path: &Path) -> bool {
    const OTHERS: [&str; 3] = ["std", "core", "alloc"];
    let first = path.segments.first();
    path.leading_colon.is_some()
        || path.segments.len() > 1
            && first.is_some_and(|first| OTHERS.iter().any(|it| first.ident == it))
}

/// Checks that an item is only a name: it has no data, no parameters and no cases.
fn check_shape(input: &DeriveInput, complaints: &mut Complaints) {
    let ident = &input.ident;
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Unit => {}
            fields => complaints
                .on(fields, format_args!("a context key holds no data: write `struct {ident};`")),
        },
        Data::Enum(data) => {
            if !data.variants.is_empty() {
                complaints.on(
                    &data.variants,
                    "a context key is one name, not a choice of several: \
                     derive a unit struct for each",
                );
            }
        }
        Data::Union(data) => complaints.at(
            data.union_token.span,
            "a union cannot be a context key: derive it on a unit struct",
        ),
    }
    if !input.generics.params.is_empty() {
        complaints.on(
            &input.generics,
            "a context key has no generic parameters: all of its instances would share one name",
        );
    }
    if let Some(clause) = &input.generics.where_clause {
        complaints.on(clause, "a context key has no generic parameters to constrain");
    }
}

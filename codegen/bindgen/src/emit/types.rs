//! Type definitions.

use heck::ToKebabCase as _;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;
use syn::ext::IdentExt as _;
use wit_parser::{Docs, FlagsRepr, Span, Type, TypeDefKind, TypeId};

use crate::emit::docs;
use crate::emit::errors::error;
use crate::emit::facts::{Facts, Keep};
use crate::emit::generator::{Generator, Name};
use crate::emit::modules::ModuleId;
use crate::emit::names::Scope;
use crate::emit::references::Lifetime;
use crate::options::rules::TypeChoice;

/// A member of a definition: a record's field, a variant's or enum's case.
struct Member<'w> {
    name: &'w str,
    docs: &'w Docs,
    span: Span,
    ty: Option<Type>,
}

impl Member<'_> {
    /// Returns its documentation. Its place is close to that of its definition.
    fn docs(&self) -> TokenStream {
        docs::attributes(self.docs.contents.as_deref(), None)
    }
}

impl<'w> Generator<'w> {
    /// Adds the definition of a type to its module.
    pub(crate) fn define(&mut self, interface: Option<&str>, id: TypeId) {
        let Some(definition) = self.resolve().types.get(id) else { return };
        let Some(Name::Here(module, name)) = self.names.get(&id).cloned() else { return };
        let docs = self.docs(&definition.docs, definition.span, &definition.stability);
        let facts = self.known.of(Type::Id(id));
        let lifetime = facts.borrows.then(|| quote!(<'a>));
        let visibility = self.visibility(module);
        if let Some(path) = self.mapped_types.get(&id) {
            let alias = quote!(#docs #visibility type #name #lifetime = #path #lifetime;);
            self.modules.add(module, alias);
            return;
        }
        if let TypeDefKind::Type(Type::Id(other)) = definition.kind
            && self.share(module, &name, other)
        {
            return;
        }
        let wit = definition.name.as_deref().unwrap_or_default();
        let settings = self.rules.type_(interface, wit);
        if let Some(borrowed) = self.borrowed.get(&id).cloned() {
            let body = self.borrowed_type(module, &borrowed, &definition.kind, &settings);
            self.modules.add(module, quote!(#docs #body));
            if borrowed == name {
                return;
            }
        }
        let body = match &definition.kind {
            TypeDefKind::Record(record) => {
                let fields = self.fields(module, members_of_record(record), false);
                let derive = self.derive(module, facts, &settings, &[]);
                quote!(#derive #visibility struct #name #lifetime { #fields })
            }
            TypeDefKind::Variant(variant) => {
                let cases = self.cases(module, members_of_variant(variant), false);
                let is_plain = variant.cases.iter().all(|case| case.ty.is_none());
                let kind: &[_] = if is_plain { &["variant"] } else { &[] };
                let derive = self.derive(module, facts, &settings, kind);
                quote!(#derive #visibility enum #name #lifetime { #cases })
            }
            TypeDefKind::Enum(cases) => {
                let cases = cases.cases.iter().map(|case| Member {
                    name: &case.name,
                    docs: &case.docs,
                    span: case.span,
                    ty: None,
                });
                let cases = self.cases(module, cases.collect(), false);
                let derive = self.derive(module, facts, &settings, &[]);
                quote!(#derive #visibility enum #name { #cases })
            }
            TypeDefKind::Flags(flags) => self.flags(module, &name, flags, &settings),
            TypeDefKind::Resource => quote!(#[derive(Debug)] #visibility enum #name {}),
            TypeDefKind::Tuple(tuple) if tuple.types.len() > crate::emit::facts::LONGEST_TUPLE => {
                let mut types = Vec::new();
                for ty in &tuple.types {
                    types.push(self.member_type(*ty, module, definition.span, false));
                }
                self.tuple_struct(&name, &types, facts, module)
            }
            kind => {
                let target = self.kind(kind, module, Lifetime::Named);
                let target = self.or_refuse(target, definition.span);
                quote!(#visibility type #name #lifetime = #target;)
            }
        };
        let error = self.known.is_error(id).then(|| error(&name, definition, facts));
        self.modules.add(module, quote!(#docs #body #error));
    }

    /// Returns the definition of a type that consists of references, for arguments.
    fn borrowed_type(
        &mut self,
        module: ModuleId,
        name: &Ident,
        kind: &'w TypeDefKind,
        settings: &TypeChoice<'_>,
    ) -> TokenStream {
        let body = match kind {
            TypeDefKind::Record(record) => {
                let fields = self.fields(module, members_of_record(record), true);
                quote!(struct #name<'a> { #fields })
            }
            TypeDefKind::Variant(variant) => {
                let cases = self.cases(module, members_of_variant(variant), true);
                quote!(enum #name<'a> { #cases })
            }
            _ => return TokenStream::new(),
        };
        let derives = derives(&["Clone", "Debug", "PartialEq"], settings);
        let component_type = self.modules.binding(module, "ComponentType");
        let lower = self.modules.binding(module, "Lower");
        let crate_path = (self.rules.options.crate_path != "::weft").then(|| {
            let path = &self.crate_path;
            quote!(#[component(crate = #path)])
        });
        let visibility = self.visibility(module);
        quote!(#[derive(#(#derives,)* #component_type, #lower)] #crate_path #visibility #body)
    }

    /// Makes a type of another module also a type of `here`. Returns `false` if it is already in
    /// `here`, or has no name.
    fn share(&mut self, here: ModuleId, name: &Ident, other: TypeId) -> bool {
        let (path, original) = match self.names.get(&other) {
            Some(Name::Here(there, original)) if *there != here => {
                (self.modules.module_path(here, *there), original)
            }
            Some(Name::Elsewhere(module, original)) => (quote!(#module::), original),
            _ => return false,
        };
        let item = if original == name { quote!(#name) } else { quote!(#original as #name) };
        self.modules.share(here, &path, item);
        true
    }

    /// Returns the `struct` that replaces a tuple of these types, for which Rust's tuples are too
    /// short.
    pub(crate) fn tuple_struct(
        &mut self,
        name: &Ident,
        types: &[TokenStream],
        facts: Facts,
        here: ModuleId,
    ) -> TokenStream {
        let derive = self.derive(here, facts, &self.rules.type_(None, ""), &["tuple"]);
        let lifetime = facts.borrows.then(|| quote!(<'a>));
        let fields = (0..types.len()).map(|number| quote::format_ident!("f{number}"));
        let visibility = self.visibility(here);
        quote!(#derive #visibility struct #name #lifetime { #(pub #fields: #types),* })
    }

    fn fields(
        &mut self,
        module: ModuleId,
        members: Vec<Member<'w>>,
        borrowed: bool,
    ) -> TokenStream {
        let mut scope = Scope::default();
        let fields: Vec<_> = members
            .into_iter()
            .map(|member| {
                let name = scope.claim_value(member.name);
                let docs = member.docs();
                let ty = member.ty.map(|ty| self.member_type(ty, module, member.span, borrowed));
                let called = called(&name, member.name);
                quote!(#docs #called pub #name: #ty)
            })
            .collect();
        quote!(#(#fields),*)
    }

    fn cases(&mut self, module: ModuleId, members: Vec<Member<'w>>, borrowed: bool) -> TokenStream {
        let mut scope = Scope::default();
        let cases: Vec<_> = members
            .into_iter()
            .map(|member| {
                let name = scope.claim_type(member.name);
                let docs = member.docs();
                let ty = member.ty.map(|ty| {
                    let ty = self.member_type(ty, module, member.span, borrowed);
                    quote!((#ty))
                });
                let called = called(&name, member.name);
                quote!(#docs #called #name #ty)
            })
            .collect();
        quote!(#(#cases),*)
    }

    fn member_type(
        &mut self,
        ty: Type,
        module: ModuleId,
        span: Span,
        borrowed: bool,
    ) -> TokenStream {
        let ty = if borrowed {
            self.borrowed(ty, module, Lifetime::Named, false)
        } else {
            self.reference(ty, module, Lifetime::Named)
        };
        self.or_refuse(ty, span)
    }

    fn flags(
        &mut self,
        module: ModuleId,
        name: &Ident,
        flags: &'w wit_parser::Flags,
        settings: &TypeChoice<'_>,
    ) -> TokenStream {
        let bits = match flags.repr() {
            FlagsRepr::U8 => quote!(u8),
            FlagsRepr::U16 => quote!(u16),
            FlagsRepr::U32(_) => quote!(u32),
        };
        let mut scope = Scope::default();
        let names: Vec<_> = flags.flags.iter().map(|flag| flag.name.as_str()).collect();
        let constants = flags.flags.iter().enumerate().map(|(index, flag)| {
            let constant = scope.claim_constant(&flag.name);
            let member = Member { name: &flag.name, docs: &flag.docs, span: flag.span, ty: None };
            let docs = member.docs();
            let index = Literal::usize_unsuffixed(index);
            quote!(#docs pub const #constant: Self = Self(1 << #index);)
        });
        let constants: Vec<_> = constants.collect();
        let constants = (!constants.is_empty()).then(|| quote!(impl #name { #(#constants)* }));
        let traits = ["Clone", "Copy", "Default", "PartialEq", "Eq", "Hash"];
        let derives = derives(&traits, settings);
        let (crate_path, visibility) = (&self.crate_path, self.visibility(module));
        quote! {
            #[derive(#(#derives),*)]
            #visibility struct #name(#bits);
            #constants
            #crate_path::binding::flags!(#name: #bits, [#(#names),*]);
        }
    }

    /// Returns the attributes of a type: its derives, and `kind`, which the derives need.
    pub(crate) fn derive(
        &mut self,
        module: ModuleId,
        facts: Facts,
        settings: &TypeChoice<'_>,
        kind: &[&str],
    ) -> TokenStream {
        let mut names = match facts.keep {
            Keep::Copy => vec!["Clone", "Copy"],
            Keep::Clone => vec!["Clone"],
            Keep::Own => vec![],
        };
        names.extend(["Debug", "PartialEq"]);
        if facts.eq {
            names.extend(["Eq", "Hash"]);
        }
        let derives = derives(&names, settings);
        let value = self.modules.binding(module, "Value");
        let mut kinds: Vec<TokenStream> = Vec::new();
        if facts.borrows {
            kinds.push(quote!(handles));
        }
        kinds.extend(kind.iter().map(|kind| {
            let kind = Ident::new(kind, proc_macro2::Span::call_site());
            quote!(#kind)
        }));
        if self.rules.options.crate_path != "::weft" {
            let path = &self.crate_path;
            kinds.push(quote!(crate = #path));
        }
        let kinds = (!kinds.is_empty()).then(|| quote!(#[component(#(#kinds),*)]));
        quote!(#[derive(#(#derives,)* #value)] #kinds)
    }
}

fn members_of_record(record: &wit_parser::Record) -> Vec<Member<'_>> {
    let fields = record.fields.iter();
    fields
        .map(|it| Member { name: &it.name, docs: &it.docs, span: it.span, ty: Some(it.ty) })
        .collect()
}

fn members_of_variant(variant: &wit_parser::Variant) -> Vec<Member<'_>> {
    let cases = variant.cases.iter();
    cases
        .map(|case| Member { name: &case.name, docs: &case.docs, span: case.span, ty: case.ty })
        .collect()
}

/// Returns the derives of a type: `names` without those that the user excludes, and those that the
/// user adds.
fn derives(names: &[&str], choice: &TypeChoice<'_>) -> Vec<TokenStream> {
    let kept = names.iter().filter(|name| choice.keeps(name));
    let kept = kept.map(|name| Ident::new(name, proc_macro2::Span::call_site()));
    let kept = kept.map(|name| quote!(#name));
    let added = choice.derives.iter().filter(|path| !names.iter().any(|name| path.is_ident(name)));
    kept.chain(added.map(|path| quote!(#path))).collect()
}

/// Returns the attribute with the WIT name of a field or case, if a derive could not infer it.
fn called(name: &Ident, wit: &str) -> Option<TokenStream> {
    let derived = name.unraw().to_string().to_kebab_case();
    (derived != wit).then(|| quote!(#[component(name = #wit)]))
}

//! The module of a family, such as `stream.rs`: the parts that a definition fixes, the typed trait
//! that the machine implements, and the call that decodes, checks, calls and encodes.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use proc_macro2::{Ident, Literal, TokenStream, TokenTree};
use quote::{format_ident, quote};
use weft_spec::Spec;
use weft_spec::model::{Builtin, CoreType, Immediate, ImmediateKind, ResultMeaning};
use weft_spec::signature::SymbolicType;

use super::code::may_not_fit;
use super::description::description;
use super::rust::{canonical_abi, constant_name, doc, explainer, outer_doc, type_name, value_name};

pub(super) fn module(spec: &Spec, family: &str) -> TokenStream {
    let members: Vec<_> = spec.builtins.iter().filter(|b| b.family == family).collect();
    let head = doc(&format!("The built-ins of the family `{family}`."));
    let trait_name = trait_name(family);
    let definition = definition_name(family);
    let trait_doc = outer_doc(&format!(
        "The built-ins of the family `{family}`, as typed methods that implement their rules."
    ));
    let methods = members.iter().map(|builtin| method(spec, builtin));
    let definition_doc = outer_doc(&format!(
        "A built-in of the family `{family}`, with the values that its definition fixes."
    ));
    let variants = members.iter().map(|builtin| definition_variant(builtin));
    let builtins = members.iter().map(|builtin| {
        let (name, all) = (variant(builtin), type_name(&builtin.name));
        let fields = if fixed(builtin).is_empty() { quote!() } else { quote!({ .. }) };
        quote! { Self::#name #fields => Builtin::#all, }
    });
    let result_types = result_types(&members);
    let arms = members.iter().map(|builtin| arm(spec, builtin));
    let call_doc = outer_doc(&format!(
        "Calls the built-in on `machine` with its core arguments.\n\n# Errors\n\n\
         - [`Failure::Trap`] with the traps of the methods of [`{trait_name}`].\n\
         - [`Failure::Error`] if the arguments do not match the signature, or a result does not \
         fit it."
    ));
    let descriptions = members.iter().map(|builtin| {
        let (name, table) = (constant(builtin), description(spec, builtin));
        let text = outer_doc(&format!("The spec's description of `{}`.", *builtin.name));
        quote! { #text pub(crate) static #name: Description = #table; }
    });
    let body = quote! {
        #trait_doc
        pub trait #trait_name: Guards + Suspends { #(#methods)* }
        #definition_doc
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum #definition { #(#variants)* }
        impl #definition {
            /// Returns the built-in of this definition.
            #[must_use]
            pub const fn builtin(self) -> Builtin {
                match self { #(#builtins)* }
            }
            /// Returns the core type of its result, if it has one.
            #[must_use]
            pub const fn result_type(self) -> Option<IntegerType> {
                match self { #result_types }
            }
            #call_doc
            pub fn call<M: #trait_name>(
                self,
                machine: &mut M,
                arguments: &[CoreValue],
            ) -> Result<Outcome<Option<CoreValue>, M::Suspension>, Failure> {
                let outcome = self.dispatch(machine, arguments);
                if let Err(Failure::Trap(trap)) = &outcome {
                    machine.raised(*trap);
                }
                outcome
            }
            fn dispatch<M: #trait_name>(
                self,
                machine: &mut M,
                arguments: &[CoreValue],
            ) -> Result<Outcome<Option<CoreValue>, M::Suspension>, Failure> {
                let builtin = self.builtin();
                match self { #(#arms)* }
            }
        }
        #(#descriptions)*
    };
    let imports = imports(&body);
    quote! { #head #imports #body }
}

/// Returns the variant of a built-in's definition, with the values that the definition fixes.
fn definition_variant(builtin: &Builtin) -> TokenStream {
    let name = variant(builtin);
    let text = outer_doc(&format!("`{}`", *builtin.name));
    let fixed = fixed(builtin);
    if fixed.is_empty() {
        return quote! { #text #name, };
    }
    let fields = fixed.iter().map(|Fixed { name, ty, doc }| {
        let text = outer_doc(doc);
        quote! { #text #name: #ty, }
    });
    quote! { #text #name { #(#fields)* }, }
}

/// Returns the name of a family's trait, such as `StreamBuiltins`.
pub(super) fn trait_name(family: &str) -> Ident {
    format_ident!("{}Builtins", type_name(family))
}

/// Returns the name of a family's definitions, such as `StreamDefinition`.
pub(super) fn definition_name(family: &str) -> Ident {
    format_ident!("{}Definition", type_name(family))
}

/// Returns the name inside its family: `Wait` of `waitable-set.wait`, or a longer one if two would
/// be equal.
pub(super) fn variant(builtin: &Builtin) -> Ident {
    match builtin.name.strip_prefix(&format!("{}.", builtin.family)) {
        Some(operation) => type_name(operation),
        None => match builtin.name.strip_prefix(&format!("{}-", builtin.family)) {
            Some(rest) => type_name(rest),
            None => type_name(&builtin.name),
        },
    }
}

/// Returns the name of a built-in's description: `SET_WAIT` of `waitable-set.wait`.
pub(super) fn constant(builtin: &Builtin) -> Ident {
    constant_name(&variant(builtin).to_string())
}

/// Returns the name of the method, the same as in the reference: `canon_waitable_set_wait`.
pub(super) fn method_name(builtin: &Builtin) -> Ident {
    format_ident!("canon_{}", value_name(&builtin.name))
}

/// A value that a definition fixes: a field of its variant and a parameter of its method.
pub(super) struct Fixed {
    pub(super) name: Ident,
    pub(super) ty: TokenStream,
    pub(super) doc: String,
}

/// Returns the values that a definition of `builtin` fixes: its immediates, and the integer types
/// of the symbols in its signature.
pub(super) fn fixed(builtin: &Builtin) -> Vec<Fixed> {
    let mut fixed: Vec<Fixed> = builtin
        .immediates
        .iter()
        .filter_map(|immediate| {
            let Immediate::Named { name, kind } = immediate else { return None };
            let (rust_name, ty, doc) = match kind {
                ImmediateKind::TypeIndex if name == "rt" => {
                    ("resource_type", quote!(TypeIndex), "The resource type.")
                }
                ImmediateKind::TypeIndex => {
                    ("ty", quote!(TypeIndex), "The type of the stream or future.")
                }
                ImmediateKind::FunctionIndex | ImmediateKind::CoreFunctionIndex => {
                    ("function", quote!(u32), "The function.")
                }
                ImmediateKind::CoreTypeIndex => {
                    ("start_type", quote!(CoreTypeIndex), "The type of the start function.")
                }
                ImmediateKind::CoreMemoryIndex => {
                    ("memory", quote!(MemoryIndex), "The memory to which values are written.")
                }
                ImmediateKind::CoreTableIndex => {
                    ("table", quote!(TableIndex), "The table of functions.")
                }
                ImmediateKind::CoreValueType => {
                    ("ty", quote!(IntegerType), "The type of the slot's value.")
                }
                ImmediateKind::U32 => ("slot", quote!(u32), "The slot: 0 or 1."),
                ImmediateKind::ResultList => {
                    ("result_type", quote!(Option<TypeIndex>), "The type of the task's result.")
                }
                ImmediateKind::Options => {
                    ("options", quote!(OptionsIndex), "The canonical options.")
                }
                ImmediateKind::Async => {
                    ("is_async", quote!(bool), "Set if it returns `BLOCKED` instead of waiting.")
                }
                ImmediateKind::Shared => {
                    ("is_shared", quote!(bool), "Set if it is for threads that run in parallel.")
                }
            };
            Some(Fixed { name: value_name(rust_name), ty, doc: doc.to_owned() })
        })
        .collect();
    // Of the options, only the one that decides whether the built-in blocks. The others are for
    // lifting and lowering.
    if builtin.allowed.iter().any(|option| **option == "async") {
        fixed.push(Fixed {
            name: value_name("is_async"),
            ty: quote!(bool),
            doc: "Set if it returns `BLOCKED` instead of waiting: the option `async`.".to_owned(),
        });
    }
    let signature = &builtin.signature;
    for slot in signature.params.iter().chain(&signature.results) {
        let Some((name, doc)) = width(slot.ty) else { continue };
        let name = value_name(name);
        if fixed.iter().all(|known| known.name != name) {
            fixed.push(Fixed { name, ty: quote!(IntegerType), doc: doc.to_owned() });
        }
    }
    fixed
}

/// Returns the field with the integer type of a symbol.
fn width(ty: SymbolicType) -> Option<(&'static str, &'static str)> {
    match ty {
        SymbolicType::MemoryAddress => {
            Some(("memory_address", "The address type of the memory; `i32` without one."))
        }
        SymbolicType::TableAddress => Some(("table_address", "The address type of the table.")),
        SymbolicType::ContextType => Some(("ty", "")),
        SymbolicType::ResourceRepresentation => {
            Some(("representation", "The type of the resource's representation."))
        }
        SymbolicType::StartParameter => {
            Some(("start_parameter", "The type of the start function's parameter."))
        }
        SymbolicType::Core(_) | SymbolicType::StartReference | SymbolicType::FlatResults => None,
    }
}

/// Returns true for values that the method doesn't need: types that only decoding and encoding use.
pub(super) fn only_for_coding(name: &Ident) -> bool {
    name == "memory_address" || name == "table_address" || name == "representation"
}

/// Returns the core parameters of the method: names, Rust types, and the code that decodes them.
pub(super) fn parameters(builtin: &Builtin) -> Vec<(Ident, TokenStream, TokenStream)> {
    let params = &builtin.signature.params;
    params
        .iter()
        .map(|slot| {
            let name = match slot.ty {
                SymbolicType::FlatResults => value_name("values"),
                _ => value_name(&slot.name),
            };
            let (ty, decode) = match slot.ty {
                SymbolicType::Core(_) => (quote!(u32), quote!(arguments.i32()?)),
                SymbolicType::StartReference => {
                    (quote!(Option<u32>), quote!(arguments.function()?))
                }
                SymbolicType::FlatResults => (quote!(&[CoreValue]), quote!(arguments)),
                ty => {
                    let width = width(ty).map(|(width, _)| value_name(width));
                    (quote!(u64), quote!(arguments.integer(#width)?))
                }
            };
            (name, ty, decode)
        })
        .collect()
}

/// Returns the Rust type of a built-in's result, and the code that makes `result` a core result.
pub(super) fn result(spec: &Spec, builtin: &Builtin) -> (TokenStream, TokenStream) {
    let Some(slot) = builtin.signature.results.first() else {
        return (quote!(()), quote!(None));
    };
    let width = width(slot.ty).map(|(width, _)| value_name(width));
    let encode = |value: TokenStream, wide: bool| match (&width, wide) {
        (None, false) => quote!(Some(CoreValue::I32(#value))),
        (None, true) => quote!(Some(CoreValue::I64(#value))),
        (Some(width), false) => quote!(integer_result(builtin, #width, #value.into())?),
        (Some(width), true) => quote!(integer_result(builtin, #width, #value)?),
    };
    match &builtin.result {
        None if width.is_some() => (quote!(u64), encode(quote!(result), true)),
        None => (quote!(u32), encode(quote!(result), false)),
        Some(ResultMeaning::Zero) => (quote!(()), encode(quote!(0), false)),
        Some(ResultMeaning::Code(name)) => {
            let ty = type_name(name);
            (quote!(#ty), encode(quote!(result.code()), false))
        }
        Some(ResultMeaning::Packing(name)) => {
            let ty = type_name(name);
            let packing = spec.packings.iter().find(|packing| *packing.name == *name);
            let fallible = packing.is_some_and(|packing| packing.fields.iter().any(may_not_fit));
            let packed = if fallible {
                quote!(result.pack().map_err(Error::from)?)
            } else {
                quote!(result.pack())
            };
            let wide = packing.is_some_and(|packing| packing.width == 64);
            (quote!(#ty), encode(packed, wide))
        }
    }
}

/// Creates the arms with the core type of a definition's result, one for all with the same type.
fn result_types(members: &[&Builtin]) -> TokenStream {
    let mut arms: Vec<(String, TokenStream, Vec<TokenStream>)> = Vec::new();
    for builtin in members {
        let name = variant(builtin);
        let (field, ty) = match builtin.signature.results.first().map(|slot| slot.ty) {
            None => (None, quote!(None)),
            Some(SymbolicType::Core(CoreType::I64)) => (None, quote!(Some(IntegerType::I64))),
            Some(ty) => match width(ty).map(|(field, _)| value_name(field)) {
                Some(field) => (Some(field.clone()), quote!(Some(#field))),
                None => (None, quote!(Some(IntegerType::I32))),
            },
        };
        let pattern = match field {
            Some(field) => quote!(Self::#name { #field, .. }),
            None if fixed(builtin).is_empty() => quote!(Self::#name),
            None => quote!(Self::#name { .. }),
        };
        let key = ty.to_string();
        match arms.iter_mut().find(|(known, ..)| *known == key) {
            Some((.., patterns)) => patterns.push(pattern),
            None => arms.push((key, ty, vec![pattern])),
        }
    }
    arms.iter().map(|(_, ty, patterns)| quote! { #(#patterns)|* => #ty, }).collect()
}

fn method(spec: &Spec, builtin: &Builtin) -> TokenStream {
    let name = method_name(builtin);
    let fixed = fixed(builtin);
    let fixed = fixed.iter().filter(|fixed| !only_for_coding(&fixed.name));
    let fixed = fixed.map(|Fixed { name, ty, .. }| quote!(#name: #ty));
    let parameters = parameters(builtin);
    let parameters = parameters.iter().map(|(name, ty, _)| quote!(#name: #ty));
    let (ty, _) = result(spec, builtin);
    let text = outer_doc(&documentation(spec, builtin));
    quote! {
        #text
        fn #name(
            &mut self,
            #(#fixed,)* #(#parameters),*
        ) -> Result<Outcome<#ty, Self::Suspension>, Failure>;
    }
}

fn documentation(spec: &Spec, builtin: &Builtin) -> String {
    let mut text = format!(
        "{}\n\nThis is the built-in `{}`, with the core signature `{}`.",
        builtin.summary, *builtin.name, builtin.signature.value
    );
    let leading = |name: &str| spec.guard(name).is_some_and(|guard| guard.leading);
    let checked: Vec<String> = builtin
        .guards
        .iter()
        .filter(|guard| leading(guard))
        .map(|guard| format!("[`Guards::{}`]", value_name(guard)))
        .collect();
    if !checked.is_empty() {
        let _ = write!(text, "\n\nThese checks come first: {}.", checked.join(", "));
    }
    let done: Vec<&str> = builtin
        .guards
        .iter()
        .filter(|guard| leading(guard))
        .filter_map(|guard| spec.guard(guard))
        .flat_map(|guard| guard.traps.iter().map(|trap| trap.as_str()))
        .collect();
    let traps = spec.traps_of(builtin);
    let traps: Vec<String> = traps
        .iter()
        .filter(|trap| !done.contains(&trap.id.as_str()))
        .map(|trap| format!("`{}`", *trap.id))
        .collect();
    if !traps.is_empty() {
        let noun = if traps.len() == 1 { "trap" } else { "traps" };
        let _ = write!(text, "\n\n# Errors\n\nThe {noun} {}.", traps.join(", "));
    }
    let read = explainer(&builtin.anchors.explainer);
    let rule = canonical_abi(&builtin.anchors.canonical_abi);
    let _ = write!(text, "\n\n{read} · {rule}");
    text
}

fn arm(spec: &Spec, builtin: &Builtin) -> TokenStream {
    let name = variant(builtin);
    let method = method_name(builtin);
    let fixed = fixed(builtin);
    let used: Vec<&Ident> = fixed.iter().map(|fixed| &fixed.name).collect();
    let pattern = if used.is_empty() { quote!() } else { quote!({ #(#used),* }) };
    let parameters = parameters(builtin);
    let flat = builtin.signature.params.iter().any(|slot| slot.ty == SymbolicType::FlatResults);
    let count = Literal::usize_unsuffixed(parameters.len());
    let decode = match (flat, parameters.is_empty()) {
        (true, _) => quote!(),
        (false, true) => quote! { Arguments::new(builtin, arguments, 0)?; },
        (false, false) => quote! {
            let mut arguments = Arguments::new(builtin, arguments, #count)?;
        },
    };
    let takes = parameters.iter().filter(|_| !flat).map(|(name, _, decode)| {
        quote! { let #name = #decode; }
    });
    let guards = builtin
        .guards
        .iter()
        .filter(|guard| spec.guard(guard).is_some_and(|guard| guard.leading))
        .map(|guard| {
            let guard = value_name(guard);
            quote! { guards::#guard(machine)?; }
        });
    let passed = fixed.iter().map(|fixed| &fixed.name).filter(|name| !only_for_coding(name));
    let values =
        parameters.iter().map(|(name, ..)| if flat { quote!(arguments) } else { quote!(#name) });
    let call = quote!(machine.#method(#(#passed,)* #(#values),*)?);
    let (ty, encoded) = result(spec, builtin);
    let taken = if ty.to_string() == "()" { quote!(|()|) } else { quote!(|result|) };
    quote! {
        Self::#name #pattern => { #decode #(#takes)* #(#guards)*
            let outcome = #call;
            outcome.try_map(#taken Ok(#encoded))
        }
    }
}

/// Creates the `use` declarations for the names that occur in `body`.
fn imports(body: &TokenStream) -> TokenStream {
    let used = used(body);
    let groups: [(TokenStream, &[&str]); 7] = [
        (
            quote!(crate::builtin),
            &[
                "Arguments",
                "Blocks",
                "Builtin",
                "CoreTypeIndex",
                "Description",
                "ImportName",
                "MemoryIndex",
                "OptionsIndex",
                "Outcome",
                "Parameter",
                "Suspends",
                "SymbolicType",
                "TableIndex",
                "TypeIndex",
                "integer_result",
            ],
        ),
        (
            quote!(crate::code),
            &["CancelResult", "Ends", "EventCode", "FutureResult", "StreamResult"],
        ),
        (quote!(crate::core_value), &["CoreValue", "IntegerType"]),
        (quote!(crate::error), &["Error", "Failure"]),
        (quote!(crate::gate), &["Gate"]),
        (quote!(crate::generated::guards), &["Guards"]),
        (quote!(crate::trap), &["Rule"]),
    ];
    let modules = used.contains("guards").then(|| {
        quote!(
            use crate::generated::guards;
        )
    });
    let uses = groups.iter().map(|(module, names)| {
        let names: Vec<Ident> = names
            .iter()
            .filter(|name| used.contains(**name))
            .map(|name| format_ident!("{name}"))
            .collect();
        if names.is_empty() { quote!() } else { quote!(use #module::{#(#names),*};) }
    });
    quote! { #(#uses)* #modules }
}

/// Returns every identifier in `tokens`.
pub(super) fn used(tokens: &TokenStream) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(tokens.clone(), &mut found);
    found
}

fn collect(tokens: TokenStream, found: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                found.insert(ident.to_string());
            }
            TokenTree::Group(group) => collect(group.stream(), found),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

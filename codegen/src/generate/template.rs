//! Templates of built-ins, for the crate of components: the parts of a definition before the
//! numbers of a store are known, and the code that decodes them and adds the numbers.
//!
//! A family without numbered parts needs no template: its definitions are used as they are.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use weft_spec::Spec;
use weft_spec::model::{Builtin, Immediate, ImmediateKind};
use weft_spec::signature::SymbolicType;

use super::family::{definition_name, used, variant};
use super::rust::{doc, outer_doc, type_name, value_name};

/// Returns the path of the module with the hand-written items of templates.
fn parts() -> TokenStream {
    quote!(crate::component::definition::immediates)
}

/// A part of a built-in's definition that a template keeps.
struct Field {
    name: Ident,
    ty: TokenStream,
    doc: &'static str,
    /// The statement that makes it from the parsed value; empty if it is the parsed value.
    decoded: TokenStream,
}

/// A field of the definition, made from kept fields and the numbers of a store.
struct Numbered {
    /// The field of the definition.
    name: Ident,
    value: TokenStream,
}

/// The plan for one built-in: its parsed, kept and numbered fields.
#[derive(Default)]
struct Plan {
    /// The fields of the parsed definition.
    parsed: Vec<Ident>,
    fields: Vec<Field>,
    numbered: Vec<Numbered>,
    /// True if any value needs the numbers of a store.
    is_numbered: bool,
}

impl Plan {
    fn of(builtin: &Builtin) -> Self {
        let mut plan = Self::default();
        for immediate in &builtin.immediates {
            if let Immediate::Named { name, kind } = immediate {
                plan.immediate(builtin, name, *kind);
            }
        }
        if builtin.allowed.iter().any(|option| **option == "async") {
            plan.number("is_async", quote!(options.is_async));
        }
        let signature = &builtin.signature;
        for slot in signature.params.iter().chain(&signature.results) {
            plan.symbol(slot.ty);
        }
        plan
    }

    /// Adds an immediate: the way it is parsed, kept and defined.
    fn immediate(&mut self, builtin: &Builtin, name: &str, kind: ImmediateKind) {
        match kind {
            ImmediateKind::TypeIndex if name == "rt" => {
                self.parse("resource");
                let decoded = quote!(let resource = immediates.resource(resource)?;);
                self.keep("resource", quote!(u32), "The slot of the resource type.", decoded);
                self.number("resource_type", quote!(numbers.resource(TypeIndex(*resource))?));
            }
            ImmediateKind::TypeIndex => {
                self.parse("ty");
                let decoded = quote!(let element = immediates.element(ty)?;);
                let doc = "The type of the elements, or of the value.";
                self.keep("element", quote!(Option<Type>), doc, decoded);
                let number = format_ident!("{}_type", value_name(&builtin.family));
                self.number("ty", quote!(numbers.#number(element.as_ref())?));
            }
            ImmediateKind::CoreTypeIndex => {
                self.parse("func_ty_index");
                let decoded = quote!(let start = immediates.start_function(func_ty_index)?;);
                self.keep("start", quote!(StartFunction), "The start function.", decoded);
                self.number("start_type", quote!(numbers.core_type(&start.ty)?));
            }
            ImmediateKind::CoreMemoryIndex => {
                self.parse("memory");
                self.keep("memory", quote!(u32), "The core memory.", quote!());
                self.number("memory", quote!(numbers.memory(*memory)?));
            }
            ImmediateKind::CoreTableIndex => {
                self.parse("table_index");
                let decoded = quote!(let table = immediates.start_table(table_index)?;);
                self.keep("table", quote!(StartTable), "The table of functions.", decoded);
                self.number("table", quote!(numbers.table(table.table)?));
            }
            ImmediateKind::CoreValueType => {
                self.parse("ty");
                let decoded = quote!(let ty = immediates.integer(ty)?;);
                self.keep("ty", quote!(IntegerType), "The type of the slot's value.", decoded);
                self.number("ty", quote!(*ty));
            }
            ImmediateKind::U32 => self.as_it_is("slot", quote!(u32), "The slot."),
            ImmediateKind::FunctionIndex | ImmediateKind::CoreFunctionIndex => {
                self.as_it_is("function", quote!(u32), "The function.");
            }
            ImmediateKind::ResultList => {
                self.parse("result");
                let decoded = quote!(let result = immediates.result(result)?;);
                self.keep("result", quote!(Option<Type>), "The type of the result.", decoded);
                let number = quote!(result.as_ref().map(|ty| numbers.value_type(ty)).transpose()?);
                self.number("result_type", number);
            }
            ImmediateKind::Options => self.options(builtin),
            ImmediateKind::Async => {
                self.parse("async_");
                let doc = "Set if it returns `BLOCKED` instead of waiting.";
                self.keep("is_async", quote!(bool), doc, quote!(let is_async = async_;));
                self.number("is_async", quote!(*is_async));
            }
            ImmediateKind::Shared => {
                let doc = "Set if it is for threads that run in parallel.";
                let decoded = quote!(let is_shared = IS_SHARED;);
                self.keep("is_shared", quote!(bool), doc, decoded);
                self.number("is_shared", quote!(*is_shared));
            }
        }
    }

    /// Adds the options. If there is a result, they are the options of the function that returns.
    fn options(&mut self, builtin: &Builtin) {
        self.parse("options");
        let decoded = quote!(let options = immediates.options(&options)?;);
        let doc = "The canonical options.";
        self.keep("options", quote!(CanonicalOptions), doc, decoded);
        let is_lift = builtin.immediates.iter().any(|immediate| {
            matches!(immediate, Immediate::Named { kind: ImmediateKind::ResultList, .. })
        });
        let number = if is_lift { quote!(lift_options) } else { quote!(options) };
        self.number("options", quote!(numbers.#number(options)?));
    }

    /// Adds the integer type that a symbol of the signature stands for, once.
    fn symbol(&mut self, ty: SymbolicType) {
        let has = |plan: &Self, name: &str| plan.numbered.iter().any(|it| it.name == name);
        match ty {
            SymbolicType::MemoryAddress if !has(self, "memory_address") => {
                if self.fields.iter().any(|field| field.name == "options") {
                    self.number("memory_address", quote!(options.address_type));
                    return;
                }
                let decoded = quote!(let memory_address = immediates.memory_address(memory)?;);
                let doc = "The address type of the memory.";
                self.keep("memory_address", quote!(IntegerType), doc, decoded);
                self.number("memory_address", quote!(*memory_address));
            }
            SymbolicType::TableAddress if !has(self, "table_address") => {
                self.number("table_address", quote!(table.address));
            }
            SymbolicType::ResourceRepresentation if !has(self, "representation") => {
                let decoded = quote!(let representation = immediates.representation(resource)?;);
                let doc = "The type of the resource's representation.";
                self.keep("representation", quote!(IntegerType), doc, decoded);
                self.number("representation", quote!(*representation));
            }
            SymbolicType::StartParameter if !has(self, "start_parameter") => {
                self.number("start_parameter", quote!(start.parameter));
            }
            _ => {}
        }
    }

    fn parse(&mut self, name: &str) {
        self.parsed.push(value_name(name));
    }

    fn keep(&mut self, name: &str, ty: TokenStream, doc: &'static str, decoded: TokenStream) {
        self.fields.push(Field { name: value_name(name), ty, doc, decoded });
    }

    fn number(&mut self, name: &str, value: TokenStream) {
        self.is_numbered |= used(&value).contains("numbers");
        self.numbered.push(Numbered { name: value_name(name), value });
    }

    /// Adds a number that means the same when it is parsed, kept and defined.
    fn as_it_is(&mut self, name: &str, ty: TokenStream, doc: &'static str) {
        self.parse(name);
        self.keep(name, ty, doc, quote!());
        let ident = value_name(name);
        self.number(name, quote!(*#ident));
    }

    /// Returns the pattern or expression of `name` with the fields of the template.
    fn with_fields(&self, name: &TokenStream) -> TokenStream {
        braced(name, self.fields.iter().map(|field| &field.name))
    }
}

fn braced<'a>(name: &TokenStream, fields: impl Iterator<Item = &'a Ident>) -> TokenStream {
    let fields: Vec<_> = fields.collect();
    if fields.is_empty() { quote!(#name) } else { quote!(#name { #(#fields),* }) }
}

/// A family of built-ins, with the way each is parsed, kept and numbered.
struct Family<'a> {
    name: &'a str,
    members: Vec<(&'a Builtin, Plan)>,
}

impl<'a> Family<'a> {
    fn of(spec: &'a Spec, name: &'a str) -> Self {
        let members = spec.builtins.iter().filter(|builtin| builtin.family == name);
        Self { name, members: members.map(|builtin| (builtin, Plan::of(builtin))).collect() }
    }

    /// Returns true if its definitions need the numbers of a store.
    fn is_numbered(&self) -> bool {
        self.members.iter().any(|(_, plan)| plan.is_numbered)
    }

    /// Returns the type that keeps a decoded built-in: `StreamTemplate`, or
    /// `BackpressureDefinition`.
    fn kept(&self) -> Ident {
        if self.is_numbered() {
            format_ident!("{}Template", type_name(self.name))
        } else {
            definition_name(self.name)
        }
    }

    /// Returns true if decoding has to look up the meaning of an immediate.
    fn asks(&self) -> bool {
        let fields = self.members.iter().flat_map(|(_, plan)| &plan.fields);
        fields.into_iter().any(|field| used(&field.decoded).contains("immediates"))
    }
}

/// Returns the module of one family.
pub(super) fn module(spec: &Spec, name: &str) -> TokenStream {
    let family = Family::of(spec, name);
    let head = doc(&format!("Built-ins of the family `{name}`, as a component defines them."));
    let template = if family.is_numbered() { template(&family) } else { quote!() };
    let decode = decode(&family);
    let body = quote!(#template #decode);
    let imports = imports(&family, &body);
    quote! { #head #imports #body }
}

/// Creates the enumeration of a family's templates, and the code that adds numbers.
fn template(family: &Family<'_>) -> TokenStream {
    let (kept, definition) = (family.kept(), definition_name(family.name));
    let text = outer_doc(&format!(
        "A built-in of the family `{}`, with the values that its definition in a component fixes.",
        family.name
    ));
    let variants = family.members.iter().map(|(builtin, plan)| {
        let name = variant(builtin);
        let text = outer_doc(&format!("`{}`", *builtin.name));
        let fields = plan.fields.iter().map(|Field { name, ty, doc, .. }| {
            let text = outer_doc(doc);
            quote! { #text #name: #ty, }
        });
        if plan.fields.is_empty() {
            quote! { #text #name, }
        } else {
            quote! { #text #name { #(#fields)* }, }
        }
    });
    let arms = family.members.iter().map(|(builtin, plan)| {
        let name = variant(builtin);
        let pattern = plan.with_fields(&quote!(Self::#name));
        let fields = plan.numbered.iter().map(|Numbered { name, value }| quote!(#name: #value));
        if plan.numbered.is_empty() {
            quote! { #pattern => #definition::#name, }
        } else {
            quote! { #pattern => #definition::#name { #(#fields),* }, }
        }
    });
    quote! {
        #text
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub(crate) enum #kept { #(#variants)* }
        impl #kept {
            /// Returns the definition with the numbers of a store.
            ///
            /// # Errors
            ///
            /// Those of `numbers`.
            pub(crate) fn definition<N: BuiltinNumbers>(
                &self,
                numbers: &mut N,
            ) -> Result<#definition, N::Error> {
                Ok(match self { #(#arms)* })
            }
        }
    }
}

/// Creates the function that decodes a family.
fn decode(family: &Family<'_>) -> TokenStream {
    let kept = family.kept();
    let arms = family.members.iter().map(|(builtin, plan)| {
        let name = variant(builtin);
        let parsed = type_name(&builtin.name);
        let pattern = braced(&quote!(CanonicalFunction::#parsed), plan.parsed.iter());
        let decoded = plan.fields.iter().map(|field| &field.decoded);
        let value = plan.with_fields(&quote!(#kept::#name));
        quote! { #pattern => { #(#decoded)* #value } }
    });
    let text = outer_doc(&format!(
        "Returns the built-in that was parsed, if it is of the family `{}`.",
        family.name
    ));
    if !family.asks() {
        return quote! {
            #text
            pub(crate) fn decode(function: &CanonicalFunction) -> Option<#kept> {
                Some(match *function { #(#arms)* _ => return None })
            }
        };
    }
    quote! {
        #text
        ///
        /// # Errors
        ///
        /// Those of `immediates`.
        pub(crate) fn decode<I: Immediates>(
            function: CanonicalFunction,
            immediates: &mut I,
        ) -> Result<Option<#kept>, I::Error> {
            Ok(Some(match function { #(#arms)* _ => return Ok(None) }))
        }
    }
}

/// Creates the `use` declarations for the names that occur in `body`.
fn imports(family: &Family<'_>, body: &TokenStream) -> TokenStream {
    let found = used(body);
    let parts = parts();
    let definition = definition_name(family.name).to_string();
    let groups: [(TokenStream, &[&str]); 5] = [
        (quote!(wasmparser), &["CanonicalFunction"]),
        (quote!(crate::abi), &["Type"]),
        (quote!(crate::builtin), &[&definition, "TypeIndex"]),
        (quote!(crate::core_value), &["IntegerType"]),
        (
            parts,
            &[
                "BuiltinNumbers",
                "CanonicalOptions",
                "IS_SHARED",
                "Immediates",
                "StartFunction",
                "StartTable",
            ],
        ),
    ];
    let uses = groups.iter().map(|(module, names)| {
        let names = names.iter().filter(|name| found.contains(**name));
        let names: Vec<Ident> = names.map(|name| format_ident!("{name}")).collect();
        if names.is_empty() { quote!() } else { quote!(use #module::{#(#names),*};) }
    });
    quote! { #(#uses)* }
}

/// Returns the module with the sum of all families.
pub(super) fn sum(spec: &Spec) -> TokenStream {
    let head = doc("A built-in as a component defines it: the sum of the families' templates.");
    let families: Vec<_> = spec.families().into_iter().map(|name| Family::of(spec, name)).collect();
    let parts = parts();
    let (own, numbered): (Vec<_>, Vec<_>) = families.iter().partition(|it| !it.is_numbered());
    let own: Vec<_> = own.iter().map(|family| family.kept()).collect();
    let templates = numbered.iter().map(|family| {
        let (module, kept) = (value_name(family.name), family.kept());
        quote!(use super::#module::#kept;)
    });
    let modules = families.iter().map(|family| value_name(family.name));
    let variants = families.iter().map(|family| {
        let (name, kept) = (type_name(family.name), family.kept());
        let text = outer_doc(&format!("A built-in of the family `{}`.", family.name));
        quote! { #text #name(#kept), }
    });
    let definitions = families.iter().map(|family| {
        let name = type_name(family.name);
        if family.is_numbered() {
            quote! { Self::#name(template) => template.definition(numbers)?.into(), }
        } else {
            quote! { Self::#name(definition) => (*definition).into(), }
        }
    });
    let arms = families.iter().map(|family| {
        let (name, module) = (type_name(family.name), value_name(family.name));
        let patterns = family.members.iter().map(|(builtin, plan)| {
            let parsed = type_name(&builtin.name);
            let fields = if plan.parsed.is_empty() { quote!() } else { quote!({ .. }) };
            quote!(CanonicalFunction::#parsed #fields)
        });
        let decoded = if family.asks() {
            quote!(#module::decode(function, immediates)?)
        } else {
            quote!(#module::decode(&function))
        };
        quote! { #(#patterns)|* => #decoded.map(Self::#name), }
    });
    quote! {
        #head
        use wasmparser::CanonicalFunction;
        use crate::builtin::{Definition, #(#own),*};
        use #parts::{BuiltinNumbers, Immediates};
        use super::{#(#modules),*};
        #(#templates)*
        /// A built-in with the values that its definition in a component fixes: indices and slots
        /// of the component, and types with the slots of resource types.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub(crate) enum BuiltinTemplate { #(#variants)* }
        impl BuiltinTemplate {
            /// Returns the definition with the numbers of a store.
            ///
            /// # Errors
            ///
            /// Those of `numbers`.
            pub(crate) fn definition<N: BuiltinNumbers>(
                &self,
                numbers: &mut N,
            ) -> Result<Definition, N::Error> {
                Ok(match self { #(#definitions)* })
            }
            /// Returns the built-in that was parsed; none if a function is lifted or lowered.
            ///
            /// # Errors
            ///
            /// Those of `immediates`.
            pub(crate) fn decode<I: Immediates>(
                function: CanonicalFunction,
                immediates: &mut I,
            ) -> Result<Option<Self>, I::Error> {
                Ok(match function {
                    CanonicalFunction::Lift { .. } | CanonicalFunction::Lower { .. } => None,
                    #(#arms)*
                })
            }
        }
    }
}

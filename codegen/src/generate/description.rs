//! The spec's description of a built-in, as a value for the runtime.

use proc_macro2::TokenStream;
use quote::quote;
use weft_spec::Spec;
use weft_spec::model::{Blocks, Builtin, CoreType, Immediate, RequiredOption, When};
use weft_spec::signature::SymbolicType;

use super::rust::type_name;
use super::value_type::hexadecimal;

/// Returns the spec's description of `builtin`, as a value of the runtime's `Description`.
pub(super) fn description(spec: &Spec, builtin: &Builtin) -> TokenStream {
    let ident = type_name(&builtin.name);
    let name = &*builtin.name.value;
    let opcode = hexadecimal(*builtin.opcode);
    let gate = type_name(&builtin.gate);
    let since = spec.since(builtin);
    let immediates = builtin.immediates.iter().map(spelled);
    let allowed = builtin.allowed.iter().map(|option| option.as_str());
    let required = builtin.required.iter().map(required);
    let params = builtin.signature.params.iter().map(|slot| {
        let (name, ty) = (&slot.name, symbol(slot.ty));
        quote! { Parameter { name: #name, ty: SymbolicType::#ty } }
    });
    let result = match builtin.signature.results.first() {
        None => quote!(None),
        Some(slot) => {
            let ty = symbol(slot.ty);
            quote!(Some(SymbolicType::#ty))
        }
    };
    let blocks = match builtin.blocks {
        Blocks::Never => quote!(Never),
        Blocks::UnlessAsync => quote!(UnlessAsync),
        Blocks::May => quote!(May),
        Blocks::CallsGuest => quote!(CallsGuest),
    };
    let traps = spec.traps_of(builtin).into_iter().map(|trap| type_name(&trap.id));
    let imports = builtin.imports.iter().map(|import| {
        let (pattern, is_async) = (&import.pattern, import.is_async);
        quote! { ImportName { pattern: #pattern, is_async: #is_async } }
    });
    let summary = &builtin.summary;
    quote! {
        Description {
            builtin: Builtin::#ident,
            name: #name,
            opcode: #opcode,
            gate: Gate::#gate,
            since: #since,
            immediates: &[#(#immediates),*],
            allowed: &[#(#allowed),*],
            required: &[#(#required),*],
            params: &[#(#params),*],
            result: #result,
            blocks: Blocks::#blocks,
            traps: &[#(Rule::#traps),*],
            imports: &[#(#imports),*],
            summary: #summary,
        }
    }
}

/// Formats an immediate as in the data.
pub(crate) fn spelled(immediate: &Immediate) -> String {
    match immediate {
        Immediate::Byte(byte) => format!("{byte:#04x}"),
        Immediate::Named { name, kind } => format!("{name}: {}", kind.spelling()),
    }
}

/// Formats a required option as in the data.
pub(crate) fn required(required: &RequiredOption) -> String {
    let option = &required.option;
    match &required.when {
        When::Always => option.clone(),
        When::Element => format!("{option} if element"),
        When::NeedsMemory => format!("{option} if needs-memory"),
        When::ContainsPointer => format!("{option} if contains-pointer"),
        When::UnlessGate(gate) => format!("{option} unless {gate}"),
    }
}

fn symbol(ty: SymbolicType) -> TokenStream {
    match ty {
        SymbolicType::Core(CoreType::I32) => quote!(I32),
        SymbolicType::Core(CoreType::I64) => quote!(I64),
        SymbolicType::Core(CoreType::F32) => quote!(F32),
        SymbolicType::Core(CoreType::F64) => quote!(F64),
        SymbolicType::MemoryAddress => quote!(MemoryAddress),
        SymbolicType::TableAddress => quote!(TableAddress),
        SymbolicType::ContextType => quote!(ContextType),
        SymbolicType::ResourceRepresentation => quote!(ResourceRepresentation),
        SymbolicType::StartParameter => quote!(StartParameter),
        SymbolicType::StartReference => quote!(StartReference),
        SymbolicType::FlatResults => quote!(FlatResults),
    }
}

//! Creates the generated files from the data.
//!
//! | module | writes |
//! |---|---|
//! | `builtin` | `builtin.rs`: the enumeration |
//! | `definition` | `definition.rs`: the sums of definitions and traits |
//! | `family` | one file for each family, such as `stream.rs`: definition, typed trait, decoding and encoding |
//! | `template` | the same in the crate of components: the parts of a definition before it has numbers |
//! | `samples` | in test folders: definitions with given values, a recorder of calls |
//! | `description` | in those: the spec's description of a built-in |
//! | `guards` | `guards.rs`: the checks that are made first |
//! | `code` | `code.rs`: enumerations and packed integers |
//! | `trap` | `trap.rs`: the rules that trap, and their messages |
//! | `limit` | `limit.rs`: the constants |
//! | `gate` | `gate.rs`: the features |
//! | `value_type` | `value_type.rs`: the value types and their fixed layouts |
//! | `reference_page` | `spec/BUILTINS.md` |
//! | `rust` | (nothing: turns tokens into a Rust file) |
//!
//! Rust is built as tokens, parsed, and printed; Markdown comes from a template.

mod builtin;
mod code;
mod definition;
mod description;
mod family;
mod gate;
mod guards;
mod limit;
mod reference_page;
mod rust;
mod samples;
mod template;
mod trap;
mod value_type;

pub(crate) use description::{required, spelled};
pub(crate) use reference_page::Entry;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use weft_spec::{Report, Spec};

/// A file that is generated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Its path from the root of the workspace, with `/` between folders.
    pub path: String,
    /// Its content.
    pub text: String,
}

/// The vocabulary of the core.
const CORE: &str = "runtime/core/src/generated";
/// The templates of built-ins.
const COMPONENT: &str = "runtime/component/src/component/definition/generated";
/// Samples for the tests of the component decoder.
const COMPONENT_TESTS: &str = "runtime/component/src/component/definition/decode/tests/generated";
/// Samples for the tests of the core.
const CORE_TESTS: &str = "runtime/core/tests/generated";
/// Samples for the tests of all crates together.
const TESTS: &str = "tests/src/generated";

/// Folders that contain only generated files, as paths from the root of the workspace.
pub const GENERATED_FOLDERS: [&str; 5] = [COMPONENT, COMPONENT_TESTS, CORE, CORE_TESTS, TESTS];

/// A Rust module that is generated.
struct Module {
    folder: &'static str,
    name: String,
    from: String,
    tokens: TokenStream,
}

impl Module {
    fn new(folder: &'static str, name: &str, from: &str, tokens: TokenStream) -> Self {
        Self { folder, name: name.to_owned(), from: from.to_owned(), tokens }
    }

    fn output(self) -> Result<Output, Report> {
        let path = format!("{}/{}.rs", self.folder, self.name);
        let text = rust::file(&self.from, self.tokens).map_err(|error| {
            Report::of(weft_spec::Diagnostic::error(
                "generator",
                format!("the text generated for `{path}` is not Rust: {error}"),
            ))
        })?;
        Ok(Output { path, text })
    }
}

/// Returns the files that are generated from `spec`, in order of their paths.
///
/// # Errors
///
/// A [`Report`] if the generated text is not Rust, which is a fault of the generator.
pub fn outputs(spec: &Spec) -> Result<Vec<Output>, Report> {
    let modules = [core(spec), component(spec), samples_of(spec)].into_iter().flatten();
    let mut outputs = modules.map(Module::output).collect::<Result<Vec<_>, _>>()?;
    outputs.push(Output {
        path: "spec/BUILTINS.md".to_owned(),
        text: reference_page::page(spec).map_err(|error| {
            Report::of(weft_spec::Diagnostic::error("generator", error.to_string()))
        })?,
    });
    outputs.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(outputs)
}

/// The rows from which all modules of built-ins are made.
const ROWS: &str = "spec/builtins/*.toml";

/// Creates one module for each family of built-ins, from the family's rows.
fn families(
    spec: &Spec,
    folder: &'static str,
    module: fn(&Spec, &str) -> TokenStream,
) -> Vec<Module> {
    let modules = spec.families().into_iter().map(|family| {
        let from = format!("spec/builtins/{family}.toml");
        Module::new(folder, &rust::value_name(family).to_string(), &from, module(spec, family))
    });
    modules.collect()
}

fn core(spec: &Spec) -> Vec<Module> {
    let mut modules = vec![
        Module::new(CORE, "builtin", ROWS, builtin::module(spec)),
        Module::new(CORE, "code", "spec/abi.toml", code::module(spec)),
        Module::new(CORE, "definition", ROWS, definition::module(spec)),
        Module::new(CORE, "gate", "spec/gates.toml", gate::module(spec)),
        Module::new(CORE, "guards", "spec/traps.toml", guards::module(spec)),
        Module::new(CORE, "limit", "spec/abi.toml", limit::module(spec)),
        Module::new(CORE, "trap", "spec/traps.toml", trap::module(spec)),
        Module::new(CORE, "value_type", "spec/types.toml", value_type::module(spec)),
    ];
    modules.extend(families(spec, CORE, family::module));
    // Users see these as modules of the runtime. The other items are re-exported one by one.
    let seen = ["code", "gate", "limit", "trap", "value_type"];
    let map = "The data of `spec/` as Rust: one module for each file, and one for each family of built-ins.";
    modules.push(index(map, &modules, &seen));
    modules
}

fn component(spec: &Spec) -> Vec<Module> {
    let mut modules = vec![Module::new(COMPONENT, "builtin", ROWS, template::sum(spec))];
    modules.extend(families(spec, COMPONENT, template::module));
    let map = "Built-ins as components define them: one module for each family, and their sum.";
    modules.push(index(map, &modules, &[]));
    modules
}

fn samples_of(spec: &Spec) -> Vec<Module> {
    let (own, seen) = (quote!(pub(crate)), quote!(pub));
    let definitions = |folder, runtime, seen| {
        let runtime = format_ident!("{runtime}");
        Module::new(folder, "definitions", ROWS, samples::definitions(spec, &runtime, seen))
    };
    let of_all = definitions(TESTS, "weft", &seen);
    let map = "Samples of all built-ins, for tests.";
    let index = index(map, std::slice::from_ref(&of_all), &["definitions"]);
    let recorder = samples::recorder(spec, &format_ident!("weft_core"));
    vec![
        of_all,
        index,
        // Tests of the other two crates name these modules themselves.
        definitions(CORE_TESTS, "weft_core", &own),
        Module::new(CORE_TESTS, "recorder", ROWS, recorder),
        definitions(COMPONENT_TESTS, "crate", &own),
    ]
}

/// Creates the module that names the `modules` of a folder; those in `seen` are public.
fn index(map: &str, modules: &[Module], seen: &[&str]) -> Module {
    let folder = modules.first().map_or("", |module| module.folder);
    let map = rust::doc(map);
    let mut names: Vec<&str> = modules.iter().map(|module| module.name.as_str()).collect();
    names.sort_unstable();
    let names = names.into_iter().map(|name| {
        let ident = rust::value_name(name);
        if seen.contains(&name) { quote!(pub mod #ident;) } else { quote!(pub(crate) mod #ident;) }
    });
    Module::new(folder, "mod", "spec/", quote! { #map #(#names)* })
}

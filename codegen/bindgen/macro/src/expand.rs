//! Expands the macro's input to bindings, or to errors at their places.

use std::path::{Path, PathBuf};

use proc_macro2::{Span, TokenStream};
use quote::quote;
use weft_bindgen::settings::{OPTION_NAMES, Setting, SettingValue};
use weft_bindgen::{Bindings, Options, Places, bind};
use weft_spec::{Report, Severity};

use super::settings::{Input, unwrapped};

/// The name of the macro's input in messages, in which other inputs have the names of files.
const INPUT: &str = "bindgen!";

/// The folder of WIT by default.
const FOLDER: &str = "wit";

/// Expands `input`; its paths are relative to `folder`.
pub(crate) fn expand(input: TokenStream, folder: &Path) -> TokenStream {
    let input: Input = match syn::parse2(unwrapped(input)) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let made = options(&input, folder).and_then(|options| bind(&options)).and_then(|bindings| {
        let tokens = bindings.text.parse::<TokenStream>().map_err(|error| {
            let message = format!(
                "the generated bindings are not Rust, which is a fault of the generator: {error}"
            );
            Report::of(weft_spec::Diagnostic::error("bind", message))
        })?;
        Ok((bindings, tokens))
    });
    match made {
        Ok((bindings, tokens)) => {
            let read = read(&bindings, folder);
            quote!(#read #tokens)
        }
        Err(report) => errors(&report, &input, folder),
    }
}

fn options(input: &Input, folder: &Path) -> Result<Options, Report> {
    let mut report = Report::new();
    let source = report.add_source(INPUT, "");
    let mut settings = input.settings.clone();
    for setting in settings.iter_mut().filter(|setting| setting.name == "path") {
        "wit".clone_into(&mut setting.name);
    }
    let known = OPTION_NAMES.into_iter().filter(|name| *name != "inner-attributes");
    let known: Vec<_> = known.collect();
    if settings.iter().all(|setting| setting.name != "wit" && setting.name != "inline") {
        let value = SettingValue::Text(FOLDER.to_owned());
        let wit = Setting { value, range: 0..0 };
        settings.push(weft_bindgen::settings::NamedSetting {
            name: "wit".to_owned(),
            range: 0..0,
            setting: wit,
        });
    }
    let places = Places::new(INPUT, "");
    let mut options = Options::from_settings(&settings, &known, places, source, &mut report);
    options.wit = options.wit.iter().map(|path| folder.join(path)).collect();
    options.inner_attributes = false;
    report.into_result(options)
}

/// Returns the items that make the compiler expand the macro again when a file changes.
fn read(bindings: &Bindings, folder: &Path) -> TokenStream {
    let paths = bindings.read.files.iter().map(|path| absolute(path, folder));
    let paths = paths.map(|path| path.display().to_string());
    quote!(#(const _: &[u8] = ::core::include_bytes!(#paths);)*)
}

fn absolute(path: &Path, folder: &Path) -> PathBuf {
    std::path::absolute(folder.join(path)).unwrap_or_else(|_| path.to_owned())
}

/// Returns each problem as an error: a problem of an option at the option, one of WIT at the macro.
fn errors(report: &Report, input: &Input, folder: &Path) -> TokenStream {
    let is_error = |severity| severity == Severity::Error;
    let mut tokens = TokenStream::new();
    for problem in report.diagnostics().iter().filter(|it| is_error(it.severity)) {
        let in_input = problem.primary.as_ref().filter(|label| {
            report.sources().get(label.span.source).is_some_and(|source| source.path == INPUT)
        });
        let span = in_input.and_then(|label| input.span(&label.span.range));
        let message = match in_input {
            Some(_) => {
                let help = problem.help.iter().map(|help| format!("\n= help: {help}"));
                format!("{}{}", problem.message, help.collect::<String>())
            }
            None => {
                let mut alone = Report::new();
                for source in report.sources() {
                    alone.add_source(&source.path, &source.text);
                }
                alone.push(problem.clone());
                let shown = alone.to_string();
                let start = format!("error[{}]: ", problem.code);
                shown.strip_prefix(&start).unwrap_or(&shown).to_owned()
            }
        };
        let message = message.replace(&format!("{}/", folder.display()), "");
        let error = syn::Error::new(span.unwrap_or_else(Span::call_site), message);
        tokens.extend(error.into_compile_error());
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIT: &str = "package a:b;\nworld w { export f: func() -> u32; }\n";

    /// Expands the input in a folder with a file `wit/w.wit`.
    fn expanded(wit: &str, input: TokenStream) -> String {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("wit")).unwrap();
        std::fs::write(folder.path().join("wit/w.wit"), wit).unwrap();
        let text = expand(input, folder.path()).to_string();
        text.replace(&folder.path().display().to_string(), "HERE")
    }

    #[test]
    fn the_expansion_has_the_bindings_and_the_files_read() {
        for input in [quote!(), quote!(path: "wit"), quote!({ path: ["wit/w.wit"], world: "w" })] {
            let text = expanded(WIT, input);
            assert!(text.contains("include_bytes ! (\"HERE/wit/w.wit\")"), "{text}");
            assert!(text.contains("= \"a:b/w\""), "{text}");
            assert!(!text.contains("compile_error"), "{text}");
            syn::parse_str::<syn::File>(&text).unwrap();
        }
        let text = expanded("", quote!(inline: #WIT));
        assert!(text.contains("\"a:b/w\"") && !text.contains("include_bytes"), "{text}");
    }

    #[test]
    fn a_mistake_in_wit_names_its_file_line_and_column() {
        let text = expanded("package a:b;\nworld w { export f: fun(); }\n", quote!(path: "wit"));
        assert!(text.contains("compile_error"), "{text}");
        assert!(text.contains("wit/w.wit:2:24") && !text.contains("HERE"), "{text}");
        let text = expanded("", quote!(inline: "package a:b;\nworld"));
        assert!(text.contains("<inline WIT>:2:6"), "{text}");
        let text = expanded(WIT, quote!(path: "wti"));
        assert!(text.contains("cannot read `wti`"), "{text}");
    }

    #[test]
    fn all_mistakes_in_options_are_errors() {
        let input = quote! {
            wurld: "w", all_features: "yes", features: ["x", 1],
            functions: [{ store: "async" }, { pattern: "*", store: asink }],
        };
        let text = expanded(WIT, input);
        for said in [
            "there is no option `wurld`",
            "did you mean `world`?",
            "expected `true` or `false`, found a text",
            "expected a text, found a literal that is not a text",
            "expected a `pattern`",
            "found `asink`",
        ] {
            assert!(text.contains(said), "{said}: {text}");
        }
        let text = expanded(WIT, quote!(features: ["x"], world: "v"));
        assert!(text.contains("no package has an unstable feature `x`"), "{text}");
    }

    #[test]
    fn no_input_makes_the_macro_panic() {
        for input in [
            "path",
            "path:",
            "path: ,",
            ": 1",
            "path: [",
            "with: { a }",
            "{}",
            "{} {}",
            "1",
            "a-: 1",
        ] {
            let Ok(tokens) = input.parse::<TokenStream>() else { continue };
            let text = expanded(WIT, tokens);
            let is_fine = input == "{}";
            assert_eq!(!text.contains("compile_error"), is_fine, "{input}: {text}");
        }
    }

    #[test]
    fn options_and_paths_can_be_written_as_rust_tokens() {
        let input = quote! {
            crate-path: ::other::weft, visibility: pub(crate), derives: [serde::Serialize],
            types: [{ pattern: "*", without_derives: [Hash<u8, u8>] }],
        };
        let text = expanded(WIT, input);
        assert!(text.contains("a derive must be a path") && !text.contains("not a"), "{text}");
    }
}

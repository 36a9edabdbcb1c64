//! The imports of a component: linking those that `weft` has, and reporting the others.

use std::collections::BTreeMap;

use weft::component::{Component, ImportError, Linker};
use weft::engine::wasmi::Wasmi;
use weft::error::WithCauses;
use weft_spec::Diagnostic;
use weft_wasi::WasiCtx;

use crate::exit_code::CANNOT_RUN;
use crate::failure::Failure;

/// Returns a linker for a component, with WASI of all versions.
///
/// # Errors
///
/// The component imports something else. The failure names it, and says what to do.
pub(crate) fn link(
    component: &Component<Wasmi>,
    path: &str,
) -> Result<Linker<Wasmi, WasiCtx>, Failure> {
    let mut linker = Linker::new();
    weft_wasi::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi);
    weft_wasi::http::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi);
    check(&linker, component, path)?;
    Ok(linker)
}

/// Returns a failure if the linker lacks an import of a component.
fn check<T: 'static>(
    linker: &Linker<Wasmi, T>,
    component: &Component<Wasmi>,
    path: &str,
) -> Result<(), Failure> {
    let errors = linker.check(component);
    if errors.is_empty() {
        return Ok(());
    }
    // The errors, by the names of imports.
    let mut wrong: BTreeMap<&str, Vec<&ImportError>> = BTreeMap::new();
    for error in &errors {
        wrong.entry(import_of(component, name_of(error))).or_default().push(error);
    }
    let message = match wrong.len() {
        1 => format!("`{path}` has an import that `weft` does not provide"),
        number => format!("`{path}` has {number} imports that `weft` does not provide"),
    };
    let diagnostic = Diagnostic::error("missing-imports", message);
    let diagnostic = advice(&wrong).into_iter().fold(diagnostic, Diagnostic::help);
    let lines = wrong.iter().map(|(name, errors)| match errors[..] {
        [ImportError::Missing { name: whole, .. }] if whole == name => (*name).to_owned(),
        [ref error, ..] => format!("{name}: {}", WithCauses(error)),
        [] => (*name).to_owned(),
    });
    Err(Failure::new(CANNOT_RUN, diagnostic).with_details(lines))
}

/// Returns the name of the import that an error is about. The error may be inside of an instance.
fn import_of<'a>(component: &'a Component<Wasmi>, name: &'a str) -> &'a str {
    let is_of = |import: &&str| {
        name.strip_prefix(*import).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    component.imports().map(|(import, _)| import).find(is_of).unwrap_or(name)
}

fn name_of(error: &ImportError) -> &str {
    match error {
        ImportError::Missing { name, .. }
        | ImportError::Mismatch { name, .. }
        | ImportError::Function { name, .. }
        | ImportError::OtherStore { name }
        | ImportError::InstanceRemoved { name }
        | ImportError::OtherEngine { name } => name,
        _ => "",
    }
}

fn advice(wrong: &BTreeMap<&str, Vec<&ImportError>>) -> Vec<&'static str> {
    let mut advice = Vec::new();
    if wrong.keys().any(|name| !name.starts_with("wasi:")) {
        advice.push(
            "imports other than WASI come from another component: compose both, for example with \
             `wac plug`, or embed Weft in a program of yours that defines them",
        );
    }
    advice
}

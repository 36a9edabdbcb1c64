//! The entry to a component: a program, or a call.

use weft::abi::Val;
use weft::component::Component;
use weft::engine::wasmi::Wasmi;
use weft_spec::Diagnostic;
use weft_wasi::http::HttpService;

use crate::exit_code::CANNOT_RUN;
use crate::failure::Failure;
use crate::guest::is_program;

use super::functions::{ExportedFunction, listed_callable};
use super::invocation::Invocation;

/// The entry to a component.
#[derive(Debug)]
pub(super) enum Entry {
    /// A program, which exports `wasi:cli/run`.
    Program,
    /// A call of a function with these arguments.
    Call(ExportedFunction, Vec<Val>),
}

impl Entry {
    /// Finds the entry.
    ///
    /// # Errors
    ///
    /// There is no such function, its calls have no text, its arguments are wrong, or the component
    /// is not a program.
    pub(super) fn of(
        component: &Component<Wasmi>,
        path: &str,
        invoke: Option<&str>,
    ) -> Result<Self, Failure> {
        let Some(text) = invoke else {
            return if is_program(component) {
                Ok(Self::Program)
            } else {
                Err(no_program(component, path))
            };
        };
        let (function, arguments) = Invocation::of(text)?.resolve(component, path)?;
        Ok(Self::Call(function, arguments))
    }
}

fn no_program(component: &Component<Wasmi>, path: &str) -> Failure {
    let message = format!("`{path}` is not a program: it does not export `wasi:cli/run`");
    let diagnostic = Diagnostic::error("no-program", message);
    if HttpService::is_service(component) {
        let help = format!("it answers HTTP requests: run it with `weft serve {path}`");
        return Failure::new(CANNOT_RUN, diagnostic.help(help));
    }
    let functions = listed_callable(&ExportedFunction::all(component));
    if functions.is_empty() {
        return Failure::new(CANNOT_RUN, diagnostic);
    }
    let diagnostic = diagnostic.help("call one of its functions with --invoke 'NAME(ARGUMENTS)'");
    Failure::new(CANNOT_RUN, diagnostic)
        .with_details(["it exports:".to_owned()])
        .with_details(functions)
}

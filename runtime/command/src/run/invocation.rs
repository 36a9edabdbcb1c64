//! Calls as text, and making them.

use std::ops::Range;

use serde_json::json;
use weft::abi::{Type, Val, VariantShape, WaveError};
use weft::component::{Component, Function, Instance, Store};
use weft::engine::wasmi::Wasmi;
use weft_spec::{Diagnostic, Report, Span};

use crate::exit_code::{NOT_WELL, SUCCESS, USAGE, WEFT_FAILED};
use crate::failure::Failure;
use crate::format::Format;
use crate::output;

use super::functions::{ExportedFunction, Found, find, listed, listed_callable, similar};
use super::stopped::Stopped;

/// A call as text: a name, and arguments in parentheses.
#[derive(Debug)]
pub(crate) struct Invocation<'a> {
    text: &'a str,
    name: Range<usize>,
    /// The offset in bytes of the arguments, if there are parentheses.
    arguments: Option<usize>,
}

impl<'a> Invocation<'a> {
    /// Parses a call.
    ///
    /// # Errors
    ///
    /// The call has no name.
    pub(crate) fn of(text: &'a str) -> Result<Self, Failure> {
        let arguments = text.find('(');
        let before = text.get(..arguments.unwrap_or(text.len())).unwrap_or_default();
        let name = before.trim();
        let start = before.len() - before.trim_start().len();
        let invocation = Self { text, name: start..start + name.len(), arguments };
        if name.is_empty() {
            let diagnostic = Diagnostic::error("invocation", "expected the name of a function");
            let help = "write a name and its arguments: --invoke 'add(1, 2)'";
            return Err(invocation.wrong(diagnostic.help(help), 0..0, "before this"));
        }
        Ok(invocation)
    }

    fn name(&self) -> &'a str {
        self.text.get(self.name.clone()).unwrap_or_default()
    }

    fn wrong(&self, diagnostic: Diagnostic, range: Range<usize>, label: &str) -> Failure {
        let mut report = Report::new();
        let source = report.add_source("--invoke", self.text);
        report.push(diagnostic.at(Span { source, range }, label));
        Failure::of(USAGE, report)
    }

    /// Finds the function among the exports of a component, and parses its arguments. Nothing is run
    /// for that.
    ///
    /// # Errors
    ///
    /// There is no such function, a handle is needed for its arguments, its result may have a
    /// handle in it, or its arguments are wrong.
    pub(crate) fn resolve(
        &self,
        component: &Component<Wasmi>,
        path: &str,
    ) -> Result<(ExportedFunction, Vec<Val>), Failure> {
        let function = self.find(&ExportedFunction::all(component), path)?;
        let arguments = self.arguments(&function)?;
        Ok((function, arguments))
    }

    /// Finds the function among all functions of a component.
    fn find(&self, all: &[ExportedFunction], path: &str) -> Result<ExportedFunction, Failure> {
        let name = self.name();
        let callable = listed_callable(all);
        match find(all, name) {
            Found::One(function) => match function.obstacle() {
                None => Ok(function),
                Some(obstacle) => Err(self.without_text(&function, &obstacle)),
            },
            Found::Several(several) => {
                let message = format!("several interfaces have a function `{name}`");
                let diagnostic = Diagnostic::error("ambiguous-function", message)
                    .help("name the interface, too: --invoke 'interface#function(…)'");
                let failure = self.wrong(diagnostic, self.name.clone(), "which one?");
                Err(failure.with_details(listed(&several)))
            }
            Found::None if callable.is_empty() => {
                let message =
                    format!("`{path}` exports no function whose call can be written as text");
                Err(Failure::new(USAGE, Diagnostic::error("unknown-function", message)))
            }
            Found::None => {
                let message = format!("`{path}` does not export a function `{name}`");
                let mut diagnostic = Diagnostic::error("unknown-function", message);
                if let Some(similar) = similar(all, name) {
                    diagnostic = diagnostic.help(format!("did you mean `{similar}`?"));
                }
                let failure =
                    self.wrong(diagnostic, self.name.clone(), "there is no such function");
                Err(failure.with_details(["it exports:".to_owned()]).with_details(callable))
            }
        }
    }

    /// Returns the failure for a function whose calls have no text.
    fn without_text(&self, function: &ExportedFunction, obstacle: &str) -> Failure {
        let path = function.path();
        let message = format!("`{path}` can't be called with `--invoke`: {obstacle}");
        let diagnostic = Diagnostic::error("no-text", message)
            .help(WaveError::NoText.to_string())
            .help(its_type(function));
        self.wrong(diagnostic, self.name.clone(), "")
    }

    /// Parses the arguments for a function. The failure points at the place.
    fn arguments(&self, function: &ExportedFunction) -> Result<Vec<Val>, Failure> {
        let begin = self.arguments.unwrap_or(self.text.len());
        let text = self.text.get(begin..).filter(|it| !it.is_empty()).unwrap_or("()");
        function.ty.parse_arguments(text).map_err(|error| {
            let (message, range) = match error {
                WaveError::Text { message, range } => {
                    (message, begin + range.start..begin + range.end)
                }
                error => (error.to_string(), begin..self.text.len()),
            };
            let title = format!("an argument of `{}` is wrong", function.path());
            let diagnostic = Diagnostic::error("argument", title).help(its_type(function));
            self.wrong(diagnostic, range, &message)
        })
    }
}

fn its_type(function: &ExportedFunction) -> String {
    format!("its type is: {}", function.signature())
}

impl ExportedFunction {
    /// Calls the function, and prints its result. Returns the exit code.
    ///
    /// # Errors
    ///
    /// The call has no result, or the result can't be printed.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        store: &mut Store<Wasmi, T>,
        instance: &Instance<Wasmi>,
        arguments: &[Val],
        format: Format,
    ) -> Result<u8, Stopped> {
        let interface = self.interface.as_deref().and_then(|it| instance.instance(it));
        let function = match store.function(interface.as_ref().unwrap_or(instance), &self.name) {
            Ok(function) => function,
            Err(error) => {
                let diagnostic = Diagnostic::error("function", error.to_string());
                return Err(Failure::new(USAGE, diagnostic).into());
            }
        };
        let value = store.call_async(&function, arguments).await?;
        Ok(print_result(&function, value.as_ref(), format)?)
    }
}

fn print_result(function: &Function, value: Option<&Val>, format: Format) -> Result<u8, Failure> {
    let (Some(value), Some(ty)) = (value, function.result()) else {
        if format == Format::Json {
            output::print_json(&json!({ "result": null }))?;
        }
        return Ok(SUCCESS);
    };
    let text = ty.to_wave(value).map_err(|error| {
        let message = format!("the result can't be written as text: {error}");
        Failure::new(WEFT_FAILED, Diagnostic::error("result", message))
    })?;
    match format {
        Format::Human => output::print(&text)?,
        Format::Json => output::print_json(&json!({ "result": text, "type": ty.to_string() }))?,
    }
    Ok(if is_error(value, ty) { NOT_WELL } else { SUCCESS })
}

/// Returns `true` if a value is the `err` of a `result`.
fn is_error(value: &Val, ty: &Type) -> bool {
    let Type::Variant(variant) = ty else { return false };
    variant.shape() == VariantShape::Result && matches!(value, Val::Variant(1, _))
}

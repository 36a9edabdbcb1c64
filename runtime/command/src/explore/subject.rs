//! The explored calls, or the explored script.

use std::error::Error;
use std::path::Path;

use weft::abi::Val;
use weft::component::{Component, Function, Instance, Linker, Store};
use weft::engine::wasmi::Wasmi;
use weft::error::WithCauses;
use weft_explore::Explorer;
use weft_spec::Diagnostic;
use weft_wasi::WasiCtx;
use weft_wast::{Verdict, check_script, explore_script};

use crate::exit_code::{CANNOT_RUN, USAGE};
use crate::failure::Failure;
use crate::guest;
use crate::input::{Input, read_text};
use crate::run::functions::ExportedFunction;
use crate::run::invocation::Invocation;

/// The thing that is explored.
#[derive(Debug)]
pub(super) struct Subject {
    /// The title of a timeline.
    pub(super) title: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Script {
        engine: Wasmi,
        text: String,
    },
    Calls {
        engine: Wasmi,
        component: Component<Wasmi>,
        linker: Linker<Wasmi, WasiCtx>,
        calls: Vec<Call>,
        fuel: Option<u64>,
    },
}

/// A call that is begun.
#[derive(Debug)]
struct Call {
    text: String,
    function: ExportedFunction,
    arguments: Vec<Val>,
}

/// The result of a run: a line for each call, or one for the script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ended {
    pub(super) lines: Vec<String>,
    pub(super) kind: EndedKind,
}

/// The kind of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EndedKind {
    /// All calls have returned, or the script has passed.
    Success,
    /// A call has failed, or the script.
    Failure,
    /// The engine lacks a capability that the script needs.
    NotApplicable,
}

impl EndedKind {
    const fn of_script(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::NotApplicable { .. } => Self::NotApplicable,
            verdict if verdict.is_failure() => Self::Failure,
            _ => Self::Success,
        }
    }
}

impl Subject {
    /// Reads the file and the calls. A run uses at most this much fuel. If its time is limited, guests
    /// are interrupted to look at the time.
    ///
    /// # Errors
    ///
    /// The file can't be read or run, or a call is wrong.
    pub(super) fn read(
        path: &Path,
        invoke: &[String],
        fuel: Option<u64>,
        has_time_limit: bool,
    ) -> Result<Self, Failure> {
        let engine = match fuel {
            _ if has_time_limit => guest::engine_with_fuel(),
            // A start function can't be interrupted, and may need all of it.
            Some(fuel) => Wasmi::with_fuel(fuel),
            None => Wasmi::default(),
        };
        if path.extension().is_some_and(|it| it == "wast") {
            if fuel.is_some() {
                let message = "the fuel of a script has no limit: leave out --fuel";
                return Err(Failure::new(USAGE, Diagnostic::error("fuel", message)));
            }
            return Self::read_script(path, invoke, engine);
        }
        if invoke.is_empty() {
            let diagnostic = Diagnostic::error("invocation", "expected a call to explore")
                .help("name a function and its arguments: --invoke 'run()'");
            return Err(Failure::new(USAGE, diagnostic));
        }
        let input = Input::read(path)?;
        let component = guest::load(&engine, &input)?;
        let linker = guest::link(&component, &input.path)?;
        let call = |text: &String| {
            let (function, arguments) = Invocation::of(text)?.resolve(&component, &input.path)?;
            Ok(Call { text: text.clone(), function, arguments })
        };
        let calls = invoke.iter().map(call).collect::<Result<_, Failure>>()?;
        let title = format!("{}: {}", input.path, invoke.join(", "));
        Ok(Self { title, kind: Kind::Calls { engine, component, linker, calls, fuel } })
    }

    fn read_script(path: &Path, invoke: &[String], engine: Wasmi) -> Result<Self, Failure> {
        if !invoke.is_empty() {
            let message = "a script has its own calls: leave out --invoke";
            return Err(Failure::new(USAGE, Diagnostic::error("invocation", message)));
        }
        let text = read_text(path)?;
        check_script(&text).map_err(|error| {
            let message = format!("`{}` is not a script: {error}", path.display());
            Failure::new(CANNOT_RUN, Diagnostic::error("script", message))
        })?;
        Ok(Self { title: path.display().to_string(), kind: Kind::Script { engine, text } })
    }

    /// Makes one run.
    pub(super) fn run(&self, explorer: &mut Explorer) -> Ended {
        match &self.kind {
            Kind::Script { engine, text } => {
                let verdict = explore_script(engine, text, explorer);
                let line = guest::in_options(&verdict.to_string());
                Ended { lines: vec![line], kind: EndedKind::of_script(&verdict) }
            }
            Kind::Calls { engine, component, linker, calls, fuel } => {
                let wasi = explorer.host_events().wasi().build();
                let mut store = explorer.store(engine, wasi);
                // This fails only for an engine without fuel, and then the fuel is not limited.
                let _ = store.set_fuel(*fuel);
                match explorer.instantiate(&mut store, component, linker) {
                    Ok(instance) => run_calls(explorer, &mut store, &instance, calls),
                    Err(error) => {
                        let line = format!("not instantiated: {}", text_of_error(&error));
                        Ended { lines: vec![line], kind: EndedKind::Failure }
                    }
                }
            }
        }
    }
}

/// Begins all calls, and runs them to their ends.
fn run_calls(
    explorer: &mut Explorer,
    store: &mut Store<Wasmi, WasiCtx>,
    instance: &Instance<Wasmi>,
    calls: &[Call],
) -> Ended {
    let mut kind = EndedKind::Success;
    let begun: Vec<_> = calls
        .iter()
        .map(|call| {
            let interface = call.function.interface.as_deref();
            let interface = interface.and_then(|it| instance.instance(it));
            let function = store
                .function(interface.as_ref().unwrap_or(instance), &call.function.name)
                .map_err(|error| error.to_string())?;
            let begun = store.start(&function, &call.arguments);
            Ok((function, begun.map_err(|error| text_of_error(&error))?))
        })
        .collect();
    let lines = calls.iter().zip(begun).map(|(call, begun): (_, Result<_, String>)| {
        let ended = begun.and_then(|(function, begun)| {
            let value = explorer.run(store, begun);
            let value = value.map_err(|error| text_of_error(&error))?;
            Ok(text_of(&function, value.as_ref()))
        });
        match ended {
            Ok(text) => format!("{}{text}", call.text),
            Err(error) => {
                kind = EndedKind::Failure;
                format!("{} failed: {error}", call.text)
            }
        }
    });
    let lines = lines.collect();
    // A call may have failed before anything was driven.
    explorer.keep_timeline(store);
    Ended { lines, kind }
}

/// Returns the text of an error and of its causes.
fn text_of_error(error: &dyn Error) -> String {
    guest::in_options(&WithCauses(error).to_string())
}

fn text_of(function: &Function, value: Option<&Val>) -> String {
    match (value, function.result()) {
        (Some(value), Some(ty)) => match ty.to_wave(value) {
            Ok(text) => format!(" = {text}"),
            Err(error) => format!(" = a value without text: {error}"),
        },
        _ => String::new(),
    }
}

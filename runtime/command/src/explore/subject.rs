//! The explored calls, or the explored script.

use std::path::Path;

use weft::abi::Val;
use weft::component::{Component, Function, Instance, Linker, Store};
use weft::engine::wasmi::Wasmi;
use weft::error::WithCauses;
use weft_explore::Explorer;
use weft_spec::{Diagnostic, Report};
use weft_wasi::WasiCtx;
use weft_wast::{Verdict, explore_script};

use crate::exit_code::{NOT_FOUND, USAGE};
use crate::failure::Failure;
use crate::guest;
use crate::input::Input;
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
    Script(String),
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
    /// `true` if a call has failed, or the script.
    pub(super) is_failure: bool,
}

impl Subject {
    /// Reads the file and the calls. A run uses at most this much fuel.
    ///
    /// # Errors
    ///
    /// The file can't be read or run, or a call is wrong.
    pub(super) fn read(path: &Path, invoke: &[String], fuel: Option<u64>) -> Result<Self, Failure> {
        if path.extension().is_some_and(|it| it == "wast") {
            if fuel.is_some() {
                let message = "the fuel of a script has no limit: leave out --fuel";
                return Err(Failure::new(USAGE, Diagnostic::error("fuel", message)));
            }
            return Self::read_script(path, invoke);
        }
        if invoke.is_empty() {
            let diagnostic = Diagnostic::error("invocation", "expected a call to explore")
                .help("name a function and its arguments: --invoke 'run()'");
            return Err(Failure::new(USAGE, diagnostic));
        }
        let input = Input::read(path)?;
        let engine = match fuel {
            Some(_) => Wasmi::new(&wasmi::Config::default(), fuel),
            None => Wasmi::default(),
        };
        let component = guest::load(&engine, &input)?;
        let linker = guest::link(&component, &input.path)?;
        let call = |text: &String| {
            let invocation = Invocation::of(text)?;
            let function = invocation.find(&component, &input.path)?;
            let arguments = invocation.arguments(&function)?;
            Ok(Call { text: text.clone(), function, arguments })
        };
        let calls = invoke.iter().map(call).collect::<Result<_, Failure>>()?;
        let title = format!("{}: {}", input.path, invoke.join(", "));
        Ok(Self { title, kind: Kind::Calls { engine, component, linker, calls, fuel } })
    }

    fn read_script(path: &Path, invoke: &[String]) -> Result<Self, Failure> {
        if !invoke.is_empty() {
            let message = "a script has its own calls: leave out --invoke";
            return Err(Failure::new(USAGE, Diagnostic::error("invocation", message)));
        }
        let text = std::fs::read_to_string(path);
        let text =
            text.map_err(|error| Failure::of(NOT_FOUND, Report::of_io("read", path, &error)))?;
        Ok(Self { title: path.display().to_string(), kind: Kind::Script(text) })
    }

    /// Makes one run.
    pub(super) fn run(&self, explorer: &mut Explorer) -> Ended {
        match &self.kind {
            Kind::Script(text) => {
                let verdict = explore_script(&Wasmi::default(), text, explorer);
                let is_failure = verdict != Verdict::Passed;
                Ended { lines: vec![verdict.to_string()], is_failure }
            }
            Kind::Calls { engine, component, linker, calls, fuel } => {
                let wasi = explorer.host_events().wasi().build();
                let mut store = explorer.store(engine, wasi);
                // This fails only for an engine without fuel, and then the fuel is not limited.
                let _ = store.set_fuel(*fuel);
                match store.instantiate(component, linker) {
                    Ok(instance) => run_calls(explorer, &mut store, &instance, calls),
                    Err(error) => {
                        let line = format!("not instantiated: {}", WithCauses(&error));
                        Ended { lines: vec![line], is_failure: true }
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
    let mut is_failure = false;
    let begun: Vec<_> = calls
        .iter()
        .map(|call| {
            let interface = call.function.interface.as_deref();
            let interface = interface.and_then(|it| instance.instance(it));
            let function = store
                .function(interface.as_ref().unwrap_or(instance), &call.function.name)
                .map_err(|error| error.to_string())?;
            let begun = store.start(&function, &call.arguments);
            Ok((function, begun.map_err(|error| WithCauses(&error).to_string())?))
        })
        .collect();
    let lines = calls.iter().zip(begun).map(|(call, begun): (_, Result<_, String>)| {
        let ended = begun.and_then(|(function, begun)| {
            let value = explorer.run(store, begun);
            let value = value.map_err(|error| WithCauses(&error).to_string())?;
            Ok(text_of(&function, value.as_ref()))
        });
        match ended {
            Ok(text) => format!("{}{text}", call.text),
            Err(error) => {
                is_failure = true;
                format!("{} failed: {error}", call.text)
            }
        }
    });
    let lines = lines.collect();
    Ended { lines, is_failure }
}

fn text_of(function: &Function, value: Option<&Val>) -> String {
    match (value, function.result()) {
        (Some(value), Some(ty)) => match ty.to_wave(value) {
            Ok(text) => format!(" = {text}"),
            Err(_) => format!(" = {value:?}"),
        },
        _ => String::new(),
    }
}

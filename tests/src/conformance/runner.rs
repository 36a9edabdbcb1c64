//! Playing a file.

use std::collections::HashMap;
use std::task::Waker;

use wast::parser::{self, ParseBuffer};
use wast::token::Id;
use wast::{QuoteWat, Wast, WastArg, WastDirective, WastExecute, WastInvoke, WastRet, Wat};
use weft::abi::Val;
use weft::component::{CallError, Component, Instance, InstantiateError, Linker, LoadError, Store};
use weft::engine::CoreEngine;

use super::Verdict;
use super::values::{is_same, to_val};

/// Plays a file on an engine.
pub fn run<E: CoreEngine>(engine: &E, text: &str) -> Verdict {
    let mut lexer = wast::lexer::Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    let parsed = ParseBuffer::new_with_lexer(lexer);
    let buffer = match parsed {
        Ok(buffer) => buffer,
        Err(error) => return Verdict::Failed { line: 1, reason: error.to_string() },
    };
    let wast = match parser::parse::<Wast<'_>>(&buffer) {
        Ok(wast) => wast,
        Err(error) => {
            let line = error.span().linecol_in(text).0 + 1;
            return Verdict::Failed { line, reason: error.message() };
        }
    };
    let mut player = Player::new(engine);
    for directive in wast.directives {
        let line = directive.span().linecol_in(text).0 + 1;
        match player.directive(directive) {
            Ok(()) => {}
            Err(Stop::Failed(reason)) => return Verdict::Failed { line, reason },
            Err(Stop::NotApplicable(capability)) => {
                return Verdict::NotApplicable { capability };
            }
        }
    }
    Verdict::Passed
}

/// Why a file is not played to its end.
enum Stop {
    Failed(String),
    NotApplicable(String),
}

impl From<String> for Stop {
    fn from(reason: String) -> Self {
        Self::Failed(reason)
    }
}

/// What came of a call or an instantiation.
enum Outcome {
    Returned(Option<Val>),
    Trapped(String),
}

struct Player<'e, E: CoreEngine> {
    engine: &'e E,
    store: Store<E>,
    linker: Linker<E>,
    definitions: HashMap<String, Component<E>>,
    /// What was defined last.
    definition: Option<Component<E>>,
    instances: HashMap<String, Instance<E>>,
    /// The type of what was returned last.
    result_type: Option<weft::abi::Type>,
    /// What was instantiated last.
    instance: Option<Instance<E>>,
}

impl<'e, E: CoreEngine> Player<'e, E> {
    fn new(engine: &'e E) -> Self {
        Self {
            engine,
            store: Store::new(engine, ()),
            linker: Linker::new(),
            definitions: HashMap::new(),
            definition: None,
            instances: HashMap::new(),
            result_type: None,
            instance: None,
        }
    }

    fn directive(&mut self, directive: WastDirective<'_>) -> Result<(), Stop> {
        match directive {
            WastDirective::Module(mut wat) => {
                let name = wat.name();
                let component = self.load(&mut wat)?;
                self.instantiate(&component, name)
            }
            WastDirective::ModuleDefinition(mut wat) => {
                let component = self.load(&mut wat)?;
                if let Some(name) = wat.name() {
                    self.definitions.insert(name.name().to_owned(), component.clone());
                }
                self.definition = Some(component);
                Ok(())
            }
            WastDirective::ModuleInstance { instance, module, .. } => {
                let component = match module {
                    Some(name) => self.definitions.get(name.name()),
                    None => self.definition.as_ref(),
                };
                let component = component.ok_or_else(|| "no such definition".to_owned())?.clone();
                self.instantiate(&component, instance)
            }
            WastDirective::Register { name, module, .. } => {
                let instance = self.instance(module)?.clone();
                self.linker.exports_of(name, &instance);
                Ok(())
            }
            WastDirective::AssertMalformed { module, message, .. }
            | WastDirective::AssertInvalid { module, message, .. } => self.refused(module, message),
            WastDirective::AssertUnlinkable { module, message, .. } => {
                self.unlinkable(module, message)
            }
            WastDirective::Invoke(invoke) => match self.invoke(&invoke)? {
                Outcome::Returned(_) => Ok(()),
                Outcome::Trapped(text) => Err(format!("trapped: {text}").into()),
            },
            WastDirective::AssertReturn { exec, results, .. } => self.returns(exec, &results),
            WastDirective::AssertTrap { exec, message, .. } => self.traps(exec, message),
            WastDirective::AssertExhaustion { call, message, .. } => {
                self.traps(WastExecute::Invoke(call), message)
            }
            _ => Err("a directive that is not for components".to_owned().into()),
        }
    }

    fn load(&self, wat: &mut QuoteWat<'_>) -> Result<Component<E>, Stop> {
        let bytes = wat.encode().map_err(|error| error.message())?;
        Component::new(self.engine, &bytes).map_err(|error| match error {
            LoadError::MissingCapabilities { missing, .. } => {
                let names: Vec<_> = missing.iter().map(ToString::to_string).collect();
                Stop::NotApplicable(names.join(", "))
            }
            error => Stop::Failed(format!("not loaded: {error}")),
        })
    }

    fn instantiate(&mut self, component: &Component<E>, name: Option<Id<'_>>) -> Result<(), Stop> {
        let instance = self.store.instantiate(component, &self.linker);
        let instance = instance.map_err(|error| format!("not instantiated: {error}"))?;
        if let Some(name) = name {
            self.instances.insert(name.name().to_owned(), instance.clone());
        }
        self.instance = Some(instance);
        Ok(())
    }

    fn instance(&self, name: Option<Id<'_>>) -> Result<&Instance<E>, Stop> {
        let instance = match name {
            Some(name) => self.instances.get(name.name()),
            None => self.instance.as_ref(),
        };
        instance.ok_or_else(|| Stop::Failed("no such instance".to_owned()))
    }

    /// Only that a component is refused counts: every validator has its own words, and the suites
    /// are run without comparing them.
    fn refused(&self, mut module: QuoteWat<'_>, message: &str) -> Result<(), Stop> {
        let refused = module.encode().map_or(true, |bytes| {
            matches!(Component::new(self.engine, &bytes), Err(LoadError::Invalid(_)))
        });
        if refused { Ok(()) } else { Err(format!("loaded; expected: {message}").into()) }
    }

    fn unlinkable(&mut self, module: Wat<'_>, message: &str) -> Result<(), Stop> {
        let component = self.load(&mut QuoteWat::Wat(module))?;
        match self.store.instantiate(&component, &self.linker) {
            Ok(_) => Err(format!("instantiated; expected: {message}").into()),
            Err(error) => expect_text(&error.to_string(), message),
        }
    }

    fn execute(&mut self, execute: WastExecute<'_>) -> Result<Outcome, Stop> {
        match execute {
            WastExecute::Invoke(invoke) => self.invoke(&invoke),
            WastExecute::Wat(module) => {
                let component = self.load(&mut QuoteWat::Wat(module))?;
                match self.store.instantiate(&component, &self.linker) {
                    Ok(_) => Ok(Outcome::Returned(None)),
                    Err(InstantiateError::Call(error)) => Ok(Outcome::Trapped(text(&error))),
                    Err(error) => Err(format!("not instantiated: {error}").into()),
                }
            }
            WastExecute::Get { .. } => Err("components have no globals".to_owned().into()),
        }
    }

    fn invoke(&mut self, invoke: &WastInvoke<'_>) -> Result<Outcome, Stop> {
        let instance = self.instance(invoke.module)?;
        let function = self.store.function(instance, invoke.name);
        let function = function.ok_or_else(|| format!("no function `{}`", invoke.name))?;
        if function.params().len() != invoke.args.len() {
            return Err(format!("{} arguments", invoke.args.len()).into());
        }
        let arguments =
            invoke.args.iter().zip(function.params()).map(|(argument, (_, ty))| match argument {
                WastArg::Component(value) => to_val(value, ty),
                _ => Err("an argument for a core function".to_owned()),
            });
        let arguments = arguments.collect::<Result<Vec<_>, _>>()?;
        let value = self.store.call(&function, &arguments);
        // What a call has begun comes to its end before the next one, as far as it can. If it
        // traps, that is no matter of the call, which has its result.
        let _ = self.store.poll(Waker::noop());
        match value {
            Ok(value) => {
                self.result_type = function.result().cloned();
                Ok(Outcome::Returned(value))
            }
            Err(error) => Ok(Outcome::Trapped(text(&error))),
        }
    }

    fn returns(&mut self, execute: WastExecute<'_>, results: &[WastRet<'_>]) -> Result<(), Stop> {
        let value = match self.execute(execute)? {
            Outcome::Returned(value) => value,
            Outcome::Trapped(text) => return Err(format!("trapped: {text}").into()),
        };
        match (&value, results, self.result_type.take()) {
            (None, [], _) => Ok(()),
            (Some(value), [WastRet::Component(expected)], Some(ty)) => {
                let expected = to_val(expected, &ty)?;
                if is_same(value, &expected) {
                    Ok(())
                } else {
                    Err(format!("returned {value:?}; expected {expected:?}").into())
                }
            }
            _ => Err(format!("returned {value:?}; expected {} values", results.len()).into()),
        }
    }

    fn traps(&mut self, execute: WastExecute<'_>, message: &str) -> Result<(), Stop> {
        match self.execute(execute)? {
            Outcome::Returned(value) => {
                Err(format!("returned {value:?}; expected trap: {message}").into())
            }
            Outcome::Trapped(text) => expect_text(&text, message),
        }
    }
}

/// What an error says, without what led to it.
fn text(error: &CallError) -> String {
    error.to_string()
}

/// Some files say that a message is one of a trap, which every message of a trap is.
fn expect_text(text: &str, expected: &str) -> Result<(), Stop> {
    let expected = expected.strip_prefix("wasm trap: ").unwrap_or(expected);
    if text.contains(expected) {
        Ok(())
    } else {
        Err(format!("`{text}`; expected `{expected}`").into())
    }
}

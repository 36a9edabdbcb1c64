//! Playing a file.

use std::collections::HashMap;

use wast::lexer::{Lexer, TokenKind};
use wast::parser::{self, ParseBuffer};
use wast::token::Id;
use wast::{QuoteWat, Wast, WastArg, WastDirective, WastExecute, WastInvoke, WastRet, Wat};
use weft::abi::Val;
use weft::component::{
    AnyChooser, CallError, Component, Instance, InstantiateError, InvalidComponent, Linker,
    LoadError, Store,
};
use weft::engine::{Capability, CoreEngine};
use weft::error::WithCauses;
use weft::limits::Table;
use weft::timeline::Timeline;
use weft::trap::Trap;
use weft_explore::Explorer;

use crate::driver::Driver;
use crate::fixtures::{Fixtures, provide_fixtures};
use crate::texts::{is_import_error, is_refusal, is_trap};
use crate::values::{is_same, to_val};
use crate::{RecordedScript, ScriptError, Verdict};

/// The largest number of characters in a message of the parser: longer than names that compilers
/// make.
const LONGEST_MESSAGE: usize = 1000;

/// Plays a script on an engine. Its components can import the fixtures of the suites.
pub fn play<E: CoreEngine>(engine: &E, text: &str) -> Verdict {
    let store = Store::new(engine, Fixtures::default());
    play_driven(engine, text, &mut Driver::Store(Box::new(store)))
}

/// Plays a script on an engine, and records what happens into a timeline. Returns the tasks that wait
/// at the end, too.
///
/// ```
/// use weft::engine::wasmi::Wasmi;
/// use weft::timeline::Timeline;
/// use weft_wast::{Verdict, record_script};
///
/// let script = r#"
///     (component
///         (core module $module (func (export "f") (result i32) (i32.const 7)))
///         (core instance $instance (instantiate $module))
///         (func (export "seven") (result u32) (canon lift (core func $instance "f"))))
///     (assert_return (invoke "seven") (u32.const 7))
/// "#;
/// let recorded = record_script(&Wasmi::default(), script, Timeline::new(1000));
/// assert_eq!(recorded.verdict, Verdict::Passed);
/// assert!(recorded.timeline.events().len() > 0);
/// ```
pub fn record_script<E: CoreEngine>(engine: &E, text: &str, timeline: Timeline) -> RecordedScript {
    let mut store = Store::new(engine, Fixtures::default());
    // A new store can record, and one that could not has recorded nothing.
    let _ = store.record_timeline(timeline);
    let mut driver = Driver::Store(Box::new(store));
    let verdict = play_driven(engine, text, &mut driver);
    let store = driver.store_mut();
    let (waiting, timeline) = (store.waiting(), store.take_timeline());
    let timeline = timeline.unwrap_or_else(|| Timeline::new(0));
    RecordedScript { verdict, timeline, waiting }
}

/// Plays a script on an engine, with the decisions of a chooser.
pub fn play_with_chooser<E: CoreEngine>(
    engine: &E,
    text: &str,
    chooser: Box<dyn AnyChooser>,
) -> Verdict {
    let store = Store::with_chooser(engine, chooser, Fixtures::default());
    play_driven(engine, text, &mut Driver::Store(Box::new(store)))
}

/// Plays a script on an engine, with the decisions of an explorer: one run of an exploration. Work that
/// a call has begun and that goes on after its end takes at most 100 steps.
///
/// ```
/// use weft::engine::wasmi::Wasmi;
/// use weft_wast::{Verdict, explore_script};
///
/// let script = r#"
///     (component
///         (core module $module (func (export "f") (result i32) (i32.const 7)))
///         (core instance $instance (instantiate $module))
///         (func (export "seven") (result u32) (canon lift (core func $instance "f"))))
///     (assert_return (invoke "seven") (u32.const 7))
/// "#;
/// let explored = weft_explore::explore(|it| explore_script(&Wasmi::default(), script, it));
/// assert_eq!(explored.only(), &Verdict::Passed);
/// ```
pub fn explore_script<E: CoreEngine>(engine: &E, text: &str, explorer: &mut Explorer) -> Verdict {
    let store = explorer.store(engine, Fixtures::default());
    let mut driver = Driver::Explorer(Box::new(store), explorer);
    let verdict = play_driven(engine, text, &mut driver);
    driver.keep_timeline();
    verdict
}

/// Checks that a text is a script: at least one directive. Its components are parsed, and not
/// validated.
///
/// ```
/// use weft_wast::check_script;
///
/// assert_eq!(check_script("(component)"), Ok(()));
/// let error = check_script("(component)\n(component").unwrap_err();
/// assert_eq!(error.to_string(), "line 2: expected `)`");
/// let error = check_script("").unwrap_err();
/// assert_eq!(error.to_string(), "line 1: expected a directive, but the script is empty");
/// ```
///
/// # Errors
///
/// [`ScriptError`] if it is none. Playing such a text [fails](Verdict::Failed), too.
pub fn check_script(text: &str) -> Result<(), ScriptError> {
    with_parsed(text, |_| ())
}

/// Parses a script, and does something with it.
fn with_parsed<R>(text: &str, act: impl FnOnce(Wast<'_>) -> R) -> Result<R, ScriptError> {
    let error = |error: wast::Error| ScriptError {
        line: error.span().linecol_in(text).0 + 1,
        reason: message_of(&error),
    };
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    if let Some(reason) = lack_of_directives(&lexer) {
        return Err(ScriptError { line: 1, reason: reason.to_owned() });
    }
    let buffer = ParseBuffer::new_with_lexer(lexer).map_err(error)?;
    let script = parser::parse::<Wast<'_>>(&buffer).map_err(error)?;
    Ok(act(script))
}

/// Returns the reason why a text has no directives, unless it has some, or is no script at all. Nobody
/// writes such a file on purpose, and it tests nothing.
fn lack_of_directives(lexer: &Lexer<'_>) -> Option<&'static str> {
    let mut reason = "expected a directive, but the script is empty";
    for token in lexer.iter(0) {
        match token.map(|it| it.kind) {
            Ok(TokenKind::Whitespace) => {}
            Ok(TokenKind::LineComment | TokenKind::BlockComment) => {
                reason = "expected a directive, but the script has only comments";
            }
            _ => return None,
        }
    }
    Some(reason)
}

fn play_driven<E: CoreEngine>(engine: &E, text: &str, driver: &mut Driver<'_, E>) -> Verdict {
    let played = with_parsed(text, |script| play_parsed(engine, text, script, driver));
    played.unwrap_or_else(|ScriptError { line, reason }| Verdict::Failed { line, reason })
}

fn play_parsed<E: CoreEngine>(
    engine: &E,
    text: &str,
    script: Wast<'_>,
    driver: &mut Driver<'_, E>,
) -> Verdict {
    let mut player = ScriptPlayer::new(engine, driver);
    for directive in script.directives {
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

/// The reason why a script was not played to its end.
enum Stop {
    Failed(String),
    NotApplicable(String),
}

impl From<String> for Stop {
    fn from(reason: String) -> Self {
        Self::Failed(reason)
    }
}

/// The outcome of a call or an instantiation.
enum Outcome {
    Returned(Option<Val>),
    Trapped(String),
}

struct ScriptPlayer<'p, 'e, E: CoreEngine> {
    engine: &'p E,
    driver: &'p mut Driver<'e, E>,
    linker: Linker<E, Fixtures>,
    definitions: HashMap<String, Component<E>>,
    /// The last definition.
    definition: Option<Component<E>>,
    instances: HashMap<String, Instance<E>>,
    /// The type of the last result.
    result_type: Option<weft::abi::Type>,
    /// The last instance.
    instance: Option<Instance<E>>,
}

impl<'p, 'e, E: CoreEngine> ScriptPlayer<'p, 'e, E> {
    fn new(engine: &'p E, driver: &'p mut Driver<'e, E>) -> Self {
        let mut linker = Linker::new();
        provide_fixtures(&mut linker, engine);
        Self {
            engine,
            driver,
            linker,
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
            _ => Err("this directive is not for components".to_owned().into()),
        }
    }

    fn load(&self, wat: &mut QuoteWat<'_>) -> Result<Component<E>, Stop> {
        let bytes = wat.encode().map_err(|error| message_of(&error))?;
        Component::new(self.engine, &bytes).map_err(|error| match error {
            LoadError::MissingCapabilities { missing, .. } => {
                let names: Vec<_> = missing.iter().map(ToString::to_string).collect();
                Stop::NotApplicable(names.join(", "))
            }
            LoadError::Invalid(invalid) => match self.lacking(&invalid) {
                Some(capability) => Stop::NotApplicable(capability.to_string()),
                None => Stop::Failed(format!("not loaded: {invalid}")),
            },
            error => Stop::Failed(format!("not loaded: {error}")),
        })
    }

    /// Returns the capability that the engine lacks, if it is the reason why Weft refuses a
    /// component.
    fn lacking(&self, invalid: &InvalidComponent) -> Option<Capability> {
        invalid.capability().filter(|it| !self.engine.capabilities().contains(it))
    }

    fn instantiate(&mut self, component: &Component<E>, name: Option<Id<'_>>) -> Result<(), Stop> {
        let instance = self.driver.instantiate(component, &self.linker);
        let instance = instance.map_err(|error| format!("not instantiated: {error}"))?;
        if let Some(name) = name {
            // Later components can import a named instance.
            self.linker.exports_of(name.name(), &instance);
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

    fn refused(&self, mut module: QuoteWat<'_>, message: &str) -> Result<(), Stop> {
        let text = match module.encode() {
            Err(error) => error.message(),
            Ok(bytes) => match Component::new(self.engine, &bytes) {
                // The text of the error quotes the message, which the suites do not.
                Err(LoadError::Invalid(InvalidComponent::Invalid { message, .. })) => message,
                Err(LoadError::Invalid(invalid)) => invalid.to_string(),
                Err(error) => return Err(format!("valid, but {error}").into()),
                Ok(_) => return Err(format!("loaded; expected `{message}`").into()),
            },
        };
        if is_refusal(&text, message) {
            Ok(())
        } else {
            Err(format!("`{text}`; expected `{message}`").into())
        }
    }

    fn unlinkable(&mut self, module: Wat<'_>, message: &str) -> Result<(), Stop> {
        let component = self.load(&mut QuoteWat::Wat(module))?;
        match self.driver.instantiate(&component, &self.linker) {
            Ok(_) => Err(format!("instantiated; expected: {message}").into()),
            Err(InstantiateError::Imports(errors)) if is_import_error(&errors, message) => Ok(()),
            Err(error) => Err(format!("`{error}`; expected `{message}`").into()),
        }
    }

    fn execute(&mut self, execute: WastExecute<'_>) -> Result<Outcome, Stop> {
        match execute {
            WastExecute::Invoke(invoke) => self.invoke(&invoke),
            WastExecute::Wat(module) => {
                let component = self.load(&mut QuoteWat::Wat(module))?;
                match self.driver.instantiate(&component, &self.linker) {
                    Ok(_) => Ok(Outcome::Returned(None)),
                    Err(InstantiateError::Call(error)) => Ok(Outcome::Trapped(text_of(&error))),
                    Err(error) => Err(format!("not instantiated: {error}").into()),
                }
            }
            WastExecute::Get { .. } => Err("components have no globals".to_owned().into()),
        }
    }

    fn invoke(&mut self, invoke: &WastInvoke<'_>) -> Result<Outcome, Stop> {
        let instance = self.instance(invoke.module)?;
        let function = self.driver.store().function(instance, invoke.name);
        let function = function.map_err(|error| error.to_string())?;
        if function.params().len() != invoke.args.len() {
            let expected = function.params().len();
            let found = invoke.args.len();
            return Err(format!("expected {expected} arguments, found {found}").into());
        }
        let arguments =
            invoke.args.iter().zip(function.params()).map(|(argument, (_, ty))| match argument {
                WastArg::Component(value) => to_val(value, ty),
                _ => Err("the argument is one for core functions".to_owned()),
            });
        let arguments = arguments.collect::<Result<Vec<_>, _>>()?;
        let value = self.driver.call(&function, &arguments);
        self.check_tables()?;
        match value {
            Ok(value) => {
                self.result_type = function.result().cloned();
                Ok(Outcome::Returned(value))
            }
            Err(error) => Ok(Outcome::Trapped(text_of(&error))),
        }
    }

    /// Checks that the store's tables have at most as many entries as the script allows.
    fn check_tables(&self) -> Result<(), Stop> {
        let Some(max) = self.driver.store().data().max_table_capacity else { return Ok(()) };
        let tables = [Table::Tasks, Table::Threads, Table::Waitables, Table::Resources];
        let counts = tables.map(|table| (table, self.driver.store().count_of(table)));
        match counts.iter().find(|(_, count)| *count > max as usize) {
            Some((table, count)) => Err(format!("{count} {table} are left; {max} may be").into()),
            None => Ok(()),
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
            Outcome::Trapped(text) if is_trap(&text, message) => Ok(()),
            Outcome::Trapped(text) => Err(format!("`{text}`; expected `{message}`").into()),
        }
    }
}

/// Returns the message of the parser. It names parts of the script, of any length, and is cut.
fn message_of(error: &wast::Error) -> String {
    let mut message = error.message();
    if let Some((end, _)) = message.char_indices().nth(LONGEST_MESSAGE) {
        message.truncate(end);
        message.push('…');
    }
    message
}

/// Returns the text of an error of a call, with its causes, in the words of the Component Model if
/// it has some.
fn text_of(error: &CallError) -> String {
    match error {
        CallError::InstanceTrapped(_) => Trap::CannotEnterComponentInstance.to_string(),
        error => WithCauses(error).to_string(),
    }
}

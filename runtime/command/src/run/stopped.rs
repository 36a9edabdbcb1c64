//! The reasons why a call has no result, for people.

use std::error::Error;
use std::fmt;

use weft::binding::WorldError;
use weft::component::{CallError, Deadlock, InstantiateError, LimitReached, Store, StoreLimit};
use weft::engine::CoreTrap;
use weft::engine::wasmi::Wasmi;
use weft::error::WithCauses;
use weft_spec::Diagnostic;
use weft_wasi::Exit;

use crate::exit_code::{CANNOT_RUN, TIME_OUT, TRAP};
use crate::failure::Failure;
use crate::guest::{self, LimitArguments};

use super::ending::Ending;

/// The reason why a guest has no result.
#[derive(Debug)]
pub(super) enum Stopped {
    /// A call has no result.
    Call(CallError),
    /// There is no instance.
    NotInstantiated(InstantiateError),
    /// It does not export the functions of a program.
    NotOfWorld(WorldError),
    /// The command itself has failed.
    Failed(Failure),
}

/// Writes the error of a call or of an instantiation, for a timeline. The command's own failures are
/// not of the guest.
impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(error) => match Exit::of(error) {
                Some(exit) => write!(f, "the guest has ended with code {}", exit.code),
                None => f.write_str(&text_of(error)),
            },
            Self::NotInstantiated(error) => f.write_str(&text_of(error)),
            Self::NotOfWorld(error) => f.write_str(&text_of(error)),
            Self::Failed(_) => f.write_str("the command has failed"),
        }
    }
}

impl From<CallError> for Stopped {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

impl From<InstantiateError> for Stopped {
    fn from(error: InstantiateError) -> Self {
        match error {
            InstantiateError::Call(error) => Self::Call(error),
            InstantiateError::Limit(reached) => Self::Call(CallError::Limit(reached)),
            error => Self::NotInstantiated(error),
        }
    }
}

impl From<WorldError> for Stopped {
    fn from(error: WorldError) -> Self {
        match error {
            WorldError::Instantiate(error) => error.into(),
            error => Self::NotOfWorld(error),
        }
    }
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl Stopped {
    /// Returns the exit code of a guest that has called `exit`.
    ///
    /// # Errors
    ///
    /// The guest has not called `exit`.
    pub(super) fn code<T: 'static>(
        self,
        store: &Store<Wasmi, T>,
        ending: &Ending,
        limits: &LimitArguments,
    ) -> Result<u8, Failure> {
        match self {
            Self::Call(error) => match Exit::of(&error) {
                Some(exit) => Ok(exit.code),
                None => Err(stopped(&error, store, ending, limits)),
            },
            Self::NotInstantiated(error) => Err(not_instantiated(&error)),
            Self::NotOfWorld(error) => Err(not_instantiated(&error)),
            Self::Failed(failure) => Err(failure),
        }
    }
}

fn stopped<T: 'static>(
    error: &CallError,
    store: &Store<Wasmi, T>,
    ending: &Ending,
    limits: &LimitArguments,
) -> Failure {
    match error {
        CallError::Interrupted | CallError::Core(CoreTrap::OutOfFuel) => {
            match (ending.reason(), limits.fuel) {
                (Some(reason), _) => reason.failure(),
                (None, Some(fuel)) => {
                    let message = format!("the guest has used its {fuel} units of fuel");
                    let diagnostic = Diagnostic::error("fuel", message);
                    let diagnostic = diagnostic.help("`--fuel` sets this limit");
                    Failure::new(TIME_OUT, diagnostic).with_details(backtrace(store))
                }
                (None, None) => trap(error, store),
            }
        }
        CallError::Deadlock(deadlock) => deadlocked(deadlock),
        CallError::Limit(reached) => limit(*reached),
        error => trap(error, store),
    }
}

fn not_instantiated(error: &dyn Error) -> Failure {
    let message = format!("it can't be instantiated: {}", text_of(error));
    Failure::new(CANNOT_RUN, Diagnostic::error("not-instantiated", message))
}

fn trap<T: 'static>(error: &CallError, store: &Store<Wasmi, T>) -> Failure {
    let message = format!("the guest trapped: {}", text_of(error));
    let mut diagnostic = Diagnostic::error("trap", message);
    if matches!(error, CallError::Core(CoreTrap::CallStackExhausted)) {
        diagnostic = diagnostic.help("as a rule, functions call one another endlessly");
    }
    Failure::new(TRAP, diagnostic).with_details(backtrace(store))
}

/// Returns the text of an error and of its causes.
fn text_of(error: &dyn Error) -> String {
    guest::in_options(&WithCauses(error).to_string())
}

/// Returns a line for each function that was active.
fn backtrace<T: 'static>(store: &Store<Wasmi, T>) -> Vec<String> {
    let Some(trap) = store.last_trap() else { return Vec::new() };
    let core = trap.core_frames().iter().map(ToString::to_string);
    let frames = trap.frames().iter().enumerate();
    let frames = frames.map(|(position, frame)| format!("{position}: {frame}"));
    let rest = trap.is_cut().then(|| "and more".to_owned());
    core.chain(frames).chain(rest).collect()
}

fn deadlocked(deadlock: &Deadlock) -> Failure {
    let message = "the guest waits for itself, so that nothing can go on (a deadlock)";
    let tasks = deadlock.tasks.iter().map(ToString::to_string);
    let others = (deadlock.num_others > 0).then(|| format!("and {} more", deadlock.num_others));
    Failure::new(TRAP, Diagnostic::error("deadlock", message)).with_details(tasks.chain(others))
}

fn limit(reached: LimitReached) -> Failure {
    let LimitReached { limit, value, .. } = reached;
    let diagnostic = match limit {
        StoreLimit::MemoryBytes => {
            let message = format!("the guest needs more than {value} bytes of linear memory");
            Diagnostic::error("limit", message).help("`--max-memory` sets this limit")
        }
        _ => Diagnostic::error("limit", guest::in_options(&reached.to_string())),
    };
    Failure::new(TRAP, diagnostic)
}

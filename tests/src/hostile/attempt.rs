//! Loads, links, instantiates and calls, within bounds.

use std::fmt;
use std::task::Waker;

use weft::component::{
    Component, Instance, InstantiateError, Linker, LoadError, Store, StoreLimits,
};
use weft::engine::wasmi::Wasmi;

use super::offer::Offer;
use super::values::argument;

/// The bounds for a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The largest size of the bytes that are tried.
    pub bytes: usize,
    /// The fuel that guests use before they are interrupted.
    pub fuel: u64,
    /// The number of interruptions after which they continue.
    pub interruptions: u32,
    /// The largest number of turns of a call.
    pub turns: u32,
    /// The largest number of functions that are called.
    pub functions: usize,
    /// The limits of the store, except for interruptions.
    pub limits: StoreLimits,
}

impl Default for Bounds {
    fn default() -> Self {
        let limits = StoreLimits::DEFAULT.with_memory_bytes(16 << 20).with_table_elements(1 << 16);
        Self { bytes: 1 << 20, fuel: 20_000, interruptions: 4, turns: 50, functions: 16, limits }
    }
}

/// The outcome for some bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The bytes are too long.
    TooLong,
    /// The bytes are not a component, or not one for Weft and its engine.
    Refused(LoadError),
    /// The imports cannot be provided.
    NotLinked,
    /// Instantiation trapped, or exceeded a limit; with the reason.
    NotInstantiated(String),
    /// Functions were called.
    Called {
        /// The number of calls that returned.
        returned: usize,
        /// The reasons why the others failed.
        failed: Vec<String>,
    },
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => f.write_str("too long"),
            Self::Refused(error) => write!(f, "refused: {error}"),
            Self::NotLinked => f.write_str("not linked"),
            Self::NotInstantiated(error) => write!(f, "not instantiated: {error}"),
            Self::Called { returned, failed } => {
                write!(f, "{returned} returned")?;
                failed.iter().try_for_each(|error| write!(f, "; failed: {error}"))
            }
        }
    }
}

/// Tries bytes as components on wasmi.
#[derive(Debug)]
pub struct Hostile {
    engine: Wasmi,
    bounds: Bounds,
}

impl Default for Hostile {
    fn default() -> Self {
        Self::new(Bounds::default())
    }
}

/// The largest number of times that a component is offered its missing imports.
const OFFERS: usize = 6;

impl Hostile {
    /// Creates a tester with these bounds.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        Self { engine: Wasmi::new(&wasmi_config(), Some(bounds.fuel)), bounds }
    }

    /// Loads the bytes as a component, provides its imports, instantiates it, and calls its
    /// exports.
    pub fn attempt(&self, bytes: &[u8]) -> Fate {
        if bytes.len() > self.bounds.bytes {
            return Fate::TooLong;
        }
        let component = match Component::new(&self.engine, bytes) {
            Ok(component) => component,
            Err(error) => return Fate::Refused(error),
        };
        let mut store = Store::new(&self.engine, ());
        let Bounds { limits, interruptions, .. } = self.bounds;
        store.set_limits(limits.with_interruptions(Some(interruptions)));
        store.set_turns_per_poll(self.bounds.turns);
        let fate = match self.instantiate(&mut store, &component) {
            Ok(instance) => self.call_all(&mut store, &instance),
            Err(fate) => fate,
        };
        // Every component can be inspected, and so can a trap.
        let _ = (component.to_string(), store.last_trap().map(|trap| trap.to_string()));
        fate
    }

    fn instantiate(
        &self,
        store: &mut Store<Wasmi>,
        component: &Component<Wasmi>,
    ) -> Result<Instance<Wasmi>, Fate> {
        let mut linker = Linker::new();
        let mut offer = Offer::new(&self.engine);
        for _ in 0..OFFERS {
            match store.instantiate(component, &linker) {
                Ok(instance) => return Ok(instance),
                Err(InstantiateError::Imports(errors)) => {
                    if !offer.provide(&mut linker, &errors) {
                        break;
                    }
                }
                Err(error) => return Err(Fate::NotInstantiated(first_line(&error))),
            }
        }
        Err(Fate::NotLinked)
    }

    /// Calls the exports of an instance, and those of instances it exports.
    fn call_all(&self, store: &mut Store<Wasmi>, instance: &Instance<Wasmi>) -> Fate {
        let (mut returned, mut failed) = (0, Vec::new());
        let mut instances = vec![instance.clone()];
        while let Some(instance) = instances.pop() {
            for name in instance.names() {
                instances.extend(instance.instance(name));
                if returned + failed.len() < self.bounds.functions {
                    match self.call(store, &instance, name) {
                        Some(Ok(())) => returned += 1,
                        Some(Err(error)) => failed.push(error),
                        None => {}
                    }
                }
            }
        }
        Fate::Called { returned, failed }
    }

    /// Calls a function, and returns the outcome; nothing if there is no such function.
    fn call(
        &self,
        store: &mut Store<Wasmi>,
        instance: &Instance<Wasmi>,
        name: &str,
    ) -> Option<Result<(), String>> {
        let function = store.function(instance, name).ok()?;
        let arguments =
            function.params().map(|(_, ty)| argument(ty)).collect::<Option<Vec<_>>>()?;
        let call = match store.start(&function, &arguments) {
            Ok(call) => call,
            Err(error) => return Some(Err(first_line(&error))),
        };
        // The last interruption, and the one that reports it, need more.
        for _ in 0..self.bounds.interruptions.saturating_add(3) {
            match store.take_result(call) {
                Ok(Some(Ok(_))) => return Some(Ok(())),
                Ok(Some(Err(error))) => return Some(Err(first_line(&error))),
                Ok(None) => {}
                Err(error) => return Some(Err(first_line(&error))),
            }
            match store.poll(Waker::noop()) {
                Ok(_) => {}
                Err(error) => return Some(Err(first_line(&error))),
            }
        }
        // The call waits for an event that never comes, or never ends.
        let _ = store.cancel(call);
        let _ = store.poll(Waker::noop());
        let _ = store.stop_interrupted();
        let _ = store.forget(call);
        Some(Err("given up".to_owned()))
    }
}

/// Returns the first line of an error, without its details.
fn first_line(error: &impl ToString) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

/// Returns limits for wasmi of an engine with bounds like those of its guests.
fn wasmi_config() -> wasmi::Config {
    let mut config = wasmi::Config::default();
    config.set_max_recursion_depth(500);
    config
}

//! Loading, linking, instantiating and calling, with bounds.

use std::fmt;
use std::task::Waker;

use weft::component::{Component, Instance, InstantiateError, Linker, LoadError, Store};
use weft::engine::MemoryLimits;
use weft::engine::wasmi::Wasmi;

use super::offer::Offer;
use super::values::argument;

/// How much a component may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The longest bytes that are looked at.
    pub bytes: usize,
    /// The fuel that guests use before they are interrupted.
    pub fuel: u64,
    /// How often they go on after that.
    pub interruptions: u32,
    /// How many turns a call may take.
    pub turns: u32,
    /// How many functions are called.
    pub functions: usize,
    /// How much memory guests may have.
    pub memory: MemoryLimits,
}

impl Default for Bounds {
    fn default() -> Self {
        let memory = MemoryLimits::NONE.with_memory_bytes(16 << 20).with_table_elements(1 << 16);
        Self { bytes: 1 << 20, fuel: 20_000, interruptions: 4, turns: 50, functions: 16, memory }
    }
}

/// What became of some bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// There are too many.
    TooLong,
    /// They are no component, or none for Weft and its engine.
    Refused(LoadError),
    /// What they import can't be given.
    NotLinked,
    /// Instantiating trapped, or would take more than there is: why.
    NotInstantiated(String),
    /// Functions were called.
    Called {
        /// How many returned.
        returned: usize,
        /// Why the others did not.
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

/// As often a component is offered what it says is missing.
const OFFERS: usize = 6;

impl Hostile {
    /// With these bounds.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        Self { engine: Wasmi::new(&wasmi_config(), Some(bounds.fuel)), bounds }
    }

    /// Loads the bytes as a component, gives it what it imports, instantiates it, and calls what
    /// it exports.
    pub fn attempt(&self, bytes: &[u8]) -> Fate {
        if bytes.len() > self.bounds.bytes {
            return Fate::TooLong;
        }
        let component = match Component::new(&self.engine, bytes) {
            Ok(component) => component,
            Err(error) => return Fate::Refused(error),
        };
        let mut store = Store::new(&self.engine, ());
        store.set_memory_limits(self.bounds.memory);
        store.set_interruptions(Some(self.bounds.interruptions));
        store.set_turns_per_poll(self.bounds.turns);
        let fate = match self.instantiate(&mut store, &component) {
            Ok(instance) => self.call_all(&mut store, &instance),
            Err(fate) => fate,
        };
        // Whatever it is, it can be asked, and so can what trapped.
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

    /// Calls what is exported, and what instances within export.
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

    /// How a call of a function ended; nothing if there is no such function.
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
        // The interruption that is one too many, and the one in which it is told.
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
        // It waits for what will never be, or goes on for ever.
        let _ = store.cancel(call);
        let _ = store.poll(Waker::noop());
        let _ = store.stop_interrupted();
        let _ = store.forget(call);
        Some(Err("given up".to_owned()))
    }
}

/// What an error says, without its details.
fn first_line(error: &impl ToString) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

/// wasmi's own limits are those of an engine that is as bounded as its guests.
fn wasmi_config() -> wasmi::Config {
    let mut config = wasmi::Config::default();
    config.set_max_recursion_depth(500);
    config
}

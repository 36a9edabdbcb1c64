//! Guests, as both `weft run` and `weft serve` have them.
//!
//! | file | contents |
//! |---|---|
//! | `limits` | the options that limit guests |
//! | `system` | the options for what a guest has of the system |
//! | `network` | the options for the network that a guest has |
//! | `folder` | a folder that a guest has |
//! | `loading` | from a file to a component that the engine has compiled |
//! | `imports` | what `weft` gives a component for its imports, and what it can't |
//! | `kinds` | which command a component is for |
//! | `runtime` | the runtime of tokio in which guests run |
//! | `signals` | signals of the system |

mod folder;
mod imports;
mod kinds;
mod limits;
mod loading;
mod network;
mod runtime;
mod signals;
mod system;

pub(crate) use imports::link;
pub(crate) use kinds::is_program;
pub(crate) use limits::{LimitArguments, engine_with_fuel, time};
pub(crate) use loading::load;
pub(crate) use runtime::build_runtime;
pub(crate) use signals::{EndSignal, Signals, on_signals};
pub(crate) use system::SystemArguments;

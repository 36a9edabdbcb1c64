//! Guests, as both `weft run` and `weft serve` have them.
//!
//! | file | contents |
//! |---|---|
//! | `limits` | the options that limit guests |
//! | `system` | the options for what a guest has of the system |
//! | `folder` | a folder that a guest has |
//! | `loading` | from a file to a component that the engine has compiled |
//! | `imports` | the imports that `weft` can't give |
//! | `signals` | signals of the system |

mod folder;
mod imports;
mod limits;
mod loading;
mod signals;
mod system;

pub(crate) use imports::check;
pub(crate) use limits::{LimitArguments, engine_with_fuel, time};
pub(crate) use loading::load;
pub(crate) use signals::{EndSignal, Signals, on_signals};
pub(crate) use system::SystemArguments;

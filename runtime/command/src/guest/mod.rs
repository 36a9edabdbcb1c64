//! Guests of `weft run` and `weft serve`.
//!
//! | file | contents |
//! |---|---|
//! | `limits` | the options that limit guests |
//! | `system` | the options for permissions of guests |
//! | `network` | the options for network permissions of guests |
//! | `folder` | folders for guests |
//! | `loading` | loading components from files |
//! | `imports` | linking the imports of components, and reporting missing ones |
//! | `in_options` | texts of errors, in the words of the command line |
//! | `kinds` | the commands for kinds of components |
//! | `runtime` | the tokio runtime in which guests run |
//! | `signals` | signals of the system |

mod folder;
mod imports;
mod in_options;
mod kinds;
mod limits;
mod loading;
mod network;
mod runtime;
mod signals;
mod system;

pub(crate) use imports::link;
pub(crate) use in_options::in_options;
pub(crate) use kinds::is_program;
pub(crate) use limits::{LimitArguments, engine_with_fuel, time};
pub(crate) use loading::load;
pub(crate) use runtime::build_runtime;
pub(crate) use signals::{EndSignal, Signals, on_signals};
pub(crate) use system::SystemArguments;

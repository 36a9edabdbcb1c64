//! Programs as components, on an engine. A program was played on the machine; the same must happen
//! again, line by line, when guests of a component do it through canonical built-ins, and the host
//! through a store.
//!
//! A program is first played on the machine, which yields its [trace](super::Run). The component is
//! the same for all programs with the same number of instances: its guests ask the host for each
//! operation ([`guest.wat`](text)), and the host reads it from the trace. Everything that the
//! guests and the host see is compared with the trace as it happens: calls with their arguments,
//! results of built-ins, events of callbacks, the guests' memories before each operation, results
//! of calls by the host, events of the host and the values it reads, and the trap at the end. Every
//! decision must be the same, among the same number of possibilities.
//!
//! | module | contents |
//! |---|---|
//! | [`expressible`] | the operations that components can do: a script without the others |
//! | [`calls`] | the calls of guests: built-ins and imports, with their numbers |
//! | [`composition`] | the ways in which components contain and import one another |
//! | [`text`] | the world as a component |
//! | [`expected`] | the expected events, from a machine's trace |
//! | [`playback`] | compares, a line at a time |
//! | [`functions`] | the host functions that the component's guests call |
//! | [`host`] | the actions of the host |
//! | [`stage`] | plays programs, and shortens those that differ |
//! | `storm` | random calls of guests and actions of the host, from some state on |

pub mod calls;
pub mod composition;
pub mod expected;
pub mod expressible;
pub mod functions;
pub mod host;
pub mod playback;
pub mod stage;
mod storm;
pub mod text;

//! Programs as components, on an engine: what the machine did when a program was played on it
//! happens again, line by line, when guests of a component do the same through canonical
//! built-ins, and the host through a store.
//!
//! A program is played on the machine first, which gives its [trace](super::Run). The component
//! is the same one for every program with as many instances: its guests ask the host, before
//! each operation, what to do ([`guest.wat`](text)), and the host reads it from the trace. What
//! the guests and the host see is compared with the trace as it happens: what is called with
//! which arguments, what built-ins return, what callbacks hear, the guests' memories before each
//! operation, how the host's calls end, what the host hears of its ends and reads from them, and
//! the trap at the end. Every decision has to be the same, among as many possibilities.
//!
//! | module | what is in it |
//! |---|---|
//! | [`expressible`] | which operations components can do: a script without the others |
//! | [`calls`] | what guests call: built-ins and imports, with their numbers |
//! | [`text`] | the world as a component |
//! | [`expected`] | what has to happen, from a machine's trace |
//! | [`playback`] | compares, a line at a time |
//! | [`functions`] | the host's functions that the component's guests call |
//! | [`host`] | what the host does |
//! | [`stage`] | plays programs, and shortens those that differ |

pub mod calls;
pub mod expected;
pub mod expressible;
pub mod functions;
pub mod host;
pub mod playback;
pub mod stage;
pub mod text;

//! Programs of built-in calls, played on the machine without an engine.
//!
//! A program is a list of the actions of guests and the host, in their order. A [`ProgramPlayer`]
//! plays it: it follows the machine's steps, runs guests that act as the program says, and records
//! all events, line by line. The executable reference plays the same program with the same choices
//! (`tests/reference/machine.py`), and every line must be the same there.
//!
//! | module | contents |
//! |---|---|
//! | [`operation`] | the actions of guests and the host |
//! | [`world`] | the instances, functions and types of every program |
//! | [`player`] | plays a program |
//! | [`guest`], [`host`], [`values`] | the player's parts: guests, the host, and values in transit |
//! | `elements` | the elements of streams and futures |
//! | `at_once` | built-ins that never wait, called without steps |
//! | [`unrecorded`] | calls that start without records, and the moments at which they are observed |
//! | [`snapshot`] | the machine's state, as lines |
//! | [`touched`] | the instances that observations name, and those that have changed |
//! | [`features`] | the features that a program reached |
//! | [`generator`] | generates programs during play |
//! | [`exhaustive`] | all programs of a few calls |
//! | `view` | the state that a guest sees |
//! | [`component`] | plays programs as components, on an engine |
//! | [`mod@reference`] | plays programs on the reference, and shortens those that differ |

mod at_once;
pub mod component;
mod elements;
pub mod exhaustive;
pub mod features;
pub mod generator;
pub mod guest;
pub mod host;
pub mod operation;
pub mod player;
pub mod reference;
pub mod snapshot;
pub mod touched;
pub mod unrecorded;
pub mod values;
mod view;
pub mod world;

pub use operation::{Entry, Operation};
pub use player::{ProgramPlayer, Run, Settings};
pub use unrecorded::Watch;

//! Programs of built-in calls, played on the machine without an engine.
//!
//! A program is what guests and the host do, in the order in which they come to do something.
//! It is played by a [`ProgramPlayer`], which takes the machine's steps, runs guests that do as the
//! program says, and writes down what happens, line by line. The executable reference plays the
//! same program with the same choices (`tests/reference/machine.py`), and every line must be
//! the same there.
//!
//! | module | what is in it |
//! |---|---|
//! | [`operation`] | what guests and the host can do |
//! | [`world`] | the instances, functions and types of every program |
//! | [`player`] | plays a program |
//! | [`guest`], [`host`], [`values`] | the player's parts: guests, the host, and values on their way |
//! | `at_once` | built-ins that never wait, called without steps |
//! | [`unrecorded`] | calls that begin without records, and when they are looked at |
//! | [`snapshot`] | the machine's state, as lines |
//! | [`features`] | what a program reached |
//! | [`generator`] | makes programs up while they are played |
//! | [`component`] | plays programs as components, on an engine |
//! | [`mod@reference`] | plays programs on the reference, and shortens those that differ |

mod at_once;
pub mod component;
pub mod features;
pub mod generator;
pub mod guest;
pub mod host;
pub mod operation;
pub mod player;
pub mod reference;
pub mod snapshot;
pub mod unrecorded;
pub mod values;
pub mod world;

pub use operation::{Entry, Operation};
pub use player::{ProgramPlayer, Run};
pub use unrecorded::Watch;

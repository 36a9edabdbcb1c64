//! Timelines: what has happened in a machine, for people and tools that look at it afterwards.
//!
//! This is a **host extension**. A timeline keeps the last [observations](crate::machine::Observation)
//! of a machine, and the names of its instances and functions. Its memory is bounded: when it is
//! full, the oldest events are dropped, and counted.
//!
//! A machine with the host extensions that grows, and so every store of components, can record one:
//! [`ExtendedMachine::record_timeline`](crate::host::ExtendedMachine::record_timeline). While nothing
//! is recorded, nothing is put together for it. While it is, the machine makes the records of each
//! call at once, so that it is told of all of them.
//!
//! A machine without the host extensions can have a timeline as its [hooks](crate::machine::Hooks):
//!
//! ```
//! # use weft_core as weft;
//! use weft::chooser::FirstInFirstOut;
//! use weft::limits::Heap;
//! use weft::machine::{Action, Machine};
//! use weft::timeline::Timeline;
//!
//! let timeline = Timeline::new(1000);
//! let mut machine = Machine::<Heap, _, _>::with_hooks(FirstInFirstOut, timeline);
//! let instance = machine.new_instance()?;
//!
//! let event = machine.hooks().events().next().unwrap();
//! assert_eq!(event.observation.action, Action::InstanceMade { instance });
//! assert_eq!(event.instances().collect::<Vec<_>>(), [instance]);
//! # Ok::<(), weft::error::Error>(())
//! ```

mod event;
mod names;
mod of_machine;
mod recording;

pub use event::TimelineEvent;
pub use names::TimelineNames;
pub use recording::Timeline;

//! Runs a component under **every schedule** that the Component Model allows, and shows what
//! components did, and in which order.
//!
//! | item | contents |
//! |---|---|
//! | [`explore`], [`Exploration`] | every schedule of a component |
//! | [`timeline`] | timelines of stores as text, as traces for Perfetto, and as HTML pages |
//!
//! # Every schedule
//!
//! The Component Model leaves open which ready thread runs next, when a host function returns,
//! which event is delivered first, and more. A component that works on one host may deadlock on
//! another. [`explore`] runs a function again and again, each time with other decisions, until all
//! have been made, and returns the distinct outcomes, each with the shortest
//! [schedule](weft::chooser::Schedule) that leads to it.
//!
//! # Example
//!
//! Two calls are under way in a guest that reads a number, lets others run, and writes the number
//! plus one:
//!
//! ```
//! use weft::component::{Component, Linker};
//! use weft::engine::wasmi::Wasmi;
//! use weft_explore::explore;
//!
//! let component = wat::parse_str(r#"
//!     (component
//!         (core func $yield (canon thread.yield))
//!         (core func $return (canon task.return (result u32)))
//!         (core module $Module
//!             (import "" "yield" (func $yield (result i32)))
//!             (import "" "return" (func $return (param i32)))
//!             (global $number (mut i32) (i32.const 0))
//!             (func (export "add")
//!                 (local $read i32)
//!                 (local.set $read (global.get $number))
//!                 (drop (call $yield))
//!                 (global.set $number (i32.add (local.get $read) (i32.const 1)))
//!                 (call $return (global.get $number))))
//!         (core instance $module (instantiate $Module (with "" (instance
//!             (export "yield" (func $yield)) (export "return" (func $return))))))
//!         (func (export "add") async (result u32) (canon lift (core func $module "add") async)))
//! "#)?;
//! let engine = Wasmi::default();
//! let component = Component::new(&engine, &component)?;
//!
//! let explored = explore(|explorer| {
//!     let mut store = explorer.store(&engine, ());
//!     let instance = store.instantiate(&component, &Linker::new()).unwrap();
//!     let add = store.typed_function::<(), u32>(&instance, "add").unwrap();
//!     let first = store.start(&add, ()).unwrap();
//!     let second = store.start(&add, ()).unwrap();
//!     let first = explorer.run(&mut store, first).unwrap();
//!     first.max(explorer.run(&mut store, second).unwrap())
//! });
//!
//! // If both read before one writes, an addition is lost.
//! let mut results: Vec<u32> = explored.results().copied().collect();
//! results.sort_unstable();
//! assert_eq!(results, [1, 2]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A test of a component that has to work under every schedule is
//! `assert_eq!(explore(…).only(), &expected)`, or has its assertions in the function itself: a panic
//! is an outcome that [`Explored::only`] and [`Explored::results`] report with its schedule.
//!
//! # The host's side
//!
//! Whatever the host waits for is one of the explorer's [host events](HostEvents): futures that are
//! ready when the schedule says so, and timers on a virtual clock. They happen in every order among
//! themselves and between the steps of guests.
//!
//! # Schedules that are left out
//!
//! A *step* is everything that happens after a thread was resumed or a host event happened, until
//! the next one. Steps that touch no instance in common, and of which at most one touches the host,
//! commute: the state after both is the same in either order. So only one of their orders is run. The
//! number of schedules grows with the number of orders that can make a difference, and not with
//! the number of all orders. [`Exploration::reduce`] turns this off.
//!
//! This holds for everything but limits and fuel, which all instances of a store share: if a guest
//! can reach them, turn the reduction off.
//!
//! # Bounds
//!
//! [`Exploration`] bounds the number of schedules, decisions, steps and yields, and the time.
//! [`Explored::bound`] says whether a bound has cut the exploration. A run that had not ended when the
//! time was over is one of [`Explored::unfinished`], with the functions in which its guest spins.

#![forbid(unsafe_code)]

mod collected;
#[cfg(feature = "wasi")]
mod cut_text;
mod exploration;
mod explored;
mod explorer;
mod footprint;
mod host_events;
mod races;
mod run;
mod sleep_owners;
mod time_limit;
pub mod timeline;
mod tree;
mod virtual_clock;
#[cfg(feature = "wasi")]
mod wasi;

pub use exploration::{Exploration, Progress, ReplayError, Replayed};
pub use explored::{AnnotatedSchedule, Bound, Ending, Explored, ExploredOutcome, UnfinishedRun};
pub use explorer::Explorer;
pub use host_events::{HostEvents, ScheduledEvent};

/// Runs `build` under every schedule, with the bounds of [`Exploration::new`].
///
/// `build` is called once for each schedule. It makes its stores with [`Explorer::store`], and has to
/// do the same after the same decisions, so that it may not keep anything from one run to the next.
///
/// Outcomes are distinct if the result's [`Debug`](std::fmt::Debug) text or the
/// [notes](HostEvents::note) differ. Panics in `build` are outcomes, too. Each prints its message, as
/// panics do.
///
/// # Panics
///
/// If `build` does not do the same after the same decisions.
pub fn explore<R, F>(build: F) -> Explored<R>
where
    R: std::fmt::Debug + Send,
    F: Fn(&mut Explorer) -> R + Sync,
{
    Exploration::new().run(build)
}

/// The README, whose example runs as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

//! Threads that the host begins: **host extensions**.
//!
//! The Component Model has cooperative threads. Each task has an implicit thread, and a guest makes
//! more with `thread.new-indirect`. Here, a *host* begins a thread: it calls a guest's function,
//! and the implicit thread of the new task is the host's thread. Such threads take turns, as all
//! threads of a store do. The host can join them, cancel them, and give them values.
//!
//! ```
//! # use weft_core as weft;
//! # #[cfg(feature = "alloc")] {
//! # use weft::builtin::OptionsIndex;
//! use weft::host::ExtendedMachine;
//! use weft::limits::Heap;
//! # use weft::machine::{LiftMode, LiftedFunction};
//! use weft::thread::{ThreadEnd, ThreadSpawnConfig, ThreadStatus};
//!
//! let mut machine = ExtendedMachine::<Heap>::default();
//! # let instance = machine.new_instance()?;
//! # let run = machine.lift(LiftedFunction {
//! #     instance,
//! #     is_async: true,
//! #     lift: LiftMode::Stackful,
//! #     result_type: None,
//! #     lift_options: OptionsIndex(0),
//! # })?;
//! let config = ThreadSpawnConfig::default();
//! let (thread, _, _) = machine.threads().spawn_ref(run, config, None)?;
//! machine.threads().set_local(thread, 1, "scratch", Some(5))?;
//! machine.threads().begin_join(thread, None)?;
//! assert_eq!(machine.threads().status(thread)?, ThreadStatus::Joining);
//!
//! machine.trapped()?; // The guest of `run` traps.
//! assert_eq!(machine.threads().end_join(thread)?, Some(ThreadEnd::Failed));
//! let destructor = machine.threads().next_destructor()?.map(|it| it.destructor);
//! assert_eq!(destructor, Some(5));
//! # }
//! # Ok::<(), weft::error::Failure>(())
//! ```
//!
//! A store of components runs its guests itself, and has methods of its own for that:
//!
//! | to … | use |
//! |---|---|
//! | begin a thread | `spawn_thread_ref`, or [`Threads::spawn_ref`] on a machine |
//! | begin it by the number of its function | `spawn_thread_indirect`, or [`Threads::spawn_indirect`] |
//! | name the function that it runs | `function_reference`; `function_table` for all that an instance exports |
//! | wait for its end | `join_thread`, `join_thread_async`, or [`Threads::begin_join`] and [`Threads::end_join`] |
//! | cancel it, or those that were begun for it | `cancel_thread`, `cancel_children_of_thread` |
//!
//! The host's record of a thread stays until the thread was joined, so that its end is never
//! missed. It is removed some time after that. A thread also ends when its instance traps or is
//! removed.
//!
//! In a machine, a destructor is a number that the host chooses. The host gets it with the value
//! after the thread has ended, beginning with the newest value. In a store of components, it is a
//! closure, which may call guests.

pub(crate) mod record;
pub(crate) mod table;
mod threads;

pub use record::{SpawnedThreadId, ThreadDestructor, ThreadEnd, ThreadSpawnConfig, ThreadStatus};
pub use threads::Threads;

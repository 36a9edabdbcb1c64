//! Threads that the host begins, joins and gives values to: **host extensions**.
//!
//! The Component Model has cooperative threads: each task has an implicit one, and a guest makes
//! more of them by `thread.new-indirect`. Here are those that a *host* begins: it calls a guest's
//! function, and the implicit thread of that task is the thread. They take turns, as all threads
//! of a store do.
//!
//! | to … | use |
//! |---|---|
//! | begin one | [`Threads::spawn_ref`], or `component::Store::spawn_thread_ref`, also from inside of a host function |
//! | begin one by the number of its function | [`Threads::spawn_indirect`], or `component::Store::spawn_thread_indirect` |
//! | look at it | [`Threads::status`], [`Threads::config`], [`Threads::parent`], [`Threads::children`], [`Threads::count`] |
//! | name the function that it runs | `component::Store::function_reference`, or all that an instance exports: `component::Store::function_table` |
//! | wait for its end | [`Threads::begin_join`], [`Threads::end_join`]; `component::Store::join_thread` does both, and lets the store run; `component::Store::join_thread_async` is a future |
//! | wait for it no longer | [`Threads::cancel_join`] |
//! | cancel it, or those that were begun for it | `component::Store::cancel_thread`, `component::Store::cancel_children_of_thread` |
//! | forget those that are over and were joined | [`Threads::clean_up`] |
//! | know who runs, and how many at a time | [`Threads::current`], [`Threads::available_parallelism`] |
//! | give it values | [`Threads::set_local`], [`Threads::get_local`], [`Threads::remove_local`] |
//! | hear of them at its end | [`Threads::next_destructor`] |
//!
//! What is known of a thread outlives it until it was joined, so that its end is never missed, and
//! is forgotten some time after that; a trap in its instance, or the removal of that, is an end, too.
//!
//! A destructor is data here: a number of the host's choice, which it is told with the value, the
//! newest value of a thread first. On a store of components it is a closure, which may call guests.
//!
//! # What is in here
//!
//! | file | |
//! |---|---|
//! | `record` | what is known of a thread |
//! | `table` | where that is kept |
//! | `threads` | what the host does with threads |

pub(crate) mod record;
pub(crate) mod table;
mod threads;

pub use record::{SpawnedThreadId, ThreadDestructor, ThreadEnd, ThreadSpawnConfig, ThreadStatus};
pub use threads::Threads;

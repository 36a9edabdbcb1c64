//! Threads that the host begins, joins and gives values to: **host extensions**.
//!
//! The Component Model has cooperative threads: each task has an implicit one, and a guest makes
//! more of them by `thread.new-indirect`. Here are those that a *host* begins: it calls a guest's
//! function, and the implicit thread of that task is the thread. They take turns, as all threads
//! of a store do.
//!
//! | to … | use |
//! |---|---|
//! | begin one | [`Host::thread_spawn_ref`], or `component::Store::thread_spawn_ref`, also from inside of a function of the host |
//! | begin one by the number of its function | [`Host::thread_spawn_indirect`], or `component::Store::thread_spawn_indirect` |
//! | look at it | [`thread_status`](Host::thread_status), [`thread_config`](Host::thread_config), [`thread_parent`](Host::thread_parent), [`thread_children`](Host::thread_children), [`thread_count`](Host::thread_count) |
//! | name the function that it runs | `component::Store::function_reference`, or all that an instance exports: `component::Store::function_table` |
//! | wait for its end | [`thread_join_begin`](Host::thread_join_begin), [`thread_join_end`](Host::thread_join_end); `component::Store::thread_join` does both, and lets the store run; `component::Store::thread_join_async` is a future |
//! | wait for it no longer | [`thread_join_cancel`](Host::thread_join_cancel) |
//! | cancel it, or those that were begun for it | `component::Store::thread_cancel`, `component::Store::thread_cancel_children` |
//! | forget those that are over and were joined | [`thread_cleanup`](Host::thread_cleanup) |
//! | know who runs, and how many at a time | [`current_thread`](Host::current_thread), [`available_parallelism`](Host::available_parallelism) |
//! | give it values | [`thread_local_set`](Host::thread_local_set), [`thread_local_get`](Host::thread_local_get), [`thread_local_remove`](Host::thread_local_remove) |
//! | hear of them at its end | [`next_thread_destructor`](Host::next_thread_destructor) |
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
//! | `host` | what the host does with threads |

mod host;
pub(crate) mod record;
pub(crate) mod table;

pub use record::{SpawnedThreadId, ThreadDestructor, ThreadEnd, ThreadSpawnConfig, ThreadStatus};

#[cfg(doc)]
use crate::host::Host;

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
//! # The guide's fifth example
//!
//! ```
//! # #[cfg(all(feature = "std", feature = "wasmi"))] {
//! use weft::component::{Component, Linker, Store};
//! use weft::engine::wasmi::Wasmi;
//! use weft::thread::{ThreadSpawnConfig, ThreadStatus};
//!
//! // A worker that lets others run before it returns.
//! let engine = Wasmi::default();
//! let component = Component::new(&engine, &wat::parse_str(r#"
//!     (component
//!       (core module $Module
//!         (import "" "return" (func $return (param i32)))
//!         (import "" "yield" (func $yield (result i32)))
//!         (func (export "worker") (param i32)
//!           (drop (call $yield))
//!           (call $return (i32.mul (local.get 0) (i32.const 2)))))
//!       (canon task.return (result s32) (core func $return))
//!       (canon thread.yield (core func $yield))
//!       (core instance $module (instantiate $Module (with "" (instance
//!         (export "return" (func $return)) (export "yield" (func $yield))))))
//!       (func (export "worker-function") async (param "number" s32) (result s32)
//!         (canon lift (core func $module "worker") async)))
//! "#)?)?;
//! let mut store = Store::new(&engine, ());
//! let instance = store.instantiate(&component, &Linker::new())?;
//!
//! // Create a function reference: its signature is checked here, and once.
//! let func_ref = store.function_reference(&instance, "worker-function")?.typed::<(i32,), i32>()?;
//!
//! // Configure the thread.
//! let config = ThreadSpawnConfig { stack_size: Some(65_536), priority: Some(5) };
//!
//! // Spawn with the function reference.
//! let thread = store.thread_spawn_ref(&func_ref, (21,), config, None)?;
//! assert_eq!(store.host().thread_status(thread.id())?, ThreadStatus::Running);
//!
//! // Thread-local storage, with a destructor.
//! let destructor = store.thread_destructor(|_, ended| {
//!     assert_eq!((ended.key, ended.value.as_text()), (1, Some("thread_data")));
//!     Ok(())
//! })?;
//! store.host().thread_local_set(thread.id(), 1, "thread_data", Some(destructor))?;
//!
//! // Join the thread.
//! let result = store.thread_join(thread)?;
//! assert_eq!(result, 42);
//! assert!(store.take_failed_thread_destructor().is_none());
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
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

//! Waiting for the first of several things: the waitable sets of the host. **Host extensions**, on
//! the machine's own sets.
//!
//! What guests do with `waitable-set.new`, `waitable.join`, `waitable-set.wait`, `waitable-set.poll`
//! and `waitable-set.drop`, the host does with calls, host tasks and ends that it holds, by the
//! methods of [`WaitableSets`]. What is in no set tells what becomes of it by
//! [`next_host_event`](crate::machine::Machine::next_host_event), as ever.
//!
//! | the guide's | here |
//! |---|---|
//! | `Waitable` | [`Waitable`]: a call, a [host task](crate::task), an end of a stream or future that the host holds, or another set |
//! | `waitable_set_new`, `…_add`, `…_remove`, `…_contains`, `…_count`, `…_close`, `…_drop` | [`create`](WaitableSets::create), [`add`](WaitableSets::add), [`remove`](WaitableSets::remove), [`contains`](WaitableSets::contains), [`count`](WaitableSets::count), [`close`](WaitableSets::close), [`drop`](WaitableSets::drop) |
//! | `waitable_set_poll`, `waitable_set_poll_all` | [`poll`](WaitableSets::poll), [`poll_all`](WaitableSets::poll_all), which don't wait |
//! | `waitable_set_wait` | `Store::wait_for_set`, which lets the store run; `Store::wait_for_set_async`, a future; `Store::wait_for_set_within` and `Store::wait_for_set_within_async`, for at most a time |
//! | `WaitResult` | [`WaitResult`] |
//! | the helpers | [`WaitableSets::create_with`]; `Store::wait_for_any` |
//!
//! A set knows which of its members have events, not who its members are: waiting on a set of a
//! million costs what waiting on one of one does.
//!
//! # The guide's third example
//!
//! ```
//! # use weft_core as weft;
//! # #[cfg(feature = "alloc")] {
//! use weft::limits::Heap;
//! use weft::host::ExtendedMachine;
//! use weft::machine::WaitableId;
//! use weft::waitable::WaitResult;
//!
//! // There is nothing to initialize.
//! let mut machine = ExtendedMachine::<Heap>::default();
//!
//! // Create a waitable set.
//! let set = machine.waitable_sets().create()?;
//!
//! // Add waitables: something that the host does itself, here; futures and streams, too.
//! let task = machine.tasks().start()?;
//! machine.waitable_sets().add(set, task)?;
//!
//! // Nothing is ready. In a store, `store.wait_for_set(set)` lets guests run until it is.
//! assert_eq!(machine.waitable_sets().poll(set)?, WaitResult::Pending);
//!
//! machine.tasks().complete(task, true)?;
//! match machine.waitable_sets().poll(set)? {
//!     WaitResult::Ready(ready) => assert_eq!(ready.waitable, WaitableId::Subtask(task)),
//!     other => panic!("{other:?}"),
//! }
//!
//! // Poll all that is ready.
//! assert_eq!(machine.waitable_sets().poll_all(set)?.count(), 0);
//! # }
//! # Ok::<(), weft::error::Failure>(())
//! ```
//!
//! # The guide's third integration example
//!
//! Waiting for the first of several operations, which are futures here, on a bare machine, whose
//! steps are taken here:
//!
//! ```
//! # use weft_core as weft;
//! # #[cfg(feature = "alloc")] {
//! use weft::limits::Heap;
//! use weft::host::ExtendedMachine;
//! use weft::machine::{Step, TypeDefinition, WaitableId};
//! use weft::trap::EndKind;
//! use weft::waitable::WaitResult;
//!
//! let mut machine = ExtendedMachine::<Heap>::default();
//! let future = machine.define_type(TypeDefinition::Ends { is_none_or_number: true })?;
//! let futures = [(); 3].map(|()| machine.new_host_ends(EndKind::Future, future).unwrap());
//! for (readable, _) in futures {
//!     let _ = machine.host_copy(readable, 0, 1)?; // A read, which waits for the writer.
//! }
//!
//! // Add several futures.
//! let set = machine.waitable_sets().create()?;
//! for (readable, _) in futures {
//!     machine.waitable_sets().add(set, readable)?;
//! }
//!
//! // The second one is first to complete.
//! let step = machine.host_copy(futures[1].1, 0, 1)?;
//! let Step::Copy(copy) = step else { panic!("{step:?}") };
//! machine.copied(copy)?; // Whoever drives the machine has moved the value.
//! match machine.waitable_sets().poll(set)? {
//!     WaitResult::Ready(ready) => assert_eq!(ready.waitable, WaitableId::End(futures[1].0)),
//!     other => panic!("{other:?}"),
//! }
//! # }
//! # Ok::<(), weft::error::Failure>(())
//! ```

pub(crate) mod host_sets;
mod member;
mod wait_result;
mod waitable_sets;

pub use member::Waitable;
pub use wait_result::{FailedTask, WaitResult};
pub use waitable_sets::WaitableSets;

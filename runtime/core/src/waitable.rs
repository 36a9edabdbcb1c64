//! Waiting for the first of several operations: waitable sets of the host. **Host extensions**.
//!
//! Guests have the built-ins `waitable-set.new`, `waitable.join`, `waitable-set.wait`,
//! `waitable-set.poll` and `waitable-set.drop`. The methods of [`WaitableSets`] do the same for the
//! host. A member of a set is a call, a [host task](crate::task), an end of a stream or future that
//! the host holds, or another set.
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
//! // Add waitables: a host task here, but also calls, streams and futures.
//! let task = machine.tasks().start()?;
//! machine.waitable_sets().add(set, task)?;
//!
//! // Nothing is ready. In a store, `store.wait_for_set(set)` lets guests run until something is.
//! assert_eq!(machine.waitable_sets().poll(set)?, WaitResult::Pending);
//!
//! machine.tasks().complete(task, true)?;
//! match machine.waitable_sets().poll(set)? {
//!     WaitResult::Ready(ready) => assert_eq!(ready.waitable, WaitableId::Subtask(task)),
//!     other => panic!("{other:?}"),
//! }
//!
//! // Take all events that are left.
//! assert_eq!(machine.waitable_sets().poll_all(set)?.count(), 0);
//! # }
//! # Ok::<(), weft::error::Failure>(())
//! ```
//!
//! [`poll`](WaitableSets::poll) and [`poll_all`](WaitableSets::poll_all) don't wait. A store of
//! components waits with `wait_for_set`, or in a future with `wait_for_set_async`; the methods with
//! `within` in their names wait until a time limit. `wait_for_any` makes a set for one wait.
//!
//! For a waitable that is in no set, [`next_host_event`](crate::machine::Machine::next_host_event)
//! returns its event.
//!
//! A set lists only those of its members that have events. So waiting on a set of a million costs
//! the same as waiting on a set of one.
//!
//! # Several futures
//!
//! This waits for the first of three futures, on a machine without components, whose steps the
//! example takes itself:
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
//! // Add all futures.
//! let set = machine.waitable_sets().create()?;
//! for (readable, _) in futures {
//!     machine.waitable_sets().add(set, readable)?;
//! }
//!
//! // The second one completes first.
//! let step = machine.host_copy(futures[1].1, 0, 1)?;
//! let Step::Copy(copy) = step else { panic!("{step:?}") };
//! machine.copied(copy)?; // The driver of the machine has moved the value.
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

//! The host's side: what it remembers of tasks, threads, waitables and errors. All of it are
//! **host extensions**, which no guest sees.
//!
//! The Component Model says what guests hear of one another. A host wants to know more: for whom a
//! task works, how an error came to be. It asks a [`Host`], which is a view of whatever has a
//! machine: a [`Machine`] itself, a component store, or the store that is lent to a function of the
//! host. So everything here has one signature, wherever it is used and whatever the machine's
//! tables are made of.
//!
//! | has a view: [`HostStore`] | got by |
//! |---|---|
//! | [`Machine`] | [`Machine::host`] |
//! | `component::Store` | `Store::host` |
//! | `component::HostContext`, inside of a function of the host that a guest calls | `HostContext::host` |
//! | [`AsyncContextScope`](crate::context::AsyncContextScope), which is what it was entered on | as that |
//!
//! | subject | where its methods of [`Host`] are explained |
//! |---|---|
//! | contexts that follow tasks | [`context`](crate::context) |
//! | severity, frames, sources and metadata of error contexts | [`error_context`](crate::error_context) |
//! | threads that the host begins, joins and gives values to | [`thread`](crate::thread) |
//! | tasks of the host and calls, cancellation tokens | [`task`](crate::task) |
//! | waitable sets of the host | [`waitable`](crate::waitable) |
//!
//! # Where it is kept
//!
//! | file | what is in it |
//! |---|---|
//! | here | [`Host`], [`HostStore`] |
//! | `extensions` | the side tables, which the machine carries |
//! | `records` | records of things in the machine, by position and generation |
//! | `attributes` | named values: contexts and metadata are made of them |
//!
//! These, and the data of each subject, are below the machine: plain data that knows nothing of it
//! but its ids. The methods of [`Host`] are above it. What is kept of a task or an error context is
//! dropped when the machine removes that, so that it never becomes anybody else's.

pub(crate) mod attributes;
pub(crate) mod extensions;
pub(crate) mod records;

use core::fmt;

use crate::chooser::Chooser;
use crate::limits::Limits;
use crate::machine::{Machine, TaskId};

/// A view of a machine for its host: a **host extension**, as is everything that it does.
///
/// What it lends, it lends for as long as the view is there:
///
/// ```
/// # use weft_core as weft;
/// # #[cfg(feature = "alloc")] {
/// use weft::context::ContextKey;
/// use weft::limits::Heap;
/// use weft::machine::Machine;
///
/// let mut machine = Machine::<Heap>::default();
/// let mut host = machine.host();
/// host.set_context_value(ContextKey::new("locale")?, "de-CH")?;
/// let locale = host.get_context_value(ContextKey::new("locale")?);
/// assert_eq!(locale.and_then(|it| it.as_text()), Some("de-CH"));
/// # }
/// # Ok::<(), weft::context::ContextError>(())
/// ```
pub struct Host<'a, L: Limits, C> {
    pub(crate) machine: &'a mut Machine<L, C>,
}

/// Whatever has a machine with the host's side tables: a host extension.
///
/// [`AsyncContextScope`](crate::context::AsyncContextScope) and the like are entered on one, and
/// give it back while they last.
pub trait HostStore {
    /// What the tables are made of.
    type Limits: Limits;
    /// Who decides what the spec leaves open.
    type Chooser: Chooser;

    /// The host's side.
    fn host(&mut self) -> Host<'_, Self::Limits, Self::Chooser>;
}

impl<L: Limits, C: Chooser> Machine<L, C> {
    /// The host's side of the machine: a **host extension**.
    pub const fn host(&mut self) -> Host<'_, L, C> {
        Host { machine: self }
    }
}

impl<L: Limits, C: Chooser> HostStore for Machine<L, C> {
    type Limits = L;
    type Chooser = C;

    fn host(&mut self) -> Host<'_, L, C> {
        Self::host(self)
    }
}

impl<L: Limits, C: Chooser> HostStore for Host<'_, L, C> {
    type Limits = L;
    type Chooser = C;

    fn host(&mut self) -> Host<'_, L, C> {
        self.machine.host()
    }
}

impl<S: HostStore + ?Sized> HostStore for &mut S {
    type Limits = S::Limits;
    type Chooser = S::Chooser;

    fn host(&mut self) -> Host<'_, S::Limits, S::Chooser> {
        (**self).host()
    }
}

impl<L: Limits, C: Chooser> Host<'_, L, C> {
    /// The task that runs: the one whose guest has control, or the one that calls the function of
    /// the host which has. Nothing where the host has control by itself.
    pub fn current_task(&self) -> Option<TaskId> {
        self.machine.task_id(self.machine.running_task()?).ok()
    }
}

impl<L: Limits, C: Chooser> fmt::Debug for Host<'_, L, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").field("machine", &self.machine).finish()
    }
}

//! The host's side: what it remembers of tasks, threads, waitables and errors. All of it are
//! **host extensions**, which no guest sees.
//!
//! The Component Model says what guests hear of one another. A host wants to know more: for whom a
//! task works, how an error came to be. It asks a [`Host`], which is a view of whatever has a
//! machine with the extensions: an [`ExtendedMachine`] itself, a component store, or the store that is lent to a function of the
//! host. So everything here has one signature, wherever it is used and whatever the machine's
//! tables are made of.
//!
//! | has a view: [`HostStore`] | got by |
//! |---|---|
//! | [`ExtendedMachine`] | [`Machine::host`] |
//! | `component::Store` | `Store::host` |
//! | `component::Caller`, inside of a function of the host that a guest calls | `Caller::host` |
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
//! | `extensions` | [`Extensions`]: the side tables, which are the [hooks](crate::machine::Hooks) of a machine |
//! | [`limits`] | the storage of these tables, and their sizes |
//! | `attributes` | named values: contexts and metadata are made of them |
//!
//! These, and the data of each subject, know nothing of the machine but its ids. The methods of
//! [`Host`] know both. The record of a task or an error context is dropped when the machine removes
//! that, so that it never becomes anybody else's.

pub(crate) mod attributes;
pub(crate) mod extensions;
pub mod limits;

use core::fmt;

use crate::chooser::{Chooser, FirstInFirstOut};
use crate::host::limits::ExtensionLimits;
use crate::machine::{Machine, TaskId};

pub use extensions::Extensions;

/// A view of a machine for its host: a **host extension**, as is everything that it does.
///
/// What it lends, it lends for as long as the view is there:
///
/// ```
/// # use weft_core as weft;
/// # #[cfg(feature = "alloc")] {
/// use weft::context::ContextKey;
/// use weft::host::ExtendedMachine;
/// use weft::limits::Heap;
///
/// let mut machine = ExtendedMachine::<Heap>::default();
/// let mut host = machine.host();
/// host.set_context_value(ContextKey::new("locale")?, "de-CH")?;
/// let locale = host.get_context_value(ContextKey::new("locale")?);
/// assert_eq!(locale.and_then(|it| it.as_text()), Some("de-CH"));
/// # }
/// # Ok::<(), weft::context::ContextError>(())
/// ```
pub struct Host<'a, L: ExtensionLimits, C> {
    pub(crate) machine: &'a mut ExtendedMachine<L, C>,
}

/// Whatever has a machine with the host's side tables: a host extension.
///
/// [`AsyncContextScope`](crate::context::AsyncContextScope) and the like are entered on one, and
/// give it back while they last.
pub trait HostStore {
    /// What the tables are made of.
    type Limits: ExtensionLimits;
    /// Who decides what the spec leaves open.
    type Chooser: Chooser;

    /// The host's side.
    fn host(&mut self) -> Host<'_, Self::Limits, Self::Chooser>;
}

/// A machine with the host extensions.
///
/// Everything that a [`Machine`] does without them, it does as well, and [`host`](Machine::host)
/// is a view of them. One without them is a plain `Machine`.
///
/// ```
/// # use weft_core as weft;
/// # #[cfg(feature = "alloc")] {
/// use weft::host::ExtendedMachine;
/// use weft::limits::Heap;
///
/// let mut machine = ExtendedMachine::<Heap>::default();
/// let task = machine.host().task_start()?;
/// machine.host().task_return(task, 5_u32)?;
/// # }
/// # Ok::<(), weft::error::Error>(())
/// ```
pub type ExtendedMachine<L, C = FirstInFirstOut> = Machine<L, C, Extensions<L>>;

impl<L: ExtensionLimits, C: Chooser> ExtendedMachine<L, C> {
    /// Creates an empty machine with this chooser and the host extensions.
    pub const fn with_extensions(chooser: C) -> Self {
        Self::with_hooks(chooser, Extensions::new())
    }

    /// The host's side of the machine: a **host extension**.
    pub const fn host(&mut self) -> Host<'_, L, C> {
        Host { machine: self }
    }
}

impl<L: ExtensionLimits, C: Chooser> HostStore for ExtendedMachine<L, C> {
    type Limits = L;
    type Chooser = C;

    fn host(&mut self) -> Host<'_, L, C> {
        Self::host(self)
    }
}

impl<L: ExtensionLimits, C: Chooser> HostStore for Host<'_, L, C> {
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

impl<L: ExtensionLimits, C: Chooser> Host<'_, L, C> {
    /// The task that runs: the one whose guest has control, or the one that calls the function of
    /// the host which has. Nothing where the host has control by itself.
    pub fn current_task(&self) -> Option<TaskId> {
        self.machine.running_task()
    }
}

impl<L: ExtensionLimits, C: Chooser> fmt::Debug for Host<'_, L, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").field("machine", &self.machine).finish()
    }
}

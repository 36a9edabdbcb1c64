//! The host's record of a thread that it has begun, also after the thread has ended.

use core::fmt;
use core::num::NonZeroU32;

use crate::context::ContextValue;
use crate::host::limits::ExtensionLimits;
use crate::id::{InstanceId, SubtaskId, ThreadId};
use crate::limits::Storage;
use crate::machine::list::{Linked, Links};

pub use crate::machine::ThreadEnd;

/// A thread that the host has begun. This is a **host extension**. The id is valid until the
/// thread was joined and [cleaned up](crate::thread::Threads::clean_up). The machine's own
/// [`ThreadId`] is valid until the thread ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpawnedThreadId {
    pub(crate) number: NonZeroU32,
    pub(crate) generation: u32,
}

/// The settings of a new thread. This is a **host extension**.
///
/// Both settings are only recorded, for [`Threads::config`](crate::thread::Threads::config).
/// Threads take turns in the order that the [chooser](crate::chooser) decides, whatever their
/// priority. The engine decides how much stack they have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ThreadSpawnConfig {
    /// The size of its stack in bytes. Advisory.
    pub stack_size: Option<u32>,
    /// Its priority; a greater number is more important. Advisory.
    pub priority: Option<i32>,
}

/// The status of a thread. This is a **host extension**.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ThreadStatus {
    /// It waits to enter its instance.
    Starting,
    /// It has started, and has not ended. It may be waiting.
    Running,
    /// It has not ended, and another thread or the host waits for its end.
    Joining,
    /// It ran to its end.
    Completed,
    /// It was cancelled, and has ended without a result.
    Cancelled,
    /// It never runs again, because something trapped in its instance, or the instance was
    /// removed.
    Failed,
}

impl ThreadStatus {
    /// Returns `true` if the thread has ended.
    #[must_use]
    pub const fn is_finished(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled | Self::Failed)
    }

    /// Returns `true` if the thread has not ended.
    #[must_use]
    pub const fn is_active(self) -> bool {
        !self.is_finished()
    }
}

impl fmt::Display for ThreadStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Joining => "joining",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        })
    }
}

impl From<ThreadEnd> for ThreadStatus {
    fn from(end: ThreadEnd) -> Self {
        match end {
            ThreadEnd::Completed => Self::Completed,
            ThreadEnd::Cancelled => Self::Cancelled,
            ThreadEnd::Failed => Self::Failed,
        }
    }
}

/// A value of a thread that has ended, with its destructor.
/// [`Threads::next_destructor`](crate::thread::Threads::next_destructor) returns it.
pub struct ThreadDestructor<L: ExtensionLimits> {
    /// The thread.
    pub thread: SpawnedThreadId,
    /// The value's key.
    pub key: u32,
    /// The value.
    pub value: ContextValue<L>,
    /// The number of the destructor that it was set with.
    pub destructor: u32,
}

impl<L: ExtensionLimits> fmt::Debug for ThreadDestructor<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadDestructor")
            .field("thread", &self.thread)
            .field("key", &self.key)
            .field("value", &self.value)
            .field("destructor", &self.destructor)
            .finish()
    }
}

/// A value of a thread.
pub(crate) struct ThreadLocal<L: ExtensionLimits> {
    pub(crate) key: u32,
    pub(crate) value: ContextValue<L>,
    pub(crate) destructor: Option<u32>,
}

/// The host's record of a thread that it has begun.
pub(crate) struct ThreadRecord<L: ExtensionLimits> {
    /// Its neighbors among the threads that have ended and whose destructors have to run.
    links: Links<Self>,
    pub(crate) config: ThreadSpawnConfig,
    pub(crate) parent: Option<SpawnedThreadId>,
    /// The thread of the machine, after it was begun.
    pub(crate) begun: Option<Begun>,
    /// The state of joining it.
    pub(crate) join: Join,
    /// True if it has ever waited for the end of another thread.
    pub(crate) has_joined: bool,
    /// `true` if its task was cancelled. The call that tells this may be dropped already.
    pub(crate) is_cancelled: bool,
    pub(crate) end: Option<ThreadEnd>,
    /// Its values, the newest last.
    pub(crate) locals: L::ThreadLocals<ThreadLocal<L>>,
}

/// The thread of the machine that the host has begun.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Begun {
    pub(crate) thread: ThreadId,
    /// Its task, as the host sees it.
    pub(crate) call: SubtaskId,
    pub(crate) instance: InstanceId,
}

/// The state of joining a thread. Its end is returned to one joiner, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Join {
    /// Nothing has joined it.
    Open,
    /// This thread waits for it, until it ends itself; `None` stands for the host.
    Waited(Option<SpawnedThreadId>),
    /// Its end was returned.
    Done,
}

impl<L: ExtensionLimits> Linked for ThreadRecord<L> {
    fn links(&self) -> &Links<Self> {
        &self.links
    }
    fn links_mut(&mut self) -> &mut Links<Self> {
        &mut self.links
    }
}

impl<L: ExtensionLimits> ThreadRecord<L> {
    pub(crate) fn new(config: ThreadSpawnConfig, parent: Option<SpawnedThreadId>) -> Self {
        Self {
            links: Links::default(),
            config,
            parent,
            begun: None,
            join: Join::Open,
            has_joined: false,
            is_cancelled: false,
            end: None,
            locals: L::ThreadLocals::EMPTY,
        }
    }

    /// Returns `true` if the record isn't needed any longer.
    pub(crate) fn is_over(&self) -> bool {
        self.join == Join::Done && self.end.is_some() && self.locals.len() == 0
    }

    /// Returns the position of the value with this key.
    pub(crate) fn position(&self, key: u32) -> Option<usize> {
        (0..self.locals.len()).find(|it| self.locals.get(*it).is_some_and(|it| it.key == key))
    }

    /// Removes and returns the value with this key.
    pub(crate) fn take_local(&mut self, key: u32) -> Option<ThreadLocal<L>> {
        let position = self.position(key)?;
        let mut carried = self.locals.pop()?;
        // The values after it move up by one, from the back.
        for it in (position..self.locals.len()).rev() {
            if let Some(place) = self.locals.get_mut(it) {
                core::mem::swap(place, &mut carried);
            }
        }
        Some(carried)
    }
}

//! What the host remembers of a thread that it has begun, also when the thread is over.

use core::fmt;
use core::num::NonZeroU32;

use crate::context::ContextValue;
use crate::host::limits::ExtensionLimits;
use crate::id::{InstanceId, SubtaskId, ThreadId};
use crate::limits::Storage;
use crate::machine::list::{Linked, Links};

pub use crate::machine::ThreadEnd;

/// A thread that the host has begun: a **host extension**. It is known until it was joined and
/// [cleaned up](crate::thread::Threads::clean_up), while the machine's own
/// [`ThreadId`] is over when the thread is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpawnedThreadId {
    pub(crate) number: NonZeroU32,
    pub(crate) generation: u32,
}

/// What a thread is begun with: a **host extension**.
///
/// Both are wishes that the host writes down, and reads again by
/// [`Threads::config`](crate::thread::Threads::config). Threads are cooperative, and take turns
/// in the order that the [chooser](crate::chooser) says, whatever their priority; how much stack
/// they have is the engine's matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ThreadSpawnConfig {
    /// How much stack the thread should have, in bytes. Advisory.
    pub stack_size: Option<u32>,
    /// How important it is; more is more. Advisory.
    pub priority: Option<i32>,
}

/// How far a thread has come: a **host extension**.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ThreadStatus {
    /// It waits to enter its instance.
    Starting,
    /// It has started, and is not over; it may be waiting for something.
    Running,
    /// Somebody waits for its end, which has not come.
    Joining,
    /// It has come to its end.
    Completed,
    /// It was cancelled, and has come to its end without a result.
    Cancelled,
    /// It never runs again: something trapped in its instance, or the instance was removed.
    Failed,
}

impl ThreadStatus {
    /// Whether the thread is over.
    #[must_use]
    pub const fn is_finished(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled | Self::Failed)
    }

    /// Whether the thread is not over.
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

/// A value of a thread that has ended, and the number of who is to hear of that: what
/// [`Threads::next_destructor`](crate::thread::Threads::next_destructor) gives.
pub struct ThreadDestructor<L: ExtensionLimits> {
    /// The thread.
    pub thread: SpawnedThreadId,
    /// The value's key.
    pub key: u32,
    /// The value.
    pub value: ContextValue<L>,
    /// The number that it was set with.
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

/// What the host remembers of a thread that it has begun.
pub(crate) struct ThreadRecord<L: ExtensionLimits> {
    /// Its neighbours among those that have ended and whose destructors are to run.
    links: Links<Self>,
    pub(crate) config: ThreadSpawnConfig,
    pub(crate) parent: Option<SpawnedThreadId>,
    /// What it is in the machine, once it is begun.
    pub(crate) begun: Option<Begun>,
    /// Whether somebody waits for its end, or did.
    pub(crate) join: Join,
    /// True if it has ever waited for the end of another thread.
    pub(crate) has_joined: bool,
    /// Whether its task was cancelled, also if nobody has the call any more that would say so.
    pub(crate) is_cancelled: bool,
    pub(crate) end: Option<ThreadEnd>,
    /// Its values, the newest last.
    pub(crate) locals: L::ThreadLocals<ThreadLocal<L>>,
}

/// What a thread that the host has begun is in the machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Begun {
    pub(crate) thread: ThreadId,
    /// Its task, as the host sees it.
    pub(crate) call: SubtaskId,
    pub(crate) instance: InstanceId,
}

/// Whether a thread is joined: its end is given to one who asks, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Join {
    /// Nobody has asked.
    Open,
    /// Somebody waits: this thread, until it is over itself, or somebody else.
    Waited(Option<SpawnedThreadId>),
    /// Somebody was told.
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

    /// Whether nobody needs it any more.
    pub(crate) fn is_over(&self) -> bool {
        self.join == Join::Done && self.end.is_some() && self.locals.len() == 0
    }

    /// Where the value of a key is.
    pub(crate) fn position(&self, key: u32) -> Option<usize> {
        (0..self.locals.len()).find(|it| self.locals.get(*it).is_some_and(|it| it.key == key))
    }

    /// Takes the value of a key away.
    pub(crate) fn take_local(&mut self, key: u32) -> Option<ThreadLocal<L>> {
        let position = self.position(key)?;
        let mut carried = self.locals.pop()?;
        // What is behind it moves up by one, from the back.
        for it in (position..self.locals.len()).rev() {
            if let Some(place) = self.locals.get_mut(it) {
                core::mem::swap(place, &mut carried);
            }
        }
        Some(carried)
    }
}

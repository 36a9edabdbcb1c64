//! Waitables: subtasks, ends of streams and futures, and the sets of them. They have the fields
//! of the reference's `Waitable`, `Subtask`, `End` and `WaitableSet`.

use crate::builtin::{OptionsIndex, TypeIndex};
use crate::code::{CopyResult, SubtaskState};
use crate::core_value::{CoreType, CoreValue};
use crate::error::Error;
use crate::limit::MAX_BUFFER_LENGTH;
use crate::limits::Table;
use crate::trap::{CopyDirection, EndKind};

use crate::machine::arena::Key;
use crate::machine::list::{Linked, Links, List};
use crate::machine::step::Buffer;

use super::instance::Instance;
use super::resource::Lend;
use super::task::{Task, Thread};
use super::words::{number, words};

/// A subtask, or an end of a stream or future.
#[derive(Debug)]
pub(crate) struct Waitable {
    /// The instance that holds it, or waits for it; `None` if the host does.
    pub(crate) owner: Option<Key<Instance>>,
    /// Its index in the owner's handle table; 0 if it isn't in one.
    pub(crate) index: u32,
    pub(crate) set: Option<Key<WaitableSet>>,
    /// Its neighbors among the waitables of its set, or of the host, that have an event.
    links: Links<Waitable>,
    /// The thread that waits for it, outside of any set.
    pub(crate) waiter: Option<Key<Thread>>,
    pub(crate) has_sync_waiter: bool,
    pub(crate) has_pending_event: bool,
    pub(crate) kind: Kind,
}

/// The kind of a waitable.
#[derive(Debug)]
pub(crate) enum Kind {
    Subtask(Subtask),
    End(End),
}

impl Linked for Waitable {
    fn links(&self) -> &Links<Self> {
        &self.links
    }
    fn links_mut(&mut self) -> &mut Links<Self> {
        &mut self.links
    }
}

impl Waitable {
    pub(crate) fn new(owner: Option<Key<Instance>>, kind: Kind) -> Self {
        Self {
            owner,
            index: 0,
            set: None,
            links: Links::default(),
            waiter: None,
            has_sync_waiter: false,
            has_pending_event: false,
            kind,
        }
    }

    pub(crate) const fn in_waitable_set(&self) -> bool {
        self.set.is_some()
    }

    /// Returns the end, if it is one.
    #[inline]
    pub(crate) const fn end(&self) -> Result<&End, Error> {
        match &self.kind {
            Kind::End(end) => Ok(end),
            Kind::Subtask(_) => Err(Error::Unknown(Table::Waitables)),
        }
    }

    /// Returns the end, if it is one, to change it.
    #[inline]
    pub(crate) const fn end_mut(&mut self) -> Result<&mut End, Error> {
        match &mut self.kind {
            Kind::End(end) => Ok(end),
            Kind::Subtask(_) => Err(Error::Unknown(Table::Waitables)),
        }
    }

    /// Returns `true` if it is an end that the host serves.
    pub(crate) const fn is_served(&self) -> bool {
        matches!(&self.kind, Kind::End(end) if end.is_served())
    }
}

/// A call as its caller sees it.
#[derive(Debug)]
pub(crate) struct Subtask {
    pub(crate) callee: Callee,
    /// The handles that are lent to the callee, beginning with the last one.
    pub(crate) lenders: Option<Key<Lend>>,
    pub(crate) flat_result: FlatResult,
    pub(crate) state: SubtaskState,
    pub(crate) cancellation_requested: bool,
    /// `resolve_delivered`, in the reference `lenders is None`.
    pub(crate) resolve_delivered: bool,
    pub(crate) ends: Ends,
}

/// The callee of a subtask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Callee {
    /// None any longer: the call is over, or its callee's instance was removed.
    Gone,
    /// A guest.
    Task(Key<Task>),
    /// A host function.
    Host(u32),
    /// None: it is an operation, which the host ends itself.
    Operation {
        /// The number of operations that had ended before it; 0 while it has not ended.
        ended: u32,
        /// `true` after the host has asked for the outcome.
        was_asked_for: bool,
    },
}

/// The way in which the outcome of a call is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ends {
    /// By the return of the import, which was lowered without `async`.
    Import,
    /// By the return of `resource.drop`.
    Destructor,
    /// By events, for the host or for the guest that has its index.
    Event,
}

/// The flat result of a call that was lowered without `async`, packed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FlatResult {
    bits: [u32; 2],
    ty: Option<CoreType>,
}

impl FlatResult {
    const NONE: Self = Self { bits: [0; 2], ty: None };

    pub(crate) fn pack(value: Option<CoreValue>) -> Self {
        let Some(value) = value else { return Self::NONE };
        let bits = match value {
            CoreValue::I32(bits) | CoreValue::F32(bits) => bits.into(),
            CoreValue::I64(bits) | CoreValue::F64(bits) => bits,
            CoreValue::Function(function) => function.map_or(u64::MAX, u64::from),
        };
        Self { bits: words(bits), ty: Some(value.ty()) }
    }

    pub(crate) fn unpack(self) -> Option<CoreValue> {
        let [low, _] = self.bits;
        Some(match self.ty? {
            CoreType::I32 => CoreValue::I32(low),
            CoreType::F32 => CoreValue::F32(low),
            CoreType::I64 => CoreValue::I64(number(self.bits)),
            CoreType::F64 => CoreValue::F64(number(self.bits)),
            CoreType::Function => CoreValue::Function(u32::try_from(number(self.bits)).ok()),
        })
    }
}

impl Subtask {
    pub(crate) const fn new(callee: Callee) -> Self {
        Self {
            callee,
            lenders: None,
            flat_result: FlatResult::NONE,
            state: SubtaskState::Starting,
            cancellation_requested: false,
            resolve_delivered: false,
            ends: Ends::Import,
        }
    }

    pub(crate) const fn is_operation(&self) -> bool {
        matches!(self.callee, Callee::Operation { .. })
    }

    /// Returns `true` if the call has resolved: `Subtask.resolved`.
    pub(crate) const fn resolved(&self) -> bool {
        !matches!(self.state, SubtaskState::Starting | SubtaskState::Started)
    }

    pub(crate) fn flat_result(&self) -> Option<CoreValue> {
        self.flat_result.unpack()
    }
}

/// An end of a stream or future.
#[derive(Debug)]
pub(crate) struct End {
    /// The type of the stream or future.
    pub(crate) ty: TypeIndex,
    /// The other end, until that is dropped.
    pub(crate) other: Option<Key<Waitable>>,
    /// `buffer.ptr`, as `words`.
    address: [u32; 2],
    /// `buffer.cx.opts`
    options: u32,
    /// `buffer.length`
    pub(crate) length: u32,
    /// `buffer.progress`, and the progress of the pending event. Every event has the progress of
    /// the buffer, also after the buffer was taken away.
    pub(crate) progress: u32,
    buffer: BufferOf,
    pub(crate) kind: EndKind,
    /// The direction: the end is read from, or written to.
    pub(crate) direction: CopyDirection,
    pub(crate) state: EndActivity,
}

/// The owner of an end's buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BufferOf {
    Nobody,
    Guest,
    Host,
    /// The host, which serves the end and copies all that the other side asks for.
    Offered,
    /// The host, which serves the end and has nothing to copy at the moment.
    Withheld,
}

/// The activity of an end: the reference's `End.State`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndActivity {
    Idle,
    Copying,
    CancellingCopy,
    Done,
}

impl End {
    pub(crate) const fn new(ty: TypeIndex, kind: EndKind, direction: CopyDirection) -> Self {
        Self {
            ty,
            other: None,
            address: [0; 2],
            options: 0,
            length: 0,
            progress: 0,
            buffer: BufferOf::Nobody,
            kind,
            direction,
            state: EndActivity::Idle,
        }
    }

    /// Returns `true` if a read or write is under way, or being cancelled:
    /// `End.copying_or_cancelling`.
    pub(crate) const fn copying_or_cancelling(&self) -> bool {
        matches!(self.state, EndActivity::Copying | EndActivity::CancellingCopy)
    }

    pub(crate) const fn buffer(&self) -> Option<Buffer> {
        let Self { length, progress, .. } = *self;
        let address = number(self.address);
        let options = match self.buffer {
            BufferOf::Nobody | BufferOf::Withheld => return None,
            BufferOf::Guest => Some(OptionsIndex(self.options)),
            BufferOf::Host => None,
            BufferOf::Offered => return Some(self.served_buffer()),
        };
        Some(Buffer { options, address, length, progress })
    }

    pub(crate) const fn set_buffer(&mut self, buffer: Buffer) {
        if self.is_served() {
            self.set_offered(true);
            return;
        }
        self.address = words(buffer.address);
        self.length = buffer.length;
        self.progress = buffer.progress;
        self.buffer = match buffer.options {
            None => BufferOf::Host,
            Some(OptionsIndex(options)) => {
                self.options = options;
                BufferOf::Guest
            }
        };
    }

    pub(crate) const fn take_buffer(&mut self) {
        self.buffer = match self.buffer {
            BufferOf::Nobody | BufferOf::Guest | BufferOf::Host => BufferOf::Nobody,
            BufferOf::Offered | BufferOf::Withheld => BufferOf::Withheld,
        };
    }

    /// Returns the result of a read or write that has an event, and its progress. Makes the end
    /// ready for the next one.
    pub(crate) const fn take_result(&mut self) -> (CopyResult, u32) {
        let progress = core::mem::replace(&mut self.progress, 0);
        self.take_buffer();
        let is_future = matches!(self.kind, EndKind::Future);
        let (state, result) = if is_future && progress == 1 {
            (EndActivity::Done, CopyResult::Completed)
        } else if self.other.is_none() {
            (EndActivity::Done, CopyResult::Dropped)
        } else if matches!(self.state, EndActivity::CancellingCopy) {
            (EndActivity::Idle, CopyResult::Cancelled)
        } else {
            (EndActivity::Idle, CopyResult::Completed)
        };
        self.state = state;
        (result, progress)
    }

    /// Returns the buffer of an end that the host serves, which has room for everything.
    pub(crate) const fn served_buffer(&self) -> Buffer {
        let length = match self.kind {
            EndKind::Stream => MAX_BUFFER_LENGTH,
            EndKind::Future => 1,
        };
        Buffer { options: None, address: 0, length, progress: 0 }
    }

    /// Returns `true` if the host serves the end.
    pub(crate) const fn is_served(&self) -> bool {
        matches!(self.buffer, BufferOf::Offered | BufferOf::Withheld)
    }

    /// Returns `true` if values go from or to the host when the other end copies.
    #[inline]
    pub(crate) const fn is_copied_by_host(&self) -> bool {
        matches!(self.buffer, BufferOf::Host | BufferOf::Offered)
    }

    /// Returns `true` if the host serves the end, and copies all that the other side asks for.
    pub(crate) const fn is_offered(&self) -> bool {
        matches!(self.buffer, BufferOf::Offered)
    }

    /// Lets the host serve the end from now on.
    pub(crate) const fn serve(&mut self) {
        self.state = EndActivity::Copying;
        self.progress = 0;
        self.buffer = BufferOf::Withheld;
    }

    /// Sets if an end that the host serves copies all that the other side asks for.
    pub(crate) const fn set_offered(&mut self, is_offered: bool) {
        self.buffer = if is_offered { BufferOf::Offered } else { BufferOf::Withheld };
    }
}

/// A waitable set.
#[derive(Debug)]
pub(crate) struct WaitableSet {
    /// The instance that has it; `None` if the host does.
    pub(crate) instance: Option<Key<Instance>>,
    /// The number of its members.
    pub(crate) num_elems: u32,
    /// The members that have an event, beginning with the one whose event is oldest.
    pub(crate) pending: List<Waitable>,
    /// The threads that wait for an event, without those that wait in a callback.
    pub(crate) waiters: List<Thread>,
    /// The threads that wait for an event in a callback.
    pub(crate) callback_waiters: List<Thread>,
    /// The number of threads that wait in a callback and don't need an event, because they will
    /// be told of their cancellation.
    pub(crate) cancelled_waiters: u32,
    /// Its neighbors in one of its instance's two lists of sets with both events and waiters. For
    /// a set of the host, its neighbors among the members with events of the set that it is a
    /// member of.
    links: Links<WaitableSet>,
}

impl Linked for WaitableSet {
    fn links(&self) -> &Links<Self> {
        &self.links
    }
    fn links_mut(&mut self) -> &mut Links<Self> {
        &mut self.links
    }
}

impl WaitableSet {
    pub(crate) fn new(instance: Option<Key<Instance>>) -> Self {
        Self {
            instance,
            num_elems: 0,
            pending: List::default(),
            waiters: List::default(),
            callback_waiters: List::default(),
            cancelled_waiters: 0,
            links: Links::default(),
        }
    }

    pub(crate) const fn has_pending_event(&self) -> bool {
        self.pending.len() > 0
    }

    /// Returns `true` if something depends on its first event coming, or its last one going.
    pub(crate) const fn is_watched(&self) -> bool {
        self.instance.is_none() || self.waiters.len() > 0 || self.callback_waiters.len() > 0
    }

    pub(crate) const fn num_waiting(&self) -> u32 {
        self.waiters.len() + self.callback_waiters.len() + self.cancelled_waiters
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::arena::Slot;

    #[test]
    fn a_waitable_takes_64_bytes() {
        assert_eq!(size_of::<Slot<Waitable>>(), 64);
    }

    #[test]
    fn a_waitable_set_takes_52_bytes() {
        assert!(size_of::<Slot<WaitableSet>>() <= 52);
    }

    #[test]
    fn a_flat_result_is_unpacked_as_it_was_packed() {
        let values = [
            CoreValue::I32(u32::MAX),
            CoreValue::I64(u64::MAX),
            CoreValue::F32(0x7fc0_0001),
            CoreValue::F64(0x7ff8_0000_0000_0001),
            CoreValue::Function(Some(7)),
            CoreValue::Function(None),
        ];
        for value in values {
            assert_eq!(FlatResult::pack(Some(value)).unpack(), Some(value));
        }
        assert_eq!(FlatResult::pack(None).unpack(), None);
    }
}

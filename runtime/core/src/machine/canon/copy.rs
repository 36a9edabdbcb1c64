//! The parts that the built-ins of streams and futures share: the reference's `copy`,
//! `cancel_copy`, `drop` and `forward`, and `lift_async_value` and `lower_async_value`.

use crate::builtin::{OptionsIndex, Outcome, TypeIndex};
use crate::chooser::Chooser;
use crate::code::{CopyResult, Ends, FutureResult, StreamResult};
use crate::error::{Error, Failure, MachineError};
use crate::limit::{BLOCKED, MAX_BUFFER_LENGTH};
use crate::limits::{Limits, Table};
use crate::trap::{CopyDirection, EndKind, EndSide, Removal, Trap};

use crate::id::{EndId, InstanceId};
use crate::machine::arena::Key;
use crate::machine::end::{Copied, Copying, Meeting, MovedValues};
use crate::machine::hooks::Hooks;
use crate::machine::record::frame::Outstanding;
use crate::machine::record::instance::Instance;
use crate::machine::record::tables::Handle;
use crate::machine::record::task::Continuation;
use crate::machine::record::waitable::{End, EndActivity, Waitable};
use crate::machine::state::Machine;
use crate::machine::step::{AfterCopy, Buffer, BufferCheck, Flow, Step};

/// The kind, direction and type of end that a built-in is defined for.
pub(super) type EndType = (EndKind, CopyDirection, TypeIndex);

/// The arguments of a guest's read or write.
pub(super) struct Offer {
    pub(super) index: u32,
    pub(super) options: OptionsIndex,
    pub(super) is_async: bool,
    pub(super) address: u64,
    pub(super) length: u64,
}

/// A read or write with `async` by a guest, whose buffer is aligned and lies inside its memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckedCopy {
    /// The kind that the built-in is defined for.
    pub kind: EndKind,
    /// The direction: a read or a write.
    pub direction: CopyDirection,
    /// The type that the built-in is defined for.
    pub ty: TypeIndex,
    /// The index of the end.
    pub index: u32,
    /// The canonical options of the built-in.
    pub options: OptionsIndex,
    /// The address of the buffer.
    pub address: u64,
    /// The number of elements of the buffer; 1 for a future.
    pub length: u32,
}

/// The outcome of a read or write with `async` whose buffer was checked.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "nothing goes on until the values have moved"]
pub enum AsyncCopy {
    /// The built-in returns this, which is packed.
    Returns(u32),
    /// Values go from one guest to the other first.
    Moves(AsyncCopyToken),
    /// Nothing has happened, because the host copies values at the other end, or because hooks
    /// observe the machine.
    /// [Call](crate::builtin::Definition::call) the built-in instead.
    WithHost,
}

/// A copy between the buffer of a [`CheckedCopy`] and the buffer of the other end, which was
/// there first.
///
/// When the values have arrived, give the token to [`copied_async`](Machine::copied_async).
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the values count as moved only after the token is given to `Machine::copied_async`"]
pub struct AsyncCopyToken {
    serial: u64,
    end: EndId,
    other: EndId,
    options: OptionsIndex,
    address: u64,
    progress: u32,
    count: u32,
}

impl AsyncCopyToken {
    /// Returns the canonical options of the other end's buffer.
    #[must_use]
    pub const fn options(&self) -> OptionsIndex {
        self.options
    }

    /// Returns the address of the other end's buffer.
    #[must_use]
    pub const fn address(&self) -> u64 {
        self.address
    }

    /// Returns the number of values of the other end's buffer that have moved before, from the
    /// front.
    #[must_use]
    pub const fn progress(&self) -> u32 {
        self.progress
    }

    /// Returns the number of values that move, at least one.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }
}

/// The result of a read or write of one of the two kinds.
pub(super) trait EndResult {
    /// The result of an operation that has to wait, and may not.
    const BLOCKED: Self;

    /// Returns the result of an operation that has ended after `progress` values.
    fn ended(result: CopyResult, progress: u32) -> Self;
}

impl EndResult for StreamResult {
    const BLOCKED: Self = Self::Blocked;

    fn ended(result: CopyResult, progress: u32) -> Self {
        Self::Ended { result, progress }
    }
}

impl EndResult for FutureResult {
    const BLOCKED: Self = Self::Blocked;

    fn ended(result: CopyResult, _: u32) -> Self {
        Self::Ended { result }
    }
}

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Creates a stream or future in the current instance: `canon_stream_new` and
    /// `canon_future_new`.
    pub(super) fn new_ends_of(
        &mut self,
        kind: EndKind,
        ty: TypeIndex,
    ) -> Result<Outcome<Ends, Step>, Failure> {
        let instance = self.current_instance()?;
        self.check_ends_type(ty)?;
        self.check_handle_room(instance, 2)?;
        let [readable, writable] = self.new_ends(ty, kind, Some(instance))?;
        let readable_index = self.add_handle(instance, Handle::Waitable(readable))?;
        self.waitables.get_mut(readable)?.index = readable_index;
        let writable_index = self.add_handle(instance, Handle::Waitable(writable))?;
        self.waitables.get_mut(writable)?.index = writable_index;
        Ok(Outcome::Return(Ends { readable: readable_index, writable: writable_index }))
    }

    /// Begins a read or write by a guest: `copy`, up to the check of the buffer.
    pub(super) fn copy<T>(
        &mut self,
        of: EndType,
        offer: &Offer,
    ) -> Result<Outcome<T, Step>, Failure> {
        let thread = self.current_thread()?;
        let Offer { index, options, is_async, address, length } = *offer;
        let (key, other) = self.offer(self.current_instance()?, of, index, is_async)?;
        let length = buffer_length(length)?;
        let buffer = Buffer { options: Some(options), address, length, progress: 0 };
        if length > 0 {
            if let Some(other) = other
                && self.end(other)?.is_offered()
            {
                self.observe_copy(key, length);
                let copy = self.ask_served(key, other, buffer, is_async)?;
                return Ok(Outcome::Suspend(Step::Copy(copy)));
            }
            let (_, direction, ty) = of;
            let (thread, end) = (self.thread_id(thread)?, self.end_id(key)?);
            let serial = self.new_token();
            let check = BufferCheck { serial, end, is_async, thread, ty, direction, buffer };
            return Ok(Outcome::Suspend(Step::CheckBuffer(check)));
        }
        self.suspended(|machine| machine.copy_end(key, buffer, AfterCopy::Builtin { is_async }))
    }

    /// Returns the end for which a guest offers a buffer, and its other end.
    #[inline]
    fn offer(
        &self,
        instance: Key<Instance>,
        of: EndType,
        index: u32,
        is_async: bool,
    ) -> Result<(Key<Waitable>, Option<Key<Waitable>>), Failure> {
        let key = self.end_at(instance, index, of)?;
        let waitable = self.waitables.get(key)?;
        let end = waitable.end()?;
        if end.state != EndActivity::Idle {
            return Err(copy_trap(end).into());
        }
        if !is_async && waitable.in_waitable_set() {
            return Err(Trap::WaitableSyncAndAsync.into());
        }
        Ok((key, end.other))
    }

    /// Reads or writes with `async` for the guest that runs. Its buffer is aligned and lies
    /// inside its memory.
    ///
    /// This does the same as the built-in, but without steps in between, because the guest never
    /// stops in it. It makes no records.
    ///
    /// # Errors
    ///
    /// - [`MachineError::NoCurrentThread`] if no guest runs.
    /// - The traps `cannot-leave-component-instance`, `unknown-handle-index`, `handle-wrong-type`,
    ///   `element-type-mismatch`, `concurrent-operation`, `buffer-too-long`,
    ///   `same-instance-copy`, `stream-read-after-drop`, `stream-write-after-drop`,
    ///   `future-read-after-done` and `future-write-after-done`.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#-canon-streamfuturereadwrite)
    pub fn copy_async(&mut self, copy: &CheckedCopy) -> Result<AsyncCopy, Failure> {
        let key = match self.begin_copy_async(copy) {
            Ok(Some(key)) => key,
            Ok(None) => return Ok(AsyncCopy::WithHost),
            Err(failure) => return Err(self.not_begun(failure)),
        };
        let CheckedCopy { options, address, length, .. } = *copy;
        let buffer = Buffer { options: Some(options), address, length, progress: 0 };
        self.going_on(|machine| {
            match machine.meet(key, buffer, AfterCopy::Builtin { is_async: true })? {
                Copying::Meets(Meeting { other, buffer, count }) => {
                    let Buffer { options: Some(options), address, progress, .. } = buffer else {
                        return Err(Error::Inconsistent(Table::Waitables).into());
                    };
                    let (end, other) = (machine.end_id(key)?, machine.end_id(other)?);
                    let serial = machine.new_token();
                    Ok(AsyncCopy::Moves(AsyncCopyToken {
                        serial,
                        end,
                        other,
                        options,
                        address,
                        progress,
                        count,
                    }))
                }
                Copying::Ended(how) => machine.copy_result(key, how).map(AsyncCopy::Returns),
            }
        })
    }

    /// Checks a read or write with `async`. Returns the end, or `None` if the host holds the
    /// other end and copies values there, or if hooks observe the machine.
    #[inline]
    fn begin_copy_async(&self, copy: &CheckedCopy) -> Result<Option<Key<Waitable>>, Failure> {
        let CheckedCopy { kind, direction, ty, index, length, .. } = *copy;
        let instance = self.current_instance()?;
        if !self.instances.get(instance)?.may_leave {
            return Err(Trap::CannotLeaveComponentInstance.into());
        }
        let (key, other) = self.offer(instance, (kind, direction, ty), index, true)?;
        buffer_length(length.into())?;
        if H::LISTENS && self.hooks.observes() {
            return Ok(None);
        }
        let is_hosts = match other {
            Some(other) => self.end(other)?.is_copied_by_host(),
            None => false,
        };
        Ok((!is_hosts).then_some(key))
    }

    /// Tells the machine that the values of a read or write with `async` have arrived. Returns
    /// the packed result of the built-in.
    ///
    /// # Errors
    ///
    /// - [`MachineError::OtherStep`] if the token is not that of the current step.
    /// - [`Error::Unknown`] if the host dropped one of the ends before the values had moved.
    #[expect(clippy::needless_pass_by_value, reason = "a token is used once")]
    pub fn copied_async(&mut self, copy: AsyncCopyToken) -> Result<u32, Failure> {
        self.check_outstanding(Outstanding::token(copy.serial))?;
        let (end, other) = (self.end_key(copy.end)?, self.end_key(copy.other)?);
        self.outstanding = Outstanding::Nothing;
        self.going_on(|machine| {
            let moved = MovedValues { end, other, count: copy.count, progress: 0 };
            let how = machine.values_moved(&moved, AfterCopy::Builtin { is_async: true })?;
            machine.copy_result(end, how)
        })
    }

    /// Goes on with a read or write whose buffer is aligned and lies inside its memory: `copy`,
    /// after the buffer was made.
    ///
    /// # Errors
    ///
    /// - [`MachineError::OtherStep`] if the token is not that of the current step.
    /// - [`MachineError::EndBusy`] if the host has taken the end away meanwhile.
    /// - The trap `same-instance-copy`.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#-canon-streamfuturereadwrite)
    #[expect(clippy::needless_pass_by_value, reason = "a token is used once")]
    pub fn buffer_checked(&mut self, check: BufferCheck) -> Result<Step, Failure> {
        self.check_outstanding(Outstanding::token(check.serial))?;
        let BufferCheck { end, is_async, buffer, .. } = check;
        let key = self.end_key(end)?;
        self.outstanding = Outstanding::Nothing;
        let holds_it = self.waitables.get(key)?.owner == Some(self.current_instance()?);
        if !holds_it || self.end(key)?.state != EndActivity::Idle {
            self.outstanding = Outstanding::token(check.serial);
            return Err(MachineError::EndBusy.into());
        }
        self.advance(|machine| machine.copy_end(key, buffer, AfterCopy::Builtin { is_async }))
    }

    /// Returns to the guest, or lets it wait: `copy`, after `end.copy`.
    pub(crate) fn copy_awaits(
        &mut self,
        end: Key<Waitable>,
        how: Copied,
        is_async: bool,
    ) -> Result<Flow, Failure> {
        let thread = self.current_thread()?;
        let result = self.copy_result(end, how)?;
        if how == Copied::WithEvent {
            self.observe_result(end, result);
        }
        if is_async || result != BLOCKED {
            return self.return_builtin(thread, result.into());
        }
        self.waitables.get_mut(end)?.has_sync_waiter = true;
        self.wait_for(thread, end, Continuation::Copy(end))
    }

    /// Returns the packed result of a read or write with `async`: `copy`, after `end.copy`.
    pub(crate) fn copy_result(&mut self, end: Key<Waitable>, how: Copied) -> Result<u32, Failure> {
        let event = match how {
            Copied::WithEvent => self.end_event(end)?,
            Copied::AsBefore if self.waitables.get(end)?.has_pending_event => {
                self.get_pending_event(end)?
            }
            Copied::AsBefore => return Ok(BLOCKED),
        };
        Ok(event.payload)
    }

    /// Cancels a guest's read or write: `cancel_copy`.
    pub(super) fn cancel_copy<T: EndResult>(
        &mut self,
        of: EndType,
        index: u32,
        is_async: bool,
    ) -> Result<Outcome<T, Step>, Failure> {
        let (_, copy_direction, _) = of;
        let key = self.end_at(self.current_instance()?, index, of)?;
        if self.end(key)?.state != EndActivity::Copying {
            return Err(Trap::CopyNotPending { copy_direction }.into());
        }
        let waitable = self.waitables.get(key)?;
        if waitable.has_sync_waiter {
            return Err(Trap::WaitableHasSyncWaiter.into());
        }
        if waitable.in_waitable_set() && !is_async {
            return Err(Trap::WaitableSyncAndAsync.into());
        }
        self.cancel_end(key)?;
        if self.waitables.get(key)?.has_pending_event {
            self.clear_pending_event(key)?;
            let (result, progress) = self.end_result(key)?;
            return Ok(Outcome::Return(T::ended(result, progress)));
        }
        if is_async {
            return Ok(Outcome::Return(T::BLOCKED));
        }
        self.waitables.get_mut(key)?.has_sync_waiter = true;
        let thread = self.current_thread()?;
        self.suspended(|machine| machine.wait_for(thread, key, Continuation::Copy(key)))
    }

    /// Drops an end of a guest: `drop`.
    pub(super) fn drop(&mut self, of: EndType, index: u32) -> Result<Outcome<(), Step>, Failure> {
        let (end_kind, direction, _) = of;
        let instance = self.current_instance()?;
        let key = self.end_at(instance, index, of)?;
        let end = self.end(key)?;
        if end.copying_or_cancelling() {
            let removal = match direction {
                CopyDirection::Read => Removal::Remove,
                CopyDirection::Write => Removal::Drop,
            };
            return Err(Trap::EndBusy { removal, end_kind }.into());
        }
        let must_have_written = end_kind == EndKind::Future && direction == CopyDirection::Write;
        if must_have_written && end.state != EndActivity::Done {
            return Err(Trap::FutureDroppedUnwritten.into());
        }
        self.remove_handle(instance, index)?;
        self.drop_end(key)?;
        Ok(Outcome::Return(()))
    }

    /// Forwards one end of a guest to another: `forward`.
    pub(super) fn forward(
        &mut self,
        kind: EndKind,
        ty: TypeIndex,
        (readable, writable): (u32, u32),
    ) -> Result<Outcome<(), Step>, Failure> {
        let instance = self.current_instance()?;
        let source = self.end_at(instance, readable, (kind, CopyDirection::Read, ty))?;
        self.check_forward(source)?;
        // In the reference, the readable end is out of the table before the writable one is
        // looked for.
        if readable == writable {
            return Err(Trap::UnknownHandleIndex { index: writable }.into());
        }
        let destination = self.end_at(instance, writable, (kind, CopyDirection::Write, ty))?;
        self.check_forward(destination)?;
        self.remove_handle(instance, readable)?;
        self.remove_handle(instance, writable)?;
        self.suspended(|machine| machine.forward_ends(source, destination))
    }

    /// Checks that an end may be forwarded.
    fn check_forward(&self, key: Key<Waitable>) -> Result<(), Failure> {
        let end = self.end(key)?;
        let (end_kind, copy_direction) = (end.kind, end.direction);
        match (end.state, end_kind) {
            (EndActivity::Idle, _) => {}
            (EndActivity::Done, EndKind::Stream) => {
                let end_side = match copy_direction {
                    CopyDirection::Read => EndSide::Writable,
                    CopyDirection::Write => EndSide::Readable,
                };
                return Err(Trap::StreamForwardAfterDrop { end_side }.into());
            }
            (EndActivity::Done, EndKind::Future) => {
                return Err(Trap::FutureForwardAfterDone { copy_direction }.into());
            }
            (EndActivity::Copying | EndActivity::CancellingCopy, _) => {
                return Err(Trap::ForwardBusy { end_kind }.into());
            }
        }
        if self.waitables.get(key)?.in_waitable_set() {
            return Err(Trap::ForwardInWaitableSet { end_kind }.into());
        }
        Ok(())
    }

    /// Takes the readable end at `index` out of an instance: `lift_stream` and `lift_future`. The
    /// host holds it, until it passes the end to [`lower_end`](Self::lower_end).
    ///
    /// # Errors
    ///
    /// The traps `unknown-handle-index`, `handle-wrong-type`, `element-type-mismatch`,
    /// `end-busy`, `stream-lift-after-drop`, `future-lift-after-done` and `lift-in-waitable-set`.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#loading)
    pub fn lift_end(
        &mut self,
        instance: InstanceId,
        end_kind: EndKind,
        ty: TypeIndex,
        index: u32,
    ) -> Result<EndId, Failure> {
        let instance = self.instance_key(instance)?;
        let key = self.end_at(instance, index, (end_kind, CopyDirection::Read, ty))?;
        match (self.end(key)?.state, end_kind) {
            (EndActivity::Idle, _) => {}
            (EndActivity::Done, EndKind::Stream) => return Err(Trap::StreamLiftAfterDrop.into()),
            (EndActivity::Done, EndKind::Future) => return Err(Trap::FutureLiftAfterDone.into()),
            (EndActivity::Copying | EndActivity::CancellingCopy, _) => {
                return Err(Trap::EndBusy { removal: Removal::Remove, end_kind }.into());
            }
        }
        if self.waitables.get(key)?.in_waitable_set() {
            return Err(Trap::LiftInWaitableSet { end_kind }.into());
        }
        self.remove_handle(instance, index)?;
        self.set_owner(key, None, 0)?;
        Ok(self.end_id(key)?)
    }

    /// Passes a readable end that the host holds to an instance, and returns its index there:
    /// `lower_stream` and `lower_future`.
    ///
    /// # Errors
    ///
    /// - [`MachineError::NotHeld`] if a guest holds it.
    /// - [`MachineError::EndMismatch`] if `end_kind` or `ty` isn't that of the end.
    /// - [`MachineError::NotReadable`] if it is a writable end.
    /// - [`MachineError::EndBusy`] if a read of it is under way, or no other can begin.
    /// - [`Error::Full`] if there is no room in [`Handles`](crate::limits::Table::Handles).
    /// - The trap `table-full`.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#storing)
    ///
    /// [`Error::Full`]: crate::error::Error::Full
    pub fn lower_end(
        &mut self,
        instance: InstanceId,
        end_kind: EndKind,
        ty: TypeIndex,
        end: EndId,
    ) -> Result<u32, Failure> {
        let (instance, key) = (self.instance_key(instance)?, self.hosts_end(end)?);
        let end = self.end(key)?;
        if (end.kind, end.ty) != (end_kind, ty) {
            return Err(MachineError::EndMismatch.into());
        }
        if end.direction != CopyDirection::Read {
            return Err(MachineError::NotReadable.into());
        }
        if end.state != EndActivity::Idle {
            return Err(MachineError::EndBusy.into());
        }
        self.check_handle_room(instance, 1)?;
        let index = self.add_handle(instance, Handle::Waitable(key))?;
        // If it is in a set, the set is the host's.
        self.join(key, None)?;
        self.set_owner(key, Some(instance), index)?;
        Ok(index)
    }
}

/// Returns the length of a buffer, if it isn't too long.
#[inline]
fn buffer_length(length: u64) -> Result<u32, Trap> {
    u32::try_from(length).ok().filter(|it| *it <= MAX_BUFFER_LENGTH).ok_or(Trap::BufferTooLong)
}

/// Returns the trap of a read or write of an end that isn't idle.
fn copy_trap(end: &End) -> Trap {
    match (end.state, end.kind, end.direction) {
        (EndActivity::Done, EndKind::Stream, CopyDirection::Read) => Trap::StreamReadAfterDrop,
        (EndActivity::Done, EndKind::Stream, CopyDirection::Write) => Trap::StreamWriteAfterDrop,
        (EndActivity::Done, EndKind::Future, CopyDirection::Read) => Trap::FutureReadAfterDone,
        (EndActivity::Done, EndKind::Future, CopyDirection::Write) => Trap::FutureWriteAfterDone,
        _ => Trap::ConcurrentOperation,
    }
}

//! Ends of streams and futures that the host holds: **host extensions**, on the same rules.
//!
//! The reference has them in `new_stream` and `new_future` without an owner, whose buffers are
//! the host's own. A host reads from and writes to its ends as a guest does with `async`; how it
//! went is an [event of the host](Machine::next_host_event).

use crate::builtin::TypeIndex;
use crate::chooser::Chooser;
use crate::error::{Error, Failure, MachineError};
use crate::limit::MAX_BUFFER_LENGTH;
use crate::limits::Limits;
use crate::trap::EndKind;

use super::arena::Key;
use super::hooks::Hooks;
use super::record::frame::{Frame, Outstanding};
use super::record::waitable::{EndActivity, Waitable};
use super::state::Machine;
use super::step::{AfterCopy, Buffer, Step};
use crate::id::EndId;

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// `new_stream` and `new_future`, of the host: the readable end and the writable one.
    ///
    /// # Errors
    ///
    /// [`Error::Full`]: [`Waitables`](crate::limits::Table::Waitables); [`Error::Unknown`] if `ty`
    /// isn't of a stream or future.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#stream-and-future-state)
    pub fn new_host_ends(&mut self, kind: EndKind, ty: TypeIndex) -> Result<(EndId, EndId), Error> {
        self.check_ends_type(ty)?;
        let [readable, writable] = self.new_ends(ty, kind, None)?;
        Ok((self.end_id(readable)?, self.end_id(writable)?))
    }

    /// `End.copy`: begins a read from a readable end that the host holds, or a write to a writable
    /// one, with a buffer of `length` elements. `number` is the host's name for the buffer, which
    /// [`CopySide::buffer`](super::CopySide::buffer) has as its address.
    ///
    /// Gives [`Step::Copy`] if values move at once, and [`Step::ReturnToHost`] if not; either
    /// way the end of it is an event. If the guest's values can't be lifted, or the host's not
    /// lowered, [lock the guest's instance down](Self::lock_down_instance) and
    /// [give the copy up](Self::trapped).
    ///
    /// # Errors
    ///
    /// [`MachineError::GuestHasControl`]; [`Error::Full`]:
    /// [`Frames`](crate::limits::Table::Frames); [`MachineError::NotHeld`] if a guest holds the
    /// end; [`MachineError::EndBusy`] if a read or write of it is under way or it has come to its
    /// end; [`MachineError::BufferTooLong`] above [`MAX_BUFFER_LENGTH`], or 1 for a future.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#stream-and-future-state)
    pub fn host_copy(&mut self, end: EndId, number: u64, length: u32) -> Result<Step, Failure> {
        self.check_host_has_control()?;
        let key = self.hosts_end(end)?;
        let end = self.end(key)?;
        if end.state != EndActivity::Idle {
            return Err(MachineError::EndBusy.into());
        }
        let fits = match end.kind {
            EndKind::Stream => length <= MAX_BUFFER_LENGTH,
            EndKind::Future => length == 1,
        };
        if !fits {
            return Err(MachineError::BufferTooLong { length }.into());
        }
        let buffer = Buffer { options: None, address: number, length, progress: 0 };
        self.reserve_frames(1)?;
        let end = self.end_id(key)?;
        self.push_frame(Frame::HostCopy { end })?;
        self.advance(|machine| machine.copy_end(key, buffer, AfterCopy::Host))
    }

    /// The values of a host's read or write could not be moved: it is as if it had not begun.
    pub(crate) fn abandon_host_copy(&mut self, end: EndId) -> Result<(), Error> {
        if let Ok(key) = self.end_key(end) {
            let end = self.end_mut(key)?;
            if end.is_served() {
                end.set_offered(false);
            } else {
                end.state = EndActivity::Idle;
            }
        }
        Ok(())
    }

    /// `End.cancel`: ends a read or write of the host that is under way. It ends with an event.
    ///
    /// # Errors
    ///
    /// [`MachineError::NotHeld`] if a guest holds the end; [`MachineError::EndIdle`] if nothing is
    /// under way, or it is cancelled already; [`MachineError::OtherStep`] while a step is to be
    /// ended, which may be to move its values.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#stream-and-future-state)
    pub fn cancel_host_copy(&mut self, end: EndId) -> Result<(), Failure> {
        self.check_outstanding(Outstanding::Nothing)?;
        let key = self.hosts_end(end)?;
        if self.end(key)?.state != EndActivity::Copying {
            return Err(MachineError::EndIdle.into());
        }
        self.cancel_end(key)
    }

    /// Ends the cancellation of a guest's read or write whose other end the host holds, where
    /// [`Choice::HostCopyCancelled`](crate::chooser::Choice::HostCopyCancelled) left that to the
    /// host.
    ///
    /// # Errors
    ///
    /// [`MachineError::NotHeld`] if a guest holds `end`, the host's end;
    /// [`MachineError::NotCancelled`] if the other end isn't being cancelled.
    pub fn finish_cancellation(&mut self, end: EndId) -> Result<(), Error> {
        let key = self.hosts_end(end)?;
        let Some(other) = self.end(key)?.other else {
            return Err(MachineError::NotCancelled.into());
        };
        if self.end(other)?.state != EndActivity::CancellingCopy {
            return Err(MachineError::NotCancelled.into());
        }
        self.set_pending_event(other)
    }

    /// `End.drop`: drops an end that the host holds; whoever holds the other one learns of it.
    ///
    /// # Errors
    ///
    /// [`MachineError::NotHeld`] if a guest holds it; [`MachineError::EndBusy`] if a read or write
    /// of it is under way.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#stream-and-future-state)
    pub fn drop_host_end(&mut self, end: EndId) -> Result<(), Error> {
        let key = self.hosts_end(end)?;
        if self.end(key)?.copying_or_cancelling() {
            return Err(MachineError::EndBusy.into());
        }
        self.drop_end(key)
    }

    /// Whether the host holds this end.
    pub fn is_hosts_end(&self, end: EndId) -> bool {
        let Ok(key) = self.end_key(end) else { return false };
        self.waitables.get(key).is_ok_and(|found| found.owner.is_none())
    }

    /// The end that the host holds, and doesn't serve.
    pub(crate) fn hosts_end(&self, end: EndId) -> Result<Key<Waitable>, Error> {
        let key = self.end_key(end)?;
        let found = self.waitables.get(key)?;
        if found.owner.is_some() {
            return Err(MachineError::NotHeld.into());
        }
        if found.is_served() {
            return Err(MachineError::EndBusy.into());
        }
        Ok(key)
    }
}

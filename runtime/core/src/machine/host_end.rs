//! Ends of streams and futures that the host holds: **host extensions**, on the same rules.
//!
//! The reference makes them in `new_stream` and `new_future` without an owner, with buffers of
//! the host. A host reads from its ends and writes to them as a guest does with `async`. The
//! outcome is an [event of the host](Machine::next_host_event).

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
    /// Creates a stream or future of the host, and returns its readable end and its writable end:
    /// `new_stream` and `new_future`.
    ///
    /// # Errors
    ///
    /// - [`Error::Full`] if there is no room in [`Waitables`](crate::limits::Table::Waitables).
    /// - [`Error::Unknown`] if `ty` isn't the type of a stream or future.
    ///
    /// # Example
    ///
    /// The host reads and writes a stream of its own, so that no guest is needed:
    ///
    /// ```
    /// # use weft_core as weft;
    /// use weft::machine::{HostEvent, Machine, Step, TypeDefinition};
    /// use weft::trap::EndKind;
    ///
    /// # weft::limits! {
    /// #     struct Small { ..MachineSizes::SMALL }
    /// # }
    /// let mut machine = Machine::<Small>::default();
    /// let bytes = machine.define_type(TypeDefinition::Ends { is_none_or_number: true })?;
    /// let (readable, writable) = machine.new_host_ends(EndKind::Stream, bytes)?;
    /// assert_eq!(machine.host_copy(readable, 1, 8)?, Step::ReturnToHost); // It waits for values.
    /// machine.cancel_host_copy(readable)?;
    /// assert!(machine.next_host_event()?.is_some());
    /// machine.drop_host_end(readable)?;
    /// machine.drop_host_end(writable)?;
    /// # Ok::<(), weft::error::Failure>(())
    /// ```
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#stream-and-future-state)
    pub fn new_host_ends(&mut self, kind: EndKind, ty: TypeIndex) -> Result<(EndId, EndId), Error> {
        self.check_ends_type(ty)?;
        let [readable, writable] = self.new_ends(ty, kind, None)?;
        Ok((self.end_id(readable)?, self.end_id(writable)?))
    }

    /// Begins a read from a readable end of the host, or a write to a writable one: `End.copy`.
    ///
    /// The buffer has `length` elements. `number` is the host's name for the buffer. In
    /// [`CopySide::buffer`](super::CopySide::buffer), it is the address. Returns [`Step::Copy`] if
    /// values move at once, and [`Step::ReturnToHost`] if not. In both cases, the outcome is an
    /// event.
    ///
    /// If the guest's values can't be lifted, or the host's values can't be lowered,
    /// [lock the guest's instance down](Self::lock_down_instance) and
    /// [give the copy up](Self::trapped).
    ///
    /// # Errors
    ///
    /// - [`MachineError::GuestHasControl`] if a guest runs.
    /// - [`Error::Full`] if there is no room in [`Frames`](crate::limits::Table::Frames).
    /// - [`MachineError::NotHeld`] if a guest holds the end.
    /// - [`MachineError::EndBusy`] if a read or write of it is under way, or no other can begin.
    /// - [`MachineError::BufferTooLong`] if `length` is above [`MAX_BUFFER_LENGTH`], or isn't 1
    ///   for a future.
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
        self.observe_turn();
        self.push_frame(Frame::HostCopy { end })?;
        self.advance(|machine| machine.copy_end(key, buffer, AfterCopy::Host))
    }

    /// Undoes a read or write of the host whose values could not be moved, as if it had not
    /// begun.
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

    /// Cancels a read or write of the host that is under way: `End.cancel`. The outcome is an
    /// event.
    ///
    /// If the host holds the other end, too, the [chooser](crate::chooser) may let the read or write
    /// wait: it answers [`Choice::HostCopyCancelled`](crate::chooser::Choice::HostCopyCancelled)
    /// with 1. Then the event comes after the host calls
    /// [`finish_cancellation`](Self::finish_cancellation) with the other end.
    ///
    /// # Errors
    ///
    /// - [`MachineError::NotHeld`] if a guest holds the end.
    /// - [`MachineError::EndIdle`] if nothing is under way, or it is cancelled already.
    /// - [`MachineError::OtherStep`] if the machine waits for the end of a step, which may move
    ///   the values.
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

    /// Finishes the cancellation of a read or write, whose other end, `end`, the host holds. The
    /// outcome is an event of the cancelled read or write.
    ///
    /// This is for cancellations that the [chooser](crate::chooser) let wait: it answered
    /// [`Choice::HostCopyCancelled`](crate::chooser::Choice::HostCopyCancelled) with 1. They are
    /// those of a guest, and those of the host itself by
    /// [`cancel_host_copy`](Self::cancel_host_copy), if the host holds both ends.
    ///
    /// # Errors
    ///
    /// - [`MachineError::NotHeld`] if a guest holds `end`, which is the host's end.
    /// - [`MachineError::NotCancelled`] if the other end isn't being cancelled.
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

    /// Drops an end that the host holds, and tells the holder of the other end: `End.drop`.
    ///
    /// # Errors
    ///
    /// - [`MachineError::NotHeld`] if a guest holds it.
    /// - [`MachineError::EndBusy`] if a read or write of it is under way.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#stream-and-future-state)
    pub fn drop_host_end(&mut self, end: EndId) -> Result<(), Error> {
        let key = self.hosts_end(end)?;
        if self.end(key)?.copying_or_cancelling() {
            return Err(MachineError::EndBusy.into());
        }
        self.drop_end(key)
    }

    /// Returns `true` if the host holds this end.
    pub fn is_hosts_end(&self, end: EndId) -> bool {
        let Ok(key) = self.end_key(end) else { return false };
        self.waitables.get(key).is_ok_and(|found| found.owner.is_none())
    }

    /// Returns the key of an end that the host holds, and doesn't serve.
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

//! Ends of streams and futures that the host serves: a **host extension**.
//!
//! A served end has no buffer of its own. While it is *offered*, a guest that reads or writes
//! gets a [`Step::Copy`] for all elements that it asks for. The driver that takes the step says
//! how many elements it has moved; with none, the guest has to wait. So a source makes exactly
//! the elements that the guest asks for, when it asks for them. A sink takes as many as it has
//! room for.
//!
//! In terms of the reference, the host begins a read or write with a buffer of just that length
//! when the other side is there, and cancels it after the copy. That read or write has no event
//! that the host sees.

use crate::chooser::Chooser;
use crate::code::{CopyResult, StreamResult};
use crate::error::{Error, Failure, MachineError};
use crate::limits::Limits;
use crate::trap::{CopyDirection, EndKind};

use super::arena::Key;
use super::end::Copied;
use super::hooks::Hooks;
use super::observation::Action;
use super::record::frame::{Frame, Outstanding};
use super::record::waitable::{EndActivity, Waitable};
use super::state::Machine;
use super::step::{AfterCopy, Buffer, CopySide, CopyToken, Step};
use crate::id::{EndId, InstanceId};

/// The state of a served end after a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterServed {
    /// It is offered: each read or write of the other side asks the host.
    Offer,
    /// The other side waits until the end is [offered](Machine::offer_served_end) again.
    Withhold,
    /// It is dropped.
    Drop,
}

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Lets the host serve an idle end that it holds. The end leaves the set that it is in.
    ///
    /// Returns `true` if the other side already waits. If not, the end is offered.
    ///
    /// # Errors
    ///
    /// - [`MachineError::NotHeld`] if a guest holds the end.
    /// - [`MachineError::EndBusy`] if it is served already, if a read or write of it is under
    ///   way, or if no other can begin.
    pub fn serve_host_end(&mut self, end: EndId) -> Result<bool, Error> {
        let key = self.hosts_end(end)?;
        if self.end(key)?.state != EndActivity::Idle {
            return Err(MachineError::EndBusy.into());
        }
        self.join(key, None)?;
        let has_event = self.waitables.get(key)?.has_pending_event;
        self.clear_pending_event(key)?;
        self.observe(|it| Ok(Action::EndServed { end: it.observed_end(key)? }));
        let other = self.end(key)?.other;
        self.end_mut(key)?.serve();
        let waits = match other {
            Some(other) => self.end(other)?.buffer().is_some(),
            None => false,
        };
        self.end_mut(key)?.set_offered(!waits);
        if has_event || other.is_none() {
            self.set_pending_event(key)?;
        }
        Ok(waits)
    }

    /// Returns `true` if the host serves an end.
    pub fn is_served_end(&self, end: EndId) -> bool {
        let Ok(key) = self.end_key(end) else { return false };
        self.end(key).is_ok_and(super::record::waitable::End::is_served)
    }

    /// Offers a served end that was withheld. Returns [`Step::Copy`] if the other side waits, and
    /// [`Step::ReturnToHost`] if not.
    ///
    /// # Errors
    ///
    /// - [`MachineError::GuestHasControl`] if a guest runs.
    /// - [`Error::Full`] if there is no room in [`Frames`](crate::limits::Table::Frames).
    /// - [`MachineError::EndIdle`] if the host does not serve the end.
    pub fn offer_served_end(&mut self, end: EndId) -> Result<Step, Failure> {
        self.check_host_has_control()?;
        let key = self.served_end(end)?;
        self.reserve_frames(1)?;
        self.observe_turn();
        self.push_frame(Frame::HostCopy { end })?;
        let buffer = self.end(key)?.served_buffer();
        self.advance(|machine| machine.copy_end(key, buffer, AfterCopy::Host))
    }

    /// Begins a read or write by a guest whose other end the host serves and offers: `copy`. The
    /// driver checks the guest's buffer when it moves the values. Before that, nothing of the
    /// buffer is stored.
    pub(crate) fn ask_served(
        &mut self,
        key: Key<Waitable>,
        other: Key<Waitable>,
        buffer: Buffer,
        is_async: bool,
    ) -> Result<CopyToken, Error> {
        let (end, served) = (self.end(key)?, self.end(other)?.served_buffer());
        let (ty, direction) = (end.ty, end.direction);
        let count = buffer.length.min(served.length);
        let instance = Some(self.instance_id(self.current_instance()?)?);
        let this = CopySide { end: self.end_id(key)?, instance, buffer, is_served: false };
        let that =
            CopySide { end: self.end_id(other)?, instance: None, buffer: served, is_served: true };
        let (readable, writable) = match direction {
            CopyDirection::Read => (this, that),
            CopyDirection::Write => (that, this),
        };
        let (serial, then) = (self.new_token(), AfterCopy::Builtin { is_async });
        Ok(CopyToken { serial, direction, then, ty, count, readable, writable })
    }

    /// Finishes a copy of `count` values, of which the host serves one side or both: `End.copy`,
    /// after the values were moved.
    ///
    /// `count` is at most the count of the token. `then` is the next state of the end that the
    /// values come from. If only the other end is served, it is the next state of that one. If both
    /// ends are served, the end that the values go to is withheld if it began the copy, and stays
    /// as it is if not.
    ///
    /// # Errors
    ///
    /// - [`MachineError::OtherStep`] if the token is not that of the current step, or if `count`
    ///   is too large.
    /// - [`MachineError::EndBusy`] if the host has taken the guest's end away meanwhile.
    /// - [`MachineError::EndIdle`] if the host serves neither end.
    /// - [`Error::Unknown`] if one of the ends is gone.
    #[expect(clippy::needless_pass_by_value, reason = "a token is used once")]
    pub fn served_copied(
        &mut self,
        copy: CopyToken,
        count: u32,
        then: AfterServed,
    ) -> Result<Step, Failure> {
        self.check_outstanding(Outstanding::token(copy.serial))?;
        let CopyToken { direction, then: after, readable, writable, .. } = copy;
        if count > copy.count {
            return Err(MachineError::OtherStep.into());
        }
        let (source, destination) = (self.end_key(writable.end)?, self.end_key(readable.end)?);
        let (served, other) = if self.end(source)?.is_served() {
            (source, destination)
        } else if self.end(destination)?.is_served() {
            (destination, source)
        } else {
            return Err(MachineError::EndIdle.into());
        };
        let (began, buffer) = match direction {
            CopyDirection::Read => (destination, readable.buffer),
            CopyDirection::Write => (source, writable.buffer),
        };
        let is_builtin = matches!(after, AfterCopy::Builtin { .. });
        self.outstanding = Outstanding::Nothing;
        if is_builtin {
            let holds_it = self.waitables.get(began)?.owner == Some(self.current_instance()?);
            if !holds_it || self.end(began)?.state != EndActivity::Idle {
                self.outstanding = Outstanding::token(copy.serial);
                return Err(MachineError::EndBusy.into());
            }
        }
        if count > 0 {
            self.observe_copied(began, count);
        }
        if is_builtin
            && count > 0
            && then == AfterServed::Offer
            && self.end(began)?.kind == EndKind::Stream
        {
            // This is the usual case, which leaves both ends as they were.
            let result = StreamResult::Ended { result: CopyResult::Completed, progress: count };
            let payload = result.pack().map_err(Error::from)?;
            return self.advance(|machine| machine.return_to_current(payload.into()));
        }
        self.advance(|machine| {
            if is_builtin {
                machine.end_mut(began)?.state = EndActivity::Copying;
            }
            if machine.end(other)?.is_served() {
                let is_offered = other != began && machine.end(other)?.buffer().is_some();
                machine.end_mut(other)?.set_offered(is_offered);
            } else if count > 0 {
                machine.moved(other, (other == began).then_some(buffer.progress), count)?;
            } else if other == began {
                machine.end_mut(other)?.set_buffer(buffer);
            }
            match then {
                AfterServed::Offer => machine.end_mut(served)?.set_offered(true),
                AfterServed::Withhold => machine.end_mut(served)?.set_offered(false),
                AfterServed::Drop => machine.drop_end(served)?,
            }
            machine.copy_ended(began, Copied::AsBefore, after)
        })
    }

    /// Adds values that have moved to the progress of an end that is not served. If it began the
    /// copy, they are added to `before`.
    fn moved(&mut self, key: Key<Waitable>, before: Option<u32>, count: u32) -> Result<(), Error> {
        let end = self.end_mut(key)?;
        match before {
            Some(before) => end.progress = before.saturating_add(count),
            None => {
                end.progress = end.progress.saturating_add(count);
                if end.progress >= end.length {
                    end.take_buffer();
                }
            }
        }
        self.set_pending_event(key)
    }

    /// Drops an end that the host serves, and tells the holder of the other end.
    ///
    /// # Errors
    ///
    /// - [`MachineError::EndIdle`] if the host doesn't serve it.
    /// - [`MachineError::OtherStep`] if the machine waits for the end of a step, which may move
    ///   the values.
    pub fn drop_served_end(&mut self, end: EndId) -> Result<(), Failure> {
        self.check_outstanding(Outstanding::Nothing)?;
        let key = self.served_end(end)?;
        Ok(self.drop_end(key)?)
    }

    /// Takes the next served end whose other end was dropped. It stays served until the host
    /// [drops](Self::drop_served_end) it.
    ///
    /// # Errors
    ///
    /// [`Error::Inconsistent`] after a fault in Weft.
    pub fn next_served_event(&mut self) -> Result<Option<EndId>, Error> {
        let Some(waitable) = self.served_pending.front() else { return Ok(None) };
        self.clear_pending_event(waitable)?;
        Ok(Some(self.end_id(waitable)?))
    }

    /// Returns the instance that holds the other end of `end`. Returns `None` if the host holds
    /// it, or if it was dropped.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if `end` doesn't exist.
    pub fn holder_of_other_end(&self, end: EndId) -> Result<Option<InstanceId>, Error> {
        let Some(other) = self.end(self.end_key(end)?)?.other else { return Ok(None) };
        let owner = self.waitables.get(other)?.owner;
        owner.map(|owner| self.instance_id(owner)).transpose()
    }

    /// Returns the readable end of a writable one, if the host serves that, too.
    pub fn served_reader_of(&self, end: EndId) -> Option<EndId> {
        let key = self.end(self.end_key(end).ok()?).ok()?.other?;
        let other = self.end(key).ok()?;
        let is_reader = other.is_served() && other.direction == CopyDirection::Read;
        is_reader.then(|| self.end_id(key).ok())?
    }

    /// Returns the key of an end that the host serves.
    fn served_end(&self, end: EndId) -> Result<Key<Waitable>, Error> {
        let key = self.end_key(end)?;
        if self.end(key)?.is_served() { Ok(key) } else { Err(MachineError::EndIdle.into()) }
    }
}

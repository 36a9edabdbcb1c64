//! The ends of streams and futures: the reference's `End`, `StreamEnd` and `FutureEnd`.
//!
//! Nothing is buffered between the ends. A read and a write that meet are one copy, from buffer
//! to buffer. The machine determines how many values move, and between which buffers. The driver
//! moves the values. So [`End.copy`](Machine::copy_end) is in two parts.

use crate::builtin::TypeIndex;
use crate::chooser::{Choice, Chooser};
use crate::code::{CopyResult, EventCode, FutureResult, StreamResult};
use crate::error::{Error, Failure};
use crate::limits::Limits;
use crate::trap::{CopyDirection, EndKind, Trap};

use super::arena::Key;
use super::hooks::Hooks;
use super::observation::Action;
use super::record::frame::Outstanding;
use super::record::instance::Instance;
use super::record::waitable::{End, EndActivity, Kind, Waitable};
use super::state::Machine;
use super::step::{AfterCopy, Buffer, CopySide, CopyToken, Event, Flow, Step};
use crate::id::EndId;

/// The outcome of `End.copy`.
pub(crate) enum Copying {
    /// Values have to move first.
    Meets(Meeting),
    /// The copy has returned.
    Ended(Copied),
}

/// A read and a write that meet.
pub(crate) struct Meeting {
    /// The end that was there first.
    pub(crate) other: Key<Waitable>,
    /// Its buffer.
    pub(crate) buffer: Buffer,
    /// The number of values that move.
    pub(crate) count: u32,
}

/// The outcome of `End.copy` at the end that it was called for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Copied {
    /// An event that is in no list, because the guest takes it at once.
    WithEvent,
    /// The event that the end had before, if any.
    AsBefore,
}

/// Values that have moved.
pub(crate) struct MovedValues {
    /// The end for which `End.copy` was called, and the other one.
    pub(crate) end: Key<Waitable>,
    pub(crate) other: Key<Waitable>,
    pub(crate) count: u32,
    /// The values that had moved before, from or to the buffer of `end`.
    pub(crate) progress: u32,
}

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Creates a stream or future, and returns its readable end and its writable end:
    /// `new_stream` and `new_future`.
    pub(crate) fn new_ends(
        &mut self,
        ty: TypeIndex,
        kind: EndKind,
        owner: Option<Key<Instance>>,
    ) -> Result<[Key<Waitable>; 2], Error> {
        self.reserve_waitables(2)?;
        let mut end = |direction| {
            self.waitables.insert(Waitable::new(owner, Kind::End(End::new(ty, kind, direction))))
        };
        let (readable, writable) = (end(CopyDirection::Read)?, end(CopyDirection::Write)?);
        self.end_mut(readable)?.other = Some(writable);
        self.end_mut(writable)?.other = Some(readable);
        self.observe(|it| Ok(Action::EndsMade { readable: it.observed_end(readable)? }));
        Ok([readable, writable])
    }

    /// Begins a read or write, up to the moving of values: `End.copy`.
    ///
    /// Traps: `same-instance-copy`.
    pub(crate) fn copy_end(
        &mut self,
        key: Key<Waitable>,
        buffer: Buffer,
        then: AfterCopy,
    ) -> Result<Flow, Failure> {
        self.observe_copy(key, buffer.length);
        match self.meet(key, buffer, then)? {
            Copying::Meets(met) => Ok(Some(Step::Copy(self.copy_token(key, buffer, &met, then)?))),
            Copying::Ended(how) => self.copy_ended(key, how, then),
        }
    }

    /// Determines whether values move, and the outcome if they don't: `End.copy`.
    ///
    /// Traps: `same-instance-copy`.
    #[inline]
    pub(crate) fn meet(
        &mut self,
        key: Key<Waitable>,
        buffer: Buffer,
        then: AfterCopy,
    ) -> Result<Copying, Failure> {
        let this = self.waitables.get_mut(key)?;
        let owner = this.owner;
        let end = this.end_mut()?;
        end.state = EndActivity::Copying;
        let (ty, direction) = (end.ty, end.direction);
        let Some(other) = end.other else { return Ok(Copying::Ended(Copied::AsBefore)) };
        let that = self.waitables.get(other)?;
        let other_owner = that.owner;
        let Some(other_buffer) = self.buffer_of(that)? else {
            self.end_mut(key)?.set_buffer(buffer);
            return Ok(Copying::Ended(Copied::AsBefore));
        };
        let (remain, other_remain) = (buffer.remain(), other_buffer.remain());
        if remain > 0 && other_remain > 0 {
            if owner.is_some() && owner == other_owner && !self.none_or_number_type(ty)? {
                return Err(Trap::SameInstanceCopy.into());
            }
            let count = remain.min(other_remain);
            return Ok(Copying::Meets(Meeting { other, buffer: other_buffer, count }));
        }
        if remain > 0 || direction == CopyDirection::Read && other_remain == 0 {
            self.end_mut(other)?.take_buffer();
            self.set_pending_event(other)?;
            self.end_mut(key)?.set_buffer(buffer);
            return Ok(Copying::Ended(Copied::AsBefore));
        }
        Ok(Copying::Ended(self.event_of_copy(key, then)?))
    }

    /// Returns the token for the copy between two ends that meet.
    fn copy_token(
        &mut self,
        key: Key<Waitable>,
        buffer: Buffer,
        met: &Meeting,
        then: AfterCopy,
    ) -> Result<CopyToken, Error> {
        let end = self.end(key)?;
        let (ty, direction) = (end.ty, end.direction);
        let (this, that) = (self.copy_side(key, buffer)?, self.copy_side(met.other, met.buffer)?);
        let serial = self.new_token();
        let (readable, writable) = match direction {
            CopyDirection::Read => (this, that),
            CopyDirection::Write => (that, this),
        };
        Ok(CopyToken { serial, direction, then, ty, count: met.count, readable, writable })
    }

    /// Marks that the end for which `End.copy` was called has an event. A guest that reads or
    /// writes learns of it when its built-in returns, before all others.
    #[inline]
    fn event_of_copy(&mut self, end: Key<Waitable>, then: AfterCopy) -> Result<Copied, Error> {
        match then {
            AfterCopy::Builtin { .. } => Ok(Copied::WithEvent),
            AfterCopy::Host | AfterCopy::Forward => {
                self.set_pending_event(end)?;
                Ok(Copied::AsBefore)
            }
        }
    }

    /// Returns the buffer of an end: `End.buffer`. Returns `None` also if its holder is locked
    /// down, because nothing may read or write its memory.
    #[inline]
    fn buffer_of(&self, waitable: &Waitable) -> Result<Option<Buffer>, Error> {
        if let Some(owner) = waitable.owner
            && self.instances.get(owner)?.lockdown
        {
            return Ok(None);
        }
        Ok(waitable.end()?.buffer())
    }

    /// Describes one side of a copy.
    #[inline]
    fn copy_side(&self, key: Key<Waitable>, buffer: Buffer) -> Result<CopySide, Error> {
        let (waitable, generation) = self.waitables.get_with_generation(key)?;
        let instance = match waitable.owner {
            Some(owner) => Some(self.instance_id(owner)?),
            None => None,
        };
        let is_served = waitable.is_served();
        Ok(CopySide {
            end: EndId { number: key.number(), generation },
            instance,
            buffer,
            is_served,
        })
    }

    /// Finishes a read or write whose values have moved: `End.copy`, after the values were moved.
    ///
    /// # Errors
    ///
    /// - [`MachineError::OtherStep`] if the token is not that of the current step.
    /// - [`Error::Unknown`] if the host dropped one of the ends before the values had moved.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#stream-and-future-state)
    ///
    /// [`MachineError::OtherStep`]: crate::error::MachineError::OtherStep
    #[expect(clippy::needless_pass_by_value, reason = "a token is used once")]
    pub fn copied(&mut self, copy: CopyToken) -> Result<Step, Failure> {
        let moved = self.take_copy(&copy)?;
        self.advance(|machine| {
            machine.observe_copied(moved.end, moved.count);
            let how = machine.values_moved(&moved, copy.then)?;
            machine.copy_ended(moved.end, how, copy.then)
        })
    }

    /// Takes the token of a copy that is over.
    fn take_copy(&mut self, copy: &CopyToken) -> Result<MovedValues, Error> {
        self.check_outstanding(Outstanding::token(copy.serial))?;
        let CopyToken { direction, count, readable, writable, .. } = copy;
        let keys = (self.end_key(readable.end)?, self.end_key(writable.end)?);
        self.outstanding = Outstanding::Nothing;
        let (end, other, buffer) = match direction {
            CopyDirection::Read => (keys.0, keys.1, readable.buffer),
            CopyDirection::Write => (keys.1, keys.0, writable.buffer),
        };
        Ok(MovedValues { end, other, count: *count, progress: buffer.progress })
    }

    /// Adds values that have moved to the progress of both ends, and sets their events.
    #[inline]
    pub(crate) fn values_moved(
        &mut self,
        moved: &MovedValues,
        then: AfterCopy,
    ) -> Result<Copied, Error> {
        let MovedValues { end, other, count, progress } = *moved;
        self.end_mut(end)?.progress = progress.saturating_add(count);
        let how = self.event_of_copy(end, then)?;
        let end = self.end_mut(other)?;
        end.progress = end.progress.saturating_add(count);
        if end.progress >= end.length {
            end.take_buffer();
        }
        self.set_pending_event(other)?;
        Ok(how)
    }

    /// Goes on with the caller of `End.copy`, which has returned.
    pub(super) fn copy_ended(
        &mut self,
        end: Key<Waitable>,
        how: Copied,
        then: AfterCopy,
    ) -> Result<Flow, Failure> {
        match then {
            AfterCopy::Host => Ok(None),
            AfterCopy::Forward => self.return_to_current(0),
            AfterCopy::Builtin { is_async } => self.copy_awaits(end, how, is_async),
        }
    }

    /// Cancels a read or write: `End.cancel`.
    pub(crate) fn cancel_end(&mut self, key: Key<Waitable>) -> Result<(), Failure> {
        self.observe(|it| Ok(Action::CopyCancelled { end: it.observed_end(key)? }));
        let end = self.end_mut(key)?;
        end.state = EndActivity::CancellingCopy;
        let other = end.other;
        if self.waitables.get(key)?.has_pending_event {
            return Ok(());
        }
        let host_has_other = match other {
            // An end that the host serves never has an operation under way.
            Some(other) => {
                self.waitables.get(other)?.owner.is_none() && !self.end(other)?.is_served()
            }
            None => false,
        };
        if !host_has_other || self.choose(Choice::HostCopyCancelled, 2)? == 0 {
            self.set_pending_event(key)?;
        }
        Ok(())
    }

    /// Connects the other ends of two ends that no index names any longer: `End.forward`.
    pub(crate) fn forward_ends(
        &mut self,
        source: Key<Waitable>,
        destination: Key<Waitable>,
    ) -> Result<Flow, Failure> {
        self.observe(|it| {
            let (readable, writable) = (it.observed_end(source)?, it.observed_end(destination)?);
            Ok(Action::EndsForwarded { readable, writable })
        });
        let ends = (self.end(source)?.other, self.end(destination)?.other);
        let (Some(writable), Some(readable)) = ends else {
            return self.drop_both(source, destination);
        };
        if writable == destination {
            return self.drop_both(source, destination);
        }
        self.waitables.remove(source)?;
        self.waitables.remove(destination)?;
        self.end_mut(writable)?.other = Some(readable);
        self.end_mut(readable)?.other = Some(writable);
        let buffer = |end| self.buffer_of(self.waitables.get(end)?);
        let (Some(read), Some(write)) = (buffer(readable)?, buffer(writable)?) else {
            return self.return_to_current(0);
        };
        let (smaller, buffer) =
            if read.remain() > write.remain() { (writable, write) } else { (readable, read) };
        self.end_mut(smaller)?.take_buffer();
        self.copy_end(smaller, buffer, AfterCopy::Forward)
    }

    /// Drops both ends of a forward.
    fn drop_both(
        &mut self,
        source: Key<Waitable>,
        destination: Key<Waitable>,
    ) -> Result<Flow, Failure> {
        self.drop_end(source)?;
        self.drop_end(destination)?;
        self.return_to_current(0)
    }

    /// Drops an end: `End.drop`.
    pub(crate) fn drop_end(&mut self, key: Key<Waitable>) -> Result<(), Error> {
        self.observe(|it| Ok(Action::EndDropped { end: it.observed_end(key)? }));
        if let Some(other) = self.end_mut(key)?.other.take() {
            let left = self.end_mut(other)?;
            left.other = None;
            if left.state != EndActivity::Done {
                // If it has an event already, this changes nothing.
                self.set_pending_event(other)?;
            }
        }
        self.drop_waitable(key)
    }

    /// Returns the event of an end: `stream_event` and `future_event`.
    pub(crate) fn end_event(&mut self, key: Key<Waitable>) -> Result<Event, Failure> {
        let waitable = self.waitables.get_mut(key)?;
        let index = waitable.index;
        let end = waitable.end_mut()?;
        let (result, progress) = end.take_result();
        let (payload, code) = match (end.kind, end.direction) {
            (EndKind::Stream, direction) => {
                let payload = StreamResult::Ended { result, progress }.pack();
                let code = match direction {
                    CopyDirection::Read => EventCode::StreamRead,
                    CopyDirection::Write => EventCode::StreamWrite,
                };
                (payload.map_err(Error::from)?, code)
            }
            (EndKind::Future, direction) => {
                let code = match direction {
                    CopyDirection::Read => EventCode::FutureRead,
                    CopyDirection::Write => EventCode::FutureWrite,
                };
                (FutureResult::Ended { result }.pack(), code)
            }
        };
        Ok(Event { code, index, payload })
    }

    /// Returns the result and the progress of a read or write that has an event, and makes the
    /// end ready for the next one.
    pub(crate) fn end_result(&mut self, key: Key<Waitable>) -> Result<(CopyResult, u32), Error> {
        Ok(self.end_mut(key)?.take_result())
    }
}

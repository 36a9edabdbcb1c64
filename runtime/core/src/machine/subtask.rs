//! Subtasks: calls as their callers see them. The reference's `Subtask`.

use crate::chooser::Chooser;
use crate::code::{CancelResult, EventCode, SubtaskState};
use crate::core_value::{CoreType, CoreValue};
use crate::error::{Error, Failure};
use crate::limits::Limits;

use super::Machine;
use super::arena::Key;
use super::resource::{Lend, ResourceHandle};
use super::step::Event;
use super::thread::{number, words};
use super::waitable::{Callee, Kind, Waitable};

/// A call as its caller sees it.
#[derive(Debug)]
pub(crate) struct Subtask {
    pub(crate) callee: Callee,
    /// The handles that are lent to the callee, the one lent last first.
    lenders: Option<Key<Lend>>,
    flat_result: FlatResult,
    pub(crate) state: SubtaskState,
    pub(crate) cancellation_requested: bool,
    /// `resolve_delivered`, in the reference `lenders is None`.
    pub(crate) resolve_delivered: bool,
    pub(crate) ends: Ends,
}

/// What becomes of a call when it has resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ends {
    /// The import that was lowered without `async` returns.
    Import,
    /// `resource.drop` returns.
    Destructor,
    /// Its progress is an event, for the host or for the guest that has its index.
    Event,
}

/// How a call resolves: what `on_resolve` is called with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resolution {
    /// With a result, which was lowered; its flat value, if there is one.
    Returned(Option<CoreValue>),
    /// Without.
    Cancelled,
}

/// The flat result of a call that was lowered without `async`, packed.
#[derive(Clone, Copy, Debug)]
struct FlatResult {
    bits: [u32; 2],
    ty: Option<CoreType>,
}

impl FlatResult {
    const NONE: Self = Self { bits: [0; 2], ty: None };

    fn pack(value: Option<CoreValue>) -> Self {
        let Some(value) = value else { return Self::NONE };
        let bits = match value {
            CoreValue::I32(bits) | CoreValue::F32(bits) => bits.into(),
            CoreValue::I64(bits) | CoreValue::F64(bits) => bits,
            CoreValue::Function(function) => function.map_or(u64::MAX, u64::from),
        };
        Self { bits: words(bits), ty: Some(value.ty()) }
    }

    fn unpack(self) -> Option<CoreValue> {
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

    /// `Subtask.resolved`
    pub(crate) const fn resolved(&self) -> bool {
        !matches!(self.state, SubtaskState::Starting | SubtaskState::Started)
    }

    pub(crate) fn flat_result(&self) -> Option<CoreValue> {
        self.flat_result.unpack()
    }
}

impl<L: Limits, C: Chooser> Machine<L, C> {
    /// `on_start` of `canon_lower`, without the arguments.
    pub(crate) fn subtask_started(&mut self, subtask: Key<Waitable>) -> Result<(), Error> {
        let started = self.subtask_mut(subtask)?;
        started.state = SubtaskState::Started;
        if started.ends == Ends::Event {
            self.set_pending_event(subtask)?;
        }
        Ok(())
    }

    /// `on_resolve` of `canon_lower`, without the result, and `Subtask.resolve`.
    pub(crate) fn subtask_resolved(
        &mut self,
        subtask: Key<Waitable>,
        resolution: Resolution,
    ) -> Result<(), Error> {
        let resolved = self.subtask_mut(subtask)?;
        resolved.state = match (resolution, resolved.state) {
            (Resolution::Returned(result), _) => {
                resolved.flat_result = FlatResult::pack(result);
                SubtaskState::Returned
            }
            (Resolution::Cancelled, SubtaskState::Starting) => SubtaskState::CancelledBeforeStarted,
            (Resolution::Cancelled, _) => SubtaskState::CancelledBeforeReturned,
        };
        if resolved.callee != Callee::HostTask {
            resolved.callee = Callee::Gone;
        }
        if resolved.ends == Ends::Event {
            self.set_pending_event(subtask)?;
        }
        self.wake_waiter(subtask)
    }

    /// `subtask_event` of `canon_lower`
    pub(crate) fn subtask_event(&mut self, subtask: Key<Waitable>) -> Result<Event, Failure> {
        if self.subtask(subtask)?.resolved() {
            self.deliver_resolve(subtask)?;
        }
        let index = self.waitables.get(subtask)?.index;
        let payload = self.subtask(subtask)?.state.code();
        Ok(Event { code: EventCode::Subtask, index, payload })
    }

    /// `Subtask.add_lender`
    ///
    /// Fails, with nothing changed, if the table of lends is full.
    pub(crate) fn add_lender(
        &mut self,
        subtask: Key<Waitable>,
        handle: Key<ResourceHandle>,
    ) -> Result<(), Error> {
        self.lends.reserve(1)?;
        let before = self.subtask(subtask)?.lenders;
        let lend = self.lends.insert(Lend { handle, before })?;
        self.resources.get_mut(handle)?.num_lends += 1;
        self.subtask_mut(subtask)?.lenders = Some(lend);
        Ok(())
    }

    /// `Subtask.deliver_resolve`
    pub(crate) fn deliver_resolve(&mut self, subtask: Key<Waitable>) -> Result<(), Error> {
        let delivered = self.subtask_mut(subtask)?;
        delivered.resolve_delivered = true;
        let mut lender = delivered.lenders.take();
        while let Some(lend) = lender {
            let lend = self.lends.remove(lend)?;
            self.resources.get_mut(lend.handle)?.num_lends -= 1;
            lender = lend.before;
        }
        Ok(())
    }

    /// The end of `canon_subtask_cancel`.
    pub(crate) fn subtask_cancelled(
        &mut self,
        subtask: Key<Waitable>,
    ) -> Result<CancelResult, Failure> {
        self.waitables.get_mut(subtask)?.has_sync_waiter = false;
        if !self.subtask(subtask)?.resolved() {
            return Ok(CancelResult::Blocked);
        }
        self.get_pending_event(subtask)?;
        Ok(CancelResult::Ended { state: self.subtask(subtask)?.state })
    }

    /// Forgets a subtask, resolved or not, without any of the rules that hold for guests.
    pub(crate) fn abandon_subtask(&mut self, subtask: Key<Waitable>) -> Result<(), Error> {
        if let Callee::Task(task) = self.subtask(subtask)?.callee {
            // If it has not started, it is cancelled when it is its turn to enter.
            self.tasks.get_mut(task)?.caller = None;
        }
        // The handles that were lent go with the instance, or stay lent to nobody.
        self.deliver_resolve(subtask)?;
        self.drop_waitable(subtask)
    }

    /// Whether `waitable` is a subtask.
    pub(crate) fn is_subtask(&self, waitable: Key<Waitable>) -> Result<bool, Error> {
        Ok(matches!(self.waitables.get(waitable)?.kind, Kind::Subtask(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

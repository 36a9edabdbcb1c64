//! Moving values from sources and to sinks, and continuing these.

use alloc::vec::Vec;

use crate::component::run::context::Context;
use crate::component::run::state::{AnyServedEnd, EndNext, Moved, State};
use crate::component::run::waiting::Waiting;
use crate::component::store::call_error::CallError;
use crate::component::store::fault::Fault;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::{Error, Failure};
use crate::machine::{AfterServed, CopyToken, EndId, Step, WaitableId};

impl<E: CoreEngine, T: 'static> Context<'_, E, T> {
    /// Moves values of which the host serves at least one side.
    pub(crate) fn copy_served(&mut self, copy: CopyToken) -> Result<Step, Fault> {
        let (from, to) = (copy.writable(), copy.readable());
        let (end, other) = if from.is_served { (from.end, to) } else { (to.end, from) };
        let Some(mut served) = self.data_mut().take_served(end) else {
            // It was given up. It can't be in the middle of a poll.
            return Ok(self.data_mut().machine.served_copied(copy, 0, AfterServed::Drop)?);
        };
        let moved = match (other.buffer.options, from.is_served) {
            (Some(_), _) => served.copy(self, &other, copy.count()),
            (None, true) => self.take_from_source(&mut served, &copy),
            (None, false) => self.put_into_sink(&mut served, &copy),
        };
        let next = moved.as_ref().map_or(EndNext::Wait, |moved| moved.next);
        self.data_mut().put_served(end, served, next);
        let Moved { count, next } = moved?;
        let then = match next {
            EndNext::Offer => AfterServed::Offer,
            EndNext::Wait => AfterServed::Withhold,
            EndNext::Over => AfterServed::Drop,
        };
        Ok(self.data_mut().machine.served_copied(copy, count, then)?)
    }

    /// Moves values from a source to the host: to a sink, or into the buffer of a read.
    fn take_from_source(
        &mut self,
        source: &mut AnyServedEnd<E, T>,
        copy: &CopyToken,
    ) -> Result<Moved, Fault> {
        let to = copy.readable();
        if !to.is_served {
            let (values, next) = source.take_values(self, copy.count());
            let count = count_of(&values);
            self.data_mut().handles.buffer(to.end)?.extend(values);
            return Ok(Moved { count, next });
        }
        let Some(mut sink) = self.data_mut().take_served(to.end) else {
            return Ok(Moved { count: 0, next: EndNext::Wait });
        };
        let room = sink.room().min(copy.count());
        let (values, next) =
            if room > 0 { source.take_values(self, room) } else { (Vec::new(), EndNext::Offer) };
        let count = count_of(&values);
        let after = if count > 0 { sink.put_values(self, values) } else { EndNext::Offer };
        if after == EndNext::Offer && count > 0 {
            // Nothing else begins the next copy.
            sink.wake();
        }
        if next == EndNext::Offer && after == EndNext::Offer {
            source.wake();
        }
        self.data_mut().put_served(
            to.end,
            sink,
            if after == EndNext::Over { EndNext::Wait } else { after },
        );
        Ok(Moved { count, next })
    }

    /// Moves values of a write by the host into a sink.
    fn put_into_sink(
        &mut self,
        sink: &mut AnyServedEnd<E, T>,
        copy: &CopyToken,
    ) -> Result<Moved, Fault> {
        let room = usize::try_from(sink.room().min(copy.count())).unwrap_or(usize::MAX);
        let state = self.data_mut();
        let buffer = state.handles.buffer(copy.writable().end)?;
        let values: Vec<_> = buffer.drain(..room.min(buffer.len())).collect();
        // The host had them before, and has them again.
        state.handles.give_back(&state.machine, &values);
        let count = count_of(&values);
        Ok(Moved { count, next: sink.put_values(self, values) })
    }

    /// Continues an end that was woken. Returns `true` if values have moved.
    pub(crate) fn poll_served(&mut self, end: EndId, mut served: AnyServedEnd<E, T>) -> bool {
        let next = served.go_on(self);
        self.data_mut().put_served(end, served, next);
        let has_moved = match next {
            EndNext::Wait => false,
            EndNext::Over => {
                self.data_mut().drop_served(end);
                true
            }
            EndNext::Offer => self.offer(end),
        };
        self.data_mut().waiting.count_yield(WaitableId::End(end));
        has_moved
    }

    /// Offers an end to the other side. Returns `true` if that side waits, and values were moved.
    fn offer(&mut self, end: EndId) -> bool {
        let Ok(step) = self.data_mut().machine.offer_served_end(end) else {
            // The engine has interrupted a guest. The end is offered after that guest went on.
            if let Some(served) = self.data_mut().take_served(end) {
                served.wake();
                self.data_mut().put_served(end, served, EndNext::Wait);
            }
            return false;
        };
        let Step::Copy(copy) = step else {
            self.data_mut().wake_served_reader(end);
            return false;
        };
        let guest = copy.readable().instance.or(copy.writable().instance);
        let Err(fault) = self.copy_served(copy) else { return true };
        let state = self.data_mut();
        let error = CallError::from(state.crossing.take_fault(fault));
        // There is nobody to tell here: the transfer gets the error.
        let _ = state.machine.trapped();
        if let Some(guest) = guest {
            let _ = state.machine.lock_down_instance(guest);
        }
        if let Some(served) = state.take_served(end) {
            state.fail_served(end, served, error.clone());
        }
        state.others_trapped(&error);
        true
    }

    /// Tells a served end that the other end was dropped, if there is one that does not know.
    /// Returns `true` if there was.
    pub(crate) fn close_served(&mut self) -> Result<bool, Error> {
        let Some(end) = self.data_mut().machine.next_served_event()? else { return Ok(false) };
        if let Some(mut served) = self.data_mut().take_served(end) {
            let next = served.close(self);
            self.data_mut().put_served(end, served, next);
            if next != EndNext::Over {
                return Ok(true);
            }
        }
        self.data_mut().drop_served(end);
        Ok(true)
    }
}

impl<E: CoreEngine, T: 'static> State<E, T> {
    /// Wakes the sink that reads from a source, which was not woken while there was nothing for it.
    fn wake_served_reader(&mut self, source: EndId) {
        if let Some(reader) = self.machine.served_reader_of(source)
            && let Some(waker) = self.waiting.waker(WaitableId::End(reader))
        {
            self.panics.late().guard(|| waker.wake_by_ref());
        }
    }

    /// Takes the source or sink of an end.
    #[inline]
    fn take_served(&mut self, end: EndId) -> Option<AnyServedEnd<E, T>> {
        match self.waiting.take(WaitableId::End(end))? {
            Waiting::End(served) => Some(served),
            Waiting::HostFunction(_) | Waiting::Task(_) => None,
        }
    }

    /// Keeps the source or sink of an end, or drops it if it is over.
    #[inline]
    fn put_served(&mut self, end: EndId, served: AnyServedEnd<E, T>, next: EndNext) {
        let id = WaitableId::End(end);
        match next {
            EndNext::Offer => self.rest(id, Waiting::End(served)),
            EndNext::Wait => self.wait(id, Waiting::End(served)),
            EndNext::Over => self.drop_waiting(Waiting::End(served)),
        }
    }

    /// Drops an end that nothing serves any longer.
    fn drop_served(&mut self, end: EndId) {
        // The end no longer exists if its other side trapped.
        let _: Result<(), Failure> = self.machine.drop_served_end(end);
    }

    /// Finishes the source or sink of an end with an error.
    fn fail_served(&mut self, end: EndId, mut served: AnyServedEnd<E, T>, error: CallError) {
        let left = served.fail(error);
        let _ = self.handles.discard(&mut self.machine, left);
        self.drop_waiting(Waiting::End(served));
        self.drop_served(end);
    }
}

fn count_of(values: &[crate::abi::Val]) -> u32 {
    u32::try_from(values.len()).unwrap_or(u32::MAX)
}

//! A source in a store.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::pin::Pin;
use core::task::{Context as WakerContext, Poll, Waker};

use crate::abi::{ComponentType as _, Elements, Peer, Val, range_mut};
use crate::component::run::context::Context;
use crate::component::run::lowering::Target;
use crate::component::run::state::{EndNext, Moved, ServedEnd};
use crate::component::store::call_error::CallError;
use crate::component::store::fault::Fault;
use crate::component::store::host_panic::HostPanic;
use crate::component::store::unwinding::catch;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::{AbiError, MachineError};
use crate::machine::CopySide;

use super::MAX_KEPT;
use super::element::Element;
use super::source::{Destination, SourceState, StreamSource};
use super::transfer::{Outcome, StreamError};

/// A source that serves the writable end of a stream or future.
pub(crate) struct ServedSource<S: StreamSource> {
    source: Pin<Box<S>>,
    /// `true` if it is polled before anybody reads.
    is_eager: bool,
    element: Element,
    /// The values that the source has made and nobody has taken.
    kept: Vec<S::Item>,
    /// The outcome of the source. It is reported when no values are kept any longer.
    ended: Option<Result<(), StreamError<S::Error>>>,
    outcome: Outcome<(), S::Error>,
    waker: Waker,
}

impl<S: StreamSource> ServedSource<S> {
    pub(crate) fn new(
        source: S,
        is_eager: bool,
        element: Element,
        outcome: Outcome<(), S::Error>,
        waker: Waker,
    ) -> Self {
        let source = Box::pin(source);
        Self { source, is_eager, element, kept: Vec::new(), ended: None, outcome, waker }
    }

    /// Polls the source with a destination for its values.
    #[inline]
    fn poll(
        source: Pin<&mut S>,
        waker: &Waker,
        destination: &mut Destination<'_, S::Item>,
    ) -> Polled<S> {
        catch(|| source.poll_fill(&mut WakerContext::from_waker(waker), destination))
    }

    /// Polls the source for values that are kept.
    fn poll_kept(&mut self, room: u32) -> EndNext {
        let room = usize::try_from(room.min(MAX_KEPT)).unwrap_or(usize::MAX);
        let mut destination = Destination::kept(&mut self.kept, room);
        let polled = Self::poll(self.source.as_mut(), &self.waker, &mut destination);
        destination.kept_values();
        let filled = destination.filled();
        self.polled(polled, filled, room)
    }

    /// Returns the next step after a poll that has put `filled` values into `room` places.
    #[inline]
    fn polled(&mut self, polled: Polled<S>, filled: usize, room: usize) -> EndNext {
        match polled {
            Ok(Poll::Ready(Ok(SourceState::More))) => {
                if filled > 0 {
                    return EndNext::Offer;
                }
                // It has no values and does not wait: it yields.
                self.wake_itself();
                EndNext::Wait
            }
            Ok(Poll::Pending) if filled == room => EndNext::Offer,
            Ok(Poll::Pending) => EndNext::Wait,
            Ok(Poll::Ready(Ok(SourceState::Ended))) => self.end(Ok(())),
            Ok(Poll::Ready(Err(error))) => self.end(Err(StreamError::Failed(error))),
            Err(panic) => self.end(Err(StreamError::Panicked(panic))),
        }
    }

    #[cold]
    fn end(&mut self, result: Result<(), StreamError<S::Error>>) -> EndNext {
        if matches!(self.ended, Some(Err(_))) {
            // Only the first failure is reported.
            self.outcome.discard(result);
        } else {
            self.ended = Some(result);
        }
        EndNext::Over
    }

    /// Wakes itself. A panic of the driver's waker does not belong to it.
    fn wake_itself(&self) {
        self.outcome.late().guard(|| self.waker.wake_by_ref());
    }

    /// Drops the values that nobody has taken.
    fn clear(&mut self) {
        self.outcome.late().clear(&mut self.kept);
    }

    /// Reports the outcome of the source, if it has ended and no values are kept. Otherwise the
    /// next step is `next`.
    #[inline]
    fn settle(&mut self, next: EndNext) -> EndNext {
        if next != EndNext::Over && self.ended.is_none() {
            return next;
        }
        if !self.kept.is_empty() {
            return EndNext::Offer;
        }
        if let Some(result) = self.ended.take() {
            self.outcome.tell(result);
        }
        EndNext::Over
    }

    /// Moves values directly into the guest's memory.
    #[inline]
    fn copy_in_place<E: CoreEngine, T: 'static>(
        &mut self,
        cx: &mut Context<'_, E, T>,
        to: &CopySide,
        count: u32,
    ) -> Result<Moved, Fault> {
        let target = Target::without_task(to.buffer.options.ok_or(MachineError::OtherStep)?);
        let contains_float = self.element.contains_float;
        let mut lowering = cx.lower_from_host(target, contains_float)?;
        let (options, address, size) = lowering.place::<S::Item>(to)?;
        let length = size.saturating_mul(count.into());
        let bytes = range_mut(lowering.bytes_mut(), address, length);
        let (stride, room) = (usize::try_from(size), usize::try_from(count));
        let (Some(bytes), Ok(stride), Ok(room)) = (bytes, stride, room) else {
            return Err(AbiError::UncheckedAddress.into());
        };
        let mut destination = Destination::in_memory(bytes, options, stride, room);
        let polled = Self::poll(self.source.as_mut(), &self.waker, &mut destination);
        let filled = destination.filled();
        let next = self.polled(polled, filled, room);
        let count = u32::try_from(filled).unwrap_or(count);
        Ok(Moved { count, next: self.settle(next) })
    }

    /// Lowers values without handles into the guest's memory.
    fn lower<E: CoreEngine, T: 'static>(
        &self,
        cx: &mut Context<'_, E, T>,
        to: &CopySide,
        values: &[S::Item],
    ) -> Result<(), Fault> {
        let options = to.buffer.options.ok_or(MachineError::OtherStep)?;
        let Some(store) = Elements::<S::Item>::store() else { return Ok(()) };
        let target = Target::without_task(options);
        let mut lowering = cx.lower_from_host(target, self.element.contains_float)?;
        let (_, address, _) = lowering.place::<S::Item>(to)?;
        Ok(store(values, &mut lowering, address)?)
    }

    /// Takes the handles in values from the host.
    fn claim<E: CoreEngine, T: 'static>(
        &self,
        cx: &mut Context<'_, E, T>,
        values: &[S::Item],
    ) -> Result<Vec<Val>, StreamError<S::Error>> {
        let kept = &mut cx.data_mut().handles.values;
        let vals = match catch(|| self.element.vals(kept, values)) {
            Ok(Ok(vals)) => vals,
            Ok(Err(failure)) => return Err(StreamError::Call(failure.into())),
            Err(panic) => return Err(StreamError::Panicked(panic)),
        };
        if let Some(element) = &self.element.ty {
            let state = cx.data_mut();
            let claimed = state.handles.claim_elements(&state.machine, element, &vals);
            if let Err(error) = claimed {
                state.handles.values.give_back(&vals);
                return Err(StreamError::Call(error.into()));
            }
        }
        Ok(vals)
    }

    /// Lowers values whose handles were taken.
    fn lower_claimed<E: CoreEngine, T: 'static>(
        &self,
        cx: &mut Context<'_, E, T>,
        to: &CopySide,
        vals: &[Val],
    ) -> Result<(), Fault> {
        let options = to.buffer.options.ok_or(MachineError::OtherStep)?;
        let Some(element) = &self.element.ty else { return Ok(()) };
        let stored = cx.store_elements(to, options, element, vals);
        if stored.is_err() {
            let state = cx.data_mut();
            state.handles.give_back(&state.machine, vals);
        }
        stored
    }
}

impl<S: StreamSource> Drop for ServedSource<S> {
    fn drop(&mut self) {
        self.clear();
        if let Some(result @ Err(_)) = self.ended.take() {
            self.outcome.tell(result);
        }
    }
}

/// The result of a poll of a source, or its panic.
type Polled<S> = Result<Poll<Result<SourceState, <S as StreamSource>::Error>>, HostPanic>;

impl<E: CoreEngine, T: 'static, S: StreamSource> ServedEnd<E, T> for ServedSource<S> {
    fn copy(
        &mut self,
        cx: &mut Context<'_, E, T>,
        to: &CopySide,
        count: u32,
    ) -> Result<Moved, Fault> {
        if Destination::<S::Item>::IN_MEMORY && self.kept.is_empty() && self.ended.is_none() {
            return self.copy_in_place(cx, to, count);
        }
        let options = to.buffer.options.ok_or(MachineError::OtherStep)?;
        cx.lower(Target::without_task(options), Peer::Host)?.place::<S::Item>(to)?;
        let next = if self.kept.is_empty() { self.poll_kept(count) } else { EndNext::Offer };
        let count = self.kept.len().min(usize::try_from(count).unwrap_or(usize::MAX));
        let rest = self.kept.split_off(count);
        let mut values = core::mem::replace(&mut self.kept, rest);
        let lowered = if S::Item::HANDLES {
            match self.claim(cx, &values) {
                Ok(vals) => self.lower_claimed(cx, to, &vals),
                Err(error) => {
                    self.outcome.late().clear(&mut values);
                    self.clear();
                    let next = self.end(Err(error));
                    return Ok(Moved { count: 0, next: self.settle(next) });
                }
            }
        } else {
            catch(|| self.lower(cx, to, &values))
                .unwrap_or_else(|panic| Err(Fault::Panicked(panic)))
        };
        self.outcome.late().clear(&mut values);
        if self.kept.is_empty() {
            // Its memory is reused.
            self.kept = values;
        }
        lowered?;
        let count = u32::try_from(count).map_err(|_| AbiError::TooLong)?;
        Ok(Moved { count, next: self.settle(next) })
    }

    fn take_values(&mut self, cx: &mut Context<'_, E, T>, count: u32) -> (Vec<Val>, EndNext) {
        let mut next = if self.kept.is_empty() { self.poll_kept(count) } else { EndNext::Offer };
        let count = self.kept.len().min(usize::try_from(count).unwrap_or(usize::MAX));
        let mut taken: Vec<_> = self.kept.drain(..count).collect();
        let kept = &mut cx.data_mut().handles.values;
        let values = catch(|| self.element.vals(kept, &taken));
        self.outcome.late().clear(&mut taken);
        let values = match values {
            Ok(Ok(values)) => {
                kept.keep(&values);
                values
            }
            Ok(Err(failure)) => {
                next = self.end(Err(StreamError::Call(failure.into())));
                Vec::new()
            }
            Err(panic) => {
                next = self.end(Err(StreamError::Panicked(panic)));
                Vec::new()
            }
        };
        (values, self.settle(next))
    }

    fn room(&self) -> u32 {
        0
    }

    fn put_values(&mut self, _: &mut Context<'_, E, T>, _: Vec<Val>) -> EndNext {
        EndNext::Wait
    }

    fn go_on(&mut self, _: &mut Context<'_, E, T>) -> EndNext {
        if !self.kept.is_empty() || self.ended.is_some() {
            return EndNext::Offer;
        }
        if !self.is_eager {
            let next = match catch(|| self.source.is_ended()) {
                Ok(false) => return EndNext::Offer,
                Ok(true) => self.end(Ok(())),
                Err(panic) => self.end(Err(StreamError::Panicked(panic))),
            };
            return self.settle(next);
        }
        let next = self.poll_kept(1);
        self.settle(next)
    }

    fn close(&mut self, _: &mut Context<'_, E, T>) -> EndNext {
        self.clear();
        let next = self.end(Err(StreamError::Dropped));
        self.settle(next)
    }

    fn fail(&mut self, error: CallError) -> Vec<Val> {
        self.clear();
        let next = self.end(Err(StreamError::Call(error)));
        self.settle(next);
        Vec::new()
    }

    fn wake(&self) {
        self.wake_itself();
    }
}

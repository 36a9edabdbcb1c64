//! A sink in a store.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::pin::Pin;
use core::task::{Context as WakerContext, Poll, Waker};

use crate::abi::{ComponentType as _, LiftContext, Peer, Val, check_buffer, range};
use crate::component::run::context::Context;
use crate::component::run::copies::NOTHING;
use crate::component::run::lifting::Source;
use crate::component::run::state::{EndNext, Moved, ServedEnd};
use crate::component::store::call_error::CallError;
use crate::component::store::fault::Fault;
use crate::component::store::host_panic::HostPanic;
use crate::component::store::unwinding::catch;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::{AbiError, Failure, MachineError};
use crate::machine::{Buffer, CopySide};
use crate::trap::CopyDirection;

use super::MAX_KEPT;
use super::element::Element;
use super::sink::{Received, SinkState, StreamSink};
use super::transfer::{Outcome, StreamError};

/// A sink that serves the readable end of a stream or future.
pub(crate) struct ServedSink<S: StreamSink> {
    sink: Pin<Box<S>>,
    element: Element,
    /// The values that the guest has written and the sink has not taken.
    kept: VecDeque<Val>,
    /// `true` after the other end was dropped.
    is_closed: bool,
    /// `true` after the sink got all its values.
    is_finishing: bool,
    outcome: Outcome<S::Output, S::Error>,
    waker: Waker,
}

impl<S: StreamSink> ServedSink<S> {
    pub(crate) fn new(
        sink: S,
        element: Element,
        outcome: Outcome<S::Output, S::Error>,
        waker: Waker,
    ) -> Self {
        Self {
            sink: Box::pin(sink),
            element,
            kept: VecDeque::new(),
            is_closed: false,
            is_finishing: false,
            outcome,
            waker,
        }
    }

    #[inline]
    fn poll(sink: Pin<&mut S>, waker: &Waker, received: &mut Received<'_, S::Item>) -> Polled<S> {
        catch(|| sink.poll_take(&mut WakerContext::from_waker(waker), received))
    }

    /// Returns the next step after a poll that has taken `taken` values and left `left`.
    #[inline]
    fn polled<E: CoreEngine, T: 'static>(
        &mut self,
        cx: &mut Context<'_, E, T>,
        polled: Polled<S>,
        taken: usize,
        left: usize,
    ) -> EndNext {
        match polled {
            Ok(Poll::Ready(Ok(SinkState::More))) => {
                if taken > 0 {
                    return EndNext::Offer;
                }
                // It takes no values and does not wait: it yields.
                self.wake_itself();
                EndNext::Wait
            }
            Ok(Poll::Pending) if left == 0 => EndNext::Offer,
            Ok(Poll::Pending) => EndNext::Wait,
            Ok(Poll::Ready(Ok(SinkState::Enough))) => self.finish(cx),
            Ok(Poll::Ready(Err(error))) => self.end(cx, Err(StreamError::Failed(error))),
            Err(panic) => self.end(cx, Err(StreamError::Panicked(panic))),
        }
    }

    /// Polls the sink for its end.
    fn finish<E: CoreEngine, T: 'static>(&mut self, cx: &mut Context<'_, E, T>) -> EndNext {
        self.is_finishing = true;
        let sink = self.sink.as_mut();
        match catch(|| sink.poll_finish(&mut WakerContext::from_waker(&self.waker))) {
            Ok(Poll::Pending) => EndNext::Wait,
            Ok(Poll::Ready(Ok(output))) => self.end(cx, Ok(output)),
            Ok(Poll::Ready(Err(error))) => self.end(cx, Err(StreamError::Failed(error))),
            Err(panic) => self.end(cx, Err(StreamError::Panicked(panic))),
        }
    }

    /// Drops the result of a poll that got invalid values.
    fn discard(&self, polled: Polled<S>) {
        match polled {
            Ok(Poll::Ready(Err(error))) => self.outcome.discard(Err(StreamError::Failed(error))),
            Ok(_) => {}
            Err(panic) => self.outcome.discard(Err(StreamError::Panicked(panic))),
        }
    }

    /// Wakes itself. A panic of the driver's waker does not belong to it.
    fn wake_itself(&self) {
        self.outcome.late().guard(|| self.waker.wake_by_ref());
    }

    #[cold]
    fn end<E: CoreEngine, T: 'static>(
        &mut self,
        cx: &mut Context<'_, E, T>,
        result: Result<S::Output, StreamError<S::Error>>,
    ) -> EndNext {
        self.outcome.tell(result);
        let left = core::mem::take(&mut self.kept);
        let state = cx.data_mut();
        // This fails only for values that are gone already.
        let _ = state.handles.discard(&mut state.machine, left.into());
        EndNext::Over
    }

    /// Polls the sink with values that are kept.
    fn poll_kept<E: CoreEngine, T: 'static>(&mut self, cx: &mut Context<'_, E, T>) -> EndNext {
        let before = self.kept.len();
        let Element { types, handles, .. } = &self.element;
        let values = &mut cx.data_mut().handles.values;
        let mut received = Received::kept(&mut self.kept, types, handles, values);
        let polled = Self::poll(self.sink.as_mut(), &self.waker, &mut received);
        let failure = received.take_failure();
        if let Some(failure) = failure {
            self.discard(polled);
            return self.end(cx, Err(StreamError::Call(failure.into())));
        }
        let left = self.kept.len();
        let next = self.polled(cx, polled, before.saturating_sub(left), left);
        match next {
            EndNext::Offer if left > 0 => {
                self.wake_itself();
                EndNext::Wait
            }
            EndNext::Offer if self.is_closed => self.finish(cx),
            next => next,
        }
    }

    /// Polls the sink with values in the guest's memory.
    #[inline]
    fn copy_in_place<E: CoreEngine, T: 'static>(
        &mut self,
        cx: &mut Context<'_, E, T>,
        from: &CopySide,
        count: u32,
    ) -> Result<Moved, Fault> {
        let options = from.buffer.options.ok_or(MachineError::OtherStep)?;
        let found = *cx.data().options(options)?;
        let memory = found.memory.map_or::<&[u8], _>(&[], |memory| cx.memory(memory));
        let layout = S::Item::ABI.of(found.address_type);
        let Buffer { address, length, .. } = from.buffer;
        check_buffer(memory, layout, CopyDirection::Write, address, length)?;
        let size = layout.size;
        let start = size.saturating_mul(from.buffer.progress.into());
        let address = address.saturating_add(start);
        let bytes = range(memory, address, size.saturating_mul(count.into()));
        let (stride, length) = (usize::try_from(size), usize::try_from(count));
        let (Some(bytes), Ok(stride), Ok(length)) = (bytes, stride, length) else {
            return Err(AbiError::UncheckedAddress.into());
        };
        let lifting = LiftContext::new(memory, found.abi(Peer::Host));
        let mut received = Received::in_memory(lifting, bytes, stride, length);
        let polled = Self::poll(self.sink.as_mut(), &self.waker, &mut received);
        if let Some(failure) = received.take_failure() {
            self.discard(polled);
            return Err(failure.into());
        }
        let left = received.len();
        let taken = length.saturating_sub(left);
        let next = self.polled(cx, polled, taken, left);
        Ok(Moved { count: u32::try_from(taken).unwrap_or(count), next })
    }

    /// Lifts values of a guest, which are kept for the sink.
    fn lift<E: CoreEngine, T: 'static>(
        &self,
        cx: &mut Context<'_, E, T>,
        from: &CopySide,
        count: u32,
    ) -> Result<Vec<Val>, Failure> {
        let Some(element) = &self.element.ty else {
            let count = usize::try_from(count).map_err(|_| AbiError::TooLong)?;
            return Ok(alloc::vec![NOTHING; count]);
        };
        let options = from.buffer.options.ok_or(MachineError::OtherStep)?;
        let found = *cx.data().options(options)?;
        let memory = found.memory.map_or::<&[u8], _>(&[], |memory| cx.memory(memory));
        let (layout, buffer) = (element.abi().of(found.address_type), from.buffer);
        check_buffer(memory, layout, CopyDirection::Write, buffer.address, buffer.length)?;
        let address = cx.place(from, element)?;
        cx.lift(Source::without_call(options), None, |lifting| {
            element.load_elements(lifting, address, count)
        })
    }
}

/// The result of a poll of a sink, or its panic.
type Polled<S> = Result<Poll<Result<SinkState, <S as StreamSink>::Error>>, HostPanic>;

impl<E: CoreEngine, T: 'static, S: StreamSink> ServedEnd<E, T> for ServedSink<S> {
    fn copy(
        &mut self,
        cx: &mut Context<'_, E, T>,
        from: &CopySide,
        count: u32,
    ) -> Result<Moved, Fault> {
        if self.is_finishing || !self.kept.is_empty() {
            return Ok(Moved { count: 0, next: EndNext::Wait });
        }
        if Received::<S::Item>::IN_MEMORY {
            return self.copy_in_place(cx, from, count);
        }
        let count = count.min(MAX_KEPT);
        let values = self.lift(cx, from, count)?;
        self.kept.extend(values);
        Ok(Moved { count, next: self.poll_kept(cx) })
    }

    fn take_values(&mut self, _: &mut Context<'_, E, T>, _: u32) -> (Vec<Val>, EndNext) {
        (Vec::new(), EndNext::Wait)
    }

    fn room(&self) -> u32 {
        if self.is_finishing || !self.kept.is_empty() { 0 } else { MAX_KEPT }
    }

    fn put_values(&mut self, cx: &mut Context<'_, E, T>, values: Vec<Val>) -> EndNext {
        if values.is_empty() {
            return EndNext::Wait;
        }
        self.kept.extend(values);
        self.poll_kept(cx)
    }

    fn go_on(&mut self, cx: &mut Context<'_, E, T>) -> EndNext {
        if self.is_finishing {
            return self.finish(cx);
        }
        if !self.kept.is_empty() {
            return self.poll_kept(cx);
        }
        if self.is_closed {
            return self.finish(cx);
        }
        match catch(|| self.sink.has_enough()) {
            Ok(false) => EndNext::Offer,
            Ok(true) => self.finish(cx),
            Err(panic) => self.end(cx, Err(StreamError::Panicked(panic))),
        }
    }

    fn close(&mut self, cx: &mut Context<'_, E, T>) -> EndNext {
        self.is_closed = true;
        self.go_on(cx)
    }

    fn fail(&mut self, error: CallError) -> Vec<Val> {
        self.outcome.tell(Err(StreamError::Call(error)));
        core::mem::take(&mut self.kept).into()
    }

    fn wake(&self) {
        self.wake_itself();
    }
}

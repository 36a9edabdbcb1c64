//! Streams, futures and error contexts that the host holds.
//!
//! A read or write of the host begins, and ends with an [`EndEvent`], which may be there at once.
//! Until then the buffer is the store's: what is to be written, or what was read so far.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::abi::{HandleNumbers, LowerFailure, Peer, Resolver, Type, Val};
use crate::builtin::{OptionsIndex, TypeIndex};
use crate::code::{CopyResult, EventCode, FutureResult, StreamResult};
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::Error;
use crate::limits::Table;
use crate::machine::{Copy, CopySide, EndId, HandleView, HostEvent, Step, WaitableId};
use crate::trap::{CopyDirection, EndKind};

use super::contexts::{Context, Source, lift, lower_from_host};
use super::error::CallError;
use super::state::{Fault, State};
use super::transfer::place;

/// What is moved where a stream or future has no element: the tuple of nothing.
const NOTHING: Val = Val::Record(Vec::new());

/// A read or write of the host has ended, or the other end was dropped while there was none.
#[derive(Clone, Debug, PartialEq)]
pub struct EndEvent {
    /// The end.
    pub end: EndId,
    /// How it ended. After [`Dropped`](CopyResult::Dropped), and of a future after
    /// [`Completed`](CopyResult::Completed), the end can only be dropped.
    pub result: CopyResult,
    /// How many values were moved.
    pub count: u32,
    /// What was read; or, of a write, what was not taken. Where the stream has no element, each
    /// is the [record](Val::Record) of nothing.
    pub values: Vec<Val>,
}

/// A new stream, or a new future, of the host: the readable end and the writable one.
pub(super) fn new_ends<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    kind: EndKind,
    element: Option<&Type>,
) -> Result<(EndId, EndId), Error> {
    let state = cx.data_mut();
    let mut numbers = StoreNumbers(state);
    let element = element.map(|ty| Resolver::default().resolve(ty, &mut numbers)).transpose()?;
    let ty = state.ends_type(kind, element.as_ref())?;
    state.machine.new_host_ends(kind, ty)
}

impl<E: CoreEngine, T: Send + 'static> State<E, T> {
    /// The number of a stream or future type.
    pub(crate) fn ends_type(
        &mut self,
        kind: EndKind,
        element: Option<&Type>,
    ) -> Result<TypeIndex, Error> {
        let Self { machine, numbers, .. } = self;
        numbers.ends(kind, element, |it| machine.define_type(it))
    }

    /// The element type of an end, and which of the two ends it is.
    fn end(&self, end: EndId) -> Result<(Option<Type>, CopyDirection), Error> {
        match self.machine.end_view(end)? {
            HandleView::End { ty, direction, .. } => Ok((self.element(ty)?, direction)),
            _ => Err(Error::Unknown(Table::Waitables)),
        }
    }
}

/// The numbers of the store, which those of resource types in a type are already.
struct StoreNumbers<'a, E: CoreEngine, T: Send + 'static>(&'a mut State<E, T>);

impl<E: CoreEngine, T: Send + 'static> HandleNumbers for StoreNumbers<'_, E, T> {
    type Error = Error;

    fn resource(&mut self, ty: TypeIndex) -> Result<TypeIndex, Error> {
        self.0.machine.resource_instance(ty).map(|_| ty)
    }

    fn stream(&mut self, element: Option<&Type>) -> Result<TypeIndex, Error> {
        self.0.ends_type(EndKind::Stream, element)
    }

    fn future(&mut self, value: Option<&Type>) -> Result<TypeIndex, Error> {
        self.0.ends_type(EndKind::Future, value)
    }
}

/// The type of what comes out of the readable end.
pub(super) fn element_type<E: CoreEngine, T: Send + 'static>(
    cx: &Context<'_, E, T>,
    end: EndId,
) -> Result<Option<Type>, Error> {
    cx.data().end(end).map(|(element, _)| element)
}

/// Begins a read of as many values.
pub(super) fn read<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    end: EndId,
    count: u32,
) -> Result<(), CallError> {
    let (_, direction) = cx.data().end(end)?;
    if direction != CopyDirection::Read {
        return Err(CallError::OtherEnd);
    }
    begin(cx, end, VecDeque::new(), count)
}

/// Begins a write of these values.
pub(super) fn write<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    end: EndId,
    values: Vec<Val>,
) -> Result<(), CallError> {
    let state = cx.data_mut();
    let (element, direction) = state.end(end)?;
    if direction != CopyDirection::Write {
        return Err(CallError::OtherEnd);
    }
    let count = u32::try_from(values.len()).map_err(|_| Error::TooLong)?;
    match &element {
        Some(element) => {
            element.check_each(&values)?;
            state.claim_elements(element, &values)?;
        }
        None if values.iter().all(|it| *it == NOTHING) => {}
        None => return Err(Error::ValueMismatch.into()),
    }
    begin(cx, end, values.into(), count)
}

fn begin<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    end: EndId,
    buffer: VecDeque<Val>,
    count: u32,
) -> Result<(), CallError> {
    let state = cx.data_mut();
    let step = match state.machine.host_copy(end, 0, count) {
        Ok(step) => step,
        Err(failure) => {
            state.give_back(&Vec::from(buffer));
            return Err(Fault::from(failure).into());
        }
    };
    state.buffers.insert(end, buffer);
    let Step::Copy(copy) = step else { return Ok(()) };
    let guest = copy.readable().instance.or(copy.writable().instance);
    match super::transfer::copy(cx, copy) {
        Ok(Step::ReturnToHost) => Ok(()),
        Ok(_) => Err(Error::OtherStep.into()),
        Err(fault) => {
            let state = cx.data_mut();
            let error = CallError::from(state.fault.take().unwrap_or(fault));
            let left = state.buffers.remove(&end).unwrap_or_default();
            state.give_back(&Vec::from(left));
            state.machine.trapped()?;
            if let Some(guest) = guest {
                state.machine.lock_down_instance(guest)?;
            }
            state.others_trapped(&error);
            Err(error)
        }
    }
}

/// Moves values of which at least one side is the host's.
pub(super) fn copy<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    copy: &Copy,
    element: Option<&Type>,
) -> Result<(), Fault> {
    let (from, to) = (copy.writable(), copy.readable());
    let count = usize::try_from(copy.count()).map_err(|_| Error::TooLong)?;
    let values = match (from.buffer.options, element) {
        (Some(_), None) => alloc::vec![NOTHING; count],
        (Some(options), Some(element)) => {
            let address = place(cx, &from, element)?;
            let mut lifting = lift(cx, Source { options, call: None }, Peer::Host)?;
            element.load_elements(&mut lifting, address, copy.count())?
        }
        (None, _) => {
            let buffer = cx.data_mut().buffers.get_mut(&from.end).ok_or(Error::EndIdle)?;
            buffer.drain(..count.min(buffer.len())).collect()
        }
    };
    match (to.buffer.options, element) {
        (Some(_), None) => Ok(()),
        (Some(options), Some(element)) => {
            let stored = store(cx, &to, options, element, &values);
            if stored.is_err()
                && let Some(buffer) = cx.data_mut().buffers.get_mut(&from.end)
            {
                // Nobody has taken them.
                for value in values.into_iter().rev() {
                    buffer.push_front(value);
                }
            }
            stored
        }
        (None, _) => {
            if from.buffer.options.is_none() {
                // From the host to the host.
                cx.data_mut().give_back(&values);
            }
            let buffer = cx.data_mut().buffers.get_mut(&to.end).ok_or(Error::EndIdle)?;
            buffer.extend(values);
            Ok(())
        }
    }
}

/// Lowers values of the host into a guest's buffer.
fn store<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    to: &CopySide,
    options: OptionsIndex,
    element: &Type,
    values: &[Val],
) -> Result<(), Fault> {
    let address = place(cx, to, element)?;
    let mut lowering = lower_from_host(cx, options, None, element.contains_float())?;
    match element.store_elements(&mut lowering, values, address) {
        Ok(()) => Ok(()),
        Err(LowerFailure::Failure(failure)) => Err(failure.into()),
        Err(LowerFailure::Mismatch(_)) => Err(Error::ValueMismatch.into()),
    }
}

/// The next event of an end that the host holds.
pub(super) fn next_event<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
) -> Result<Option<EndEvent>, CallError> {
    let state = cx.data_mut();
    while let Some(happened) = state.machine.next_host_event().map_err(Fault::from)? {
        // What has become of a call is found in the call.
        if let Some(event) = end_event(state, happened)? {
            return Ok(Some(event));
        }
    }
    Ok(None)
}

/// What an event of an end says; nothing if it is a call's.
pub(super) fn end_event<E: CoreEngine, T: Send + 'static>(
    state: &mut State<E, T>,
    happened: HostEvent,
) -> Result<Option<EndEvent>, CallError> {
    let WaitableId::End(end) = happened.waitable else { return Ok(None) };
    let payload = happened.event.payload;
    let (result, count) = match happened.event.code {
        EventCode::StreamRead | EventCode::StreamWrite => match StreamResult::unpack(payload) {
            Ok(StreamResult::Ended { result, progress }) => (result, progress),
            _ => return Err(Error::EndIdle.into()),
        },
        _ => match FutureResult::unpack(payload) {
            Ok(FutureResult::Ended { result }) => {
                (result, u32::from(result == CopyResult::Completed))
            }
            _ => return Err(Error::EndIdle.into()),
        },
    };
    let values = Vec::from(state.buffers.remove(&end).unwrap_or_default());
    if matches!(happened.event.code, EventCode::StreamWrite | EventCode::FutureWrite) {
        state.give_back(&values);
    }
    Ok(Some(EndEvent { end, result, count, values }))
}

/// Ends a read or write that is under way.
pub(super) fn cancel_copy<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    end: EndId,
) -> Result<(), CallError> {
    Ok(cx.data_mut().machine.cancel_host_copy(end).map_err(Fault::from)?)
}

/// Drops an end.
pub(super) fn drop_end<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    end: EndId,
) -> Result<(), Error> {
    cx.data_mut().machine.drop_host_end(end)
}

//! Streams, futures and error contexts that the host holds.
//!
//! A read or write of the host begins, and ends with an [`EndEvent`], which may be there at once.
//! Until then the store has the buffer: the values to write, or the values that were read so far.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::abi::{HandleNumbers, Resolver, Type, Val};
use crate::builtin::TypeIndex;
use crate::code::{CopyResult, EventCode, FutureResult, StreamResult};
use crate::component::store::call_error::CallError;
use crate::component::store::fault::Fault;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::{AbiError, Error, MachineError};
use crate::limits::Table;
use crate::machine::{EndId, HandleView, HostEvent, Step, WaitableId};
use crate::trap::{CopyDirection, EndKind};

use super::context::Context;
use super::copies::NOTHING;
use super::state::State;

/// An event of an end that the host holds: a read or write has ended, or the other end was dropped
/// while there was none.
#[derive(Clone, Debug, PartialEq)]
pub struct EndEvent {
    /// The end.
    pub end: EndId,
    /// The outcome. After [`Dropped`](CopyResult::Dropped), and for a future after
    /// [`Completed`](CopyResult::Completed), the end can only be dropped.
    pub result: CopyResult,
    /// The number of values that were moved.
    pub count: u32,
    /// The values that were read, or those of a write that were not taken. If the stream has no
    /// element type, each value is an empty [record](Val::Record).
    pub values: Vec<Val>,
}

/// The element type of an end, and which of the two ends it is.
pub(crate) struct TypeOfEnd {
    pub(crate) kind: EndKind,
    pub(crate) element: Option<Type>,
    pub(crate) direction: CopyDirection,
}

impl<E: CoreEngine, T: 'static> State<E, T> {
    /// Makes a stream or future of the host. Returns the readable end and the writable end.
    pub(crate) fn new_ends(
        &mut self,
        kind: EndKind,
        element: Option<&Type>,
    ) -> Result<(EndId, EndId), Error> {
        let mut numbers = StoreNumbers(self);
        let element =
            element.map(|ty| Resolver::default().resolve(ty, &mut numbers)).transpose()?;
        let ty = self.ends_type(kind, element.as_ref())?;
        self.machine.new_host_ends(kind, ty)
    }

    /// Returns the type of the values of an end.
    pub(crate) fn element_type(&self, end: EndId) -> Result<Option<Type>, Error> {
        self.type_of_end(end).map(|ty| ty.element)
    }

    pub(crate) fn type_of_end(&self, end: EndId) -> Result<TypeOfEnd, Error> {
        match self.machine.end_view(end)? {
            HandleView::End { ty, kind, direction, .. } => {
                Ok(TypeOfEnd { kind, element: self.element(ty)?, direction })
            }
            _ => Err(Error::Unknown(Table::Waitables)),
        }
    }

    /// Returns the next event of an end that the host holds.
    pub(crate) fn next_end_event(&mut self) -> Result<Option<EndEvent>, CallError> {
        while let Some(happened) = self.machine.next_host_event().map_err(Fault::from)? {
            // An outcome of a call is stored with the call.
            if let Some(event) = self.end_event(happened)? {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    /// Returns the event of an end. Returns `None` if the event is that of a call.
    pub(crate) fn end_event(&mut self, happened: HostEvent) -> Result<Option<EndEvent>, CallError> {
        let WaitableId::End(end) = happened.waitable else { return Ok(None) };
        let payload = happened.event.payload;
        let (result, count) = match happened.event.code {
            EventCode::StreamRead | EventCode::StreamWrite => match StreamResult::unpack(payload) {
                Ok(StreamResult::Ended { result, progress }) => (result, progress),
                _ => return Err(MachineError::EndIdle.into()),
            },
            _ => match FutureResult::unpack(payload) {
                Ok(FutureResult::Ended { result }) => {
                    (result, u32::from(result == CopyResult::Completed))
                }
                _ => return Err(MachineError::EndIdle.into()),
            },
        };
        let values = self.handles.take_buffer(end);
        if matches!(happened.event.code, EventCode::StreamWrite | EventCode::FutureWrite) {
            self.handles.give_back(&self.machine, &values);
        }
        Ok(Some(EndEvent { end, result, count, values }))
    }
}

/// The numbers of the store. Numbers of resource types in a type are these already.
pub(crate) struct StoreNumbers<'a, E: CoreEngine, T: 'static>(pub(crate) &'a mut State<E, T>);

impl<E: CoreEngine, T: 'static> HandleNumbers for StoreNumbers<'_, E, T> {
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

impl<E: CoreEngine, T: 'static> Context<'_, E, T> {
    /// Begins a read of at most `count` values.
    pub(crate) fn read(&mut self, end: EndId, count: u32) -> Result<(), CallError> {
        if self.data().type_of_end(end)?.direction != CopyDirection::Read {
            return Err(CallError::OtherEnd);
        }
        self.begin_copy(end, VecDeque::new(), count)
    }

    /// Begins a write of these values.
    pub(crate) fn write(&mut self, end: EndId, values: Vec<Val>) -> Result<(), CallError> {
        let state = self.data_mut();
        let TypeOfEnd { element, direction, .. } = state.type_of_end(end)?;
        if direction != CopyDirection::Write {
            return Err(CallError::OtherEnd);
        }
        let count = u32::try_from(values.len()).map_err(|_| AbiError::TooLong)?;
        match &element {
            Some(element) => {
                element.check_each(&values)?;
                state.handles.claim_elements(&state.machine, element, &values)?;
            }
            None if values.iter().all(|it| *it == NOTHING) => {}
            None => return Err(AbiError::ValueMismatch.into()),
        }
        self.begin_copy(end, values.into(), count)
    }

    fn begin_copy(
        &mut self,
        end: EndId,
        buffer: VecDeque<Val>,
        count: u32,
    ) -> Result<(), CallError> {
        let state = self.data_mut();
        let step = match state.machine.host_copy(end, 0, count) {
            Ok(step) => step,
            Err(failure) => {
                state.handles.give_back(&state.machine, &Vec::from(buffer));
                return Err(Fault::from(failure).into());
            }
        };
        state.handles.put_buffer(end, buffer);
        let Step::Copy(copy) = step else { return Ok(()) };
        let guest = copy.readable().instance.or(copy.writable().instance);
        match self.copy(copy) {
            Ok(Step::ReturnToHost) => Ok(()),
            Ok(_) => Err(MachineError::OtherStep.into()),
            Err(fault) => {
                let state = self.data_mut();
                let fault = state.crossing.take_fault(fault);
                let error = state.error_of(fault);
                let left = state.handles.take_buffer(end);
                state.handles.give_back(&state.machine, &left);
                let mut site = state.trap_site();
                state.machine.trapped()?;
                if let Some(guest) = guest {
                    state.machine.lock_down_instance(guest)?;
                    site.add_instance(guest);
                }
                state.remember_trap(&error, site);
                state.others_trapped(&error);
                Err(error)
            }
        }
    }
}

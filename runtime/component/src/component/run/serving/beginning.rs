//! Beginning to serve an end.

use alloc::boxed::Box;
use core::task::Waker;

use crate::abi::{Resolver, Type};
use crate::component::run::host_ends::StoreNumbers;
use crate::component::run::state::State;
use crate::component::run::waiting::Waiting;
use crate::component::store::call_error::CallError;
use crate::engine::CoreEngine;
use crate::error::{Error, MachineError};
use crate::limits::Table;
use crate::machine::{EndId, WaitableId};
use crate::trap::{CopyDirection, EndKind};

use super::element::Element;
use super::served_sink::ServedSink;
use super::served_source::ServedSource;
use super::sink::StreamSink;
use super::source::StreamSource;
use super::transfer::{Outcome, Transfer};

/// The readable end of a stream or future that a source serves, and its transfer.
pub(crate) struct Given<S: StreamSource> {
    pub(crate) readable: EndId,
    pub(crate) transfer: Transfer<(), S::Error>,
    /// The waker of the source.
    pub(crate) waker: Waker,
}

/// The transfer to a sink.
pub(crate) struct Taken<S: StreamSink> {
    pub(crate) transfer: Transfer<S::Output, S::Error>,
    /// The waker of the sink.
    pub(crate) waker: Waker,
}

impl<E: CoreEngine, T: 'static> State<E, T> {
    /// Makes a stream or future whose writable end a source serves. Returns the readable end.
    ///
    /// The elements have the type `ty`, or else the type of the source's Rust type.
    pub(crate) fn serve_source<S: StreamSource>(
        &mut self,
        kind: EndKind,
        ty: Option<&Type>,
        source: S,
    ) -> Result<Given<S>, CallError> {
        let of_item = match ty {
            Some(_) => None,
            None => {
                let numbers = &self.handles.values;
                Type::of_with::<S::Item>(numbers).map_err(CallError::ElementType)?
            }
        };
        let ty = match ty.or(of_item.as_ref()) {
            Some(ty) => Some(Resolver::default().resolve(ty, &mut StoreNumbers(self))?),
            None => None,
        };
        let element = Element::of::<S::Item>(ty)?;
        let ends = self.ends_type(kind, element.ty.as_ref())?;
        let (readable, writable) = self.machine.new_host_ends(kind, ends)?;
        let id = WaitableId::End(writable);
        let waker = self.waiting.waker(id).ok_or(Error::Full(Table::Waitables))?;
        self.machine.serve_host_end(writable)?;
        let (outcome, transfer) = Outcome::new(self.panics.late());
        // A Rust future is polled from the beginning, as nobody reads an event that it waits for. A
        // stream is polled only when it is read.
        let is_eager = kind == EndKind::Future;
        if is_eager {
            self.panics.late().guard(|| waker.wake_by_ref());
        }
        let served = ServedSource::new(source, is_eager, element, outcome, waker.clone());
        self.rest(id, Waiting::End(Box::new(served)));
        Ok(Given { readable, transfer, waker })
    }

    /// Makes a sink serve a readable end that the host holds.
    pub(crate) fn serve_sink<S: StreamSink>(
        &mut self,
        kind: EndKind,
        end: EndId,
        sink: S,
    ) -> Result<Taken<S>, CallError> {
        let found = self.type_of_end(end)?;
        if found.direction != CopyDirection::Read {
            return Err(CallError::OtherEnd);
        }
        if found.kind != kind {
            return Err(MachineError::EndMismatch.into());
        }
        let element = Element::of::<S::Item>(found.element)?;
        let id = WaitableId::End(end);
        let waker = self.waiting.waker(id).ok_or(Error::Full(Table::Waitables))?;
        if self.machine.serve_host_end(end)? {
            self.panics.late().guard(|| waker.wake_by_ref());
        }
        let (outcome, transfer) = Outcome::new(self.panics.late());
        let served = ServedSink::new(sink, element, outcome, waker.clone());
        self.rest(id, Waiting::End(Box::new(served)));
        Ok(Taken { transfer, waker })
    }
}

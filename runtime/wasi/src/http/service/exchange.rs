//! One request that is answered in a store.

use core::pin::Pin;
use core::task::Context;
use core::time::Duration;
use std::boxed::Box;
use std::time::Instant;

use tokio::time::Sleep;
use weft::binding::Own;
use weft::component::{CallError, CallId, Store};
use weft::engine::CoreEngine;

use super::answer::{Answer, answer_of};
use super::error::ServiceError;
use super::job::Place;
use crate::http::ErrorCode;
use crate::p3::http::Response;

/// The time after which a guest is given up that spins for a response that is no longer wanted.
const PATIENCE: Duration = Duration::from_secs(1);

/// The call of a guest of either version.
pub(super) enum Call {
    P2(CallId<()>),
    P3(CallId<Result<Own<Response>, ErrorCode>>),
}

/// A request that is being answered in a store.
pub(super) struct Exchange {
    call: Call,
    answer: Answer,
    /// The time limit of the request.
    deadline: Option<Pin<Box<Sleep>>>,
    /// The time since which the response is no longer wanted.
    unwanted: Option<Instant>,
    is_cancelled: bool,
    is_ended: bool,
    _place: Option<Place>,
}

/// The end of an exchange.
pub(super) enum Ended {
    /// The guest has returned.
    Returned,
    /// The instance can no longer be used.
    Failed(ServiceError),
}

impl Exchange {
    pub(super) const fn new(
        call: Call,
        answer: Answer,
        deadline: Option<Pin<Box<Sleep>>>,
        place: Option<Place>,
    ) -> Self {
        Self {
            call,
            answer,
            deadline,
            unwanted: None,
            is_cancelled: false,
            is_ended: false,
            _place: place,
        }
    }

    pub(super) const fn is_ended(&self) -> bool {
        self.is_ended
    }

    pub(super) const fn answer(&self) -> &Answer {
        &self.answer
    }

    /// Checks if the exchange has ended. Cancels the call if the response is no longer wanted, or
    /// if the call takes too long. In a busy store, a guest may have been interrupted in the middle
    /// of a turn.
    pub(super) fn poll<E: CoreEngine, T: 'static>(
        &mut self,
        store: &mut Store<E, T>,
        context: &mut Context<'_>,
        is_busy: bool,
    ) -> Option<Ended> {
        let ended = self.take_result(store).or_else(|| self.look_after(store, context, is_busy));
        self.is_ended = ended.is_some();
        ended
    }

    fn look_after<E: CoreEngine, T: 'static>(
        &mut self,
        store: &mut Store<E, T>,
        context: &mut Context<'_>,
        is_busy: bool,
    ) -> Option<Ended> {
        if let Some(deadline) = &mut self.deadline
            && deadline.as_mut().poll(context).is_ready()
        {
            return Some(Ended::Failed(ServiceError::TimedOut));
        }
        if self.unwanted.is_none() && self.answer.poll_unwanted(context).is_ready() {
            self.unwanted = Some(Instant::now());
        }
        let unwanted = self.unwanted?;
        match self.call {
            // A guest of this version can't be told, and it serves no other request.
            Call::P2(_) => return Some(Ended::Failed(ServiceError::Gone)),
            Call::P3(_) if is_busy => {
                return (unwanted.elapsed() > PATIENCE)
                    .then_some(Ended::Failed(ServiceError::Gone));
            }
            Call::P3(call) => {
                if !core::mem::replace(&mut self.is_cancelled, true) {
                    // A call that has ended meanwhile can't be cancelled.
                    let _ = store.cancel(call);
                }
            }
        }
        None
    }

    /// Takes the result of the call, if it has one.
    fn take_result<E: CoreEngine, T: 'static>(&self, store: &mut Store<E, T>) -> Option<Ended> {
        let answered = match self.call {
            Call::P2(call) => {
                let result = store.take_result(call).transpose()?;
                let result = result.map_err(CallError::from).flatten();
                Err(result.map_or_else(ServiceError::from, |()| ServiceError::NoResponse))
            }
            Call::P3(call) => {
                let result = store.take_result(call).transpose()?;
                answer_of(result.map_err(CallError::from).flatten())
            }
        };
        Some(match answered {
            Err(error @ ServiceError::Call(_)) if !error.is_cancelled() => Ended::Failed(error),
            answered => {
                self.answer.put(answered);
                Ended::Returned
            }
        })
    }
}

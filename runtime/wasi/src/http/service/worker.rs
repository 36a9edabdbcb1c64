//! Driving a store that answers requests.

use core::convert::Infallible;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::boxed::Box;
use std::sync::Arc;
use std::vec::Vec;

use tokio::sync::mpsc;
use tokio::time::{Sleep, sleep};
use weft::component::{CallError, PollProgress};
use weft::engine::CoreEngine;

use super::answer::Answer;
use super::error::ServiceError;
use super::exchange::{Ended, Exchange};
use super::instance::HttpService;
use super::job::Job;
use super::settings::Settings;
use super::watched::WatchedStore;
use crate::runtime;

/// The time for remaining work of a guest that has ended and whose response is no longer read: for
/// its output, for example.
const REST: Duration = Duration::from_secs(5);

/// A store with an instance that answers requests, while it is polled.
pub(super) struct Worker<E: CoreEngine, T: 'static> {
    watched: WatchedStore<E, T>,
    service: HttpService,
    settings: Arc<Settings>,
    exchanges: Vec<Exchange>,
    /// `None` after its end.
    jobs: Option<mpsc::UnboundedReceiver<Job>>,
    /// `true` if a guest may be in the middle of a turn.
    is_busy: bool,
    /// The bodies that may still need the store. Each has a sender.
    bodies: Option<(mpsc::Sender<Infallible>, mpsc::Receiver<Infallible>)>,
    /// The end of the time in which it may be idle.
    idle: Option<Pin<Box<Sleep>>>,
    /// The reason why the instance can no longer be used.
    failure: Option<ServiceError>,
}

impl<E: CoreEngine, T: 'static> Unpin for Worker<E, T> {}

impl<E: CoreEngine, T: 'static> Worker<E, T> {
    pub(super) const fn new(
        watched: WatchedStore<E, T>,
        service: HttpService,
        settings: Arc<Settings>,
        jobs: Option<mpsc::UnboundedReceiver<Job>>,
    ) -> Self {
        Self {
            watched,
            service,
            settings,
            exchanges: Vec::new(),
            jobs,
            is_busy: false,
            bodies: None,
            idle: None,
            failure: None,
        }
    }

    /// Begins to answer a request.
    pub(super) fn begin(&mut self, job: Job) {
        let Job { request, answer, place } = job;
        let scheme = &self.settings.scheme;
        match self.service.begin(&mut self.watched.store, request, scheme, &answer) {
            Ok(call) => {
                let deadline = self.settings.deadline();
                self.exchanges.push(Exchange::new(call, answer, deadline, place));
            }
            Err(error) => {
                self.fail(error.into(), Some(&answer));
            }
        }
    }

    /// Records an error, of one request or of the instance.
    fn fail(&mut self, error: ServiceError, answer: Option<&Answer>) {
        // The pool sends the next request elsewhere.
        if let Some(jobs) = &mut self.jobs {
            jobs.close();
        }
        let is_told = answer.is_some_and(|answer| answer.fail(error.clone()));
        // No report is needed for an answer that nobody waits for.
        if self.failure.is_none() && !is_told && !matches!(error, ServiceError::Gone) {
            self.settings.report(&error);
        }
        self.failure.get_or_insert(error);
    }

    /// Begins to answer the requests that have arrived.
    fn take_jobs(&mut self, context: &mut Context<'_>) {
        // While a guest is in the middle of a turn, no other call can begin.
        while !self.is_busy
            && self.failure.is_none()
            && let Some(jobs) = &mut self.jobs
        {
            match jobs.poll_recv(context) {
                Poll::Ready(Some(job)) => self.begin(job),
                Poll::Ready(None) => self.jobs = None,
                Poll::Pending => return,
            }
        }
    }

    /// Lets the store run, and checks the exchanges.
    fn run(&mut self, context: &mut Context<'_>) -> Option<PollProgress> {
        let progress = match self.watched.store.poll(context.waker()) {
            Ok(progress) => progress,
            Err(error) => {
                self.fail(CallError::from(error).into(), None);
                return None;
            }
        };
        self.is_busy = progress.can_go_on;
        let mut exchanges = core::mem::take(&mut self.exchanges);
        for exchange in &mut exchanges {
            let ended = exchange.poll(&mut self.watched.store, context, self.is_busy);
            if let Some(Ended::Failed(error)) = ended {
                self.fail(error, Some(exchange.answer()));
            }
        }
        self.exchanges = exchanges;
        if let Some(error) = self.watched.store.take_background_trap() {
            self.fail(error.into(), None);
        }
        if self.failure.is_some() { None } else { Some(progress) }
    }

    /// Sends the responses that are there, and removes the exchanges that have ended. Returns
    /// `true` if there were some.
    fn deliver(&mut self, is_over: bool) -> bool {
        let bodies = &mut self.bodies;
        let before = self.exchanges.len();
        self.exchanges.retain(|exchange| {
            exchange.answer().deliver(|body| {
                if is_over {
                    return body;
                }
                let (sender, _) = bodies.get_or_insert_with(|| mpsc::channel(1));
                body.with_guard(sender.clone())
            });
            !exchange.is_ended()
        });
        self.exchanges.len() < before
    }

    /// Waits until it takes no further requests, or had none for too long.
    fn poll_idle(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let is_busy = !self.exchanges.is_empty();
        if is_busy || self.jobs.is_none() && self.poll_bodies(context).is_pending() {
            self.idle = None;
            return Poll::Pending;
        }
        let time = if self.jobs.is_some() { self.settings.idle } else { REST };
        let idle = self.idle.get_or_insert_with(|| runtime::enter(|| Box::pin(sleep(time))));
        idle.as_mut().poll(context)
    }

    /// Waits until no body that may need the store is read any longer.
    fn poll_bodies(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some((sender, mut receiver)) = self.bodies.take() else { return Poll::Ready(()) };
        let weak = sender.downgrade();
        // Without the worker's own sender, the channel ends when the bodies do.
        drop(sender);
        if receiver.poll_recv(context).is_pending()
            && let Some(sender) = weak.upgrade()
        {
            self.bodies = Some((sender, receiver));
            return Poll::Pending;
        }
        Poll::Ready(())
    }

    /// Finishes all remaining exchanges.
    fn end(&mut self) {
        let failure = self.failure.clone().unwrap_or(ServiceError::Gone);
        for exchange in self.exchanges.drain(..) {
            exchange.answer().fail(failure.clone());
        }
        if let Some(mut jobs) = self.jobs.take() {
            jobs.close();
            // These requests were not begun: other instances answer them.
            while let Ok(job) = jobs.try_recv() {
                job.answer.give_back(job.request);
            }
        }
    }
}

/// Runs until no request is left and none can come, and the guest has ended.
impl<E: CoreEngine, T: 'static> Future for Worker<E, T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        loop {
            this.take_jobs(context);
            let Some(progress) = this.run(context) else {
                // Nothing of the instance runs again.
                this.end();
                return Poll::Ready(());
            };
            let is_last = this.jobs.is_none() && this.exchanges.iter().all(Exchange::is_ended);
            let is_over = is_last && progress.threads == 0 && progress.is_at_rest();
            let has_ended = this.deliver(is_over);
            if is_over {
                return Poll::Ready(());
            }
            if this.jobs.is_some() && has_ended {
                // There is room for others.
                continue;
            }
            if this.poll_idle(context).is_pending() {
                return Poll::Pending;
            }
            this.idle = None;
            match &mut this.jobs {
                // Requests that have arrived meanwhile are answered.
                Some(jobs) => jobs.close(),
                // A guest that still runs may continue.
                None if progress.threads == 0 => return Poll::Ready(()),
                None => return Poll::Pending,
            }
        }
    }
}

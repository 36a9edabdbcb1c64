//! Requests for instances.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ::http::Request;

use super::answer::Answer;
use crate::http::Body;

/// A request for an instance.
pub(super) struct Job {
    pub(super) request: Request<Body>,
    pub(super) answer: Answer,
    /// The place is returned when the response's head is there, or no longer needed.
    pub(super) place: Option<Place>,
}

/// The place of a request under way. It is counted until this is dropped.
#[derive(Debug)]
pub(super) struct Place(Arc<AtomicUsize>);

impl Place {
    pub(super) fn take(count: &Arc<AtomicUsize>, most: usize) -> Option<Self> {
        let add = |now: usize| (now < most).then_some(now.saturating_add(1));
        count.fetch_update(Ordering::AcqRel, Ordering::Acquire, add).ok()?;
        Some(Self(Arc::clone(count)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

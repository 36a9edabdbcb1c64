//! Instances that are reused.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::vec::Vec;

use spin::Mutex;
use tokio::sync::mpsc::UnboundedSender;

use super::job::{Job, Place};
use super::settings::Reuse;

/// The instances that take further requests.
#[derive(Debug, Default)]
pub(super) struct Pool(Mutex<Vec<Member>>);

/// An instance that takes further requests.
#[derive(Debug)]
pub(super) struct Member {
    jobs: UnboundedSender<Job>,
    /// The number of requests that it is answering.
    now: Arc<AtomicUsize>,
    /// The number of requests that it may still get.
    left: u64,
}

impl Member {
    pub(super) fn new(jobs: UnboundedSender<Job>, reuse: &Reuse) -> Self {
        Self { jobs, now: Arc::default(), left: reuse.requests.max(1) }
    }

    /// Passes a request to the instance. Returns the request if there is no room.
    fn give(&mut self, mut job: Job, at_once: usize) -> Option<Job> {
        if self.left == 0 {
            return Some(job);
        }
        let Some(place) = Place::take(&self.now, at_once) else { return Some(job) };
        job.place = Some(place);
        self.left -= 1;
        let refused = self.jobs.send(job).err()?;
        // The instance takes no further requests: it has failed, or was idle for too long.
        self.left = 0;
        Some(refused.0)
    }
}

impl Pool {
    /// Passes a request to an instance that has room. Returns the request if there is none.
    pub(super) fn give(&self, mut job: Job, at_once: usize) -> Option<Job> {
        let mut members = self.0.lock();
        let mut index = members.len();
        // The instance that was used last comes first, so that others become idle.
        while let Some(next) = index.checked_sub(1) {
            index = next;
            let Some(member) = members.get_mut(index) else { continue };
            let refused = member.give(job, at_once);
            if member.left == 0 {
                members.swap_remove(index);
            }
            job = refused?;
        }
        Some(job)
    }

    /// Adds an instance with its first request. Returns the request if the instance has failed
    /// already.
    pub(super) fn add(&self, mut member: Member, job: Job, at_once: usize) -> Option<Job> {
        let refused = member.give(job, at_once);
        if member.left > 0 {
            self.0.lock().push(member);
        }
        refused
    }
}

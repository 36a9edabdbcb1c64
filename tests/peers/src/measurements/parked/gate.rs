//! A gate at which parked tasks wait. It opens for all of them at once.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

#[derive(Default)]
struct Inner {
    is_open: bool,
    waiting: Vec<Waker>,
}

/// A gate, which is closed at first.
#[derive(Clone, Default)]
pub struct Gate(Arc<Mutex<Inner>>);

impl Gate {
    /// Returns the number of waiting tasks.
    pub fn waiting(&self) -> usize {
        self.0.lock().unwrap().waiting.len()
    }

    /// Makes room for `count` tasks.
    pub fn reserve(&self, count: usize) {
        self.0.lock().unwrap().waiting.reserve(count);
    }

    /// Opens the gate for all tasks.
    pub fn open(&self) {
        let waiting = {
            let mut inner = self.0.lock().unwrap();
            inner.is_open = true;
            std::mem::take(&mut inner.waiting)
        };
        for waker in waiting {
            waker.wake();
        }
    }

    /// Returns a future that is ready once the gate is open.
    pub fn pass(&self) -> Pass {
        Pass { gate: self.clone(), place: None }
    }
}

/// The future of one task that waits at a gate.
pub struct Pass {
    gate: Gate,
    /// The place of its waker among those that wait.
    place: Option<usize>,
}

impl Future for Pass {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let gate = self.gate.clone();
        let mut inner = gate.0.lock().unwrap();
        if inner.is_open {
            return Poll::Ready(());
        }
        match self.place {
            Some(place) => inner.waiting[place].clone_from(context.waker()),
            None => {
                self.place = Some(inner.waiting.len());
                inner.waiting.push(context.waker().clone());
            }
        }
        Poll::Pending
    }
}

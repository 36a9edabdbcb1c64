//! Panics of the host in calls from guests.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::any::Any;
use core::fmt;

use concurrent_queue::ConcurrentQueue;

/// The value that a panic was raised with.
pub(crate) type Payload = Box<dyn Any + Send>;

/// A panic in a host function, or in other code of the host that a guest has called.
///
/// It has stopped the guests that were waiting for that code, as a trap does. It continues
/// [unwinding](Self::take_payload) once, at the embedder.
#[derive(Clone)]
pub struct HostPanic {
    panic: Arc<Panic>,
}

struct Panic {
    message: Option<Box<str>>,
    /// The payload, until it is raised again.
    payload: ConcurrentQueue<Payload>,
}

impl HostPanic {
    /// Creates one for a panic that was caught, which needs `std`.
    #[cfg(any(feature = "std", test))]
    pub(crate) fn new(payload: Payload) -> Self {
        let message = match payload.downcast_ref::<&'static str>() {
            Some(message) => Some((*message).into()),
            None => payload.downcast_ref::<alloc::string::String>().map(|it| it.as_str().into()),
        };
        let queue = ConcurrentQueue::bounded(1);
        // The queue is new, so that it has room.
        let _ = queue.push(payload);
        Self { panic: Arc::new(Panic { message, payload: queue }) }
    }

    /// Returns the message of the panic, if it has one.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.panic.message.as_deref()
    }

    /// Takes the value that the panic was raised with. Returns `None` if it was taken before, as by
    /// the methods of a store that raise the panic again.
    #[must_use]
    pub fn take_payload(&self) -> Option<Box<dyn Any + Send>> {
        self.panic.payload.pop().ok()
    }
}

impl fmt::Display for HostPanic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message().unwrap_or("no message"))
    }
}

impl fmt::Debug for HostPanic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HostPanic").field(&self.message()).finish()
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;

    #[test]
    fn the_payload_of_a_panic_is_taken_once() {
        let panic = HostPanic::new(Box::new("a bug"));
        let again = panic.clone();
        assert_eq!(panic.message(), Some("a bug"));
        assert!(again.take_payload().is_some_and(|it| it.is::<&'static str>()));
        assert!(panic.take_payload().is_none());
        assert_eq!(panic.to_string(), "a bug");
        assert_eq!(
            HostPanic::new(Box::new(alloc::string::String::from("text"))).message(),
            Some("text")
        );
        assert_eq!(HostPanic::new(Box::new(7)).message(), None);
    }
}

//! Tests of handles of sources and sinks.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::task::Wake;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use core::task::{Context, Poll, Waker};

use spin::Mutex;

use super::*;

/// A waker that counts its wakes.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// The next step of one side of a script.
enum Step {
    Take(usize),
    Give(&'static [u8]),
    Wait,
    Fail(BytesErrorKind),
}

#[derive(Default)]
struct Script {
    steps: VecDeque<Step>,
    waker: Option<Waker>,
    written: Vec<u8>,
    flushed: usize,
}

/// A source and a sink that do what a script says.
#[derive(Clone, Default)]
struct Scripted(Arc<Mutex<Script>>);

impl Scripted {
    fn of(steps: impl IntoIterator<Item = Step>) -> Self {
        let scripted = Self::default();
        scripted.0.lock().steps.extend(steps);
        scripted
    }

    /// Continues after a wait, and wakes the waiters.
    fn go_on(&self, step: Step) {
        let waker = {
            let mut script = self.0.lock();
            script.steps.pop_front();
            script.steps.push_front(step);
            script.waker.take()
        };
        waker.unwrap_or_else(|| panic!("somebody waits")).wake();
    }

    fn written(&self) -> Vec<u8> {
        self.0.lock().written.clone()
    }
}

impl ByteSource for Scripted {
    fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<Result<usize, BytesError>> {
        let mut script = self.0.lock();
        match script.steps.pop_front() {
            None => Poll::Ready(Ok(0)),
            Some(Step::Fail(kind)) => Poll::Ready(Err(kind.into())),
            Some(Step::Give(bytes)) => {
                let count = bytes.len().min(buffer.len());
                buffer[..count].copy_from_slice(&bytes[..count]);
                if count < bytes.len() {
                    script.steps.push_front(Step::Give(&bytes[count..]));
                }
                Poll::Ready(Ok(count))
            }
            Some(step) => {
                script.steps.push_front(step);
                script.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl ByteSink for Scripted {
    fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize, BytesError>> {
        let mut script = self.0.lock();
        match script.steps.pop_front() {
            Some(Step::Fail(kind)) => Poll::Ready(Err(kind.into())),
            Some(Step::Take(most)) => {
                let count = most.min(bytes.len());
                script.written.extend_from_slice(&bytes[..count]);
                Poll::Ready(Ok(count))
            }
            step => {
                script.steps.extend(step);
                script.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BytesError>> {
        let mut script = self.0.lock();
        if matches!(script.steps.front(), Some(Step::Wait)) {
            script.waker = Some(context.waker().clone());
            return Poll::Pending;
        }
        script.flushed += 1;
        Poll::Ready(Ok(()))
    }
}

fn task() -> (Arc<Count>, Waker) {
    let count = Arc::new(Count::default());
    (count.clone(), count.into())
}

#[test]
fn a_read_gives_what_is_there_then_the_error_once_then_the_end() {
    use BytesErrorKind::Io;
    let stream = InputStream::new(Scripted::of([Step::Give(b"abcde"), Step::Fail(Io)]));
    assert_eq!(stream.read(0).unwrap(), b"");
    assert_eq!(stream.read(2).unwrap(), b"ab");
    assert_eq!(stream.read(u64::MAX).unwrap(), b"cde");
    assert!(matches!(stream.read(1), Err(InputError::Failed(error)) if error.kind() == Io));
    assert!(matches!(stream.read(1), Err(InputError::Closed)));
    assert!(matches!(stream.read(0), Err(InputError::Closed)));
}

#[test]
fn waiting_for_bytes_keeps_them_and_an_error_that_it_meets() {
    use BytesErrorKind::Io;
    let stream = InputStream::new(Scripted::of([Step::Give(b"ab"), Step::Fail(Io)]));
    let (_, waker) = task();
    let context = Context::from_waker(&waker);
    assert!(stream.poll_ready(&context).is_ready());
    assert!(stream.poll_ready(&context).is_ready());
    assert_eq!(stream.read(1).unwrap(), b"a");
    assert_eq!(stream.read(9).unwrap(), b"b");
    assert!(stream.poll_ready(&context).is_ready());
    assert!(matches!(stream.read(9), Err(InputError::Failed(_))));
    assert!(stream.poll_ready(&context).is_ready());
    assert!(matches!(stream.read(9), Err(InputError::Closed)));
}

#[test]
fn all_tasks_that_wait_for_bytes_are_woken_and_one_that_has_them_is_not() {
    let source = Scripted::of([Step::Wait]);
    let stream = InputStream::new(source.clone());
    let ((first, first_waker), (second, second_waker)) = (task(), task());
    assert!(stream.poll_ready(&Context::from_waker(&first_waker)).is_pending());
    assert!(stream.poll_ready(&Context::from_waker(&first_waker)).is_pending());
    let mut clone = stream.clone();
    let mut buffer = [0; 4];
    let mut context = Context::from_waker(&second_waker);
    assert!(clone.poll_read(&mut context, &mut buffer).is_pending());
    source.go_on(Step::Give(b"xyz"));
    assert_eq!((first.0.load(SeqCst), second.0.load(SeqCst)), (1, 1));
    assert!(matches!(clone.poll_read(&mut context, &mut buffer), Poll::Ready(Ok(3))));
    assert!(matches!(stream.read(1), Err(InputError::Closed)));
    assert_eq!((first.0.load(SeqCst), second.0.load(SeqCst)), (1, 1));
}

#[test]
fn a_write_that_is_taken_at_once_needs_nobody_to_go_on() {
    let sink = Scripted::of([Step::Take(2), Step::Take(9)]);
    let stream = OutputStream::new(sink.clone());
    assert!(stream.write(b"hello").unwrap().is_none());
    assert_eq!(sink.written(), b"hello");
    assert!(stream.flush().unwrap().is_none());
    assert_eq!(sink.0.lock().flushed, 1);
}

#[test]
fn a_write_goes_on_when_the_sink_takes_more_and_only_one_task_sees_to_it() {
    let sink = Scripted::of([Step::Take(1), Step::Wait]);
    let stream = OutputStream::new(sink.clone());
    let mut draining = stream.write(b"abc").unwrap().unwrap();
    assert!(stream.write(b"def").unwrap().is_none());
    let full = stream.room().unwrap();
    let (count, waker) = task();
    let mut context = Context::from_waker(&waker);
    assert!(draining.as_mut().poll(&mut context).is_pending());
    sink.go_on(Step::Take(9));
    assert_eq!(count.0.load(SeqCst), 1);
    assert!(draining.as_mut().poll(&mut context).is_ready());
    assert_eq!(sink.written(), b"abcdef");
    assert_eq!(stream.room().unwrap(), full + 5);
    // Later, another task drains it.
    sink.0.lock().steps.push_back(Step::Wait);
    assert!(stream.write(b"x").unwrap().is_some());
}

#[test]
fn there_is_no_room_while_a_flush_goes_on() {
    let sink = Scripted::of([Step::Take(9), Step::Wait]);
    let stream = OutputStream::new(sink.clone());
    assert!(stream.write(b"abc").unwrap().is_none());
    let mut draining = stream.flush().unwrap().unwrap();
    assert_eq!(stream.room().unwrap(), 0);
    let (count, waker) = task();
    let mut context = Context::from_waker(&waker);
    assert!(stream.poll_ready(&context).is_pending());
    assert!(draining.as_mut().poll(&mut context).is_pending());
    sink.go_on(Step::Take(9));
    assert_eq!(count.0.load(SeqCst), 1);
    assert!(stream.poll_ready(&context).is_ready());
    assert!(stream.room().unwrap() > 0);
    assert!(draining.as_mut().poll(&mut context).is_ready());
}

#[test]
fn an_error_of_a_sink_is_told_once_and_a_broken_pipe_is_the_end() {
    let stream = OutputStream::new(Scripted::of([Step::Fail(BytesErrorKind::Io)]));
    assert!(matches!(stream.write(b"x"), Err(OutputError::Failed(_))));
    assert!(matches!(stream.room(), Err(OutputError::Closed)));
    assert!(stream.poll_ready(&Context::from_waker(Waker::noop())).is_ready());
    let stream = OutputStream::new(Scripted::of([Step::Fail(BytesErrorKind::BrokenPipe)]));
    assert!(matches!(stream.write(b"x"), Err(OutputError::Closed)));
    assert!(matches!(stream.flush(), Err(OutputError::Closed)));
    // A sink that takes no bytes would keep its writer busy forever.
    let stream = OutputStream::new(Scripted::of([Step::Take(0)]));
    assert!(matches!(stream.write(b"x"), Err(OutputError::Closed)));
}

#[test]
fn an_error_that_a_waiting_task_meets_is_told_by_the_next_call() {
    let sink = Scripted::of([Step::Wait]);
    let stream = OutputStream::new(sink.clone());
    let mut draining = stream.write(b"x").unwrap().unwrap();
    let mut context = Context::from_waker(Waker::noop());
    assert!(draining.as_mut().poll(&mut context).is_pending());
    sink.go_on(Step::Fail(BytesErrorKind::Io));
    assert!(draining.as_mut().poll(&mut context).is_ready());
    assert!(stream.poll_ready(&context).is_ready());
    assert!(matches!(stream.room(), Err(OutputError::Failed(_))));
    assert!(matches!(stream.room(), Err(OutputError::Closed)));
}

#[test]
fn a_handle_as_a_sink_keeps_the_order_of_what_other_handles_have_written() {
    let sink = Scripted::of([Step::Take(1), Step::Wait]);
    let stream = OutputStream::new(sink.clone());
    let _draining = stream.write(b"ab").unwrap();
    let mut handle = stream.clone();
    let mut context = Context::from_waker(Waker::noop());
    assert!(handle.poll_write(&mut context, b"cd").is_pending());
    sink.go_on(Step::Take(9));
    sink.0.lock().steps.push_back(Step::Take(9));
    assert!(matches!(handle.poll_write(&mut context, b"cd"), Poll::Ready(Ok(2))));
    assert_eq!(sink.written(), b"abcd");
    assert!(handle.poll_close(&mut context).is_ready());
    assert_eq!(sink.0.lock().flushed, 1);
}

#[test]
fn memory_takes_as_much_as_it_may_and_then_is_a_broken_pipe() {
    let sink = MemorySink::new(4);
    let stream = OutputStream::new(sink.clone());
    assert!(matches!(stream.write(b"abcdef"), Ok(None)));
    assert_eq!(sink.contents(), b"abcd");
    assert!(matches!(stream.write(b"g"), Err(OutputError::Closed)));
    let mut source: Box<dyn ByteSource> = Box::new(MemorySource::new("xyz"));
    let (mut context, mut buffer) = (Context::from_waker(Waker::noop()), [0; 2]);
    assert!(matches!(source.poll_read(&mut context, &mut buffer), Poll::Ready(Ok(2))));
    assert!(matches!(source.poll_read(&mut context, &mut buffer), Poll::Ready(Ok(1))));
    assert!(matches!(source.poll_read(&mut context, &mut buffer), Poll::Ready(Ok(0))));
}

//! Random steps of a guest and the host: every transfer ends, and nothing is left.

use std::convert::Infallible;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use weft::abi::Val;
use weft::component::Instance;
use weft::component::streams::{
    self, Destination, Received, SinkState, SourceState, StreamReader, StreamSink, StreamSource,
    StreamWriter,
};
use weft::engine::wasmi::Wasmi;
use weft::handle::StreamHandle;
use weft::limits::Table;
use weft_tests::world::World;

use super::guests::by_steps;

/// A small generator of numbers that depend only on the seed.
#[derive(Clone)]
struct Random(u64);

impl Random {
    fn below(&mut self, count: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % count
    }
}

/// A source and a sink that do everything that they may, and some things that they should not.
struct Anything {
    random: Random,
    /// Set if it may wait forever.
    sleeps: bool,
}

impl Anything {
    /// Chooses whether to wait, panic, fail, end, or continue.
    fn choose<R>(
        &mut self,
        context: &Context<'_>,
        end: R,
    ) -> Option<Poll<Result<R, &'static str>>> {
        match self.random.below(12) {
            0 | 1 if self.sleeps => Some(Poll::Pending),
            2 | 3 => {
                context.waker().wake_by_ref();
                Some(Poll::Pending)
            }
            4 => panic!("anything"),
            5 => Some(Poll::Ready(Err("anything"))),
            6 => Some(Poll::Ready(Ok(end))),
            _ => None,
        }
    }
}

impl StreamSource for Anything {
    type Item = u8;
    type Error = &'static str;

    fn poll_fill(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        destination: &mut Destination<'_, u8>,
    ) -> Poll<Result<SourceState, &'static str>> {
        let this = &mut *self;
        for _ in 0..this.random.below(4) {
            destination.put(1);
        }
        this.choose(context, SourceState::Ended).unwrap_or(Poll::Ready(Ok(SourceState::More)))
    }
}

impl StreamSink for Anything {
    type Item = u8;
    type Output = ();
    type Error = &'static str;

    fn poll_take(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        received: &mut Received<'_, u8>,
    ) -> Poll<Result<SinkState, &'static str>> {
        let this = &mut *self;
        for _ in 0..this.random.below(4) {
            received.take();
        }
        this.choose(context, SinkState::Enough).unwrap_or(Poll::Ready(Ok(SinkState::More)))
    }

    fn poll_finish(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), &'static str>> {
        // It is woken, because otherwise it would not be polled again.
        context.waker().wake_by_ref();
        self.choose(context, ()).unwrap_or(Poll::Ready(Ok(())))
    }
}

type Transfers = Vec<Pin<Box<dyn Future<Output = ()>>>>;

#[expect(clippy::struct_excessive_bools, reason = "the flags are independent")]
struct Play {
    world: World,
    instance: Instance<Wasmi>,
    random: Random,
    sleeps: bool,
    transfers: Transfers,
    writers: Vec<StreamWriter<u8>>,
    readers: Vec<StreamReader<u8>>,
    has_readable: bool,
    has_writable: bool,
    trapped: bool,
}

impl Play {
    fn new(seed: u64) -> Self {
        let (world, instance) = by_steps("u8");
        Self {
            world,
            instance,
            random: Random(seed),
            sleeps: seed.is_multiple_of(2),
            transfers: Vec::new(),
            writers: Vec::new(),
            readers: Vec::new(),
            has_readable: false,
            has_writable: false,
            trapped: false,
        }
    }

    /// Runs an action of the guest. A forbidden action traps it.
    fn guest(&mut self, name: &str, arguments: &[Val]) -> Option<Val> {
        let Self { world, instance, .. } = self;
        let call = || world.try_call(instance, name, arguments);
        match catch_unwind(AssertUnwindSafe(call)) {
            Ok(Ok(value)) => value,
            Ok(Err(_)) => {
                self.trapped = true;
                None
            }
            // The panic of a source whose transfer was dropped.
            Err(_) => None,
        }
    }

    fn poll(&mut self) {
        let poll = || self.world.store.poll(Waker::noop());
        let _ = catch_unwind(AssertUnwindSafe(poll));
    }

    /// Creates a stream and passes it to the guest.
    fn give(&mut self) {
        let source = Anything { random: self.random.clone(), sleeps: self.sleeps };
        let store = &mut self.world.store;
        let stream = match self.random.below(5) {
            0 => {
                let (stream, transfer) = store.stream_from(source).unwrap();
                self.transfers.push(Box::pin(async { drop(transfer.await) }));
                stream
            }
            1 => store.stream_from(source).unwrap().0,
            2 => {
                let (stream, transfer) = store.stream_from(vec![7; 5]).unwrap();
                self.transfers.push(Box::pin(async { drop(transfer.await) }));
                stream
            }
            3 => store.stream_from(streams::iter(std::iter::repeat_n(1, 3000))).unwrap().0,
            _ => {
                let (stream, writer) = store.stream_writer().unwrap();
                self.writers.push(writer);
                stream
            }
        };
        if self.random.below(4) == 0 {
            self.take(stream);
        } else {
            self.guest("take", &[Val::Stream(stream.end())]);
            self.has_readable = true;
        }
    }

    /// Takes a stream that the host has.
    fn take(&mut self, stream: StreamHandle<u8>) {
        let sink = Anything { random: self.random.clone(), sleeps: self.sleeps };
        let store = &mut self.world.store;
        match self.random.below(5) {
            0 => {
                let Ok(transfer) = store.stream_into(stream, sink) else { return };
                self.transfers.push(Box::pin(async { drop(transfer.await) }));
            }
            1 => drop(store.stream_into(stream, sink)),
            2 => {
                let sink = streams::for_each(|_: u8| Ok::<_, Infallible>(()));
                drop(store.stream_into(stream, sink));
            }
            3 => drop(store.drop_end(stream.end())),
            _ => self.readers.extend(store.stream_reader(stream)),
        }
    }

    fn step(&mut self) {
        let count = Val::U32(u32::try_from(self.random.below(6)).unwrap());
        let mut context = Context::from_waker(Waker::noop());
        match self.random.below(14) {
            0 if !self.has_readable => self.give(),
            1 if !self.has_writable => {
                let Some(Val::Stream(end)) = self.guest("make", &[]) else { return };
                self.has_writable = true;
                self.take(StreamHandle::from(end));
            }
            2 | 3 if self.has_readable => drop(self.guest("read", &[count])),
            4 if self.has_readable => drop(self.guest("cancel-read", &[])),
            5 if self.has_readable => {
                self.guest("drop-readable", &[]);
                self.has_readable = false;
            }
            6 | 7 if self.has_writable => drop(self.guest("write", &[count])),
            8 if self.has_writable => drop(self.guest("cancel-write", &[])),
            9 if self.has_writable => {
                self.guest("drop-writable", &[]);
                self.has_writable = false;
            }
            10 => {
                for writer in &mut self.writers {
                    let mut values = vec![1, 2, 3];
                    let mut writing = std::pin::pin!(writer.write(&mut values));
                    let _ = writing.as_mut().poll(&mut context);
                }
            }
            11 => {
                for reader in &mut self.readers {
                    let mut values = Vec::with_capacity(2);
                    let mut reading = std::pin::pin!(reader.read(&mut values));
                    let _ = reading.as_mut().poll(&mut context);
                }
            }
            12 => {
                self.writers.pop();
                self.readers.pop();
            }
            _ => self.poll(),
        }
    }

    /// Finishes everything. Every transfer reports its end.
    fn end(mut self, seed: u64) {
        (self.readers, self.writers) = (Vec::new(), Vec::new());
        for _ in 0..200 {
            self.poll();
        }
        if !self.trapped && !self.sleeps && !self.has_readable && !self.has_writable {
            assert_eq!(self.world.store.count_of(Table::Waitables), 0, "seed {seed}");
        }
        let mut context = Context::from_waker(Waker::noop());
        let transfers = std::mem::take(&mut self.transfers);
        drop(self);
        for mut transfer in transfers {
            assert!(transfer.as_mut().poll(&mut context).is_ready(), "seed {seed}");
        }
    }
}

#[test]
fn random_guests_and_sources_lose_nothing() {
    // Panics are part of the test, and print nothing.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if panic.payload().downcast_ref::<&str>() != Some(&"anything") {
            hook(panic);
        }
    }));
    for seed in 0..600 {
        let mut play = Play::new(seed);
        for _ in 0..40 {
            play.step();
            if play.trapped {
                break;
            }
        }
        play.end(seed);
    }
}

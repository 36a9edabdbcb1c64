//! The components that the tests use, and Rust streams for them.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use weft::component::{Instance, TypedFunction, streams};
use weft::engine::wasmi::Wasmi;
use weft::handle::StreamHandle;
use weft_tests::world::World;

/// Guests that add bytes which one of them writes one at a time, and the other reads 64 at a time.
pub(crate) struct Summing {
    pub(crate) world: World,
    pub(crate) sum: TypedFunction<(StreamHandle<u8>,), u32>,
    pub(crate) count: TypedFunction<(u32,), StreamHandle<u8>>,
}

impl Summing {
    pub(crate) fn new() -> Self {
        let mut world = World::new();
        let instance = world.instance(streams::EXAMPLE);
        let sum = world.store.typed_function(&instance, "sum").unwrap();
        let count = world.store.typed_function(&instance, "count").unwrap();
        Self { world, sum, count }
    }
}

/// Instantiates the component that reads and writes step by step.
pub(crate) fn by_steps(element: &str) -> (World, Instance<Wasmi>) {
    let mut world = World::new();
    let instance = world.instance(&crate::linking::guests::has_streams(element));
    (world, instance)
}

/// A Rust stream of the values of an iterator, each of which is ready at the second poll.
pub(crate) struct Slowly<I> {
    pub(crate) values: I,
    pub(crate) is_ready: bool,
}

impl<I: Iterator> Slowly<I> {
    pub(crate) fn new(values: impl IntoIterator<IntoIter = I>) -> Self {
        Self { values: values.into_iter(), is_ready: false }
    }
}

impl<I: Iterator + Unpin> Stream for Slowly<I> {
    type Item = I::Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<I::Item>> {
        self.is_ready = !self.is_ready;
        if self.is_ready {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(self.values.next())
    }
}

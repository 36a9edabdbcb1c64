//! Times of components on wasmi, and those of the engine alone.
//!
//! `cargo bench -p weft-tests --bench components` prints the tables:
//!
//! | table | contents |
//! |---|---|
//! | `components` | calls, yields, streams and futures |
//! | `engine` | the engine's own calls, which are the lower bound |
//!
//! A row with a count measures that number of calls or elements; the throughput shows the time of
//! one.

use divan::counter::{BytesCount, ItemsCount};
use divan::{AllocProfiler, Bencher};
use weft_tests::scenes::{self, Scene};

/// An allocator that reports the allocations of a benchmark; there should be none.
#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

#[divan::bench(args = scenes::engine::ALL)]
fn engine(bencher: Bencher<'_, '_>, scene: &Scene) {
    run(bencher, scene);
}

#[divan::bench(args = scenes::ALL)]
fn components(bencher: Bencher<'_, '_>, scene: &Scene) {
    run(bencher, scene);
}

fn run(bencher: Bencher<'_, '_>, scene: &Scene) {
    let mut operation = scene.prepare();
    // Before the measurement, tables grow and the engine compiles.
    for _ in 0..3 {
        operation();
    }
    let bencher = bencher.counter(ItemsCount::new(scene.count()));
    if scene.bytes() > 0 {
        bencher.counter(BytesCount::new(scene.bytes())).bench_local(operation);
    } else {
        bencher.bench_local(operation);
    }
}

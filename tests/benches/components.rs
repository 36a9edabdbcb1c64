//! What components cost on wasmi, beside what the engine takes alone.
//!
//! `cargo bench -p weft-tests --bench components` prints the tables:
//!
//! | table | what is in it |
//! |---|---|
//! | `components` | calls, yields, streams and futures |
//! | `engine` | the engine's own calls: the least that there is to pay |
//!
//! A row with a count is of so many calls or elements: the count by second says what one takes.

use divan::counter::{BytesCount, ItemsCount};
use divan::{AllocProfiler, Bencher};
use weft_tests::scenes::{self, Scene};

/// Lists what a benchmark allocates: nothing, so that there is nothing to see of it.
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
    // Tables grow, and the engine compiles, before anything is timed.
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

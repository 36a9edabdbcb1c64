//! Streams and futures.

use weft::abi::Val;
use weft::component::Linker;

use super::{MANY, Stand};

/// Returns a scene in which `total` elements go through a stream, `at_a_time` at once.
pub(super) fn stream(element: &str, at_a_time: u32, total: u32) -> impl FnMut() + use<> {
    let text = include_str!("stream.wat").replace("$Element", element);
    let mut stand = Stand::new(&text, &Linker::new());
    let open = stand.function("open");
    stand.store.call(&open, &[]).expect("a stream");
    let arguments = vec![Val::U32(at_a_time), Val::U32(total / at_a_time)];
    stand.call_of("transfer", arguments, None)
}

/// Returns a scene in which a future goes from guest to guest many times.
pub(super) fn future() -> impl FnMut() {
    let stand = Stand::new(include_str!("future.wat"), &Linker::new());
    stand.call_of("take", vec![Val::U32(MANY)], None)
}

//! Without a set, names differ within a module, and within a function.

use weft::context::ContextKey;

#[derive(ContextKey)]
#[context_key(value = u64)]
struct UserId;

#[derive(ContextKey)]
#[context_key(value = String, name = "user-id")]
struct Actor;

mod elsewhere {
    // Another module: nothing is wrong with this one.
    #[derive(weft::context::ContextKey)]
    #[context_key(value = u64)]
    pub struct UserId;
}

fn main() {
    #[derive(ContextKey)]
    #[context_key(value = u8, name = "trace.id")]
    struct Trace;

    #[derive(ContextKey)]
    #[context_key(value = u8, name = "trace.id")]
    struct Span;
}

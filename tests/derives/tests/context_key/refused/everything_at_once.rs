//! All mistakes of one derive are reported together.

#[derive(weft::context::ContextKey)]
#[context_key(size = 4, value = &[_], name = 5, keys = "AppKeys")]
#[context_key]
struct UserId<T>(T);

fn main() {}

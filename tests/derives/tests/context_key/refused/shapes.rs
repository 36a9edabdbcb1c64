//! A key is a unit struct or an enum without variants, and has no parameters.

use weft::context::ContextKey;

#[derive(ContextKey)]
#[context_key(value = u64)]
struct Tuple(u64);

#[derive(ContextKey)]
#[context_key(value = u64)]
struct Fields {
    id: u64,
}

#[derive(ContextKey)]
#[context_key(value = u64)]
enum Choice {
    User,
    Group,
}

#[derive(ContextKey)]
#[context_key(value = u64)]
union Union {
    id: u64,
}

#[derive(ContextKey)]
#[context_key(value = u64)]
struct Constant<const N: usize>;

#[derive(ContextKey)]
#[context_key(value = u64)]
enum Constrained
where
    u8: Copy, {}

fn main() {}

//! A function with a key accepts only the value type of the key.

use weft::context::{ContextKey, TypedContextKey};

#[derive(ContextKey)]
#[context_key(value = u64)]
struct UserId;

fn set<K: TypedContextKey>(_: K::Value) {}

fn get<K: TypedContextKey>() -> K::Value {
    loop {}
}

fn main() {
    set::<UserId>("123");
    let _: u32 = get::<UserId>();
}

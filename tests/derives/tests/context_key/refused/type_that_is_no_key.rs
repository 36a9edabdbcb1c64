//! A type without the derive is told of it.

use weft::context::TypedContextKey;

struct UserId;

fn get<K: TypedContextKey>() {}

fn main() {
    get::<UserId>();
}

//! A type without the derive: the error names the derive.

use weft::context::TypedContextKey;

struct UserId;

fn get<K: TypedContextKey>() {}

fn main() {
    get::<UserId>();
}

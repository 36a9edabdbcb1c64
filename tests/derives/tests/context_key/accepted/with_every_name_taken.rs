//! The expansion uses its own paths, even if the names around it have other meanings.
#![deny(warnings)]
#![allow(non_camel_case_types, dead_code)]

mod weft {}
mod core {}
mod context {}
struct str;
struct Some;
struct Ok;
trait TypedContextKey {}
type u64 = std::string::String;

struct Keys;

#[derive(::weft::context::ContextKey)]
#[context_key(value = u64)]
struct UserId;

#[derive(::weft::context::ContextKey)]
#[context_key(value = str, keys = Keys)]
struct Text;

// A name of a key takes no name of a value.
fn context_key_user_id() -> usize {
    let context_key_user_id = 5;
    context_key_user_id
}

fn has_value<K: ::weft::context::TypedContextKey<Value = V>, V>() {}

fn main() {
    has_value::<UserId, std::string::String>();
    has_value::<Text, str>();
    assert_eq!(context_key_user_id(), 5);
}

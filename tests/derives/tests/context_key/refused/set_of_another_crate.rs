//! A set is a type of the crate that the key is in; only there can the compiler see every key.

#[derive(weft::context::ContextKey)]
#[context_key(value = u64, keys = std::string::String)]
struct UserId;

fn main() {}

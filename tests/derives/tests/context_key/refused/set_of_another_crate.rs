//! A set is a type of the crate that the key is in; only there can the compiler see every key.

#[derive(weft::context::ContextKey)]
#[context_key(value = u64, keys = std::string::String)]
struct UserId;

#[derive(weft::context::ContextKey)]
#[context_key(value = u64, keys = ::weft::limits::Heap)]
struct SessionId;

/// Only the compiler knows that this is of another crate.
type Elsewhere = String;

#[derive(weft::context::ContextKey)]
#[context_key(value = u64, keys = Elsewhere)]
struct TraceId;

fn main() {}

//! Errors that only the compiler can find also point at the user's tokens.

use weft::context::ContextKey;

#[derive(ContextKey)]
#[context_key(value = Missing)]
struct Unknown;

#[derive(ContextKey)]
#[context_key(value = std::borrow::Cow<str>)]
struct Hidden;

#[derive(ContextKey)]
#[context_key(value = u64, keys = AppKeys)]
struct NoSet;

#[derive(ContextKey)]
#[context_key(value = u64, crate = ::heft)]
struct NoCrate;

fn main() {}

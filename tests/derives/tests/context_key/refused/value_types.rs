//! A value outlives the call that stored it, and its type is written out.

use weft::context::ContextKey;

#[derive(ContextKey)]
#[context_key(value = &str)]
struct Elided;

#[derive(ContextKey)]
#[context_key(value = std::borrow::Cow<'a, [&'_ u8]>)]
struct Named;

#[derive(ContextKey)]
#[context_key(value = Vec<_>)]
struct Inferred;

#[derive(ContextKey)]
#[context_key(value = impl Copy)]
struct Opaque;

#[derive(ContextKey)]
#[context_key(value = unsafe fn())]
struct Unsafe;

fn main() {}

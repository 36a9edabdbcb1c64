//! Each mistake in the options, at its own token.

use weft::context::ContextKey;

#[derive(ContextKey)]
struct NoAttribute;

#[derive(ContextKey)]
#[context_key(name = "no-value")]
struct NoValue;

#[derive(ContextKey)]
#[context_key]
struct NoParentheses;

#[derive(ContextKey)]
#[context_key(value)]
struct NoType;

#[derive(ContextKey)]
#[context_key(val = u64, value = u64)]
struct Unknown;

#[derive(ContextKey)]
#[context_key(value = u64, name = "first")]
#[context_key(name = "second")]
struct Twice;

#[derive(ContextKey)]
#[context_key(value = "u64")]
struct Quoted;

#[derive(ContextKey)]
#[context_key(value = u64, keys = Vec<u8>)]
struct GenericSet;

#[derive(ContextKey)]
#[context_key(value = u64 keys = Set)]
struct NoComma;

fn main() {}

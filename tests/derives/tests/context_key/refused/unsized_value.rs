//! A value has a size.

#[derive(weft::context::ContextKey)]
#[context_key(value = str)]
struct Name;

fn main() {}

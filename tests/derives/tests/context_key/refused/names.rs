//! Each bad name, at the literal, or at the type if it makes none.

use weft::context::ContextKey;

const NAME: &str = "constant";

#[derive(ContextKey)]
#[context_key(value = u64, name = "")]
struct Empty;

#[derive(ContextKey)]
#[context_key(value = u64, name = "line\nbreak")]
struct Control;

#[derive(ContextKey)]
#[context_key(value = u64, name = "a name of sixty-five bytes, which is one byte longer than allowed")]
struct Long;

#[derive(ContextKey)]
#[context_key(value = u64, name = NAME)]
struct Constant;

#[derive(ContextKey)]
#[context_key(value = u64, name = concat!("a", "b"))]
struct Computed;

#[derive(ContextKey)]
#[context_key(value = u64, name = 5)]
struct Number;

#[derive(ContextKey)]
#[context_key(value = u64)]
struct ATypeWithANameSoLongThatItsKebabCaseHasMoreThanSixtyFourBytes;

fn main() {}

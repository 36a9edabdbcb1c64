//! `crate = …` says where the `weft` crate is, also from the macro of a framework.
#![deny(warnings)]

mod framework {
    pub use weft as inner;

    pub struct Keys;

    macro_rules! key {
        ($key:ident: $value:ty) => {
            #[derive($crate::framework::inner::context::ContextKey)]
            #[context_key(
                value = $value,
                keys = $crate::framework::Keys,
                crate = $crate::framework::inner,
            )]
            struct $key;
        };
    }
    pub(crate) use key;
}

use framework::inner::context::TypedContextKey;

#[derive(framework::inner::context::ContextKey)]
#[context_key(value = u64, crate = crate::framework::inner)]
struct UserId;

framework::key!(Trace: [u8; 16]);

fn main() {
    assert_eq!(UserId::KEY.name(), "user-id");
    assert_eq!(Trace::KEY.name(), "trace");
}

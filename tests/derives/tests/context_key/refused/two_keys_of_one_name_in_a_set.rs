//! The compiler shows both keys, wherever in the crate they are.

pub struct AppKeys;

mod session {
    #[derive(weft::context::ContextKey)]
    #[context_key(value = u64, keys = crate::AppKeys)]
    pub struct UserId;
}

mod audit {
    #[derive(weft::context::ContextKey)]
    #[context_key(value = String, name = "user-id", keys = super::AppKeys)]
    pub struct Actor;
}

mod legacy {
    use crate::AppKeys;

    #[derive(weft::context::ContextKey)]
    #[context_key(value = u32, name = "user_id", keys = AppKeys)]
    pub struct Number;

    pub fn number() {
        #[derive(weft::context::ContextKey)]
        #[context_key(value = u32, name = "user_id", keys = AppKeys)]
        pub struct Number;
    }
}

fn main() {}

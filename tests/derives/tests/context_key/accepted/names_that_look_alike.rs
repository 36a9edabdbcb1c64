//! Names that differ by one character are different names, in one set and in one module.
#![deny(warnings)]

use weft::context::{ContextKey, TypedContextKey};

struct Keys;

macro_rules! keys {
    ($($key:ident $of_the_set:ident $name:literal,)*) => {
        $(
            #[derive(ContextKey)]
            #[context_key(value = u64, name = $name)]
            struct $key;

            #[derive(ContextKey)]
            #[context_key(value = u64, name = $name, keys = Keys)]
            struct $of_the_set;
        )*

        fn main() {
            $(
                assert_eq!($key::KEY.name(), $name);
                assert_eq!($of_the_set::KEY.name(), $name);
            )*
        }
    };
}

keys! {
    Dash DashOfTheSet "user-id",
    Line LineOfTheSet "user_id",
    Capital CapitalOfTheSet "User-id",
    Dot DotOfTheSet "user.id",
    None NoneOfTheSet "userid",
    Spelled SpelledOfTheSet "user-u5f-id",
    Twice TwiceOfTheSet "user--id",
    After AfterOfTheSet "user-id-",
}

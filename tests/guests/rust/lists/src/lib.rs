//! Lists whose type has their length, and maps.

wit_bindgen::generate!({ path: "../../wit/lists.wit", world: "lists", generate_all });

use guests::lists::{fixed, maps};
use wit_bindgen::rt::Map;

struct Lists;

export!(Lists);

/// Passes calls of an exported interface to the imported one. Each line has the type of a value, and
/// the way to lend it.
macro_rules! relay {
    ($interface:ident { $($name:ident: $ty:ty, |$it:ident| $lent:expr;)* }) => {
        impl exports::guests::lists::$interface::Guest for Lists {
            $(fn $name($it: $ty) -> $ty {
                $interface::$name($lent)
            })*
        }
    };
}

relay! {
    fixed {
        echo_four: [u8; 4], |it| it;
        echo_floats: [f32; 3], |it| it;
        echo_grid: [[u16; 2]; 3], |it| it;
        echo_within: Vec<([u8; 2], String)>, |it| &it;
    }
}

relay! {
    maps {
        echo_numbers: Map<u8, u64>, |it| &it;
        echo_texts: Map<String, String>, |it| &it;
        echo_nested: Map<String, Vec<Map<u32, String>>>, |it| &it;
    }
}

impl exports::guests::lists::fixed_texts::Guest for Lists {
    fn reverse([a, b]: [String; 2]) -> [String; 2] {
        [b, a]
    }

    fn reverse_nested(it: [Vec<[String; 2]>; 2]) -> [Vec<[String; 2]>; 2] {
        let [a, b] = it.map(|it| it.into_iter().rev().map(Self::reverse).collect());
        [b, a]
    }
}

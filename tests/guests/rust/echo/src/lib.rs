//! Returns from each function the result of the host function of the same name.

wit_bindgen::generate!({ path: "../../wit/echo.wit", world: "echo-later", generate_all });

use guests::echo::types::{All, Color, Everything, Few, Nine, Point, Scalars, Shape};
use guests::echo::{later, values};

struct Echo;

export!(Echo);

/// Passes calls of an exported interface to the imported one. Each line has the type of a value, and
/// the way to lend it.
macro_rules! relay {
    ($interface:ident { $($name:ident: $ty:ty, |$it:ident| $lent:expr;)* } $($rest:item)*) => {
        impl exports::guests::echo::$interface::Guest for Echo {
            $(fn $name($it: $ty) -> $ty {
                $interface::$name($lent)
            })*
            $($rest)*
        }
    };
}

relay! {
    values {
        echo_bool: bool, |it| it;
        echo_s8: i8, |it| it;
        echo_u8: u8, |it| it;
        echo_s16: i16, |it| it;
        echo_u16: u16, |it| it;
        echo_s32: i32, |it| it;
        echo_u32: u32, |it| it;
        echo_s64: i64, |it| it;
        echo_u64: u64, |it| it;
        echo_f32: f32, |it| it;
        echo_f64: f64, |it| it;
        echo_char: char, |it| it;
        echo_string: String, |it| &it;
        echo_point: Point, |it| it;
        echo_color: Color, |it| it;
        echo_few: Few, |it| it;
        echo_nine: Nine, |it| it;
        echo_all: All, |it| it;
        echo_shape: Shape, |it| &it;
        echo_scalars: Scalars, |it| it;
        echo_everything: Everything, |it| &it;
        echo_bools: Vec<bool>, |it| &it;
        echo_bytes: Vec<u8>, |it| &it;
        echo_shorts: Vec<i16>, |it| &it;
        echo_longs: Vec<u64>, |it| &it;
        echo_floats: Vec<f32>, |it| &it;
        echo_doubles: Vec<f64>, |it| &it;
        echo_chars: Vec<char>, |it| &it;
        echo_strings: Vec<String>, |it| &it;
        echo_lists: Vec<Vec<String>>, |it| &it;
        echo_points: Vec<Point>, |it| &it;
        echo_colors: Vec<Color>, |it| &it;
        echo_shapes: Vec<Shape>, |it| &it;
        echo_pairs: Vec<(u8, u64)>, |it| &it;
        echo_options: Vec<Option<u16>>, |it| &it;
        echo_option: Option<u8>, |it| it;
        echo_nested_option: Option<Option<String>>, |it| it.as_ref().map(Option::as_deref);
        echo_result: Result<Point, Color>, |it| it;
        echo_result_ok: Result<String, ()>, |it| it.as_deref().map_err(|()| ());
        echo_result_error: Result<(), String>, |it| it.as_ref().map(|()| ()).map_err(String::as_str);
        echo_result_bare: Result<(), ()>, |it| it;
        echo_results: (Result<u8, String>, Result<u64, ()>, Result<(), Color>, Result<(), ()>),
            |it| (it.0.as_ref().map(|it| *it).map_err(String::as_str), it.1, it.2.as_ref().copied(), it.3);
        echo_tuple: (bool, u64, String, f32, char, Vec<u8>),
            |it| (it.0, it.1, it.2.as_str(), it.3, it.4, it.5.as_slice());
    }

    fn echo_many(
        a: bool, b: u8, c: i16, d: u32, e: i64, f: f32, g: f64, h: char, i: String, j: Vec<u8>,
        k: Option<u32>, l: Color,
    ) -> String {
        values::echo_many(a, b, c, d, e, f, g, h, &i, &j, k, l)
    }
}

impl exports::guests::echo::later::Guest for Echo {
    async fn echo_u8(it: u8) -> u8 {
        later::echo_u8(it).await
    }

    async fn echo_string(it: String) -> String {
        later::echo_string(it).await
    }

    async fn echo_shape(it: Shape) -> Shape {
        later::echo_shape(it).await
    }

    async fn echo_everything(it: Everything) -> Everything {
        later::echo_everything(it).await
    }

    async fn echo_strings(it: Vec<String>) -> Vec<String> {
        later::echo_strings(it).await
    }

    async fn echo_result(it: Result<String, u8>) -> Result<String, u8> {
        later::echo_result(it).await
    }

    async fn echo_many(a: bool, b: u8, c: i16, d: u32, e: String, f: Vec<u8>) -> String {
        later::echo_many(a, b, c, d, e, f).await
    }

    async fn nothing() {
        later::nothing().await;
    }
}

//! Every WIT type, there and back.

use std::fmt::Debug;

use weft::binding::{Exports, HostAccess, HostError, OrTrap, World};
use weft::component::{Linker, Store};
use weft::engine::wasmi::Wasmi;

use crate::Fine;
use crate::bindings::echo::EchoLater;
use crate::bindings::echo::exports::guests::echo::later::Later;
use crate::bindings::echo::exports::guests::echo::values::Values;
use crate::bindings::echo::guests::echo::types::{
    All, Color, Everything, Few, Nine, Point, Scalars, Shape,
};
use crate::bindings::echo::guests::echo::{later, values};
use crate::guest::{block_on, load};
use crate::random::{Random, Sample};

/// A host that records its arguments, and returns them.
#[derive(Default)]
struct Mirror {
    seen: Vec<String>,
}

impl Mirror {
    fn see(&mut self, it: &impl Debug) {
        self.seen.push(format!("{it:?}"));
    }
}

/// Implements the host, and compares the values: for each function its name, the type of its value,
/// and the way in which it is borrowed.
macro_rules! mirror {
    ($($name:ident: $ty:ty, |$it:ident| $lent:expr;)*) => {
        impl values::Host for Mirror {
            $(fn $name(&mut self, it: $ty) -> $ty {
                self.see(&it);
                it
            })*

            fn echo_many(
                &mut self,
                a: bool,
                b: u8,
                c: i16,
                d: u32,
                e: i64,
                f: f32,
                g: f64,
                h: char,
                i: String,
                j: Vec<u8>,
                k: Option<u32>,
                l: Color,
            ) -> String {
                self.see(&(a, b, c, d, e, f, g, h, &i, &j, k, l));
                i
            }
        }

        /// Calls each function with one parameter with many values of its type.
        fn check_all(store: &mut Store<Wasmi, Mirror>, guest: &Values, widest: u32) -> Fine {
            $({
                let mut random = Random::new(stringify!($name)).at_widest(widest);
                for _ in 0..ROUNDS {
                    let $it = &<$ty>::sample(&mut random);
                    let expected = format!("{:?}", $it);
                    let back = guest.$name(store, $lent)?;
                    let name = stringify!($name);
                    assert_eq!(store.data_mut().seen.pop().as_deref(), Some(&*expected), "{name}");
                    assert_eq!(format!("{back:?}"), expected, "{name}");
                }
            })*
            Ok(())
        }
    };
}

mirror! {
    echo_bool: bool, |it| *it;
    echo_s8: i8, |it| *it;
    echo_u8: u8, |it| *it;
    echo_s16: i16, |it| *it;
    echo_u16: u16, |it| *it;
    echo_s32: i32, |it| *it;
    echo_u32: u32, |it| *it;
    echo_s64: i64, |it| *it;
    echo_u64: u64, |it| *it;
    echo_f32: f32, |it| *it;
    echo_f64: f64, |it| *it;
    echo_char: char, |it| *it;
    echo_string: String, |it| it;
    echo_point: Point, |it| *it;
    echo_color: Color, |it| *it;
    echo_few: Few, |it| *it;
    echo_nine: Nine, |it| *it;
    echo_all: All, |it| *it;
    echo_shape: Shape, |it| it;
    echo_scalars: Scalars, |it| *it;
    echo_everything: Everything, |it| it;
    echo_bools: Vec<bool>, |it| it;
    echo_bytes: Vec<u8>, |it| it;
    echo_shorts: Vec<i16>, |it| it;
    echo_longs: Vec<u64>, |it| it;
    echo_floats: Vec<f32>, |it| it;
    echo_doubles: Vec<f64>, |it| it;
    echo_chars: Vec<char>, |it| it;
    echo_strings: Vec<String>, |it| it;
    echo_lists: Vec<Vec<String>>, |it| it;
    echo_points: Vec<Point>, |it| it;
    echo_colors: Vec<Color>, |it| it;
    echo_shapes: Vec<Shape>, |it| it;
    echo_pairs: Vec<(u8, u64)>, |it| it;
    echo_options: Vec<Option<u16>>, |it| it;
    echo_option: Option<u8>, |it| *it;
    echo_nested_option: Option<Option<String>>, |it| it.as_ref().map(Option::as_deref);
    echo_result: Result<Point, Color>, |it| *it;
    echo_result_ok: Result<String, ()>, |it| it.clone();
    echo_result_error: Result<(), String>, |it| it.clone();
    echo_result_bare: Result<(), ()>, |it| *it;
    echo_results: (Result<u8, String>, Result<u64, ()>, Result<(), Color>, Result<(), ()>),
        |it| it.clone();
    echo_tuple: (bool, u64, String, f32, char, Vec<u8>),
        |it| (it.0, it.1, it.2.as_str(), it.3, it.4, it.5.as_slice());
}

impl later::Host for Mirror {
    async fn echo_u8(access: impl HostAccess<Self>, it: u8) -> Result<u8, HostError> {
        given_back(access, it).await
    }

    async fn echo_string(access: impl HostAccess<Self>, it: String) -> Result<String, HostError> {
        given_back(access, it).await
    }

    async fn echo_shape(access: impl HostAccess<Self>, it: Shape) -> Result<Shape, HostError> {
        given_back(access, it).await
    }

    async fn echo_everything(
        access: impl HostAccess<Self>,
        it: Everything,
    ) -> Result<Everything, HostError> {
        given_back(access, it).await
    }

    async fn echo_strings(
        access: impl HostAccess<Self>,
        it: Vec<String>,
    ) -> Result<Vec<String>, HostError> {
        given_back(access, it).await
    }

    async fn echo_result(
        access: impl HostAccess<Self>,
        it: Result<String, u8>,
    ) -> Result<String, OrTrap<u8>> {
        Ok(given_back(access, it).await??)
    }

    async fn echo_many(
        access: impl HostAccess<Self>,
        a: bool,
        b: u8,
        c: i16,
        d: u32,
        e: String,
        f: Vec<u8>,
    ) -> Result<String, HostError> {
        Ok(given_back(access, (a, b, c, d, e, f)).await?.4)
    }

    async fn nothing(access: impl HostAccess<Self>) -> Result<(), HostError> {
        given_back(access, ()).await
    }
}

/// Returns a value: at once, or after other tasks have run.
async fn given_back<V: Debug + Send + 'static>(
    access: impl HostAccess<Mirror>,
    it: V,
) -> Result<V, HostError> {
    let text = format!("{it:?}");
    if text.len() % 2 == 0 {
        tokio::task::yield_now().await;
    }
    access.with_host(|mirror| mirror.seen.push(text)).await?;
    Ok(it)
}

/// The exports of a guest of the world `guests:echo/echo`.
struct Echo(Values);

impl World for Echo {
    const NAME: &'static str = "guests:echo/echo";
    const IMPORTS: &'static [&'static str] = &["guests:echo/types", "guests:echo/values"];
    const EXPORTS: &'static [&'static str] = &["guests:echo/values"];

    fn find(exports: &mut Exports<'_>) -> Option<Self> {
        exports.interface("guests:echo/values", Values::find_in).map(Self)
    }
}

/// The number of values of each type.
const ROUNDS: u32 = 50;

/// Checks every type that all languages have, with integers of at most `widest` bits.
fn values(guest: &str, widest: u32) -> Fine {
    let engine = Wasmi::default();
    let component = load(&engine, guest);
    let mut linker = Linker::new();
    values::add_to_linker(&mut linker, |mirror: &mut Mirror| mirror);
    // For a guest that imports the async functions.
    later::add_to_linker(&mut linker, |mirror: &mut Mirror| mirror);
    let mut store = Store::new(&engine, Mirror::default());
    let Echo(guest) = Echo::instantiate(&mut store, &component, &linker)?;
    check_all(&mut store, &guest, widest)?;

    let mut random = Random::new("many").at_widest(widest);
    for _ in 0..ROUNDS {
        let (a, b, c, d) = Sample::sample(&mut random);
        let (e, f, g, h) = Sample::sample(&mut random);
        let (i, j, k, l): (String, Vec<u8>, _, _) = Sample::sample(&mut random);
        let expected = format!("{:?}", (a, b, c, d, e, f, g, h, &i, &j, k, l));
        assert_eq!(guest.echo_many(&mut store, a, b, c, d, e, f, g, h, &i, &j, k, l)?, i);
        assert_eq!(store.data_mut().seen.pop(), Some(expected));
    }
    assert!(store.data().seen.is_empty());
    Ok(())
}

/// Checks the async functions.
fn later(guest: &str) -> Fine {
    let engine = Wasmi::default();
    let component = load(&engine, guest);
    let mut linker = Linker::new();
    crate::bindings::echo::add_to_linker(&mut linker, |mirror: &mut Mirror| mirror);
    let mut store = Store::new(&engine, Mirror::default());
    block_on(async {
        let store = &mut store;
        let guest: Later = EchoLater::instantiate_async(store, &component, &linker).await?.later;
        let mut random = Random::new("later");
        for _ in 0..ROUNDS {
            let it = u8::sample(&mut random);
            assert_eq!(guest.echo_u8_async(store, it).await?, it);
            let it = String::sample(&mut random);
            assert_eq!(guest.echo_string_async(store, &it).await?, it);
            let it = Shape::sample(&mut random);
            let back = guest.echo_shape_async(store, &it).await?;
            assert_eq!(format!("{back:?}"), format!("{it:?}"));
            let it = Everything::sample(&mut random);
            let back = guest.echo_everything_async(store, &it).await?;
            assert_eq!(format!("{back:?}"), format!("{it:?}"));
            let it = Vec::<String>::sample(&mut random);
            assert_eq!(guest.echo_strings_async(store, &it).await?, it);
            let it = Result::<String, u8>::sample(&mut random);
            assert_eq!(guest.echo_result_async(store, it.clone()).await?, it);
            let (a, b, c, d): (bool, u8, i16, u32) = Sample::sample(&mut random);
            let (e, f): (String, Vec<u8>) = Sample::sample(&mut random);
            assert_eq!(guest.echo_many_async(store, a, b, c, d, &e, &f).await?, e);
            let seen = store.data_mut().seen.pop();
            assert_eq!(seen, Some(format!("{:?}", (a, b, c, d, e, f))));
            guest.nothing_async(store).await?;
        }
        assert_eq!(store.data().seen.len() as u32, ROUNDS * 7);
        Ok(())
    })
}

#[test]
fn of_rust() -> Fine {
    values("echo-rust", 64)
}

#[test]
fn of_c() -> Fine {
    values("echo-c", 64)
}

#[test]
#[ignore = "needs a guest of 1 MB: `tests/guests/build echo-js`"]
fn of_javascript() -> Fine {
    // Its integers are JavaScript numbers, with 53 bits.
    values("echo-js", 53)
}

#[test]
#[ignore = "needs a guest of 18 MB: `tests/guests/build echo-python`"]
fn of_python() -> Fine {
    values("echo-python", 64)
}

#[test]
fn of_rust_by_async_functions() -> Fine {
    later("echo-rust")
}

#[test]
fn of_c_by_async_functions() -> Fine {
    later("echo-c")
}

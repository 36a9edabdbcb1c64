//! Random values of the types that guests echo; many of them are extreme values.

use crate::bindings::echo::guests::echo::types::{
    All, Color, Everything, Few, Nine, Point, Scalars, Shape,
};

/// A source of numbers, the same in every run.
pub(crate) struct Random {
    state: u64,
    /// The largest number of bits of integers.
    widest: u32,
}

impl Random {
    /// Creates a source with a sequence of its own for each name.
    pub(crate) fn new(name: &str) -> Self {
        let state = name.bytes().fold(0x9e37_79b9_7f4a_7c15, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self { state, widest: 64 }
    }

    /// Restricts integers to this number of bits.
    pub(crate) fn at_widest(self, widest: u32) -> Self {
        Self { widest, ..self }
    }

    fn next(&mut self) -> u64 {
        // This is Xorshift, with a multiplication because Xorshift alone is linear.
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, count: usize) -> usize {
        usize::try_from((self.next() >> 16) % count as u64).unwrap()
    }

    fn one_of<V: Copy>(&mut self, values: &[V]) -> V {
        values[self.below(values.len())]
    }

    /// Returns the length of a list: often 0 or 1, rarely long.
    fn length(&mut self) -> usize {
        match self.below(16) {
            0..4 => 0,
            4..7 => 1,
            15 => self.below(300),
            _ => self.below(10),
        }
    }
}

/// A type with random values.
pub(crate) trait Sample: Sized {
    /// Returns a random value.
    fn sample(random: &mut Random) -> Self;
}

macro_rules! integers {
    ($($ty:ident)*) => {$(
        impl Sample for $ty {
            fn sample(random: &mut Random) -> Self {
                let spare = $ty::BITS.saturating_sub(random.widest);
                let it = match random.below(4) {
                    0 => random.one_of(&[0, 1, $ty::MIN, $ty::MAX, $ty::MAX / 2, $ty::MAX / 2 + 1]),
                    _ => random.next() as $ty,
                };
                it >> spare
            }
        }
    )*};
}

integers! { i8 u8 i16 u16 i32 u32 i64 u64 }

macro_rules! floats {
    ($($ty:ident from $bits:ident)*) => {$(
        impl Sample for $ty {
            fn sample(random: &mut Random) -> Self {
                match random.below(3) {
                    0 => random.one_of(&[
                        0.0, -0.0, 1.5, $ty::MIN, $ty::MAX, $ty::MIN_POSITIVE, $ty::from_bits(1),
                        $ty::INFINITY, $ty::NEG_INFINITY, $ty::NAN,
                    ]),
                    _ => $ty::from_bits(random.next() as $bits),
                }
            }
        }
    )*};
}

floats! { f32 from u32 f64 from u64 }

impl Sample for bool {
    fn sample(random: &mut Random) -> Self {
        random.below(2) == 0
    }
}

impl Sample for () {
    fn sample(_: &mut Random) -> Self {}
}

impl Sample for char {
    fn sample(random: &mut Random) -> Self {
        match random.below(4) {
            0 => random.one_of(&['\0', 'a', '\u{7f}', '\u{80}', '\u{7ff}', '\u{800}', '\u{d7ff}']),
            1 => {
                random.one_of(&['\u{e000}', '\u{feff}', '\u{ffff}', '\u{10000}', '\u{10ffff}', '€'])
            }
            2 => char::from(u8::try_from(random.below(128)).unwrap()),
            _ => char::from_u32(u32::try_from(random.below(0x11_0000)).unwrap()).unwrap_or('?'),
        }
    }
}

impl Sample for String {
    fn sample(random: &mut Random) -> Self {
        (0..random.length()).map(|_| char::sample(random)).collect()
    }
}

impl<V: Sample> Sample for Vec<V> {
    fn sample(random: &mut Random) -> Self {
        // Lists of lists stay small.
        let length = if size_of::<V>() > 16 { random.below(5) } else { random.length() };
        (0..length).map(|_| V::sample(random)).collect()
    }
}

impl<V: Sample> Sample for Option<V> {
    fn sample(random: &mut Random) -> Self {
        bool::sample(random).then(|| V::sample(random))
    }
}

impl<V: Sample, R: Sample> Sample for Result<V, R> {
    fn sample(random: &mut Random) -> Self {
        if bool::sample(random) { Ok(V::sample(random)) } else { Err(R::sample(random)) }
    }
}

impl<V: Sample, const N: usize> Sample for [V; N] {
    fn sample(random: &mut Random) -> Self {
        std::array::from_fn(|_| V::sample(random))
    }
}

impl<K: Sample + Ord, V: Sample> Sample for std::collections::BTreeMap<K, V> {
    fn sample(random: &mut Random) -> Self {
        (0..random.below(8)).map(|_| (K::sample(random), V::sample(random))).collect()
    }
}

macro_rules! tuples {
    ($(($($part:ident)*))*) => {$(
        impl<$($part: Sample),*> Sample for ($($part,)*) {
            fn sample(random: &mut Random) -> Self {
                ($($part::sample(random),)*)
            }
        }
    )*};
}

tuples! { (A B) (A B C D) (A B C D E F) }

macro_rules! flags {
    ($($ty:ident of $bits:ident)*) => {$(
        impl Sample for $ty {
            fn sample(random: &mut Random) -> Self {
                let bits = $bits::sample(random);
                Self::from_bits(bits)
            }
        }
    )*};
}

flags! { Few of u8 Nine of u16 All of u32 }

impl Sample for Color {
    fn sample(random: &mut Random) -> Self {
        random.one_of(&[Self::Red, Self::Green, Self::Blue])
    }
}

impl Sample for Point {
    fn sample(random: &mut Random) -> Self {
        Self { x: i32::sample(random), y: i32::sample(random) }
    }
}

impl Sample for Shape {
    fn sample(random: &mut Random) -> Self {
        match random.below(7) {
            0 => Self::Nothing,
            1 => Self::Circle(f32::sample(random)),
            2 => Self::Square(u64::sample(random)),
            3 => Self::Named(String::sample(random)),
            4 => Self::At(Point::sample(random)),
            5 => Self::Path(Vec::sample(random)),
            _ => Self::Perhaps(Option::sample(random)),
        }
    }
}

impl Sample for Scalars {
    fn sample(random: &mut Random) -> Self {
        Self {
            a: Sample::sample(random),
            b: Sample::sample(random),
            c: Sample::sample(random),
            d: Sample::sample(random),
            e: Sample::sample(random),
            f: Sample::sample(random),
            g: Sample::sample(random),
            h: Sample::sample(random),
            i: Sample::sample(random),
            j: Sample::sample(random),
            k: Sample::sample(random),
            l: Sample::sample(random),
        }
    }
}

impl Sample for Everything {
    fn sample(random: &mut Random) -> Self {
        Self {
            scalars: Sample::sample(random),
            text: Sample::sample(random),
            bytes: Sample::sample(random),
            maybe: Sample::sample(random),
            outcome: Sample::sample(random),
            pair: Sample::sample(random),
            color: Sample::sample(random),
            few: Sample::sample(random),
            nine: Sample::sample(random),
            all: Sample::sample(random),
            shape: Sample::sample(random),
            shapes: Sample::sample(random),
        }
    }
}

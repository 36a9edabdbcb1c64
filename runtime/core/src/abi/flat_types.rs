//! Flattening: the core types that a value becomes when it is passed as a parameter or result.
//!
//! A core type has three bits, so that the list is one number. Copying, comparing and making it
//! in constants costs nothing. It holds as many types as a function can have core parameters. A
//! longer list goes through memory, and its length makes no difference. So a `list<t, 5000>` is
//! never flattened five thousand times.

use core::fmt;

use crate::core_value::{CoreType, CoreValue};
use crate::limit::MAX_FLAT_PARAMS;

/// The core types that a value type, or several value types, are flattened to.
///
/// ```
/// # use weft_core as weft;
/// use weft::abi::FlatTypes;
/// use weft::core_value::CoreType::{F32, I32, I64};
///
/// let mut flat = FlatTypes::EMPTY.push(I32).push(F32);
/// assert_eq!(flat.iter().collect::<Vec<_>>(), [I32, F32]);
///
/// // The payloads of two cases share their place.
/// flat = flat.join(FlatTypes::EMPTY.push(I64));
/// assert_eq!(flat.to_string(), "[i64 f32]");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct FlatTypes {
    /// The types, three bits each, beginning with the lowest.
    kinds: u64,
    /// [`Self::TOO_MANY`] if there are more than fit.
    count: u8,
}

impl FlatTypes {
    /// No core types.
    pub const EMPTY: Self = Self { kinds: 0, count: 0 };

    /// The greatest number of core parameters of a function: the flat ones, and the address of
    /// its results.
    pub const CAPACITY: usize = MAX_FLAT_PARAMS as usize + 1;

    /// More than [`Self::CAPACITY`] types, which are not stored.
    pub const MORE: Self = Self { kinds: 0, count: Self::TOO_MANY };

    const TOO_MANY: u8 = u8::MAX;

    /// Creates a list of one core type.
    #[must_use]
    pub const fn one(ty: CoreType) -> Self {
        Self::EMPTY.push(ty)
    }

    /// Returns the number of types, or `None` if they are more than [`Self::CAPACITY`].
    #[must_use]
    pub const fn count(self) -> Option<usize> {
        if self.count == Self::TOO_MANY { None } else { Some(self.count as usize) }
    }

    /// Returns `true` if there are more than `max` types, so that the values go through memory.
    #[must_use]
    pub const fn exceed(self, max: usize) -> bool {
        self.count == Self::TOO_MANY || self.count as usize > max
    }

    /// Returns these types with one more.
    #[must_use]
    pub const fn push(self, ty: CoreType) -> Self {
        if self.count as usize >= Self::CAPACITY {
            return Self::MORE;
        }
        Self { kinds: self.kinds | (code(ty) << (BITS * self.count)), count: self.count + 1 }
    }

    /// Returns these types, followed by those of `other`.
    #[must_use]
    pub const fn append(self, other: Self) -> Self {
        if self.count == Self::TOO_MANY || other.count == Self::TOO_MANY {
            return Self::MORE;
        }
        let count = self.count + other.count;
        if count as usize > Self::CAPACITY {
            return Self::MORE;
        }
        Self { kinds: self.kinds | (other.kinds << (BITS * self.count)), count }
    }

    /// Returns these types, repeated `times` times: `flatten_list` of a fixed-length list.
    #[must_use]
    pub const fn repeat(self, times: u32) -> Self {
        if self.count == 0 {
            return self;
        }
        let mut all = Self::EMPTY;
        let mut done = 0;
        while done < times && all.count != Self::TOO_MANY {
            all = all.append(self);
            done += 1;
        }
        all
    }

    /// Returns types that are wide enough for both at each position, as `flatten_variant` joins
    /// the payloads of two cases.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#flattening)
    #[must_use]
    pub const fn join(self, other: Self) -> Self {
        if self.count == Self::TOO_MANY || other.count == Self::TOO_MANY {
            return Self::MORE;
        }
        let (shorter, mut joined) =
            if self.count < other.count { (self, other) } else { (other, self) };
        let mut position = 0;
        while position < shorter.count {
            let ty = join(code_at(joined.kinds, position), code_at(shorter.kinds, position));
            joined.kinds = joined.kinds & !(MASK << (BITS * position)) | ty << (BITS * position);
            position += 1;
        }
        joined
    }

    /// Returns the type at `position`.
    #[must_use]
    pub const fn get(self, position: usize) -> Option<CoreType> {
        if self.exceed(position) && self.count != Self::TOO_MANY {
            Some(ty((self.kinds >> (BITS as usize * position)) & MASK))
        } else {
            None
        }
    }

    /// Returns the types in their order, or none if they are more than [`Self::CAPACITY`].
    pub fn iter(self) -> impl ExactSizeIterator<Item = CoreType> {
        (0..self.count().unwrap_or(0))
            .map(move |position| ty(self.kinds >> (BITS as usize * position) & MASK))
    }

    /// Returns the core value with these bits and the type at `position`, or `None` if there is
    /// no such type.
    ///
    /// [`FlatValues`](super::FlatValues) explains the bits.
    #[must_use]
    pub fn core_value(self, position: usize, bits: u64) -> Option<CoreValue> {
        Some(match self.get(position)? {
            CoreType::I64 => CoreValue::I64(bits),
            CoreType::F32 => CoreValue::F32(super::flat_values::low_half(bits)),
            CoreType::F64 => CoreValue::F64(bits),
            CoreType::I32 | CoreType::Function => {
                CoreValue::I32(super::flat_values::low_half(bits))
            }
        })
    }
}

impl fmt::Display for FlatTypes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.count == Self::TOO_MANY {
            return write!(f, "[more than {}]", Self::CAPACITY);
        }
        f.write_str("[")?;
        for (position, ty) in self.iter().enumerate() {
            f.write_str(if position == 0 { "" } else { " " })?;
            ty.fmt(f)?;
        }
        f.write_str("]")
    }
}

impl fmt::Debug for FlatTypes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

const I32: u64 = 0;
const I64: u64 = 1;
const F32: u64 = 2;
const F64: u64 = 3;
/// References don't occur in flattened values, but in the core types of built-ins.
const FUNCTION: u64 = 4;

/// The number of bits of a type.
const BITS: u8 = 3;
const MASK: u64 = (1 << BITS) - 1;

const fn code(ty: CoreType) -> u64 {
    match ty {
        CoreType::I32 => I32,
        CoreType::I64 => I64,
        CoreType::F32 => F32,
        CoreType::F64 => F64,
        CoreType::Function => FUNCTION,
    }
}

const fn ty(code: u64) -> CoreType {
    match code {
        I32 => CoreType::I32,
        I64 => CoreType::I64,
        F32 => CoreType::F32,
        F64 => CoreType::F64,
        _ => CoreType::Function,
    }
}

const fn code_at(kinds: u64, position: u8) -> u64 {
    kinds >> (BITS * position) & MASK
}

/// Joins two types: `join`.
const fn join(a: u64, b: u64) -> u64 {
    match (a, b) {
        (I32, I32 | F32) | (F32, I32) => I32,
        (F32, F32) => F32,
        (F64, F64) => F64,
        _ => I64,
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;
    use std::vec::Vec;

    use super::*;

    const ALL: [CoreType; 4] = [CoreType::I32, CoreType::I64, CoreType::F32, CoreType::F64];

    #[test]
    fn join_is_that_of_the_reference() {
        for a in ALL {
            for b in ALL {
                let joined = FlatTypes::one(a).join(FlatTypes::one(b)).get(0).unwrap();
                let expected = match (a, b) {
                    _ if a == b => a,
                    (CoreType::I32, CoreType::F32) | (CoreType::F32, CoreType::I32) => {
                        CoreType::I32
                    }
                    _ => CoreType::I64,
                };
                assert_eq!(joined, expected);
            }
        }
    }

    #[test]
    fn every_type_stays_in_its_place_up_to_the_capacity() {
        let mut flat = FlatTypes::EMPTY;
        let mut expected = Vec::new();
        for ty in ALL.into_iter().cycle().take(FlatTypes::CAPACITY) {
            flat = flat.push(ty);
            expected.push(ty);
        }
        assert_eq!(flat.iter().collect::<Vec<_>>(), expected);
        assert!(flat.exceed(16) && !flat.exceed(17));
        assert_eq!(flat.push(CoreType::I32), FlatTypes::MORE);
        assert_eq!(flat.append(FlatTypes::one(CoreType::F64)), FlatTypes::MORE);
        assert_eq!(FlatTypes::MORE.push(CoreType::I32).count(), None);
        assert_eq!(FlatTypes::MORE.join(FlatTypes::EMPTY), FlatTypes::MORE);
        assert_eq!(format!("{}", FlatTypes::MORE), "[more than 17]");
        assert_eq!(flat.get(17), None);
        assert_eq!(FlatTypes::MORE.get(0), None);
    }

    #[test]
    fn a_long_fixed_length_list_is_flattened_in_a_few_steps() {
        let one = FlatTypes::one(CoreType::F32);
        assert_eq!(one.repeat(u32::MAX), FlatTypes::MORE);
        assert_eq!(one.repeat(3).count(), Some(3));
        assert_eq!(FlatTypes::EMPTY.repeat(u32::MAX), FlatTypes::EMPTY);
    }
}

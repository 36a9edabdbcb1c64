//! Size, alignment and flat form of value types: the reference's `alignment`, `elem_size` and
//! `flatten_type`, all at once, and in constants.
//!
//! A [`Layout`] is for one width of memory, and an [`Abi`] is for both. Each is made of those of
//! its parts, as the type is made of its parts.

use crate::core_value::{CoreType, IntegerType};

use super::FlatTypes;

/// The layout of a type's values in a memory, and their flat form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Layout {
    /// The size in bytes.
    pub size: u64,
    /// The alignment in bytes, a power of two.
    pub alignment: u32,
    /// The core values that a value is flattened to.
    pub flat: FlatTypes,
}

/// The [`Layout`]s of a type in memories of both widths.
///
/// ```
/// # use weft_core as weft;
/// use weft::abi::Abi;
/// use weft::core_value::IntegerType;
///
/// const PERSON: Abi = Abi::record(&[Abi::STRING, Abi::U8]);
/// assert_eq!(PERSON.of(IntegerType::I32).size, 12);
/// assert_eq!(PERSON.of(IntegerType::I64).size, 24);
///
/// const CELL: Abi = Abi::variant(&[Abi::NOTHING, Abi::F32, Abi::U64]);
/// assert_eq!(CELL.narrow.flat.to_string(), "[i32 i64]");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Abi {
    /// With 32-bit addresses.
    pub narrow: Layout,
    /// With 64-bit addresses.
    pub wide: Layout,
}

/// Returns the least multiple of `alignment`, a power of two, that is not below `address`.
///
/// The result is exact for all numbers. The reference divides with floats. So beyond 2⁵³, even with
/// alignment 1, the reference takes some aligned addresses for unaligned ones. There, Weft differs
/// from the reference.
///
/// If no such multiple fits a `u64`, the greatest multiple that does is returned. The sizes of all
/// types are limited to far below that.
#[must_use]
pub const fn align_to(address: u64, alignment: u32) -> u64 {
    let mask = alignment as u64 - 1;
    address.saturating_add(mask) & !mask
}

/// Returns `true` if `address` is a multiple of `alignment`, a power of two. This is the
/// reference's `ptr == align_to(ptr, alignment)`, but exact, as [`align_to`] is.
#[must_use]
pub const fn is_aligned(address: u64, alignment: u32) -> bool {
    address & (alignment as u64 - 1) == 0
}

/// Returns the size of an address in bytes.
#[must_use]
pub const fn ptr_size(address_type: IntegerType) -> u32 {
    match address_type {
        IntegerType::I32 => 4,
        IntegerType::I64 => 8,
    }
}

/// Returns the size in bytes of the discriminant of a variant with this many cases:
/// `discriminant_type`.
#[must_use]
pub const fn discriminant_size(cases: usize) -> u32 {
    match cases {
        0..=0x100 => 1,
        0x101..=0x1_0000 => 2,
        _ => 4,
    }
}

impl Layout {
    const NOTHING: Self = Self { size: 0, alignment: 1, flat: FlatTypes::EMPTY };

    const fn scalar(size: u32, flat: CoreType) -> Self {
        Self { size: size as u64, alignment: size, flat: FlatTypes::one(flat) }
    }

    /// Returns the layout of an address and a length.
    const fn pair(address_type: IntegerType) -> Self {
        let size = ptr_size(address_type);
        let flat = match address_type {
            IntegerType::I32 => FlatTypes::one(CoreType::I32),
            IntegerType::I64 => FlatTypes::one(CoreType::I64),
        };
        Self { size: 2 * size as u64, alignment: size, flat: flat.append(flat) }
    }

    /// Adds a field to the layout of a record, and returns the field's offset, too.
    const fn field(self, field: Self) -> (u64, Self) {
        let offset = align_to(self.size, field.alignment);
        let record = Self {
            size: offset.saturating_add(field.size),
            alignment: max(self.alignment, field.alignment),
            flat: self.flat.append(field.flat),
        };
        (offset, record)
    }

    /// Makes the size a multiple of the alignment.
    const fn padded(self) -> Self {
        Self { size: align_to(self.size, self.alignment), ..self }
    }

    /// Adds the `payload` of a case to the shared layout of a variant's payloads.
    const fn case(self, payload: Self) -> Self {
        Self {
            size: if self.size > payload.size { self.size } else { payload.size },
            alignment: max(self.alignment, payload.alignment),
            flat: self.flat.join(payload.flat),
        }
    }

    /// Returns the layout of a variant with this many cases, whose payloads share this layout.
    const fn variant(self, cases: usize) -> Self {
        let discriminant = Self::scalar(discriminant_size(cases), CoreType::I32);
        Self::NOTHING.field(discriminant).1.field(self).1.padded()
    }

    /// Returns `true` if there is no such type, because it is larger than the ABI allows.
    pub(super) const fn is_too_large(self) -> bool {
        self.size > crate::limit::MAX_VALUE_BYTE_LENGTH as u64
    }
}

const fn max(a: u32, b: u32) -> u32 {
    if a > b { a } else { b }
}

impl Abi {
    /// No value: the payload of a case without one, and the result of a function without one.
    pub const NOTHING: Self = Self::both(Layout::NOTHING);
    /// `bool`
    pub const BOOL: Self = Self::both(Layout::scalar(1, CoreType::I32));
    /// `s8`
    pub const S8: Self = Self::both(Layout::scalar(1, CoreType::I32));
    /// `u8`
    pub const U8: Self = Self::both(Layout::scalar(1, CoreType::I32));
    /// `s16`
    pub const S16: Self = Self::both(Layout::scalar(2, CoreType::I32));
    /// `u16`
    pub const U16: Self = Self::both(Layout::scalar(2, CoreType::I32));
    /// `s32`
    pub const S32: Self = Self::both(Layout::scalar(4, CoreType::I32));
    /// `u32`
    pub const U32: Self = Self::both(Layout::scalar(4, CoreType::I32));
    /// `s64`
    pub const S64: Self = Self::both(Layout::scalar(8, CoreType::I64));
    /// `u64`
    pub const U64: Self = Self::both(Layout::scalar(8, CoreType::I64));
    /// `f32`
    pub const F32: Self = Self::both(Layout::scalar(4, CoreType::F32));
    /// `f64`
    pub const F64: Self = Self::both(Layout::scalar(8, CoreType::F64));
    /// `char`
    pub const CHAR: Self = Self::both(Layout::scalar(4, CoreType::I32));
    /// `own`, `borrow`, `stream`, `future` and `error-context`: an index.
    pub const HANDLE: Self = Self::both(Layout::scalar(4, CoreType::I32));
    /// `string`
    pub const STRING: Self = Self::PAIR;
    /// `list` of any element, and `map`
    pub const LIST: Self = Self::PAIR;

    const PAIR: Self =
        Self { narrow: Layout::pair(IntegerType::I32), wide: Layout::pair(IntegerType::I64) };

    const fn both(layout: Layout) -> Self {
        Self { narrow: layout, wide: layout }
    }

    /// Returns the layout in memories with these addresses.
    #[must_use]
    pub const fn of(&self, address_type: IntegerType) -> Layout {
        match address_type {
            IntegerType::I32 => self.narrow,
            IntegerType::I64 => self.wide,
        }
    }

    /// Adds a field to the layout of a record, before [`padded`](Self::padded). Returns the
    /// field's offsets, too.
    #[must_use]
    pub const fn field(self, field: Self) -> (Offset, Self) {
        let (narrow, narrow_record) = self.narrow.field(field.narrow);
        let (wide, wide_record) = self.wide.field(field.wide);
        (Offset { narrow, wide }, Self { narrow: narrow_record, wide: wide_record })
    }

    /// Makes the size a multiple of the alignment, after the last field of a record.
    #[must_use]
    pub const fn padded(self) -> Self {
        Self { narrow: self.narrow.padded(), wide: self.wide.padded() }
    }

    /// Returns the offsets of the fields of a record.
    #[must_use]
    pub const fn offsets<const N: usize>(fields: [Self; N]) -> [Offset; N] {
        let mut offsets = [Offset { narrow: 0, wide: 0 }; N];
        let mut record = Self::NOTHING;
        let (mut rest, mut places) = (fields.as_slice(), offsets.as_mut_slice());
        while let ([first, after @ ..], [place, places_after @ ..]) = (rest, places) {
            (*place, record) = record.field(*first);
            (rest, places) = (after, places_after);
        }
        offsets
    }

    /// Returns the layouts of a `record` or `tuple`.
    #[must_use]
    pub const fn record(mut fields: &[Self]) -> Self {
        let mut record = Self::NOTHING;
        while let [first, rest @ ..] = fields {
            record = record.field(*first).1;
            fields = rest;
        }
        record.padded()
    }

    /// Returns the layouts of a `variant`, `enum`, `option` or `result`, from the payloads of its
    /// cases. A case without payload has [`NOTHING`](Self::NOTHING).
    #[must_use]
    pub const fn variant(payloads: &[Self]) -> Self {
        Self::payload(payloads).variant_of(payloads.len())
    }

    /// Returns the layouts that the payloads of a variant's cases share, at its
    /// [`payload_offset`](Self::payload_offset).
    #[must_use]
    pub const fn payload(mut payloads: &[Self]) -> Self {
        let mut shared = Self::NOTHING;
        while let [first, rest @ ..] = payloads {
            shared = shared.case(*first);
            payloads = rest;
        }
        shared
    }

    const fn case(self, payload: Self) -> Self {
        Self { narrow: self.narrow.case(payload.narrow), wide: self.wide.case(payload.wide) }
    }

    pub(super) const fn variant_of(self, cases: usize) -> Self {
        Self { narrow: self.narrow.variant(cases), wide: self.wide.variant(cases) }
    }

    /// Returns the offset of the payload in a variant with this many cases, whose payloads share
    /// these layouts.
    #[must_use]
    pub const fn payload_offset(&self, cases: usize) -> Offset {
        let size = discriminant_size(cases) as u64;
        Offset {
            narrow: align_to(size, self.narrow.alignment),
            wide: align_to(size, self.wide.alignment),
        }
    }

    /// Returns the layouts of `flags` with this many labels.
    #[must_use]
    pub const fn flags(labels: usize) -> Self {
        match labels {
            0..=8 => Self::U8,
            9..=16 => Self::U16,
            _ => Self::U32,
        }
    }

    /// Returns the layouts of a `list<t, length>` of elements with these layouts.
    #[must_use]
    pub const fn fixed_length_list(self, length: u32) -> Self {
        Self { narrow: self.narrow.repeat(length), wide: self.wide.repeat(length) }
    }

    /// Returns `true` if the ABI has no such type, because its size with 64-bit addresses is over
    /// the limit.
    #[must_use]
    pub const fn is_too_large(&self) -> bool {
        self.wide.is_too_large()
    }
}

impl Layout {
    const fn repeat(self, length: u32) -> Self {
        Self {
            size: self.size.saturating_mul(length as u64),
            alignment: self.alignment,
            flat: self.flat.repeat(length),
        }
    }
}

/// The offset of a part of a value, in memories of both widths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Offset {
    /// With 32-bit addresses.
    pub narrow: u64,
    /// With 64-bit addresses.
    pub wide: u64,
}

impl Offset {
    /// Returns the offset in memories with these addresses.
    #[must_use]
    pub const fn of(&self, address_type: IntegerType) -> u64 {
        match address_type {
            IntegerType::I32 => self.narrow,
            IntegerType::I64 => self.wide,
        }
    }
}

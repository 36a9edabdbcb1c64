//! The layouts of shapes, and the handles in them.

use super::flags::FlagsAbi;
use super::list::array_abi;
use super::record::check_size;
use super::shape::Shape;
use super::variant::VariantAbi;
use crate::abi::Abi;

impl Shape {
    /// Returns the size, alignment and flat form.
    ///
    /// # Panics
    ///
    /// If there is no such type, because a part is `()`, or a value would have more bytes than the
    /// canonical ABI allows. In a constant, the program doesn't compile instead.
    #[must_use]
    pub const fn abi(self) -> Abi {
        match self {
            Self::Nothing => Abi::NOTHING,
            Self::Bool => Abi::BOOL,
            Self::S8 => Abi::S8,
            Self::U8 => Abi::U8,
            Self::S16 => Abi::S16,
            Self::U16 => Abi::U16,
            Self::S32 => Abi::S32,
            Self::U32 => Abi::U32,
            Self::S64 => Abi::S64,
            Self::U64 => Abi::U64,
            Self::F32 => Abi::F32,
            Self::F64 => Abi::F64,
            Self::Char => Abi::CHAR,
            Self::String => Abi::STRING,
            Self::List(_) | Self::Map(..) => Abi::LIST,
            Self::FixedLengthList(element, length) => array_abi(element.abi(), length),
            Self::Record(mut fields) => {
                let mut record = Abi::NOTHING;
                while let [(_, first), rest @ ..] = fields {
                    record = first.after(record);
                    fields = rest;
                }
                check_size(record.padded())
            }
            Self::Tuple(mut parts) => {
                let mut record = Abi::NOTHING;
                while let [first, rest @ ..] = parts {
                    record = first.after(record);
                    parts = rest;
                }
                check_size(record.padded())
            }
            Self::Variant(_) | Self::Enum(_) | Self::Option(_) | Self::Result(..) => {
                self.variant_abi().checked_abi()
            }
            Self::Flags(labels) => FlagsAbi::new(labels.len()).abi(),
            Self::Own(_)
            | Self::Borrow(_)
            | Self::Stream(_)
            | Self::Future(_)
            | Self::ErrorContext => Abi::HANDLE,
        }
    }

    /// Returns the layout of `record` with this as another field.
    const fn after(self, record: Abi) -> Abi {
        let abi = self.abi();
        assert!(
            abi.narrow.size > 0,
            "a field can't be `()`: the Component Model has no such value"
        );
        record.field(abi).1
    }

    /// Returns the layout of the discriminant and the payload of a variant, enum, option or result.
    /// Other shapes return the layout of an enum without cases.
    #[must_use]
    pub(super) const fn variant_abi(self) -> VariantAbi {
        match self {
            Self::Variant(cases) => {
                let (mut shared, mut rest) = (Abi::NOTHING, cases);
                while let [(_, payload), after @ ..] = rest {
                    shared = Abi::payload(&[shared, payload.abi()]);
                    rest = after;
                }
                VariantAbi::with_cases(shared, cases.len())
            }
            Self::Enum(cases) => VariantAbi::without_payloads(cases.len()),
            Self::Option(some) => {
                let some = some.abi();
                assert!(
                    some.narrow.size > 0,
                    "the value of an option can't be `()`: the Component Model has no such value"
                );
                VariantAbi::new(&[Abi::NOTHING, some])
            }
            Self::Result(ok, error) => VariantAbi::new(&[ok.abi(), error.abi()]),
            _ => VariantAbi::without_payloads(0),
        }
    }

    /// Returns the layout of flags. Other shapes return the layout of flags without labels.
    #[must_use]
    pub(super) const fn flags_abi(self) -> FlagsAbi {
        match self {
            Self::Flags(labels) => FlagsAbi::new(labels.len()),
            _ => FlagsAbi::new(0),
        }
    }

    /// Returns `true` if a value may have a handle in it.
    #[must_use]
    pub const fn has_handles(self) -> bool {
        match self {
            Self::List(element) | Self::FixedLengthList(element, _) | Self::Option(element) => {
                element.has_handles()
            }
            Self::Map(a, b) | Self::Result(a, b) => a.has_handles() || b.has_handles(),
            Self::Record(mut parts) | Self::Variant(mut parts) => {
                while let [(_, first), rest @ ..] = parts {
                    if first.has_handles() {
                        return true;
                    }
                    parts = rest;
                }
                false
            }
            Self::Tuple(mut parts) => {
                while let [first, rest @ ..] = parts {
                    if first.has_handles() {
                        return true;
                    }
                    parts = rest;
                }
                false
            }
            Self::Own(_)
            | Self::Borrow(_)
            | Self::Stream(_)
            | Self::Future(_)
            | Self::ErrorContext => true,
            _ => false,
        }
    }
}

//! Parameters and results: the reference's `lift_flat_values` and `lower_flat_values`.

use alloc::vec::Vec;

use thiserror::Error;

use crate::error::Failure;

use super::check::Mismatch;
use super::load::{lift_flat_fields, load_fields};
use super::making::InvalidType;
use super::store::{lower_flat_record, store_record};
use super::ty::{Contains, Field, RecordType, Type};
use super::val::Val;
use crate::abi::context::LowerContextExt as _;
use crate::abi::{Abi, CoreValueIter, FlatValues, LiftContext, LiftHandles, LowerContext};

/// The types of a function's parameters, or of its result, or an empty list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TypeList {
    /// The record that they are if they go through memory.
    record: RecordType,
}

/// The failure of lowering values.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Error)]
pub enum LowerFailure {
    /// A value doesn't have its type. Nothing was lowered.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// The guest broke a rule, or a limit is reached.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl TypeList {
    /// Creates a list of these types.
    ///
    /// Together they are not a type. So the limits of a type's size and depth don't apply to
    /// them, although they lie in memory as a tuple.
    ///
    /// # Errors
    ///
    /// [`InvalidType::TooManyParts`] if they have too many parts together.
    pub fn new(types: impl IntoIterator<Item = Type>) -> Result<Self, InvalidType> {
        let record = RecordType::tuple(types);
        if record.facts.parts > Type::MAX_PARTS {
            return Err(InvalidType::TooManyParts);
        }
        Ok(Self { record })
    }

    /// Returns the types.
    pub fn types(&self) -> impl ExactSizeIterator<Item = &Type> {
        self.record.fields().iter().map(Field::ty)
    }

    /// Returns the layout and the flat form of all of them, for
    /// [`flatten_functype`](crate::abi::Flattening::flatten_functype).
    #[must_use]
    pub const fn abi(&self) -> Abi {
        self.record.facts.abi
    }

    /// Returns `true` if a value can contain a float, and so a NaN.
    #[must_use]
    pub const fn contains_float(&self) -> bool {
        self.record.facts.contains.has(Contains::FLOAT)
    }

    /// Returns `true` if a value can contain a handle.
    #[must_use]
    pub const fn contains_handle(&self) -> bool {
        self.record.facts.contains.has(Contains::HANDLE)
    }

    /// Returns `true` if each core value that the values are flattened to is moved from guest to
    /// guest unchanged, except for NaNs. This is so if they contain only integers of 32 and 64 bits
    /// and floats.
    #[must_use]
    pub const fn is_flat_plain(&self) -> bool {
        self.record.facts.flat_plain
    }

    /// Returns `true` if a resource, stream or future type is in one of them, which has a number.
    #[must_use]
    pub const fn contains_numbers(&self) -> bool {
        self.record.facts.contains.has(Contains::NUMBER)
    }

    /// Creates a list of a record's fields, which are those of an existing list.
    pub(super) const fn of_record(record: RecordType) -> Self {
        Self { record }
    }

    pub(crate) const fn record(&self) -> &RecordType {
        &self.record
    }

    /// Checks that `vals` are values of these types.
    ///
    /// # Errors
    ///
    /// [`Mismatch`], which names the part that differs. Its path begins with the position.
    pub fn check(&self, vals: &[Val]) -> Result<(), Mismatch> {
        let expected = self.record.fields().len();
        if vals.len() != expected {
            return Err(Mismatch::count(expected as u64, "values", vals.len()));
        }
        self.types().zip(vals).enumerate().try_for_each(|(position, (ty, val))| {
            ty.check(val).map_err(|it| it.within(format_args!("[{position}]")))
        })
    }

    /// Lifts values of these types: `lift_flat_values`.
    ///
    /// They come from at most `max_flat` core values, or from the memory whose address is the one
    /// core value.
    ///
    /// # Errors
    ///
    /// The traps `pointer-unaligned` and `pointer-out-of-bounds`, and those that the page of
    /// [`Lift`](crate::abi::Lift) names.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#lifting-and-lowering-values)
    pub fn lift_flat_values<H: LiftHandles>(
        &self,
        cx: &mut LiftContext<'_, H>,
        max_flat: usize,
        values: &mut CoreValueIter<'_>,
    ) -> Result<Vec<Val>, Failure> {
        let mut lifted = Vec::new();
        self.lift_flat_values_into(&mut lifted, cx, max_flat, values)?;
        Ok(lifted)
    }

    /// Lifts as [`lift_flat_values`](Self::lift_flat_values) does, and appends the values to
    /// `lifted`, so that its memory can be used again.
    ///
    /// # Errors
    ///
    /// The traps `pointer-unaligned` and `pointer-out-of-bounds`, and those that the page of
    /// [`Lift`](crate::abi::Lift) names. Some values may have been appended.
    pub fn lift_flat_values_into<H: LiftHandles>(
        &self,
        lifted: &mut Vec<Val>,
        cx: &mut LiftContext<'_, H>,
        max_flat: usize,
        values: &mut CoreValueIter<'_>,
    ) -> Result<(), Failure> {
        let layout = self.abi().of(cx.options.address_type);
        if !layout.flat.exceed(max_flat) {
            return lift_flat_fields(cx, values, &self.record, lifted);
        }
        let address = values.next_address(cx.options.address_type)?;
        let bytes = cx.spilled(address, layout)?;
        load_fields(cx, bytes, &self.record, lifted)
    }

    /// Lowers values of these types: `lower_flat_values`.
    ///
    /// They become at most `max_flat` core values, or are stored in memory: at `out_param`, or at
    /// an address that becomes the one core value.
    ///
    /// # Errors
    ///
    /// - [`LowerFailure::Mismatch`] if a value has another type, with nothing lowered.
    /// - The traps `realloc-unaligned` and `realloc-out-of-bounds`, or `pointer-unaligned` and
    ///   `pointer-out-of-bounds` for an `out_param`.
    /// - The traps of `realloc` and of lowering handles.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#lifting-and-lowering-values)
    pub fn lower_flat_values<C: LowerContext + ?Sized>(
        &self,
        cx: &mut C,
        max_flat: usize,
        vals: &[Val],
        out_param: Option<u64>,
    ) -> Result<FlatValues, LowerFailure> {
        self.check(vals)?;
        let mut flat = FlatValues::EMPTY;
        self.lower_checked(&mut flat, cx, max_flat, vals, out_param)?;
        Ok(flat)
    }

    /// Lowers as [`lower_flat_values`](Self::lower_flat_values) does, and appends the core values
    /// to `flat`. The caller has [checked](Self::check) `vals`; this doesn't check them again.
    ///
    /// # Errors
    ///
    /// - [`AbiError::ValueMismatch`](crate::error::AbiError::ValueMismatch) if `vals` were not
    ///   checked, and a value has another type.
    /// - The traps `realloc-unaligned` and `realloc-out-of-bounds`, or `pointer-unaligned` and
    ///   `pointer-out-of-bounds` for an `out_param`.
    /// - The traps of `realloc` and of lowering handles.
    pub fn lower_checked<C: LowerContext + ?Sized>(
        &self,
        flat: &mut FlatValues,
        cx: &mut C,
        max_flat: usize,
        vals: &[Val],
        out_param: Option<u64>,
    ) -> Result<(), Failure> {
        let layout = self.abi().of(cx.options().address_type);
        if layout.flat.exceed(max_flat) {
            let address = cx.spill(layout, out_param, flat)?;
            store_record(cx, vals, &self.record, address)
        } else {
            lower_flat_record(cx, vals, &self.record, flat)
        }
    }
}

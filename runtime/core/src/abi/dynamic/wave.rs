//! Values as text: WAVE, the WebAssembly Value Encoding (feature `wave`).
//!
//! The grammar is that of the crate `wasm-wave`. This implements its traits for a [`Val`] with
//! its type.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::error::Error;
use core::ops::Range;

use thiserror::Error;
use wasm_wave::parser::ParserError;
use wasm_wave::wasm::{WasmType, WasmTypeKind, WasmValue, WasmValueError};

use super::check::Mismatch;
use super::ty::{Case, Field, ListShape, RecordShape, Type, VariantShape};
use super::val::Val;

/// The message for a value without a text.
const NO_TEXT: &str = "there is no text for handles, streams, futures and error contexts";

/// The error of a value that has no text, or of a text that is not a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum WaveError {
    /// The value doesn't have its type.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// A part of the value has no text: see [`WaveSupport`](super::WaveSupport).
    #[error("{NO_TEXT}")]
    NoText,
    /// The text is not a value of the type.
    #[error("{message} at {}..{}", range.start, range.end)]
    Text {
        /// The mistake.
        message: String,
        /// The place of the mistake, in bytes of the text.
        range: Range<usize>,
    },
}

impl WaveError {
    /// Converts an error of the grammar. The text begins after `offset` bytes of the parsed text.
    pub(super) fn of_text(error: &ParserError, offset: usize) -> Self {
        let message = match (error.source(), error.detail()) {
            (Some(source), _) if is_unsupported(source) => NO_TEXT.to_string(),
            (Some(source), _) => format!("{}: {source}", error.kind()),
            (None, Some(detail)) => format!("{}: {detail}", error.kind()),
            (None, None) => error.kind().to_string(),
        };
        let Range { start, end } = error.span();
        Self::Text { message, range: start.saturating_sub(offset)..end.saturating_sub(offset) }
    }
}

/// Returns `true` if the grammar has no text for values of a type.
fn is_unsupported(error: &(dyn Error + 'static)) -> bool {
    matches!(error.downcast_ref(), Some(WasmValueError::UnsupportedType(_)))
}

impl Type {
    /// Returns a value of this type as WAVE.
    ///
    /// ```
    /// # use weft_core as weft;
    /// use weft::abi::{Type, Val};
    ///
    /// let point = Type::record([("x", Type::F32), ("name", Type::option(Type::String)?)])?;
    /// let val = Val::record([Val::F32(0.5), Val::option(Some(Val::from("a")))]);
    /// assert_eq!(point.to_wave(&val)?, r#"{x: 0.5, name: some("a")}"#);
    /// assert_eq!(point.parse_wave("{x: 0.5, name: \"a\"}")?, val);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`WaveError::Mismatch`] if it has another type.
    /// - [`WaveError::NoText`] if there is a handle, stream, future or error context in it.
    pub fn to_wave(&self, val: &Val) -> Result<String, WaveError> {
        self.check(val)?;
        let value = Value { ty: self.clone(), val: val.clone() };
        wasm_wave::to_string(&value).map_err(|_| WaveError::NoText)
    }

    /// Parses a text in WAVE as a value of this type.
    ///
    /// # Errors
    ///
    /// - [`WaveError::Text`], which names the place in the text.
    /// - [`WaveError::Mismatch`] if a fixed-length list has another length.
    pub fn parse_wave(&self, text: &str) -> Result<Val, WaveError> {
        let value: Value =
            wasm_wave::from_str(self, text).map_err(|error| WaveError::of_text(&error, 0))?;
        self.check(&value.val)?;
        Ok(value.val)
    }

    pub(super) fn variant_shape(&self) -> Option<VariantShape> {
        match self {
            Self::Variant(variant) => Some(variant.shape()),
            _ => None,
        }
    }

    /// Returns the type of the payload of a case.
    fn payload(&self, case: usize) -> Option<Self> {
        match self {
            Self::Variant(variant) => variant.cases().get(case)?.payload().cloned(),
            _ => None,
        }
    }

    fn cases(&self) -> &[Case] {
        match self {
            Self::Variant(variant) => variant.cases(),
            _ => &[],
        }
    }

    fn fields(&self) -> &[Field] {
        match self {
            Self::Record(record) => record.fields(),
            _ => &[],
        }
    }

    fn element(&self) -> Option<&Self> {
        match self {
            Self::List(list) => Some(list.element()),
            _ => None,
        }
    }
}

impl WasmType for Type {
    fn kind(&self) -> WasmTypeKind {
        match self {
            Self::Bool => WasmTypeKind::Bool,
            Self::S8 => WasmTypeKind::S8,
            Self::U8 => WasmTypeKind::U8,
            Self::S16 => WasmTypeKind::S16,
            Self::U16 => WasmTypeKind::U16,
            Self::S32 => WasmTypeKind::S32,
            Self::U32 => WasmTypeKind::U32,
            Self::S64 => WasmTypeKind::S64,
            Self::U64 => WasmTypeKind::U64,
            Self::F32 => WasmTypeKind::F32,
            Self::F64 => WasmTypeKind::F64,
            Self::Char => WasmTypeKind::Char,
            Self::String => WasmTypeKind::String,
            Self::Flags(_) => WasmTypeKind::Flags,
            Self::List(list) => match list.shape() {
                // `wasm-wave` writes both in the same way, and can only read lists. The length is
                // checked here.
                ListShape::List | ListShape::FixedLength(_) => WasmTypeKind::List,
                ListShape::Map => WasmTypeKind::Map,
            },
            Self::Record(record) => match record.shape() {
                RecordShape::Record => WasmTypeKind::Record,
                RecordShape::Tuple => WasmTypeKind::Tuple,
            },
            Self::Variant(variant) => match variant.shape() {
                VariantShape::Variant => WasmTypeKind::Variant,
                VariantShape::Enum => WasmTypeKind::Enum,
                VariantShape::Option => WasmTypeKind::Option,
                VariantShape::Result => WasmTypeKind::Result,
            },
            Self::ErrorContext
            | Self::Own(_)
            | Self::Borrow(_)
            | Self::Stream(_)
            | Self::Future(_) => WasmTypeKind::Unsupported,
        }
    }

    fn list_element_type(&self) -> Option<Self> {
        self.element().cloned()
    }

    fn record_fields(&self) -> Box<dyn Iterator<Item = (Cow<'_, str>, Self)> + '_> {
        Box::new(self.fields().iter().map(|it| (it.name().into(), it.ty().clone())))
    }

    fn tuple_element_types(&self) -> Box<dyn Iterator<Item = Self> + '_> {
        Box::new(self.fields().iter().map(|it| it.ty().clone()))
    }

    fn variant_cases(&self) -> Box<dyn Iterator<Item = (Cow<'_, str>, Option<Self>)> + '_> {
        Box::new(self.cases().iter().map(|it| (it.name().into(), it.payload().cloned())))
    }

    fn enum_cases(&self) -> Box<dyn Iterator<Item = Cow<'_, str>> + '_> {
        Box::new(self.cases().iter().map(|it| it.name().into()))
    }

    fn option_some_type(&self) -> Option<Self> {
        self.variant_shape().filter(|it| *it == VariantShape::Option)?;
        self.payload(1)
    }

    fn result_types(&self) -> Option<(Option<Self>, Option<Self>)> {
        self.variant_shape().filter(|it| *it == VariantShape::Result)?;
        Some((self.payload(0), self.payload(1)))
    }

    fn flags_names(&self) -> Box<dyn Iterator<Item = Cow<'_, str>> + '_> {
        match self {
            Self::Flags(flags) => Box::new(flags.labels().map(Into::into)),
            _ => Box::new(core::iter::empty()),
        }
    }

    fn map_key_value_types(&self) -> Option<(Self, Self)> {
        match self.element()?.fields() {
            [key, value] => Some((key.ty().clone(), value.ty().clone())),
            _ => None,
        }
    }
}

/// A value and its type. A caller that asks for a part knows the kind. For a part of another
/// kind, it gets a zero or an empty part.
#[derive(Clone)]
pub(super) struct Value {
    ty: Type,
    pub(super) val: Val,
}

impl Value {
    fn parts(&self) -> &[Val] {
        match &self.val {
            Val::List(parts) | Val::Record(parts) => parts,
            _ => &[],
        }
    }

    fn case(&self) -> (u32, Option<Cow<'_, Self>>) {
        let Val::Variant(case, payload) = &self.val else { return (0, None) };
        let ty = usize::try_from(*case).ok().and_then(|case| self.ty.payload(case));
        let payload = payload.as_deref().zip(ty);
        (*case, payload.map(|(val, ty)| Cow::Owned(Self { ty, val: val.clone() })))
    }

    fn case_name(&self) -> Cow<'_, str> {
        let case = usize::try_from(self.case().0).ok();
        case.and_then(|case| self.ty.cases().get(case)).map_or("", Case::name).into()
    }

    fn variant(ty: &Type, case: u32, payload: Option<Self>) -> Self {
        let payload = payload.map(|payload| Box::new(payload.val));
        Self { ty: ty.clone(), val: Val::Variant(case, payload) }
    }

    fn named(ty: &Type, name: &str, payload: Option<Self>) -> Result<Self, WasmValueError> {
        let position = ty.cases().iter().position(|case| case.name() == name);
        let case = position.and_then(|position| u32::try_from(position).ok());
        let case = case.ok_or_else(|| WasmValueError::UnknownCase(name.to_string()))?;
        Ok(Self::variant(ty, case, payload))
    }
}

/// Defines the functions that make a value of one kind, and that return its content.
macro_rules! scalars {
    ($($make:ident $unwrap:ident: $variant:ident($ty:ty);)*) => {$(
        fn $make(val: $ty) -> Self {
            Self { ty: Type::$variant, val: Val::$variant(val) }
        }

        fn $unwrap(&self) -> $ty {
            match self.val {
                Val::$variant(val) => val,
                _ => <$ty>::default(),
            }
        }
    )*};
}

impl WasmValue for Value {
    type Type = Type;

    fn kind(&self) -> WasmTypeKind {
        self.ty.kind()
    }

    scalars! {
        make_bool unwrap_bool: Bool(bool);
        make_s8 unwrap_s8: S8(i8);
        make_u8 unwrap_u8: U8(u8);
        make_s16 unwrap_s16: S16(i16);
        make_u16 unwrap_u16: U16(u16);
        make_s32 unwrap_s32: S32(i32);
        make_u32 unwrap_u32: U32(u32);
        make_s64 unwrap_s64: S64(i64);
        make_u64 unwrap_u64: U64(u64);
        make_f32 unwrap_f32: F32(f32);
        make_f64 unwrap_f64: F64(f64);
        make_char unwrap_char: Char(char);
    }

    fn make_string(val: Cow<'_, str>) -> Self {
        Self { ty: Type::String, val: Val::String(val.into()) }
    }

    fn make_list(ty: &Type, vals: impl IntoIterator<Item = Self>) -> Result<Self, WasmValueError> {
        Ok(Self { ty: ty.clone(), val: Val::list(vals.into_iter().map(|it| it.val)) })
    }

    fn make_record<'a>(
        ty: &Type,
        fields: impl IntoIterator<Item = (&'a str, Self)>,
    ) -> Result<Self, WasmValueError> {
        let mut given: Vec<(&str, Self)> = fields.into_iter().collect();
        let mut vals = Vec::new();
        for field in ty.fields() {
            let position = given.iter().position(|(name, _)| *name == field.name());
            let missing = || WasmValueError::MissingField(field.name().to_string());
            vals.push(given.swap_remove(position.ok_or_else(missing)?).1.val);
        }
        Ok(Self { ty: ty.clone(), val: Val::Record(vals) })
    }

    fn make_tuple(ty: &Type, vals: impl IntoIterator<Item = Self>) -> Result<Self, WasmValueError> {
        Ok(Self { ty: ty.clone(), val: Val::record(vals.into_iter().map(|it| it.val)) })
    }

    fn make_variant(ty: &Type, case: &str, val: Option<Self>) -> Result<Self, WasmValueError> {
        Self::named(ty, case, val)
    }

    fn make_enum(ty: &Type, case: &str) -> Result<Self, WasmValueError> {
        Self::named(ty, case, None)
    }

    fn make_option(ty: &Type, val: Option<Self>) -> Result<Self, WasmValueError> {
        Ok(Self::variant(ty, u32::from(val.is_some()), val))
    }

    fn make_result(
        ty: &Type,
        val: Result<Option<Self>, Option<Self>>,
    ) -> Result<Self, WasmValueError> {
        Ok(match val {
            Ok(ok) => Self::variant(ty, 0, ok),
            Err(error) => Self::variant(ty, 1, error),
        })
    }

    fn make_flags<'a>(
        ty: &Type,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, WasmValueError> {
        let mut bits = 0;
        for name in names {
            let bit = ty.flags_names().zip(0_u32..).find(|(label, _)| label == name);
            let unknown = || WasmValueError::UnknownCase(name.to_string());
            bits |= 1 << bit.ok_or_else(unknown)?.1;
        }
        Ok(Self { ty: ty.clone(), val: Val::Flags(bits) })
    }

    fn make_map(
        ty: &Type,
        entries: impl IntoIterator<Item = (Self, Self)>,
    ) -> Result<Self, WasmValueError> {
        let entries = entries.into_iter().map(|(key, value)| (key.val, value.val));
        Ok(Self { ty: ty.clone(), val: Val::map(entries) })
    }

    fn unwrap_string(&self) -> Cow<'_, str> {
        match &self.val {
            Val::String(text) => Cow::Borrowed(text),
            _ => Cow::Borrowed(""),
        }
    }

    fn unwrap_list(&self) -> Box<dyn Iterator<Item = Cow<'_, Self>> + '_> {
        Box::new(self.ty.element().into_iter().flat_map(|ty| {
            self.parts().iter().map(|val| Cow::Owned(Self { ty: ty.clone(), val: val.clone() }))
        }))
    }

    fn unwrap_record(&self) -> Box<dyn Iterator<Item = (Cow<'_, str>, Cow<'_, Self>)> + '_> {
        Box::new(self.ty.fields().iter().zip(self.parts()).map(|(field, val)| {
            let value = Self { ty: field.ty().clone(), val: val.clone() };
            (field.name().into(), Cow::Owned(value))
        }))
    }

    fn unwrap_tuple(&self) -> Box<dyn Iterator<Item = Cow<'_, Self>> + '_> {
        Box::new(self.unwrap_record().map(|(_, value)| value))
    }

    fn unwrap_variant(&self) -> (Cow<'_, str>, Option<Cow<'_, Self>>) {
        (self.case_name(), self.case().1)
    }

    fn unwrap_enum(&self) -> Cow<'_, str> {
        self.case_name()
    }

    fn unwrap_option(&self) -> Option<Cow<'_, Self>> {
        self.case().1
    }

    fn unwrap_result(&self) -> Result<Option<Cow<'_, Self>>, Option<Cow<'_, Self>>> {
        match self.case() {
            (0, ok) => Ok(ok),
            (_, error) => Err(error),
        }
    }

    fn unwrap_flags(&self) -> Box<dyn Iterator<Item = Cow<'_, str>> + '_> {
        let Val::Flags(bits) = self.val else { return Box::new(core::iter::empty()) };
        let labels = self.ty.flags_names().zip(0_u32..);
        Box::new(labels.filter(move |(_, bit)| bits >> bit & 1 != 0).map(|(label, _)| label))
    }

    fn unwrap_map(&self) -> Box<dyn Iterator<Item = (Cow<'_, Self>, Cow<'_, Self>)> + '_> {
        let types = self.ty.map_key_value_types();
        Box::new(types.into_iter().flat_map(|(key_type, value_type)| {
            self.parts().iter().filter_map(move |entry| {
                let Val::Record(entry) = entry else { return None };
                let [key, value] = entry.as_slice() else { return None };
                let of =
                    |ty: &Type, val: &Val| Cow::Owned(Self { ty: ty.clone(), val: val.clone() });
                Some((of(&key_type, key), of(&value_type, value)))
            })
        }))
    }
}

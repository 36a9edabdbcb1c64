//! Parts of values by their names: the fields of records, the cases of variants, the labels of
//! flags. Also the parts of values without a type.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::check::Mismatch;
use super::ty::{Case, Field, FlagsType, RecordType, VariantType};
use super::val::Val;

/// Returns the number of the part with this name.
fn position<'a>(mut names: impl Iterator<Item = &'a str>, name: &str) -> Option<usize> {
    names.position(|it| it == name)
}

impl RecordType {
    /// Creates a record whose fields have these values, in any order.
    ///
    /// ```
    /// # use weft_core as weft;
    /// use weft::abi::{Type, Val};
    ///
    /// let ty = Type::record([("x", Type::F32), ("y", Type::F32)])?;
    /// let Type::Record(point) = &ty else { unreachable!() };
    /// let val = point.val([("y", Val::F32(2.0)), ("x", Val::F32(1.0))])?;
    /// assert_eq!(val, Val::record([Val::F32(1.0), Val::F32(2.0)]));
    /// assert_eq!(point.field_of(&val, "y"), Some(&Val::F32(2.0)));
    ///
    /// let missing = point.val([("x", Val::F32(1.0))]).unwrap_err();
    /// assert_eq!(missing.to_string(), "at .y: expected f32, found nothing");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Mismatch`] if there is no such field, if a field has two values or none, or if a value
    /// has another type.
    pub fn val<'n>(
        &self,
        fields: impl IntoIterator<Item = (&'n str, Val)>,
    ) -> Result<Val, Mismatch> {
        let mut vals: Vec<Option<Val>> = self.fields().iter().map(|_| None).collect();
        for (name, val) in fields {
            let number = position(self.fields().iter().map(Field::name), name);
            let place = number.and_then(|number| vals.get_mut(number));
            let Some(place @ None) = place else {
                let (expected, found) = ("each field once", val.kind());
                return Err(Mismatch::new(expected, found).within(format_args!(".{name}")));
            };
            *place = Some(val);
        }
        let mut all = Vec::with_capacity(vals.len());
        for (field, val) in self.fields().iter().zip(vals) {
            let name = field.name();
            let val = val.ok_or_else(|| Mismatch::new(field.ty(), "nothing"));
            all.push(val.map_err(|it| it.within(format_args!(".{name}")))?);
        }
        self.check(&all)?;
        Ok(Val::Record(all))
    }

    /// Returns the value of the field with this name, if `val` is a record with such a field.
    #[must_use]
    pub fn field_of<'v>(&self, val: &'v Val, name: &str) -> Option<&'v Val> {
        let number = position(self.fields().iter().map(Field::name), name)?;
        val.as_record()?.get(number)
    }
}

impl VariantType {
    /// Creates a variant with the case of this name and its payload.
    ///
    /// ```
    /// # use weft_core as weft;
    /// use weft::abi::{Type, Val};
    ///
    /// let ty = Type::variant([("none", None), ("at", Some(Type::U32))])?;
    /// let Type::Variant(place) = &ty else { unreachable!() };
    /// let val = place.val("at", Some(Val::U32(3)))?;
    /// assert_eq!(place.case_of(&val), Some(("at", Some(&Val::U32(3)))));
    /// assert_eq!(
    ///     place.val("on", None).unwrap_err().to_string(),
    ///     "at (on): expected one of 2 cases, found another",
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Mismatch`] if there is no such case, or the payload has another type.
    pub fn val(&self, case: &str, payload: Option<Val>) -> Result<Val, Mismatch> {
        let number = position(self.cases().iter().map(Case::name), case);
        let Some(number) = number.and_then(|number| u32::try_from(number).ok()) else {
            let expected = format_args!("one of {} cases", self.cases().len());
            return Err(Mismatch::new(expected, "another").within(format_args!("({case})")));
        };
        self.check(number, payload.as_ref())?;
        Ok(Val::Variant(number, payload.map(Box::new)))
    }

    /// Returns the name and the payload of the case of `val`, if it is one of this type.
    #[must_use]
    pub fn case_of<'v>(&self, val: &'v Val) -> Option<(&str, Option<&'v Val>)> {
        let (number, payload) = val.as_variant()?;
        Some((self.case(number)?.name(), payload))
    }
}

impl FlagsType {
    /// Creates flags with these labels.
    ///
    /// ```
    /// # use weft_core as weft;
    /// use weft::abi::{Type, Val};
    ///
    /// let ty = Type::flags(["read", "write", "run"])?;
    /// let Type::Flags(may) = &ty else { unreachable!() };
    /// let val = may.val(["run", "read"])?;
    /// assert_eq!(val, Val::Flags(0b101));
    /// assert_eq!(may.labels_of(&val).collect::<Vec<_>>(), ["read", "run"]);
    /// assert!(may.val(["fly"]).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Mismatch`] if there is no such label.
    pub fn val<'n>(&self, labels: impl IntoIterator<Item = &'n str>) -> Result<Val, Mismatch> {
        labels
            .into_iter()
            .try_fold(0, |bits, label| match position(self.labels(), label) {
                Some(number) => Ok(bits | 1 << number),
                None => {
                    let expected = format_args!("one of {} labels", self.labels().len());
                    Err(Mismatch::new(expected, "another").within(format_args!("({label})")))
                }
            })
            .map(Val::Flags)
    }

    /// Returns the labels that are set, or none if `val` isn't flags.
    pub fn labels_of(&self, val: &Val) -> impl Iterator<Item = &str> {
        let bits = val.as_flags().unwrap_or_default();
        self.labels().enumerate().filter(move |(number, _)| bits >> number & 1 == 1).map(|it| it.1)
    }
}

/// The parts of a value. Each method returns `None` for a value of another kind.
impl Val {
    /// Returns the text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the elements of a list, of fixed length or not.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(elements) => Some(elements),
            _ => None,
        }
    }

    /// Returns the keys and values of a map. For a list of other elements, there are none.
    pub fn as_map(&self) -> Option<impl Iterator<Item = (&Self, &Self)>> {
        let entries = self.as_list()?.iter();
        Some(entries.filter_map(|entry| match entry.as_record()? {
            [key, value] => Some((key, value)),
            _ => None,
        }))
    }

    /// Returns the fields of a record or tuple, in the type's order.
    #[must_use]
    pub fn as_record(&self) -> Option<&[Self]> {
        match self {
            Self::Record(fields) => Some(fields),
            _ => None,
        }
    }

    /// Returns the number and the payload of the case of a variant, enum, option or result.
    #[must_use]
    pub fn as_variant(&self) -> Option<(u32, Option<&Self>)> {
        match self {
            Self::Variant(case, payload) => Some((*case, payload.as_deref())),
            _ => None,
        }
    }

    /// Returns the value in an option: `Some(None)` is an option without one.
    #[must_use]
    pub fn as_option(&self) -> Option<Option<&Self>> {
        match self.as_variant()? {
            (0, None) => Some(None),
            (1, Some(some)) => Some(Some(some)),
            _ => None,
        }
    }

    /// Returns the value in a result, `ok` or `error`.
    #[must_use]
    pub fn as_result(&self) -> Option<Result<Option<&Self>, Option<&Self>>> {
        match self.as_variant()? {
            (0, ok) => Some(Ok(ok)),
            (1, error) => Some(Err(error)),
            _ => None,
        }
    }

    /// Returns the bits of flags.
    #[must_use]
    pub const fn as_flags(&self) -> Option<u32> {
        match self {
            Self::Flags(bits) => Some(*bits),
            _ => None,
        }
    }
}

//! Types whose values have a text, and those whose values have none (feature `wave`).

use super::ty::{Case, Contains, Field, ListShape, Type};

/// The values of a type that have a text in WAVE. [`Type::wave_support`] returns it.
///
/// A handle of a resource has no text, and neither has a stream, a future or an error context: each
/// is a number in a table, and means nothing to another program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WaveSupport {
    /// No value has a text: there is a handle in each.
    None,
    /// The values without a handle in them have a text, such as the `none` of an option.
    WithoutHandles,
    /// All values have a text.
    All,
}

impl Type {
    /// Returns which values of this type have a text in WAVE.
    ///
    /// ```
    /// # use weft_core as weft;
    /// use weft::abi::{Type, WaveSupport};
    /// use weft::builtin::TypeIndex;
    ///
    /// let file = Type::Own(TypeIndex(0));
    /// assert_eq!(file.wave_support(), WaveSupport::None);
    /// assert_eq!(Type::list(file)?.wave_support(), WaveSupport::WithoutHandles);
    /// assert_eq!(Type::list(Type::U8)?.wave_support(), WaveSupport::All);
    /// # Ok::<(), weft::abi::InvalidType>(())
    /// ```
    #[must_use]
    pub fn wave_support(&self) -> WaveSupport {
        if !self.facts().contains.has(Contains::HANDLE) {
            WaveSupport::All
        } else if self.has_value_without_handle() {
            WaveSupport::WithoutHandles
        } else {
            WaveSupport::None
        }
    }

    /// Returns `true` if a value has no handle in it.
    fn has_value_without_handle(&self) -> bool {
        if !self.facts().contains.has(Contains::HANDLE) {
            return true;
        }
        let has_one = |ty: &Self| ty.has_value_without_handle();
        match self {
            Self::List(list) => match list.shape() {
                ListShape::FixedLength(_) => has_one(list.element()),
                ListShape::List | ListShape::Map => true,
            },
            Self::Record(record) => record.fields().iter().map(Field::ty).all(has_one),
            Self::Variant(variant) => {
                variant.cases().iter().map(Case::payload).any(|it| it.is_none_or(has_one))
            }
            _ => false,
        }
    }
}

//! The resource `fields`.

use core::ops::Deref;

use ::http::HeaderMap;
use weft::binding::Own;

use crate::http::Fields as AnyFields;

/// The resource `fields` of this version.
// A type of its own: a component may use this version's beside the other's.
#[derive(Debug, Default)]
pub struct Fields(AnyFields);

impl Fields {
    /// Returns the fields of a resource.
    pub(super) fn map_of(fields: Own<Self>) -> HeaderMap {
        fields.into_inner().map_or_else(|fields| fields.0.to_map(), |fields| fields.0.into_map())
    }
}

impl From<AnyFields> for Fields {
    fn from(fields: AnyFields) -> Self {
        Self(fields)
    }
}

impl Deref for Fields {
    type Target = AnyFields;

    fn deref(&self) -> &AnyFields {
        &self.0
    }
}

//! The resource `fields`.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Deref;

use ::http::HeaderMap;
use weft::binding::{Borrow, HostError, Own, WitError};

use super::types::{FieldName, FieldValue, HeaderError, HostFields};
use crate::WasiCtx;
use crate::http::{Fields as AnyFields, FieldsError};

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

/// The error of a function that changes fields.
#[derive(Debug)]
pub enum HeaderFailure {
    /// The guest gets the error.
    Error(HeaderError),
    /// The guest traps.
    Trap(HostError),
}

impl WitError<HeaderError> for HeaderFailure {
    fn into_wit(self) -> Result<HeaderError, HostError> {
        match self {
            Self::Error(error) => Ok(error),
            Self::Trap(error) => Err(error),
        }
    }
}

impl From<HostError> for HeaderFailure {
    fn from(error: HostError) -> Self {
        Self::Trap(error)
    }
}

impl From<FieldsError> for HeaderFailure {
    fn from(error: FieldsError) -> Self {
        match error {
            FieldsError::InvalidSyntax => Self::Error(HeaderError::InvalidSyntax),
            FieldsError::Forbidden => Self::Error(HeaderError::Forbidden),
            FieldsError::Immutable => Self::Error(HeaderError::Immutable),
            // This version has no error for it.
            FieldsError::TooLarge => {
                Self::Trap("the fields are larger than the host allows".into())
            }
        }
    }
}

impl HostFields for WasiCtx {
    fn new(&mut self) -> Own<Fields> {
        Own::new(Fields::default())
    }

    fn from_list(
        &mut self,
        entries: Vec<(FieldName, FieldValue)>,
    ) -> Result<Own<Fields>, HeaderFailure> {
        Ok(Own::new(Fields(AnyFields::from_entries(entries, &self.http.fields)?)))
    }

    fn get(&mut self, self_: Borrow<Fields>, name: String) -> Vec<FieldValue> {
        self_.get(&name)
    }

    fn has(&mut self, self_: Borrow<Fields>, name: String) -> bool {
        self_.has(&name)
    }

    fn set(
        &mut self,
        self_: Borrow<Fields>,
        name: String,
        value: Vec<FieldValue>,
    ) -> Result<(), HeaderFailure> {
        Ok(self_.set(&name, value, &self.http.fields)?)
    }

    fn delete(&mut self, self_: Borrow<Fields>, name: String) -> Result<(), HeaderFailure> {
        self_.remove(&name, &self.http.fields)?;
        Ok(())
    }

    fn append(
        &mut self,
        self_: Borrow<Fields>,
        name: String,
        value: FieldValue,
    ) -> Result<(), HeaderFailure> {
        Ok(self_.append(&name, value, &self.http.fields)?)
    }

    fn entries(&mut self, self_: Borrow<Fields>) -> Vec<(FieldName, FieldValue)> {
        self_.entries()
    }

    fn clone(&mut self, self_: Borrow<Fields>) -> Own<Fields> {
        Own::new(Fields(self_.to_mutable()))
    }
}

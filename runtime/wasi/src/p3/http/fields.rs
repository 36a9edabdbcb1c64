//! The resource `fields`.

use alloc::string::String;
use alloc::vec::Vec;

use weft::binding::{Borrow, Own};

use super::types::{FieldName, FieldValue, HeaderError, HostFields};
use crate::WasiCtx;
use crate::http::{Fields, FieldsError};

impl From<FieldsError> for HeaderError {
    fn from(error: FieldsError) -> Self {
        match error {
            FieldsError::InvalidSyntax => Self::InvalidSyntax,
            FieldsError::Forbidden => Self::Forbidden,
            FieldsError::Immutable => Self::Immutable,
            FieldsError::TooLarge => Self::SizeExceeded,
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
    ) -> Result<Own<Fields>, HeaderError> {
        Ok(Own::new(Fields::from_entries(entries, &self.http.fields)?))
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
    ) -> Result<(), HeaderError> {
        Ok(self_.set(&name, value, &self.http.fields)?)
    }

    fn delete(&mut self, self_: Borrow<Fields>, name: String) -> Result<(), HeaderError> {
        self_.remove(&name, &self.http.fields)?;
        Ok(())
    }

    fn get_and_delete(
        &mut self,
        self_: Borrow<Fields>,
        name: String,
    ) -> Result<Vec<FieldValue>, HeaderError> {
        Ok(self_.remove(&name, &self.http.fields)?)
    }

    fn append(
        &mut self,
        self_: Borrow<Fields>,
        name: String,
        value: FieldValue,
    ) -> Result<(), HeaderError> {
        Ok(self_.append(&name, value, &self.http.fields)?)
    }

    fn copy_all(&mut self, self_: Borrow<Fields>) -> Vec<(FieldName, FieldValue)> {
        self_.entries()
    }

    fn clone(&mut self, self_: Borrow<Fields>) -> Own<Fields> {
        Own::new(self_.to_mutable())
    }
}

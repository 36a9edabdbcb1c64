//! The functions of the resource `fields`.

use alloc::string::String;
use alloc::vec::Vec;

use weft::binding::{Borrow, Own};

use super::types::{FieldName, FieldValue, HostFields};
use crate::WasiCtx;
use crate::http::Fields as AnyFields;
use crate::p2::http::{Fields, HeaderFailure};

impl HostFields for WasiCtx {
    fn new(&mut self) -> Own<Fields> {
        Own::new(Fields::default())
    }

    fn from_list(
        &mut self,
        entries: Vec<(FieldName, FieldValue)>,
    ) -> Result<Own<Fields>, HeaderFailure> {
        Ok(Own::new(AnyFields::from_entries(entries, &self.http.fields)?.into()))
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
        Own::new(self_.to_mutable().into())
    }
}

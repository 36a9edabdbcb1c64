//! Codes, packings and value types.

use super::Check;
use crate::model::{Code, Layout, PackedField, Packing, Sentinel};

impl<'s> Check<'s> {
    pub(super) fn codes(&mut self) {
        for code in &self.spec.codes {
            let values = code.cases.iter().map(|case| (case.value, &case.name.span));
            let what = format!("in `{}`, the value", *code.name);
            self.twice("duplicate-value", &what, values);
            let names =
                code.cases.iter().map(|case| (format!("`{}`", *case.name), &case.name.span));
            self.twice("duplicate-name", "the case", names);
        }
    }

    pub(super) fn packing(&mut self, packing: &Packing) {
        let names = packing.fields.iter().map(|f| (format!("`{}`", *f.name), &f.name.span));
        self.twice("duplicate-name", "the field", names);
        let mut next = 0;
        let mut before = (&packing.name.span, "in this packing");
        for field in &packing.fields {
            if field.low != next || field.high <= field.low {
                let message = format!(
                    "the field `{}` is bits {} to {}, but the next free bit is {next}",
                    *field.name, field.low, field.high
                );
                self.disagree("packing", message, (&field.name.span, "this field"), before);
            }
            next = field.high;
            before = (&field.name.span, "after this one");
            if let Some(code) = self.code(field) {
                self.code_fits(field, code);
            }
        }
        if ![32, 64].contains(&packing.width) {
            let message = format!("`{}` is {} bits wide", *packing.name, packing.width);
            self.error("packing", &packing.name.span, message, "must be 32 or 64");
        } else if next != packing.width {
            let message =
                format!("the fields of `{}` fill {next} of {} bits", *packing.name, packing.width);
            self.disagree("packing", message, (&packing.name.span, "this packing"), before);
        }
        if packing.trap.is_some() && packing.fields.iter().all(|field| field.code.is_none()) {
            let message = format!("every value of `{}` is valid", *packing.name);
            self.error("packing", &packing.name.span, message, "so its `trap` is never raised");
        }
        if let Some(sentinel) = &packing.sentinel {
            self.sentinel(packing, sentinel);
        }
    }

    fn code(&self, field: &PackedField) -> Option<&'s Code> {
        let name = field.code.as_ref()?;
        self.spec.codes.iter().find(|known| *known.name == *name)
    }

    fn code_fits(&mut self, field: &PackedField, code: &Code) {
        let room = field.high.saturating_sub(field.low).min(32);
        let too_large = code.cases.iter().find(|case| u64::from(case.value) >= 1_u64 << room);
        if let Some(case) = too_large {
            let message = format!("the value of `{}` does not fit in {room} bits", *case.name);
            let field = (&field.name.span, "this field is too small");
            self.disagree("packing", message, field, (&case.name.span, "for this case"));
        }
    }

    /// Checks that a sentinel is no value that the fields can make.
    fn sentinel(&mut self, packing: &Packing, sentinel: &Sentinel) {
        let constants = &self.spec.constants;
        let Some(constant) = constants.iter().find(|known| *known.name == sentinel.constant) else {
            return;
        };
        let place = (&constant.name.span, "its value");
        let width = packing.width.min(64);
        if constant.value.checked_shr(width).is_some_and(|rest| rest != 0) {
            let message = format!("`{}` does not fit in {width} bits", sentinel.constant);
            self.disagree(
                "packing",
                message,
                (&packing.name.span, "a sentinel of this packing"),
                place,
            );
            return;
        }
        let ordinary = packing.fields.iter().all(|field| {
            let Some(name) = &field.code else { return true };
            let Some(code) = self.code(field) else { return name.is_empty() };
            let bits = field.high.saturating_sub(field.low);
            let mask = 1_u64.checked_shl(bits).map_or(u64::MAX, |bit| bit - 1);
            let value = constant.value.checked_shr(field.low).unwrap_or(0) & mask;
            code.cases.iter().any(|case| u64::from(case.value) == value)
        });
        if ordinary {
            let message = format!(
                "`{}` is the sentinel of `{}`, but also an ordinary value of it",
                sentinel.constant, *packing.name
            );
            let packing = (&packing.name.span, "its fields can hold the sentinel");
            self.disagree("packing", message, packing, place);
        }
    }

    pub(super) fn value_types(&mut self) {
        for ty in &self.spec.value_types {
            let Layout::As(name) = &ty.layout else { continue };
            let other = self.spec.value_types.iter().find(|known| *known.name == *name);
            if let Some(other) = other.filter(|other| matches!(other.layout, Layout::As(_))) {
                let message = format!("`{name}` has no layout of its own");
                let this = (&ty.name.span, "laid out as this type");
                self.disagree(
                    "layout",
                    message,
                    this,
                    (&other.name.span, "laid out as another type"),
                );
            }
        }
    }
}

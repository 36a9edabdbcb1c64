//! Reads the bytes of a definition with the layout that the data describes.

use wasmparser::{Parser, Payload};
use weft_spec::Spec;
use weft_spec::model::{Immediate, ImmediateKind};

/// An immediate that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// An index or another number.
    Number(u32),
    /// A core type, by its byte.
    CoreType(u8),
    /// A flag.
    Flag(bool),
    /// The names of options.
    Options(Vec<String>),
    /// The presence of a result.
    Result(bool),
}

/// Returns the bytes of the last canonical definition of a component.
pub(super) fn last_definition(component: &[u8]) -> Option<&[u8]> {
    let mut found = None;
    for payload in Parser::new(0).parse_all(component) {
        if let Ok(Payload::ComponentCanonicalSection(section)) = payload {
            let end = usize::try_from(section.range().end).ok()?;
            let last = section.into_iter_with_offsets().last()?.ok()?.0;
            found = component.get(usize::try_from(last).ok()?..end);
        }
    }
    found
}

/// Returns the bytes of the last type definition of a component.
pub(super) fn last_type(component: &[u8]) -> Option<&[u8]> {
    let mut found = None;
    for payload in Parser::new(0).parse_all(component) {
        if let Ok(Payload::ComponentTypeSection(section)) = payload {
            let end = usize::try_from(section.range().end).ok()?;
            let last = section.into_iter_with_offsets().last()?.ok()?.0;
            found = component.get(usize::try_from(last).ok()?..end);
        }
    }
    found
}

/// Reads the immediates after the opcode. The error names the mismatch.
pub(super) fn read(
    spec: &Spec,
    immediates: &[Immediate],
    bytes: &[u8],
) -> Result<Vec<(String, Value)>, String> {
    let mut cursor = Cursor { bytes };
    let values = cursor.immediates(spec, immediates)?;
    match cursor.bytes {
        [] => Ok(values),
        rest => Err(format!("{} bytes are left over: {}", rest.len(), hex(rest))),
    }
}

/// Formats bytes as text.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:#04x}")).collect::<Vec<_>>().join(" ")
}

struct Cursor<'a> {
    bytes: &'a [u8],
}

impl Cursor<'_> {
    fn byte(&mut self) -> Result<u8, String> {
        let (first, rest) = self.bytes.split_first().ok_or("the bytes end too early")?;
        self.bytes = rest;
        Ok(*first)
    }

    /// Reads an unsigned number in LEB128.
    fn number(&mut self) -> Result<u32, String> {
        let mut value = 0_u64;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return u32::try_from(value).map_err(|_| "a number is too large".to_owned());
            }
        }
        Err("a number is too long".to_owned())
    }

    fn flag(&mut self) -> Result<bool, String> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(format!("{other:#04x} is neither 0 nor 1")),
        }
    }

    fn immediates(
        &mut self,
        spec: &Spec,
        immediates: &[Immediate],
    ) -> Result<Vec<(String, Value)>, String> {
        let mut values = Vec::new();
        for immediate in immediates {
            match immediate {
                Immediate::Byte(expected) => {
                    let found = self.byte()?;
                    if found != *expected {
                        return Err(format!("expected {expected:#04x}, found {found:#04x}"));
                    }
                }
                Immediate::Named { name, kind } => {
                    let value = self.value(spec, *kind).map_err(|e| format!("`{name}`: {e}"))?;
                    values.push((name.clone(), value));
                }
            }
        }
        Ok(values)
    }

    fn value(&mut self, spec: &Spec, kind: ImmediateKind) -> Result<Value, String> {
        Ok(match kind {
            ImmediateKind::TypeIndex
            | ImmediateKind::FunctionIndex
            | ImmediateKind::CoreTypeIndex
            | ImmediateKind::CoreFunctionIndex
            | ImmediateKind::CoreMemoryIndex
            | ImmediateKind::CoreTableIndex
            | ImmediateKind::U32 => Value::Number(self.number()?),
            ImmediateKind::CoreValueType => Value::CoreType(self.byte()?),
            ImmediateKind::Async | ImmediateKind::Shared => Value::Flag(self.flag()?),
            ImmediateKind::ResultList => match self.byte()? {
                0 => {
                    // A type is an opcode or an index; both are one number.
                    self.number()?;
                    Value::Result(true)
                }
                1 => match self.byte()? {
                    0 => Value::Result(false),
                    other => return Err(format!("{other:#04x} results")),
                },
                other => return Err(format!("{other:#04x} does not start a result list")),
            },
            ImmediateKind::Options => {
                let mut names = Vec::new();
                for _ in 0..self.number()? {
                    let code = self.byte()?;
                    let option = spec.options.iter().find(|option| *option.code == code);
                    let option = option.ok_or_else(|| format!("no option has code {code:#04x}"))?;
                    self.immediates(spec, &option.immediates)?;
                    names.push(option.name.value.clone());
                }
                Value::Options(names)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(kind: ImmediateKind) -> Immediate {
        Immediate::Named { name: "x".to_owned(), kind }
    }

    fn read(immediates: &[Immediate], bytes: &[u8]) -> Result<Vec<(String, Value)>, String> {
        super::read(&Spec::default(), immediates, bytes)
    }

    #[test]
    fn bytes_are_read_to_their_end_or_refused() {
        let number = [named(ImmediateKind::U32)];
        assert_eq!(read(&number, &[0x80, 0x01]).unwrap(), [("x".to_owned(), Value::Number(128))]);
        assert!(read(&number, &[1, 2]).unwrap_err().contains("left over: 0x02"));
        assert!(read(&number, &[]).unwrap_err().contains("end too early"));
        assert!(read(&number, &[0xff; 9]).unwrap_err().contains("too long"));
        assert!(read(&number, &[0xff, 0xff, 0xff, 0xff, 0x7f]).unwrap_err().contains("too large"));
        assert!(read(&[Immediate::Byte(0)], &[1]).unwrap_err().contains("expected 0x00"));
        assert!(read(&[named(ImmediateKind::Async)], &[2]).unwrap_err().contains("neither"));
        assert!(read(&[named(ImmediateKind::Options)], &[1, 9]).unwrap_err().contains("code 0x09"));
        let result = [named(ImmediateKind::ResultList)];
        assert!(read(&result, &[1, 1]).is_err() && read(&result, &[2]).is_err());
        assert_eq!(read(&result, &[1, 0]).unwrap()[0].1, Value::Result(false));
    }
}

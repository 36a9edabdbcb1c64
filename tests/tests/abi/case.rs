//! One case: types, a memory that holds values, and a memory that receives them.

use serde_json::{Value, json};
use weft::abi::{NanBits, StringEncoding, Type};
use weft::builtin::TypeIndex;
use weft::chooser::Replaying;
use weft::core_value::IntegerType;

#[derive(Clone, Debug)]
pub struct Case {
    /// The types, as JSON.
    pub types: Vec<Value>,
    pub source: Source,
    pub destination: Destination,
    /// The number of the bits that are chosen for NaNs.
    pub nan: u32,
    /// The address of the first block that `realloc` returns if both sides are in one memory, which
    /// begins with the source's memory.
    pub last: u64,
}

/// The bits of NaNs that are chosen: those of quiet NaNs, because the reference's floats have no
/// others.
pub const NUM_NANS: u32 = 4;

#[derive(Clone, Debug)]
pub struct Side {
    pub addresses: IntegerType,
    pub encoding: StringEncoding,
    pub memory: Vec<u8>,
    pub max_flat: usize,
}

#[derive(Clone, Debug)]
pub struct Source {
    pub side: Side,
    pub flat: Vec<u64>,
    /// The handle table, from index 1.
    pub table: Vec<Value>,
}

#[derive(Clone, Debug)]
pub struct Destination {
    pub side: Side,
    pub out_param: Option<u64>,
    /// The fault of `realloc`, and the number of the call at which it happens, from 1.
    pub realloc: (String, usize),
}

impl Side {
    fn to_json(&self) -> Value {
        json!({
            "addresses": match self.addresses {
                IntegerType::I32 => "i32",
                IntegerType::I64 => "i64",
            },
            "encoding": match self.encoding {
                StringEncoding::Utf8 => "utf8",
                StringEncoding::Utf16 => "utf16",
                StringEncoding::Latin1Utf16 => "latin1+utf16",
            },
            "memory": hex(&self.memory),
            "max_flat": self.max_flat,
        })
    }

    fn from_json(json: &Value) -> Self {
        Self {
            addresses: match json["addresses"].as_str().unwrap() {
                "i32" => IntegerType::I32,
                _ => IntegerType::I64,
            },
            encoding: match json["encoding"].as_str().unwrap() {
                "utf8" => StringEncoding::Utf8,
                "utf16" => StringEncoding::Utf16,
                _ => StringEncoding::Latin1Utf16,
            },
            memory: unhex(json["memory"].as_str().unwrap()),
            max_flat: index(&json["max_flat"]),
        }
    }
}

impl Case {
    /// Returns true if its JSON is short.
    pub fn is_small(&self) -> bool {
        self.source.side.memory.len() + self.destination.side.memory.len() <= 250
    }

    pub fn to_json(&self) -> Value {
        let mut source = self.source.side.to_json();
        source["flat"] = self.source.flat.clone().into();
        source["table"] = self.source.table.clone().into();
        let mut destination = self.destination.side.to_json();
        destination["out_param"] = self.destination.out_param.into();
        destination["realloc"] = json!(self.destination.realloc);
        let nan = [json!(self.nan().encode_f32(f32::NAN)), json!(self.nan().encode_f64(f64::NAN))];
        json!({
            "types": self.types,
            "source": source,
            "destination": destination,
            "nan": self.nan,
            "nan_bits": nan,
            "last": self.last,
        })
    }

    /// Returns the bits that are chosen for NaNs.
    pub fn nan(&self) -> NanBits {
        NanBits::choose(&mut Replaying::new(&[self.nan])).unwrap()
    }

    pub fn from_json(json: &Value) -> Self {
        let (source, destination) = (&json["source"], &json["destination"]);
        Self {
            types: json["types"].as_array().unwrap().clone(),
            source: Source {
                side: Side::from_json(source),
                flat: source["flat"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|it| it.as_u64().unwrap())
                    .collect(),
                table: source["table"].as_array().unwrap().clone(),
            },
            destination: Destination {
                side: Side::from_json(destination),
                out_param: destination["out_param"].as_u64(),
                realloc: (
                    destination["realloc"][0].as_str().unwrap().into(),
                    index(&destination["realloc"][1]),
                ),
            },
            nan: u32::try_from(json["nan"].as_u64().unwrap()).unwrap(),
            last: json["last"].as_u64().unwrap(),
        }
    }
}

pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

pub fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks_exact(2);
    digits.map(|it| u8::from_str_radix(str::from_utf8(it).unwrap(), 16).unwrap()).collect()
}

pub fn index(json: &Value) -> usize {
    usize::try_from(json.as_u64().unwrap()).unwrap()
}

/// Returns the type that JSON describes.
pub fn to_type(json: &Value) -> Type {
    let Some(parts) = json.as_array() else {
        return match json.as_str().unwrap() {
            "bool" => Type::Bool,
            "s8" => Type::S8,
            "u8" => Type::U8,
            "s16" => Type::S16,
            "u16" => Type::U16,
            "s32" => Type::S32,
            "u32" => Type::U32,
            "s64" => Type::S64,
            "u64" => Type::U64,
            "f32" => Type::F32,
            "f64" => Type::F64,
            "char" => Type::Char,
            "string" => Type::String,
            _ => Type::ErrorContext,
        };
    };
    let optional = |json: &Value| (!json.is_null()).then(|| to_type(json));
    let numbered = || u32::try_from(parts[1].as_u64().unwrap()).unwrap();
    let labels = || (0..numbered()).map(|it| format!("l{it}"));
    // The meanings of the two numbers of end types.
    let element = || [Some(Type::U8), None][index(&parts[1])].clone();
    let rest = &parts[1..];
    match parts[0].as_str().unwrap() {
        "list" if parts.len() == 2 => Type::list(to_type(&parts[1])),
        "list" => {
            let length = u32::try_from(parts[2].as_u64().unwrap()).unwrap();
            Type::fixed_length_list(to_type(&parts[1]), length)
        }
        "map" => Type::map(to_type(&parts[1]), to_type(&parts[2])),
        "record" => {
            Type::record(rest.iter().enumerate().map(|(i, ty)| (format!("f{i}"), to_type(ty))))
        }
        "tuple" => Type::tuple(rest.iter().map(to_type)),
        "variant" => {
            Type::variant(rest.iter().enumerate().map(|(i, ty)| (format!("c{i}"), optional(ty))))
        }
        "enum" => Type::enumeration(labels()),
        "flags" => Type::flags(labels()),
        "option" => Type::option(to_type(&parts[1])),
        "result" => Type::result(optional(&parts[1]), optional(&parts[2])),
        "own" => return Type::Own(TypeIndex(numbered())),
        "borrow" => return Type::Borrow(TypeIndex(numbered())),
        "stream" => Type::stream(element(), TypeIndex(numbered())),
        "future" => Type::future(element(), TypeIndex(numbered())),
        other => panic!("{other}"),
    }
    .unwrap()
}

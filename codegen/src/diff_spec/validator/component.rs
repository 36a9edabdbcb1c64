//! Writes components that contain one definition and use it.

use std::fmt::Write;

use wasmparser::{Validator, WasmFeatures};
use weft_spec::Spec;
use weft_spec::model::{CoreType, Immediate, ImmediateKind};

use crate::diff_spec::described;

/// The parts in which definitions of one built-in differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Form {
    /// The address type of the memory.
    pub memory: CoreType,
    /// The address type of the table.
    pub table: CoreType,
    /// The type of a context slot, a resource's representation, or a start function's parameter.
    pub immediate: CoreType,
    /// Set if `shared` is among the immediates.
    pub shared: bool,
    /// Set if `async` is among the immediates.
    pub is_async: bool,
    /// The context slot.
    pub slot: u64,
    /// The element type of the stream or future, or the type of the result.
    pub payload: Payload,
    /// The options, by their names in the description.
    pub options: Vec<String>,
}

impl Form {
    /// The plainest form.
    pub(super) const PLAIN: Self = Self {
        memory: CoreType::I32,
        table: CoreType::I32,
        immediate: CoreType::I32,
        shared: false,
        is_async: false,
        slot: 0,
        payload: Payload::None,
        options: Vec::new(),
    };

    /// Returns true if there is an option of this kind, such as `string-encoding`.
    pub(super) fn has(&self, kind: &str) -> bool {
        self.options.iter().any(|option| described::option_kind(option) == kind)
    }
}

/// A type of which values are lifted or lowered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Payload {
    /// No value.
    None,
    /// A number.
    Number,
    /// A string.
    String,
    /// A tuple of this many numbers.
    Tuple(usize),
}

impl Payload {
    /// Returns the type in WAT, if there is one.
    pub(super) fn wat(self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Number => Some("u32".to_owned()),
            Self::String => Some("string".to_owned()),
            Self::Tuple(fields) => Some(format!("(tuple{})", " u32".repeat(fields))),
        }
    }

    /// Returns the core types to which it is flattened, with addresses of this type.
    pub(super) fn flat(self, address: CoreType) -> Vec<CoreType> {
        match self {
            Self::None => Vec::new(),
            Self::Number => vec![CoreType::I32],
            Self::String => vec![address, address],
            Self::Tuple(fields) => vec![CoreType::I32; fields],
        }
    }

    /// Returns true if it contains a string or a list.
    pub(super) fn has_pointer(self) -> bool {
        self == Self::String
    }
}

/// A core function type, in WAT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FunctionType {
    pub params: Vec<String>,
    pub results: Vec<String>,
}

impl FunctionType {
    /// Formats the type in WAT: `(param …) (result …)`.
    pub(super) fn wat(&self) -> String {
        let mut wat = String::new();
        for (keyword, types) in [("param", &self.params), ("result", &self.results)] {
            if !types.is_empty() {
                let _ = write!(wat, " ({keyword} {})", types.join(" "));
            }
        }
        wat
    }

    /// Formats the type in the notation of the data.
    pub(super) fn text(&self) -> String {
        format!("[{}] -> [{}]", self.params.join(" "), self.results.join(" "))
    }
}

/// The definition in a component.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject<'a> {
    pub spec: &'a Spec,
    /// The name, such as `stream.read`.
    pub name: &'a str,
    /// The family, which decides the kind of the type immediate.
    pub family: &'a str,
    pub immediates: &'a [Immediate],
    /// Set if the validator's text format has a word for `shared`.
    pub writes_shared: bool,
}

impl Subject<'_> {
    /// Returns a component that defines a built-in, and passes it to a core module that imports it
    /// with this type.
    pub(super) fn component(&self, form: &Form, import: &FunctionType) -> String {
        let shared = |ty: String| if form.shared { format!("(shared {ty})") } else { ty };
        let start = shared(format!("(func (param {}))", form.immediate.spelling()));
        let import = shared(format!("(func{})", import.wat()));
        let mut wat = format!("(component\n  (core type $ft {start})\n");
        self.write_types(&mut wat, form);
        write_libc(&mut wat, form);
        let _ = write!(
            wat,
            "  (core func $f {})
  (core module $m (type $ft {start}) (type $t {import}) (import \"\" \"f\" (func (type $t))))
  (core instance (instantiate $m (with \"\" (instance (export \"f\" (func $f))))))
)",
            self.definition(form)
        );
        wat
    }

    fn write_types(&self, wat: &mut String, form: &Form) {
        let rep = form.immediate.spelling();
        let payload = form.payload.wat();
        if let Some(payload) = &payload {
            let _ = writeln!(wat, "  (type $payload {payload})");
        }
        let of = if payload.is_some() { " $payload" } else { "" };
        match self.family {
            "resource" => {
                let _ = writeln!(wat, "  (type $type (resource (rep {rep})))");
            }
            "stream" | "future" => {
                let _ = writeln!(wat, "  (type $type ({}{of}))", self.family);
            }
            _ => {}
        }
    }

    /// Formats the definition: `(canon …)`.
    fn definition(&self, form: &Form) -> String {
        let mut words = vec![format!("(canon {}", self.name)];
        for (_, kind) in described::named(self.immediates) {
            match kind {
                ImmediateKind::TypeIndex => words.push("$type".to_owned()),
                ImmediateKind::CoreTypeIndex => words.push("$ft".to_owned()),
                ImmediateKind::CoreTableIndex => words.push("(core table $tbl)".to_owned()),
                ImmediateKind::CoreMemoryIndex => words.push("(memory $mem)".to_owned()),
                ImmediateKind::CoreValueType => words.push(form.immediate.spelling().to_owned()),
                ImmediateKind::U32 => words.push(form.slot.to_string()),
                ImmediateKind::ResultList if form.payload != Payload::None => {
                    words.push("(result $payload)".to_owned());
                }
                ImmediateKind::Options => {
                    words.extend(form.options.iter().map(|name| self.option(name)));
                }
                ImmediateKind::Async if form.is_async => words.push("async".to_owned()),
                ImmediateKind::Shared if form.shared && self.writes_shared => {
                    words.push("shared".to_owned());
                }
                ImmediateKind::ResultList | ImmediateKind::Async | ImmediateKind::Shared => {}
                // Only `lift` and `lower` take functions; see `definitions`.
                ImmediateKind::CoreFunctionIndex | ImmediateKind::FunctionIndex => {
                    words.push("$function".to_owned());
                }
            }
        }
        format!("{})", words.join(" "))
    }

    /// Formats an option in WAT: its name, and the item that its immediate names.
    pub(super) fn option(&self, name: &str) -> String {
        let option = self.spec.options.iter().find(|option| *option.name == name);
        let immediates = option.map_or(&[][..], |option| &option.immediates);
        match described::named(immediates).first() {
            Some((_, ImmediateKind::CoreMemoryIndex)) => format!("({name} $mem)"),
            Some(_) => format!("({name} (core func ${name}))"),
            None => name.to_owned(),
        }
    }
}

/// Writes the core module with all items that options and immediates may refer to.
pub(super) fn write_libc(wat: &mut String, form: &Form) {
    let address = form.memory.spelling();
    let memory = if form.memory == CoreType::I64 { "i64 " } else { "" };
    let table = if form.table == CoreType::I64 { "i64 " } else { "" };
    let (shared, reference) =
        if form.shared { ("shared ", "(ref null (shared func))") } else { ("", "funcref") };
    let exports = [
        ("memory", "mem", format!("(memory (export \"mem\") {memory}1)")),
        ("table", "tbl", format!("(table (export \"tbl\") {shared}{table}1 {reference})")),
        (
            "func",
            "realloc",
            format!(
                "(func (export \"realloc\") (param {address} {address} {address} {address}) (result {address}) unreachable)"
            ),
        ),
        (
            "func",
            "callback",
            "(func (export \"callback\") (param i32 i32 i32) (result i32) unreachable)".to_owned(),
        ),
        ("func", "post-return", "(func (export \"post-return\") (param i32))".to_owned()),
    ];
    wat.push_str("  (core module $libc");
    for (_, _, definition) in &exports {
        let _ = write!(wat, "\n    {definition}");
    }
    wat.push_str(")\n  (core instance $libc (instantiate $libc))\n");
    for (sort, name, _) in &exports {
        let _ = writeln!(wat, "  (alias core export $libc \"{name}\" (core {sort} ${name}))");
    }
}

/// Encodes a component; the error is the first line of the parser's error.
pub(super) fn encode(wat: &str) -> Result<Vec<u8>, String> {
    wat::parse_str(wat).map_err(|error| {
        let text = error.to_string();
        format!("the text format refuses it: {}", text.lines().next().unwrap_or_default().trim())
    })
}

/// Validates a component with these features.
pub(super) fn validate(component: &[u8], features: WasmFeatures) -> Result<(), String> {
    match Validator::new_with_features(features).validate_all(component) {
        Ok(_) => Ok(()),
        // Some messages have lines of context.
        Err(error) => Err(error.message().split_whitespace().collect::<Vec<_>>().join(" ")),
    }
}

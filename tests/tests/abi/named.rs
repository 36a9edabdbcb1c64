//! The types of a case in the text format.

use serde_json::Value;

/// Returns true if a type contains handles.
pub fn has_handles(ty: &Value) -> bool {
    match ty {
        Value::String(keyword) => keyword == "error-context",
        Value::Array(parts) => match parts[0].as_str().unwrap() {
            "own" | "borrow" | "stream" | "future" => true,
            _ => parts.iter().skip(1).any(has_handles),
        },
        _ => false,
    }
}

/// Types that need a name, with their definitions; each uses only earlier ones.
#[derive(Default)]
pub struct Named {
    definitions: Vec<String>,
}

impl Named {
    /// Returns the text of a type.
    pub fn text(&mut self, ty: &Value) -> String {
        let Some(parts) = ty.as_array() else { return ty.as_str().unwrap().into() };
        let optional = |named: &mut Self, ty: &Value| (!ty.is_null()).then(|| named.text(ty));
        let all = |named: &mut Self, types: &[Value]| {
            types.iter().map(|ty| named.text(ty)).collect::<Vec<_>>().join(" ")
        };
        let labels = || {
            let labels = (0..parts[1].as_u64().unwrap()).map(|it| format!("\"l{it}\""));
            labels.collect::<Vec<_>>().join(" ")
        };
        let rest = &parts[1..];
        match parts[0].as_str().unwrap() {
            "list" if parts.len() == 2 => format!("(list {})", self.text(&parts[1])),
            "list" => format!("(list {} {})", self.text(&parts[1]), parts[2]),
            "map" => format!("(list (tuple {}))", all(self, rest)),
            "record" | "tuple" => format!("(tuple {})", all(self, rest)),
            "option" => format!("(option {})", self.text(&parts[1])),
            "result" => {
                let ok = optional(self, &parts[1]).unwrap_or_default();
                let error = optional(self, &parts[2]).map(|ty| format!("(error {ty})"));
                format!("(result {ok} {})", error.unwrap_or_default())
            }
            "variant" => {
                let cases = rest.iter().enumerate().map(|(number, ty)| {
                    let payload = optional(self, ty).unwrap_or_default();
                    format!("(case \"c{number}\" {payload})")
                });
                let cases = cases.collect::<Vec<_>>().join(" ");
                self.define(format!("(variant {cases})"))
            }
            "enum" => self.define(format!("(enum {})", labels())),
            "flags" => self.define(format!("(flags {})", labels())),
            other => panic!("{other}"),
        }
    }

    fn define(&mut self, definition: String) -> String {
        self.definitions.push(definition);
        format!("$t{}", self.definitions.len() - 1)
    }

    /// Returns the exports of the types of a component.
    pub fn exported(&self) -> String {
        self.each(|it, ty| format!("(type $d{it} {ty}) (export $t{it} \"t{it}\" (type $d{it}))\n"))
    }

    /// Returns the imports of the same types.
    pub fn imported(&self) -> String {
        let import = |it, ty: &str| {
            format!("(type $d{it} {ty}) (import \"t{it}\" (type $t{it} (eq $d{it})))\n")
        };
        self.each(import)
    }

    /// Returns the types that `exporter` exports, as arguments of an instance that imports them.
    pub fn passed(&self, exporter: &str) -> String {
        self.each(|it, _| format!("(with \"t{it}\" (type {exporter} \"t{it}\"))"))
    }

    fn each(&self, text: impl Fn(usize, &str) -> String) -> String {
        let definitions = self.definitions.iter().enumerate();
        definitions.map(|(number, definition)| text(number, definition)).collect()
    }
}

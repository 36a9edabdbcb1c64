//! The findings for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use weft::engine::Capability;
use weft::error::OneLine;

use crate::input::Kind;

use super::findings::Findings;
use super::named::Named;
use super::parts::{CoreModule, Parts};

/// Returns the findings as a text.
pub(super) fn text_of(findings: &Findings) -> String {
    let (path, bytes) = (&findings.path, size(findings.parts.bytes));
    let mut text = match findings.kind {
        Kind::Component => format!("{path}: a component of {bytes}\n"),
        Kind::CoreModule => format!("{path}: a core module of {bytes}, not a component\n"),
    };
    for line in &findings.advice {
        let _ = writeln!(text, "  {line}");
    }
    section(&mut text, "Imports", &findings.imports);
    section(&mut text, "Exports", &findings.exports);
    wasi(&mut text, findings);
    engine(&mut text, findings);
    parts(&mut text, &findings.parts, findings.kind);
    producers(&mut text, findings);
    if findings.kind == Kind::Component {
        let _ = write!(text, "\nWIT\n{}", indented(&findings.wit));
    }
    text
}

fn section(text: &mut String, title: &str, all: &[Named]) {
    let _ = writeln!(text, "\n{title}");
    if all.is_empty() {
        text.push_str("  none\n");
    }
    for it in all {
        // The WIT text has the types of instances.
        if it.ty.starts_with("instance") || it.ty.starts_with("interface") {
            let _ = writeln!(text, "  {}", OneLine(&it.name));
        } else {
            let _ = writeln!(text, "  {}: {}", OneLine(&it.name), it.ty);
        }
    }
}

fn wasi(text: &mut String, findings: &Findings) {
    if findings.wasi.is_empty() {
        return;
    }
    text.push_str("\nWASI\n");
    for wasi in &findings.wasi {
        let version = if wasi.version.is_empty() { "no version" } else { &wasi.version };
        let _ = writeln!(text, "  {version}: {}", wasi.packages.join(", "));
    }
}

fn engine(text: &mut String, findings: &Findings) {
    let capabilities = &findings.capabilities;
    text.push_str("\nEngine\n");
    if capabilities.needed.is_empty() {
        text.push_str("  it needs WebAssembly 2.0 without vectors, and nothing else\n");
        return;
    }
    let _ = writeln!(text, "  it needs: {}", names(&capabilities.needed));
    if capabilities.missing.is_empty() {
        text.push_str("  wasmi has all of it\n");
    } else {
        let missing = names(&capabilities.missing);
        let _ = writeln!(text, "  missing in wasmi, so that `weft` can't run it: {missing}");
    }
}

fn names(capabilities: &[Capability]) -> String {
    capabilities.iter().map(|it| it.name()).collect::<Vec<_>>().join(", ")
}

fn parts(text: &mut String, parts: &Parts, kind: Kind) {
    text.push_str("\nSize\n");
    for (number, module) in parts.modules.iter().enumerate() {
        let name = match &module.name {
            Some(name) => format!("core module {number} {:#}", OneLine(name)),
            None => format!("core module {number}"),
        };
        let _ = writeln!(text, "  {:>11}  {name}{}", size(module.bytes), role(module));
        row(text, module.code, &code_of(module.functions));
        row(text, module.data, "data");
        custom(text, &module.custom);
        row(text, module.rest(), "types, imports, exports, tables and the like");
    }
    if kind == Kind::Component {
        let within = match parts.components {
            0 => String::new(),
            1 => ", and of one within it".to_owned(),
            number => format!(", and of {number} within it"),
        };
        let definitions = parts.definitions();
        let _ = writeln!(text, "  {:>11}  definitions of the component{within}", size(definitions));
        for (name, bytes) in &parts.custom {
            let _ = writeln!(text, "  {:>11}  custom section {:#}", size(*bytes), OneLine(name));
        }
    }
}

fn code_of(functions: u32) -> String {
    match functions {
        1 => "code of one function".to_owned(),
        number => format!("code of {number} functions"),
    }
}

fn row(text: &mut String, bytes: u64, name: &str) {
    if bytes > 0 {
        let _ = writeln!(text, "  {:>11}    {name}", size(bytes));
    }
}

fn custom(text: &mut String, sections: &BTreeMap<String, u64>) {
    for (name, bytes) in sections {
        row(text, *bytes, &format!("custom section {:#}", OneLine(name)));
    }
}

/// Returns the role of a core module, if its name says so.
fn role(module: &CoreModule) -> &'static str {
    match module.name.as_deref() {
        Some(name) if name.starts_with("wit-component:adapter") => " (adapter)",
        Some(name) if name.starts_with("wit-component:shim") => " (calls of later modules)",
        Some(name) if name.starts_with("wit-component:fixups") => " (fills a table)",
        _ => "",
    }
}

fn producers(text: &mut String, findings: &Findings) {
    if findings.producers.is_empty() {
        return;
    }
    text.push_str("\nMade by\n");
    for producer in &findings.producers {
        let [field, name, version] =
            [&producer.field, &producer.name, &producer.version].map(|it| OneLine(it));
        let _ = writeln!(text, "  {field}: {name} {version}");
    }
}

fn indented(wit: &str) -> String {
    let lines = wit.lines().map(|it| if it.is_empty() { "\n".into() } else { format!("  {it}\n") });
    lines.collect()
}

/// Returns a number of bytes in a form for people.
fn size(bytes: u64) -> String {
    let tenths = |unit: u64| {
        let tenths = bytes.saturating_mul(10) / unit;
        (tenths / 10, tenths % 10)
    };
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..0x10_0000 => {
            let (whole, tenths) = tenths(1 << 10);
            format!("{whole}.{tenths} KiB")
        }
        _ => {
            let (whole, tenths) = tenths(1 << 20);
            format!("{whole}.{tenths} MiB")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_as_people_write_them() {
        let sizes = [0, 1023, 1024, 1536, (1 << 20) - 1, 1 << 20, 18 << 20].map(size);
        let expected = ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "1023.9 KiB", "1.0 MiB", "18.0 MiB"];
        assert_eq!(sizes, expected);
    }
}

//! The parts of a file, and their sizes.

use std::collections::BTreeMap;
use std::ops::Range;

use super::module_names::ModuleNames;
use wasmparser::{
    Encoding, ExternalKind, KnownCustom, Name, NameSectionReader, Parser, Payload, TypeRef,
};

use super::named::Named;

/// The sizes of the sections of a core module, in bytes.
#[derive(Debug, Default)]
pub(super) struct CoreModule {
    /// The name in its name section.
    pub(super) name: Option<String>,
    /// The whole module.
    pub(super) bytes: u64,
    /// The code section.
    pub(super) code: u64,
    /// The number of functions that it defines.
    pub(super) functions: u32,
    /// The data section.
    pub(super) data: u64,
    /// The custom sections, by name. Those for debuggers are combined.
    pub(super) custom: BTreeMap<String, u64>,
}

impl CoreModule {
    /// Returns the size of the remaining parts: types, imports, tables and others.
    pub(super) fn rest(&self) -> u64 {
        let known = self.code + self.data + self.custom.values().sum::<u64>();
        self.bytes.saturating_sub(known)
    }
}

/// The parts of a file.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// The whole file.
    pub(super) bytes: u64,
    /// The core modules, with those of inner components.
    pub(super) modules: Vec<CoreModule>,
    /// The number of inner components.
    pub(super) components: usize,
    /// The custom sections of the components, by name.
    pub(super) custom: BTreeMap<String, u64>,
}

/// The name of the combined sections for debuggers.
const DEBUG: &str = ".debug_*";

impl Parts {
    /// Measures the parts of a valid file.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let mut parts = Self { bytes: length(bytes), ..Self::default() };
        // The modules and components that have begun and not ended.
        let mut around = Vec::new();
        let mut names = ModuleNames::default();
        for payload in Parser::new(0).parse_all(bytes).map_while(Result::ok) {
            if around.len() == 1 {
                names.add(&payload, parts.modules.len());
            }
            parts.add(&payload, &mut around);
        }
        names.name(&mut parts.modules);
        parts
    }

    fn add(&mut self, payload: &Payload<'_>, around: &mut Vec<Encoding>) {
        match payload {
            Payload::Version { encoding, .. } => {
                if *encoding == Encoding::Module && around.is_empty() {
                    let module = CoreModule { bytes: self.bytes, ..CoreModule::default() };
                    self.modules.push(module);
                }
                around.push(*encoding);
            }
            Payload::ModuleSection { unchecked_range, .. } => {
                let bytes = size(unchecked_range);
                self.modules.push(CoreModule { bytes, ..CoreModule::default() });
            }
            Payload::ComponentSection { .. } => self.components += 1,
            Payload::End(_) => {
                around.pop();
            }
            _ if around.last() == Some(&Encoding::Module) => {
                if let Some(module) = self.modules.last_mut() {
                    module.add(payload);
                }
            }
            Payload::CustomSection(section) => {
                add_custom(&mut self.custom, section.name(), size(&section.range()));
            }
            _ => {}
        }
    }

    /// Returns the size of the definitions of components: neither in a core module nor custom.
    pub(super) fn definitions(&self) -> u64 {
        let modules = self.modules.iter().map(|it| it.bytes).sum::<u64>();
        self.bytes.saturating_sub(modules + self.custom.values().sum::<u64>())
    }
}

impl CoreModule {
    fn add(&mut self, payload: &Payload<'_>) {
        match payload {
            Payload::CodeSectionStart { count, unchecked_range, .. } => {
                self.code += size(unchecked_range);
                self.functions = *count;
            }
            Payload::DataSection(section) => self.data += size(&section.range()),
            Payload::CustomSection(section) => {
                if let KnownCustom::Name(names) = section.as_known() {
                    self.name = module_name(names);
                }
                add_custom(&mut self.custom, section.name(), size(&section.range()));
            }
            _ => {}
        }
    }
}

/// Returns the imports of a core module.
pub(super) fn core_imports(bytes: &[u8]) -> Vec<Named> {
    let mut found = Vec::new();
    for payload in Parser::new(0).parse_all(bytes).map_while(Result::ok) {
        if let Payload::ImportSection(imports) = payload {
            for import in imports.into_imports().map_while(Result::ok) {
                let name = format!("{} {}", import.module, import.name);
                found.push(Named { name, ty: core_type(&import.ty).to_owned() });
            }
        }
    }
    found
}

/// Returns the exports of a core module.
pub(super) fn core_exports(bytes: &[u8]) -> Vec<Named> {
    let mut found = Vec::new();
    for payload in Parser::new(0).parse_all(bytes).map_while(Result::ok) {
        if let Payload::ExportSection(exports) = payload {
            for export in exports.into_iter().map_while(Result::ok) {
                let ty = core_kind(export.kind).to_owned();
                found.push(Named { name: export.name.to_owned(), ty });
            }
        }
    }
    found
}

fn add_custom(custom: &mut BTreeMap<String, u64>, name: &str, bytes: u64) {
    let name = if name.starts_with(".debug_") { DEBUG } else { name };
    *custom.entry(name.to_owned()).or_default() += bytes;
}

fn module_name(names: NameSectionReader<'_>) -> Option<String> {
    names.into_iter().map_while(Result::ok).find_map(|name| match name {
        Name::Module { name, .. } => Some(name.to_owned()),
        _ => None,
    })
}

const fn core_kind(kind: ExternalKind) -> &'static str {
    match kind {
        ExternalKind::Func | ExternalKind::FuncExact => "func",
        ExternalKind::Table => "table",
        ExternalKind::Memory => "memory",
        ExternalKind::Global => "global",
        ExternalKind::Tag => "tag",
    }
}

const fn core_type(ty: &TypeRef) -> &'static str {
    match ty {
        TypeRef::Func(_) | TypeRef::FuncExact(_) => "func",
        TypeRef::Table(_) => "table",
        TypeRef::Memory(_) => "memory",
        TypeRef::Global(_) => "global",
        TypeRef::Tag(_) => "tag",
    }
}

const fn size(range: &Range<u64>) -> u64 {
    range.end.saturating_sub(range.start)
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

//! A component's names for its core modules.

use std::collections::BTreeMap;

use wasmparser::{
    ComponentAlias, ComponentAliasSectionReader, ComponentExternalKind,
    ComponentImportSectionReader, ComponentName, ComponentOuterAliasKind, ComponentTypeRef,
    KnownCustom, NameMap, Payload,
};

use super::parts::CoreModule;

/// The core modules of the outermost component, and their names in its name section.
#[derive(Debug, Default)]
pub(super) struct ModuleNames {
    /// The number of each module among all in the file, by its index; `None` for an imported one.
    modules: Vec<Option<usize>>,
    /// The names, by index.
    names: BTreeMap<usize, String>,
}

impl ModuleNames {
    /// Reads a section of the component. `number` is that of the next module in the file.
    pub(super) fn add(&mut self, payload: &Payload<'_>, number: usize) {
        match payload {
            Payload::ModuleSection { .. } => self.modules.push(Some(number)),
            Payload::ComponentImportSection(imports) => self.skip(imported(imports)),
            Payload::ComponentAliasSection(aliases) => self.skip(aliased(aliases)),
            Payload::CustomSection(section) => {
                if let KnownCustom::ComponentName(names) = section.as_known() {
                    for name in names.into_iter().map_while(Result::ok) {
                        if let ComponentName::CoreModules(names) = name {
                            self.add_names(names);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    fn skip(&mut self, number: usize) {
        self.modules.resize(self.modules.len() + number, None);
    }

    fn add_names(&mut self, names: NameMap<'_>) {
        for name in names.into_iter().map_while(Result::ok) {
            if let Ok(index) = usize::try_from(name.index) {
                self.names.insert(index, name.name.to_owned());
            }
        }
    }

    /// Sets the name of each module that has no name of its own.
    pub(super) fn name(self, modules: &mut [CoreModule]) {
        for (index, name) in self.names {
            let number = self.modules.get(index).copied().flatten();
            let module = number.and_then(|number| modules.get_mut(number));
            if let Some(module) = module {
                module.name.get_or_insert(name);
            }
        }
    }
}

/// Returns the number of imported core modules.
fn imported(imports: &ComponentImportSectionReader<'_>) -> usize {
    let imports = imports.clone().into_iter().map_while(Result::ok);
    imports.filter(|import| matches!(import.ty, ComponentTypeRef::Module(_))).count()
}

/// Returns the number of core modules that get an index by an alias.
fn aliased(aliases: &ComponentAliasSectionReader<'_>) -> usize {
    let is_module = |alias: &ComponentAlias<'_>| {
        matches!(
            alias,
            ComponentAlias::InstanceExport { kind: ComponentExternalKind::Module, .. }
                | ComponentAlias::Outer { kind: ComponentOuterAliasKind::CoreModule, .. }
        )
    };
    aliases.clone().into_iter().map_while(Result::ok).filter(is_module).count()
}

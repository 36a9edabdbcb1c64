//! Provides the imports of a component.

use std::collections::BTreeMap;

use weft::abi::Val;
use weft::component::{Component, HostResourceType, ImportError, Linker, Module};
use weft::engine::wasmi::Wasmi;

/// An empty core module, and an empty component.
const MODULE: &[u8] = b"\0asm\x01\0\0\0";
const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

/// The offers so far.
pub(super) struct Offer<'e> {
    engine: &'e Wasmi,
    /// The instances that were offered, by their path in errors, with the names in that path. A
    /// name may contain `/`, as paths do.
    instances: BTreeMap<String, Vec<String>>,
}

impl<'e> Offer<'e> {
    pub(super) const fn new(engine: &'e Wasmi) -> Self {
        Self { engine, instances: BTreeMap::new() }
    }

    /// Provides the missing imports. Returns true if there is no other error.
    pub(super) fn provide(&mut self, linker: &mut Linker<Wasmi>, errors: &[ImportError]) -> bool {
        errors.iter().all(|error| match error {
            ImportError::Missing { name, expected } => {
                self.provide_one(linker, name, expected);
                true
            }
            _ => false,
        })
    }

    fn provide_one(&mut self, linker: &mut Linker<Wasmi>, path: &str, expected: &str) {
        let around = self.instances.iter().rev().find_map(|(around, names)| {
            let name = path.strip_prefix(around.as_str())?.strip_prefix('/')?;
            Some((names.clone(), name))
        });
        let (mut names, name) = around.unwrap_or((Vec::new(), path));
        let linker = names.iter().fold(linker, |linker, name| linker.instance(name));
        if expected.starts_with("instance") {
            linker.instance(name);
            names.push(name.to_owned());
            self.instances.insert(path.to_owned(), names);
        } else if expected.starts_with("resource") {
            linker.resource(name, &HostResourceType::new());
        } else if expected.starts_with("core module") {
            let module = Module::new(self.engine, MODULE).expect("an empty module");
            linker.module(name, &module);
        } else if expected.starts_with("component") {
            let component = Component::new(self.engine, COMPONENT).expect("an empty component");
            linker.component(name, &component);
        } else {
            provide_function(linker, name, expected);
        }
    }
}

/// Provides a function. It succeeds if its result type is empty or a number, and fails otherwise.
fn provide_function(linker: &mut Linker<Wasmi>, name: &str, ty: &str) {
    let result = match ty.rsplit_once(" -> ").map(|(_, result)| result) {
        None => Ok(None),
        Some("u32") => Ok(Some(Val::U32(1))),
        Some("s32") => Ok(Some(Val::S32(-1))),
        Some("string") => Ok(Some(Val::String("é".into()))),
        Some(_) => Err("only numbers and text are offered"),
    };
    if ty.starts_with("async") {
        linker.async_function(name, move |_, _| {
            let result = result.clone();
            async move { Ok(result?) }
        });
    } else {
        linker.function(name, move |_, _| Ok(result.clone()?));
    }
}

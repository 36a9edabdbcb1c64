//! What is known of a file.

use weft::component::{DecodedComponent, InvalidComponent};

use crate::failure::Failure;
use crate::input::{Input, Kind, how_to_make_a_component, not_valid};

use super::capabilities::Capabilities;
use super::named::Named;
use super::parts::{Parts, core_exports, core_imports};
use super::producers::{Producer, producers};
use super::wasi::{Wasi, ways_to_run};

/// What is known of a file.
#[derive(Debug)]
pub(super) struct Findings {
    /// The path, as the user has written it.
    pub(super) path: String,
    /// What it is.
    pub(super) kind: Kind,
    /// What it imports.
    pub(super) imports: Vec<Named>,
    /// What it exports.
    pub(super) exports: Vec<Named>,
    /// The WIT text; none for a core module.
    pub(super) wit: String,
    /// What it imports of WASI, by version.
    pub(super) wasi: Vec<Wasi>,
    /// What it needs of an engine.
    pub(super) capabilities: Capabilities,
    /// Its parts.
    pub(super) parts: Parts,
    /// The tools that have made it.
    pub(super) producers: Vec<Producer>,
    /// What to do with it.
    pub(super) advice: Vec<String>,
}

impl Findings {
    /// Looks at a file.
    ///
    /// # Errors
    ///
    /// It is not valid.
    pub(super) fn of(input: &Input) -> Result<Self, Failure> {
        match input.kind {
            Kind::Component => Self::of_component(input),
            Kind::CoreModule => Self::of_core_module(input),
        }
        .map_err(|error| not_valid(&input.path, &error))
    }

    fn of_component(input: &Input) -> Result<Self, InvalidComponent> {
        let bytes = &*input.bytes;
        let component = DecodedComponent::new(bytes)?;
        let named = |(name, ty): (&str, &weft::component::ExternType)| Named {
            name: name.to_owned(),
            ty: ty.to_string(),
        };
        let imports: Vec<Named> = component.imports().map(named).collect();
        let exports: Vec<Named> = component.exports().map(named).collect();
        let modules = component.core_modules();
        let modules = modules.map(|range| bytes.get(range).unwrap_or_default());
        Ok(Self {
            path: input.path.clone(),
            kind: input.kind,
            wit: component.to_string(),
            wasi: Wasi::all(imports.iter().map(|it| &*it.name)),
            capabilities: Capabilities::of(modules)?,
            parts: Parts::of(bytes),
            producers: producers(bytes),
            advice: ways_to_run(&input.path, &exports),
            imports,
            exports,
        })
    }

    fn of_core_module(input: &Input) -> Result<Self, InvalidComponent> {
        let bytes = &*input.bytes;
        Ok(Self {
            path: input.path.clone(),
            kind: input.kind,
            imports: core_imports(bytes),
            exports: core_exports(bytes),
            wit: String::new(),
            wasi: Vec::new(),
            capabilities: Capabilities::of([bytes])?,
            parts: Parts::of(bytes),
            producers: producers(bytes),
            advice: how_to_make_a_component(bytes),
        })
    }
}

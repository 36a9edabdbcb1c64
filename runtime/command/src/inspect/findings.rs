//! The findings about a file.

use weft::component::{DecodedComponent, ExternType, InvalidComponent};

use crate::failure::Failure;
use crate::input::{Input, Kind, how_to_make_a_component, not_valid};

use super::capabilities::Capabilities;
use super::named::Named;
use super::parts::{Parts, core_exports, core_imports};
use super::producers::{Producer, producers};
use super::wasi::{Wasi, ways_to_run};

/// The findings about a file.
#[derive(Debug)]
pub(super) struct Findings {
    /// The path, as the user wrote it.
    pub(super) path: String,
    /// The kind of the file.
    pub(super) kind: Kind,
    /// The imports.
    pub(super) imports: Vec<Named>,
    /// The exports.
    pub(super) exports: Vec<Named>,
    /// The WIT text; empty for a core module.
    pub(super) wit: String,
    /// The imports of WASI, by version.
    pub(super) wasi: Vec<Wasi>,
    /// The capabilities that an engine needs.
    pub(super) capabilities: Capabilities,
    /// The parts and their sizes.
    pub(super) parts: Parts,
    /// The tools that have made it.
    pub(super) producers: Vec<Producer>,
    /// The next steps.
    pub(super) advice: Vec<String>,
}

impl Findings {
    /// Examines a file.
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
        let names = component.resource_names();
        let named = |(name, ty): (&str, &ExternType)| Named {
            name: name.to_owned(),
            ty: ty.with_names(&names).to_string(),
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

//! The hosts. Each runs a case as its own documentation shows.

mod component_layer;
mod wasmi_core;
pub mod wasmtime;
mod wasmtime_core;
mod weft;

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::cases::Case;
use wasmtime::Variant;

/// A function that runs a case a number of times, and asserts that the outputs are right.
pub type Operation = Box<dyn FnMut(u32)>;

/// A host of components, or an engine alone that does the work of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Host {
    /// Weft on wasmi.
    Weft,
    /// Wasmtime, compiled by Cranelift, with everything that async needs.
    Jit,
    /// Wasmtime's interpreter, with everything that async needs.
    Pulley,
    /// Wasmtime, compiled by Cranelift, without anything that async needs.
    JitWithoutTasks,
    /// `wasm_component_layer` on wasmi 0.31.
    ComponentLayer,
    /// Core modules on wasmi.
    Wasmi,
    /// Core modules on wasmi by calls that can stop; from guest to guest through a host function.
    WasmiResumable,
    /// Core modules on Wasmtime, compiled by Cranelift.
    JitCore,
    /// Core modules on Wasmtime's interpreter.
    PulleyCore,
}

impl Host {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 9] = [
        Self::Weft,
        Self::Jit,
        Self::Pulley,
        Self::JitWithoutTasks,
        Self::ComponentLayer,
        Self::Wasmi,
        Self::WasmiResumable,
        Self::JitCore,
        Self::PulleyCore,
    ];

    /// The hosts of components that are compared with Weft.
    pub const PEERS: [Self; 4] =
        [Self::Jit, Self::Pulley, Self::JitWithoutTasks, Self::ComponentLayer];

    /// Returns its name in arguments.
    pub fn argument(self) -> &'static str {
        match self {
            Self::Weft => "weft",
            Self::Jit => "jit",
            Self::Pulley => "pulley",
            Self::JitWithoutTasks => "jit-without-tasks",
            Self::ComponentLayer => "component-layer",
            Self::Wasmi => "wasmi",
            Self::WasmiResumable => "wasmi-resumable",
            Self::JitCore => "jit-core",
            Self::PulleyCore => "pulley-core",
        }
    }

    /// Returns the configuration of Wasmtime, if it is Wasmtime with components.
    pub fn variant(self) -> Option<Variant> {
        match self {
            Self::Jit => Some(Variant::Jit),
            Self::Pulley => Some(Variant::Pulley),
            Self::JitWithoutTasks => Some(Variant::NoTasks),
            _ => None,
        }
    }

    /// Returns a function that runs a case, or nothing if the host cannot run it.
    pub fn prepare(self, case: Case) -> Option<Operation> {
        match self {
            Self::Weft => weft::prepare(case),
            Self::Jit => wasmtime::prepare(Variant::Jit, case),
            Self::Pulley => wasmtime::prepare(Variant::Pulley, case),
            Self::JitWithoutTasks => wasmtime::prepare(Variant::NoTasks, case),
            Self::ComponentLayer => component_layer::prepare(case),
            Self::Wasmi => wasmi_core::prepare(case),
            Self::WasmiResumable => wasmi_core::resumable(case),
            Self::JitCore => wasmtime_core::prepare(Variant::Jit, case),
            Self::PulleyCore => wasmtime_core::prepare(Variant::Pulley, case),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Weft => "Weft",
            Self::Jit => "Wasmtime JIT",
            Self::Pulley => "Wasmtime Pulley",
            Self::JitWithoutTasks => "JIT without tasks",
            Self::ComponentLayer => "wasm_component_layer",
            Self::Wasmi => "wasmi alone",
            Self::WasmiResumable => "wasmi, resumable",
            Self::JitCore => "JIT alone",
            Self::PulleyCore => "Pulley alone",
        })
    }
}

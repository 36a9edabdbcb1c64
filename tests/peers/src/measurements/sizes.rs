//! The sizes of the smallest hosts: programs that load a component and call its only function.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::components::{ADDER, ADDER_MODULE, bytes};
use crate::hosts::wasmtime::precompile;
use crate::measurements::child::{cargo, package, run, target};
use crate::report::rows::Size;

/// A program, and the kind of file that it loads.
struct Program {
    title: &'static str,
    package: &'static str,
    features: &'static str,
    input: Input,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Input {
    Module,
    Component,
    /// A component that was compiled for Pulley, by an engine with what tasks need or without.
    Compiled {
        with_tasks: bool,
    },
}

const PROGRAMS: [Program; 5] = [
    Program {
        title: "wasmi alone, core modules",
        package: "size-wasmi",
        features: "",
        input: Input::Module,
    },
    Program { title: "Weft on wasmi", package: "size-weft", features: "", input: Input::Component },
    Program {
        title: "Wasmtime Pulley, without a compiler and without tasks",
        package: "size-wasmtime",
        features: "",
        input: Input::Compiled { with_tasks: false },
    },
    Program {
        title: "Wasmtime Pulley, without a compiler",
        package: "size-wasmtime",
        features: "tasks",
        input: Input::Compiled { with_tasks: true },
    },
    Program {
        title: "Wasmtime JIT",
        package: "size-wasmtime",
        features: "tasks,compiler",
        input: Input::Component,
    },
];

/// Builds each program, runs it, and returns its size.
pub fn measure() -> Result<Vec<Size>> {
    let folder = target().join("small");
    PROGRAMS.iter().map(|it| size(it, &folder)).collect()
}

fn size(program: &Program, folder: &Path) -> Result<Size> {
    eprintln!("building: {}", program.title);
    let arguments = ["build", "--locked", "--ignore-rust-version", "--profile", "small"];
    let of_program = ["--package", program.package, "--features", program.features];
    run(cargo(package()).args(arguments).args(of_program))?;
    let input = folder.join("input");
    fs::write(&input, input_of(program.input))?;
    let binary = folder.join(format!("{}{}", program.package, std::env::consts::EXE_SUFFIX));
    run(Command::new(&binary).arg(&input))?;
    Ok(Size { program: program.title.into(), bytes: fs::metadata(&binary)?.len() })
}

fn input_of(input: Input) -> Vec<u8> {
    match input {
        Input::Module => bytes(ADDER_MODULE),
        Input::Component => bytes(ADDER),
        Input::Compiled { with_tasks } => precompile(&bytes(ADDER), with_tasks),
    }
}

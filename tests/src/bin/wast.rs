//! Plays component `.wast` files on wasmi: `cargo run --release -p weft-tests --bin wast -- PATH…`

#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use weft::engine::wasmi::Wasmi;
use weft_tests::conformance::{Verdict, files, run};

/// Plays component `.wast` files on wasmi.
#[derive(Debug, Parser)]
struct Arguments {
    /// Files, and folders with files.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
}

fn main() -> ExitCode {
    let engine = Wasmi::default();
    let (mut passed, mut failed, mut not_applicable) = (0, 0, 0);
    for path in Arguments::parse().paths {
        let found = match files(&path) {
            Ok(found) => found,
            Err(error) => {
                println!("FAIL {}: {error}", path.display());
                failed += 1;
                continue;
            }
        };
        for file in found {
            let name = file.display();
            let verdict = match std::fs::read_to_string(&file) {
                Ok(text) => run(&engine, &text),
                Err(error) => Verdict::Failed { line: 1, reason: error.to_string() },
            };
            match verdict {
                Verdict::Passed => {
                    println!("ok {name}");
                    passed += 1;
                }
                Verdict::Failed { line, reason } => {
                    println!("FAIL {name}:{line}: {reason}");
                    failed += 1;
                }
                Verdict::NotApplicable { capability } => {
                    println!("n/a {name}: {capability}");
                    not_applicable += 1;
                }
            }
        }
    }
    println!("{passed} passed, {failed} failed, {not_applicable} not applicable");
    ExitCode::from(u8::from(failed > 0))
}

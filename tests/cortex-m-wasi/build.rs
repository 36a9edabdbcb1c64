//! Encodes the program that the firmware has in its flash.

use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=src/program.wat");
    let out = env::var("OUT_DIR")?;
    fs::write(Path::new(&out).join("program.wasm"), wat::parse_file("src/program.wat")?)?;
    Ok(())
}

//! Weft and its peers: the same components and the same work of a host, in one run.
//!
//! `README.md` explains how to run it, and which cases are compared.

mod arguments;
mod cases;
mod clock;
mod components;
mod hosts;
mod measurements;
mod report;

use anyhow::Result;
use clap::Parser;

fn main() -> Result<()> {
    arguments::Arguments::parse().run()
}

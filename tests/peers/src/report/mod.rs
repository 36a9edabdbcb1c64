//! The results, as JSON, tables and a chart.

mod chart;
mod comparison;
mod environment;
mod page;
pub mod rows;
pub mod table;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use environment::Environment;
use rows::{Binding, Guest, Instructions, Parked, Size, Times};

const JSON: &str = "results.json";

/// All results.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Report {
    pub times: Option<Part<Times>>,
    pub parked: Option<Part<Parked>>,
    pub guests: Option<Part<Guest>>,
    pub sizes: Option<Part<Size>>,
    pub bindings: Option<Part<Binding>>,
    pub instructions: Option<Part<Instructions>>,
}

/// Rows that were measured at one time.
#[derive(Debug, Serialize, Deserialize)]
pub struct Part<T> {
    environment: Environment,
    rows: Vec<T>,
}

impl<T> Part<T> {
    /// Creates a part with rows that were just measured.
    pub fn now(rows: Vec<T>) -> Self {
        Self { environment: Environment::now(), rows }
    }
}

impl Report {
    /// Reads the results of earlier measurements.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(JSON);
        if !path.exists() {
            return Ok(Self::default());
        }
        let text = fs::read_to_string(&path)?;
        serde_json::from_str(&text).with_context(|| format!("{}", path.display()))
    }

    /// Writes all results.
    pub fn write(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder)?;
        fs::write(folder.join(JSON), serde_json::to_string_pretty(self)? + "\n")?;
        fs::write(folder.join("README.md"), page::page(self))?;
        if let Some(part) = &self.times {
            let chart = chart::svg(&comparison::charted(self), &part.environment);
            fs::write(folder.join("chart.svg"), chart)?;
        }
        Ok(())
    }

    /// Writes the chart's part of the project's README.
    pub fn update_readme(&self) -> Result<()> {
        page::update(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md"), self)
    }
}

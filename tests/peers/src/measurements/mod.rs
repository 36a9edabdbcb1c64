//! What is measured. Each returns rows of the report.

pub mod parked;
pub mod times;

//! The measurements. Each returns rows of the report.

pub mod bindings;
mod child;
pub mod guests;
pub mod instructions;
pub mod parked;
pub mod sizes;
pub mod times;

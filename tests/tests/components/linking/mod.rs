//! Imports of components, objects of the host, and errors of both.
//!
//! | module | contents |
//! |---|---|
//! | `guests` | the components that the tests link |
//! | `asking` | imports and exports of components, and the causes of errors |
//! | `imports` | functions, instances, versions, and errors of imports |
//! | `preparing` | linkers that are inspected, completed, and used once for many instances |
//! | `core_modules` | core modules that are refused, their imports and memories |
//! | `modules` | core modules and components as imports |
//! | `resources` | resources of the host and of guests |
//! | `streams`, `futures` | ends that the host holds, and error contexts |
//! | `nested` | host functions that call guests |
//! | `types` | imports that need not be provided |
//! | `seen` | items that have more than their types say |
//! | `memories` | memories with addresses and pages of other sizes |
//! | `memory_limits` | limits on the memory of guests |
//! | `mistakes` | host functions that fail, and objects of other stores and engines |

#[cfg(test)]
mod asking;
#[cfg(test)]
mod core_modules;
#[cfg(test)]
mod futures;
#[cfg(test)]
pub(crate) mod guests;
#[cfg(test)]
mod imports;
#[cfg(test)]
mod memories;
#[cfg(test)]
mod memory_limits;
#[cfg(test)]
mod mistakes;
#[cfg(test)]
mod modules;
#[cfg(test)]
mod nested;
#[cfg(test)]
mod preparing;
#[cfg(test)]
mod resources;
#[cfg(test)]
mod seen;
#[cfg(test)]
mod streams;
#[cfg(test)]
mod types;

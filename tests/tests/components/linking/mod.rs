//! What components are given, what the host gives and holds, and what happens when either is wrong.
//!
//! | module | what is in it |
//! |---|---|
//! | `guests` | the components that the tests link |
//! | `asking` | what components import and export, and the causes of errors |
//! | `imports` | functions, instances, versions, and errors of imports |
//! | `preparing` | linkers that are asked, completed, and used once for many instances |
//! | `core_modules` | core modules that are refused, their imports and memories |
//! | `modules` | core modules and components as imports |
//! | `resources` | resources of the host and of guests |
//! | `streams`, `futures` | ends that the host holds, and error contexts |
//! | `nested` | functions of the host that call guests |
//! | `types` | imports that nobody needs to give |
//! | `memories` | memories with addresses and pages of other sizes |
//! | `memory_limits` | how much memory guests may have |
//! | `mistakes` | functions of the host that fail, and stores and engines that are taken for others |

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
mod streams;
#[cfg(test)]
mod types;

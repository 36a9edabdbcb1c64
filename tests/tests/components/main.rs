//! Components on an engine: handwritten, random, and from the official suite.
//!
//! | module | contents |
//! |---|---|
//! | `linking` | imports of components, and objects of the host |
//! | `linked` | calls between guests that are linked |
//! | `typed` | functions with Rust types |
//! | `resources` | host resources that are values of a Rust type |
//! | `streams` | streams and futures with a source or a sink |
//! | `access` | handles of a store, for code that runs beside it |
//! | `bindings` | the functions that bindings of a world call, for hosts and for exports |
//! | `held` | host functions that wait although their type is not `async`, and the guests that are held |
//! | `panics` | panics in code of the host |
//! | `floats` | NaNs, on every way between guests and the host |
//! | `one_memory` | values that move within one memory, over their own places |
//! | `wide` | memories and tables of 64 bits |
//! | `driving` | calls that wait, many calls at once, and ways of driving them; waiting for the host |
//! | `giving_up` | removing instances, abandoning and interrupting calls |
//! | `limits` | the limits of a store |
//! | `hostile` | hostile components |
//! | `regressions` | earlier faults of the embedder's side |
//! | `engine` | the adapter for wasmi, and its effects on components |
//! | `counting_engine` | an adapter outside Weft |
//! | `programs` | random programs of built-in calls, as components |
//! | `conformance`, `official_suite` | the runner of `.wast` files, and the suite |
//! | `every_schedule` | the async files of the suite with other choosers, and explored |
//! | `timeline` | what a store records of its guests |
//! | `allocations` | allocations of components after a warm-up |

#[cfg(test)]
mod access;
#[cfg(test)]
mod allocations;
#[cfg(test)]
mod bindings;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod counting_engine;
#[cfg(test)]
mod driving;
#[cfg(test)]
mod engine;
#[cfg(test)]
mod every_schedule;
#[cfg(test)]
mod floats;
#[cfg(test)]
mod giving_up;
#[cfg(test)]
mod held;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod linked;
#[cfg(test)]
mod linking;
#[cfg(test)]
mod official_suite;
#[cfg(test)]
mod one_memory;
#[cfg(test)]
mod panics;
#[cfg(test)]
mod programs;
#[cfg(test)]
mod regressions;
#[cfg(test)]
mod resources;
#[cfg(test)]
mod streams;
#[cfg(test)]
mod timeline;
#[cfg(test)]
mod typed;
#[cfg(test)]
mod wide;

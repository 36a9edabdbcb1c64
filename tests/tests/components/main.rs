//! Components on an engine, by hand, at random, and from the official suite.
//!
//! | module | contents |
//! |---|---|
//! | `linking` | what components are given, and what the host gives and holds |
//! | `linked` | calls between guests that are linked |
//! | `typed` | functions with Rust's own types |
//! | `resources` | resources of the host that are values of a Rust type |
//! | `streams` | streams and futures with a source or a sink |
//! | `access` | handles of a store, for code that runs beside it |
//! | `bindings` | what the bindings of a world call, for hosts and for exports |
//! | `held` | host functions that wait though their type isn't `async`, and the guests that are held |
//! | `panics` | panics in code of the host's |
//! | `driving` | calls that wait, many at a time, and how they are driven; waiting for the host |
//! | `giving_up` | removing instances, abandoning and interrupting calls |
//! | `limits` | the limits of a store |
//! | `hostile` | components that somebody made to do harm |
//! | `regressions` | faults of the embedder's side that there were |
//! | `engine` | the adapter for wasmi, and what components owe to it |
//! | `counting_engine` | an adapter that is not one of Weft's |
//! | `programs` | random programs of built-in calls, as components |
//! | `conformance`, `official_suite` | the runner of `.wast` files, and the suite |
//! | `allocations` | what components allocate once they are warm |

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
mod typed;

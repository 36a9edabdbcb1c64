//! Components on an engine, by hand, at random, and from the official suite.
//!
//! | module | what is in it |
//! |---|---|
//! | `linking` | what components are given, and what the host gives and holds |
//! | `typed` | functions with Rust's own types |
//! | `streams` | streams and futures with a source or a sink |
//! | `embedder` | faults of the embedder's side that are known, ignored until it is built |
//! | `access` | handles of a store, for code that runs beside it |
//! | `panics` | panics in code of the host's |
//! | `held` | host functions that wait though their type isn't `async`, and the guests that are held |
//! | `driving` | calls that wait, many at a time, and how they are driven |
//! | `engine` | the adapter for wasmi, and what components owe to it |
//! | `counting_engine` | an adapter that is not one of Weft's |
//! | `programs` | random programs of built-in calls, as components |
//! | `giving_up` | removing instances, abandoning and interrupting calls |
//! | `hostile` | components that somebody made to do harm |
//! | `limits` | the limits of a store |
//! | `conformance`, `official_suite` | the runner of `.wast` files, and the suite |
//! | `allocations` | what components allocate once they are warm |

#[cfg(test)]
mod access;
#[cfg(test)]
mod allocations;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod counting_engine;
#[cfg(test)]
mod driving;
#[cfg(test)]
mod embedder;
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
mod linking;
#[cfg(test)]
mod official_suite;
#[cfg(test)]
mod panics;
#[cfg(test)]
mod programs;
#[cfg(test)]
mod streams;
#[cfg(test)]
mod typed;

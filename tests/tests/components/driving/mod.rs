//! Driving calls: by blocking, by any executor, and without one; time-outs and cancellation, many
//! calls at a time, traps in some of them, and deadlocks.

mod backtraces;
mod blocking;
mod cancellation;
mod contexts;
mod deadlocks;
mod fairness;
mod futures;
mod guests;
mod joins;
mod many;
mod polling;
mod questions;
mod spawning;
mod tasks;
mod threads;

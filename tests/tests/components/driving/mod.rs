//! Driving calls: by blocking, by any executor, and without one; time-outs and cancellation, many
//! calls at once, traps in some of them, deadlocks, and waiting for the host.

mod backtraces;
mod blocking;
mod cancellation;
mod contexts;
mod deadlocks;
mod fairness;
mod futures;
mod guests;
mod hosts_turn;
mod joins;
mod linear;
mod many;
mod polling;
mod questions;
mod spawned;
mod spawning;
mod tasks;
mod threads;
mod within;

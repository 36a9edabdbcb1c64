//! The machine, with tests that act for the guests.
//!
//! | module | contents |
//! |---|---|
//! | `guests`, `calls`, `steps` | a store with instances, functions of every kind of lift, and short functions that drive them |
//! | `rules` | a scenario for each rule that traps when broken, and for each place that traps |
//! | `behaviour` | behavior without broken rules |
//! | `held` | host functions that hold their callers, and the order in which these continue |
//! | `deferred` | calls without records, beside calls with them |
//! | `environment` | checks that the machine is built for the environment that the command names |
//! | `allocations`, `host_allocations`, `sizes` | its allocations, and its size |
//! | `reference` | random programs, beside the reference |
//! | `errors`, `tokens`, `tags` | misuse of the machine by a host, and the errors |
//! | `extensions` | the host's records of tasks and errors |
//! | `hooks` | the hooks that are told of records, their order, and their refusals |
//! | `full` | every table, filled up and beyond |
//! | `properties`, `player`, `operations` | all operations, in any order |
//!
//! Each scenario is generic over the storage of the machine's tables, and runs on arrays and, with
//! `alloc`, on growing tables.

/// Defines a test of each of these functions for each kind of storage.
#[cfg(test)]
macro_rules! on_each_storage {
    ($($name:ident),* $(,)?) => {
        mod bounded {
            $(#[test]
            fn $name() {
                super::$name::<crate::guests::Bounded>();
            })*
        }

        #[cfg(feature = "alloc")]
        mod heap {
            $(#[test]
            fn $name() {
                super::$name::<weft_core::limits::Heap>();
            })*
        }
    };
}

#[cfg(all(test, feature = "alloc"))]
mod allocations;
#[cfg(test)]
mod behaviour;
#[cfg(test)]
mod calls;
#[cfg(test)]
mod deferred;
#[cfg(test)]
mod environment;
#[cfg(test)]
mod errors;
#[cfg(all(test, feature = "std"))]
mod every_program;
#[cfg(test)]
mod extensions;
#[cfg(test)]
mod full;
#[cfg(test)]
mod guests;
#[cfg(test)]
mod held;
#[cfg(test)]
mod hooks;
#[cfg(all(test, feature = "alloc"))]
mod host_allocations;
#[cfg(test)]
mod operations;
#[cfg(test)]
mod player;
#[cfg(test)]
mod properties;
#[cfg(all(test, feature = "std"))]
mod reference;
#[cfg(test)]
mod rules;
#[cfg(all(test, feature = "alloc"))]
mod sizes;
#[cfg(test)]
mod steps;
#[cfg(test)]
mod tags;
#[cfg(test)]
mod tokens;

//! The machine, tested by guests that the tests themselves play.
//!
//! | module | what is in it |
//! |---|---|
//! | `guests`, `calls`, `steps` | a store with instances, functions of every kind of lift, and terse ways to drive them |
//! | `rules` | a scenario for each rule whose breach is a trap, and for each place that traps |
//! | `behaviour` | what happens where nobody breaks a rule |
//! | `held` | host functions that hold their callers, and the order in which these come back |
//! | `deferred` | calls without records, beside calls with them |
//! | `environment` | that the machine is built for the environment that the command names |
//! | `allocations`, `host_allocations`, `sizes` | what it allocates, and how large it is |
//! | `reference` | random programs, beside the reference |
//! | `errors`, `tokens`, `tags` | how a host can misuse the machine, and what it hears |
//! | `extensions` | what the host remembers of tasks and errors |
//! | `hooks` | who is told of records, in which order, and what they may refuse |
//! | `full` | every table, driven to its end and past it |
//! | `properties`, `player`, `operations` | anything at all, in any order |
//!
//! Each scenario is generic over what the machine's tables are made of, and runs on arrays and,
//! with `alloc`, on growing tables.

/// Makes a test of each of these functions for each kind of storage.
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

//! Firmware that shows that the machine and its host API run on a Cortex-M: a bounded machine, no
//! allocator, no operating system, and no `unsafe` of its own.
//!
//! | file | contents |
//! |---|---|
//! | `board` | the sizes of the machine's tables, and errors |
//! | `guests` | simulated guests, because the machine needs no engine |
//! | `streams` | a guest calls another one with a stream, and gets an event for its result |
//! | `contexts` | scopes, a typed key, and the context of a task |
//! | `tasks` | a host task with metadata and a result, and one that a token cancels |
//! | `waitable_sets` | waiting for the first of several tasks, also by a set of sets |
//! | `error_contexts` | an error with a severity, stack frames, metadata and a source, as text |
//! | `threads` | a thread that the host starts and joins, with values and their destructors |
//! | `lists` | fixed-length lists |
//!
//! The streams run on a machine without host extensions, the rest on one with them. Each part
//! leaves its machine as it was before. The firmware ends with the status 0 on success, and with 1
//! and a message otherwise.

#![no_std]
#![no_main]

mod board;
mod contexts;
mod error_contexts;
mod guests;
mod lists;
mod streams;
mod tasks;
mod threads;
mod waitable_sets;

use semihosting::{println, process};
use weft_core::chooser::FirstInFirstOut;
use weft_core::host::ExtendedMachine;
use weft_core::machine::Machine;

use board::{Board, Wrong, expect_nothing_left};
use guests::Guests;

#[cortex_m_rt::entry]
fn main() -> ! {
    // These are not on the stack. `entry` lends them as long as the program runs.
    static mut PLAIN: Machine<Board> = Machine::new(FirstInFirstOut);
    static mut EXTENDED: ExtendedMachine<Board> = ExtendedMachine::with_extensions(FirstInFirstOut);
    match play(PLAIN, EXTENDED) {
        Ok(sum) => {
            let (plain, extended) =
                (size_of::<Machine<Board>>(), size_of::<ExtendedMachine<Board>>());
            println!("a machine of {plain} bytes, {extended} with extensions: the sum is {sum}");
            process::exit(0)
        }
        Err(wrong) => println!("failed: {wrong}"),
    }
    process::exit(1)
}

/// Runs all parts one after the other: the streams on a machine without extensions, the rest on one
/// with them.
fn play(plain: &mut Machine<Board>, extended: &mut ExtendedMachine<Board>) -> Result<u32, Wrong> {
    let mut guests = Guests::new(plain)?;
    let sum = streams::play(&mut guests)?;
    expect_nothing_left(guests.machine, "nothing is left of the streams")?;
    let mut guests = Guests::new(extended)?;
    contexts::play(guests.machine)?;
    expect_nothing_left(guests.machine, "nothing is left of the contexts")?;
    tasks::play(guests.machine)?;
    expect_nothing_left(guests.machine, "nothing is left of the tasks")?;
    waitable_sets::play(guests.machine)?;
    expect_nothing_left(guests.machine, "nothing is left of the sets")?;
    error_contexts::play(guests.machine)?;
    expect_nothing_left(guests.machine, "nothing is left of the errors")?;
    threads::play(&mut guests)?;
    expect_nothing_left(guests.machine, "nothing is left of the threads")?;
    lists::play()?;
    Ok(sum)
}

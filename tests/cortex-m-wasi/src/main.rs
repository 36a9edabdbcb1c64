//! Firmware that runs a WASI program on a microcontroller: the engine wasmi, the Component Model,
//! and WASI with the board's own clock, randomness and output. It has an allocator and no operating
//! system.
//!
//! Run it in this package's folder: `cargo run --release`. It ends with the status 0 if the program
//! does.

#![no_std]
#![no_main]

extern crate alloc;

mod board;

use alloc::boxed::Box;
use core::error::Error;
use core::pin::pin;
use core::task::{Context, Poll, Waker};

use semihosting::{println, process};
use weft::component::{Component, Linker, Store};
use weft::engine::wasmi::Wasmi;
use weft_wasi::{Command, Exit, WasiCtx, WasiCtxBuilder};

use board::{Clock, Dice, Semihosting};

/// The heap of the engine, the program and its memory.
#[global_allocator]
static ALLOCATOR: emballoc::Allocator<{ 2 << 20 }> = emballoc::Allocator::new();

#[cortex_m_rt::entry]
fn main() -> ! {
    if let Some(peripherals) = cortex_m::Peripherals::take() {
        board::start_clock(peripherals.SYST);
    }
    match run() {
        Ok(exit) => process::exit(exit.code.into()),
        Err(error) => println!("failed: {error}"),
    }
    process::exit(1)
}

fn run() -> Result<Exit, Box<dyn Error>> {
    let engine = Wasmi::default();
    let program = include_bytes!(concat!(env!("OUT_DIR"), "/program.wasm"));
    let component = Component::new(&engine, program)?;
    let mut linker = Linker::new();
    weft_wasi::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi);

    let clock = Clock::default();
    let wasi = WasiCtxBuilder::with_sources(clock.clone(), clock.clone(), Dice(7));
    let mut store = Store::new(&engine, wasi.stdout(Semihosting).build());
    let program = Command::prepare(&component, &linker)?;
    block_on(&clock, async {
        let program = program.instantiate_async(&mut store).await?;
        Ok(program.run_async(&mut store).await?)
    })
}

/// Runs a future to its end. The processor sleeps between ticks of the clock.
fn block_on<R>(clock: &Clock, future: impl Future<Output = R>) -> R {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(result) = future.as_mut().poll(&mut context) {
            return result;
        }
        cortex_m::asm::wfi();
        clock.wake();
    }
}

//! Values whose types are known when the program runs, out of a guest and into it.
#![cfg(feature = "alloc")]

mod budget;
mod elements;
mod guest;
mod handles;
mod parts;

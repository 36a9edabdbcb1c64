//! Values whose types are known when the program runs, out of a guest and into it.
mod budget;
mod elements;
mod guest;
mod handles;
mod parts;

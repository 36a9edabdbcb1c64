//! Values whose types are known at run time, out of a guest and into it.
mod budget;
mod elements;
mod guest;
mod handles;
mod parts;

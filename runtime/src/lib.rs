#![no_std]
//! Weft.

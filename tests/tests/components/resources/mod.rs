//! Host resources that are values of a Rust type.
//!
//! | module | contents |
//! |---|---|
//! | `guests` | the guests, and the files that they receive |
//! | `there_and_back` | values that are passed, lent, returned and kept |
//! | `parts` | resources in other values, in streams and in futures |
//! | `dropping` | every value is dropped, at the right time |
//! | `refused` | errors |

mod dropping;
mod guests;
mod parts;
mod refused;
mod there_and_back;

//! Resources of the host that are values of a Rust type.
//!
//! | module | contents |
//! |---|---|
//! | `guests` | the guests, and the files that they get |
//! | `there_and_back` | what is given, lent, taken back and kept |
//! | `parts` | resources in other values, in streams and in futures |
//! | `dropping` | that each value is dropped, and when |
//! | `refused` | what is an error |

mod dropping;
mod guests;
mod parts;
mod refused;
mod there_and_back;

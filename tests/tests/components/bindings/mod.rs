//! Bindings from WIT: what generated code calls.
//!
//! | file | contents |
//! |---|---|
//! | `program` | bindings of a world, as the generator writes them |
//! | `hosts` | what a host does for the world's imports |
//! | `imports` | methods of hosts, in each of their ways |
//! | `exports` | what components export, checked and called |
//! | `traced` | spans around calls |
//! | `views` | hosts that are made for each call |

mod exports;
mod hosts;
mod imports;
mod program;
mod traced;
mod views;

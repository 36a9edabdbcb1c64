//! Bindings from WIT: the functions that generated code calls.
//!
//! | file | contents |
//! |---|---|
//! | `program` | bindings of a world, as the generator writes them |
//! | `hosts` | the host's implementation of the world's imports |
//! | `imports` | methods of hosts, in each form |
//! | `exports` | exports of components, checked and called |
//! | `traced` | spans around calls |
//! | `views` | hosts that are made for each call |

mod exports;
mod hosts;
mod imports;
mod program;
mod traced;
mod views;

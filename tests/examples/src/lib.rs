//! Whole hosts, to be read and run:
//!
//! | `cargo run -p weft-examples --bin …` | shows |
//! |---|---|
//! | `plugins` | plug-ins with a resource of the host's, a limit of memory, and a time-out |
//! | `pipeline` | bytes of tokio's through two guests, as they come |
//! | `service` | an HTTP service, whose guest's instances are used again |
//!
//! A program on a microcontroller is in `tests/cortex-m-wasi`: `cargo run --release` there.

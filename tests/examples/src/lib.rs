//! Complete hosts, to read and to run:
//!
//! | `cargo run -p weft-examples --bin …` | shows |
//! |---|---|
//! | `plugins` | plug-ins with a resource of the host, a memory limit, and a time-out |
//! | `pipeline` | bytes of tokio through two guests, as they come |
//! | `service` | an HTTP service that reuses the guest's instances |
//!
//! `tests/cortex-m-wasi` has a program for a microcontroller: run `cargo run --release` there.

//! `wasi:random` 0.3.

use alloc::vec::Vec;

use super::bindings::random::wasi::random::{insecure, insecure_seed, random};
use crate::WasiCtx;

/// In this version, a host may return fewer bytes than were asked for.
impl random::Host for WasiCtx {
    fn get_random_bytes(&mut self, max_len: u64) -> Vec<u8> {
        self.random.secure_bytes(max_len.min(self.random.max_size)).unwrap_or_default()
    }

    fn get_random_u64(&mut self) -> u64 {
        self.random.secure_number()
    }
}

impl insecure::Host for WasiCtx {
    fn get_insecure_random_bytes(&mut self, max_len: u64) -> Vec<u8> {
        self.random.insecure_bytes(max_len.min(self.random.max_size)).unwrap_or_default()
    }

    fn get_insecure_random_u64(&mut self) -> u64 {
        self.random.insecure_number()
    }
}

impl insecure_seed::Host for WasiCtx {
    fn get_insecure_seed(&mut self) -> (u64, u64) {
        self.random.insecure_seed()
    }
}

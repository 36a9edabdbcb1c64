//! `wasi:random` 0.2.

use alloc::vec::Vec;

use weft::binding::HostError;

use super::bindings::random::wasi::random::{insecure, insecure_seed, random};
use crate::WasiCtx;

impl random::Host for WasiCtx {
    fn get_random_bytes(&mut self, len: u64) -> Result<Vec<u8>, HostError> {
        Ok(self.random.secure_bytes(len)?)
    }

    fn get_random_u64(&mut self) -> u64 {
        self.random.secure_number()
    }
}

impl insecure::Host for WasiCtx {
    fn get_insecure_random_bytes(&mut self, len: u64) -> Result<Vec<u8>, HostError> {
        Ok(self.random.insecure_bytes(len)?)
    }

    fn get_insecure_random_u64(&mut self) -> u64 {
        self.random.insecure_number()
    }
}

impl insecure_seed::Host for WasiCtx {
    fn insecure_seed(&mut self) -> (u64, u64) {
        self.random.insecure_seed()
    }
}

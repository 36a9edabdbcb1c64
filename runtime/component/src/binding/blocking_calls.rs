//! Calls of a component that block.

use crate::component::{CallError, Callee, Store};
use crate::engine::CoreEngine;

use super::calls::Calls;

impl<E: CoreEngine, T: 'static> Calls for Store<E, T> {
    fn call<F: Callee>(
        &mut self,
        function: &F,
        arguments: F::Arguments<'_>,
    ) -> Result<F::Result, CallError> {
        self.call(function, arguments)
    }
}

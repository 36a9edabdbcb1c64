//! The functions of a store: those with an id, and those that core modules import.
//!
//! `F` is a core function of the engine, `H` a host function.

use alloc::sync::Arc;
use alloc::vec::Vec;

use hashbrown::HashMap;

use crate::builtin::Definition;
use crate::error::Error;
use crate::limits::Table;
use crate::machine::FunctionId;

use super::canonical::{Lifted, Lowered};
use super::spare::Spare;

/// The functions of a store.
pub(crate) struct Functions<F, H> {
    /// By [`FunctionId`].
    callables: Vec<Callable<F, H>>,
    /// By the number that the engine calls with.
    core: Vec<CoreFunction>,
    /// Host functions by their addresses.
    by_address: HashMap<usize, FunctionId>,
    spare_lifted: Spare<Lifted<F>>,
    spare_host_function: Spare<H>,
}

/// A function that has an id.
pub(crate) enum Callable<F, H> {
    /// One that a guest exports.
    Lifted(Arc<Lifted<F>>),
    /// One of the host.
    Host(Arc<H>),
}

/// A function of the host that core modules import.
pub(crate) enum CoreFunction {
    /// A built-in.
    Builtin(Definition),
    /// A function that is lowered.
    Lowered(Arc<Lowered>),
}

impl<F, H> Functions<F, H> {
    pub(crate) fn new() -> Self {
        Self {
            callables: Vec::new(),
            core: Vec::new(),
            by_address: HashMap::new(),
            spare_lifted: Spare::NONE,
            spare_host_function: Spare::NONE,
        }
    }

    /// Adds a function that a guest exports, for which the machine has made an id.
    pub(crate) fn add_lifted(&mut self, id: FunctionId, lifted: Lifted<F>) -> Result<(), Error> {
        self.add(id, Callable::Lifted(Arc::new(lifted)))
    }

    /// Returns the id of a host function. `define` makes one, by the number that the machine is to
    /// call the function by, if it has none yet.
    pub(crate) fn host_function_id(
        &mut self,
        function: &Arc<H>,
        define: impl FnOnce(u32) -> Result<FunctionId, Error>,
    ) -> Result<FunctionId, Error> {
        // The function is kept below, so that no other gets its address.
        let address = Arc::as_ptr(function).addr();
        if let Some(id) = self.by_address.get(&address) {
            return Ok(*id);
        }
        let number = self.callables.len();
        let id = define(u32::try_from(number).map_err(|_| Error::Full(Table::Functions))?)?;
        self.add(id, Callable::Host(function.clone()))?;
        self.by_address.insert(address, id);
        Ok(id)
    }

    fn add(&mut self, id: FunctionId, callable: Callable<F, H>) -> Result<(), Error> {
        self.callables.push(callable);
        if id.position().checked_add(1) == Some(self.callables.len()) {
            Ok(())
        } else {
            Err(Error::Inconsistent(Table::Functions))
        }
    }

    /// Returns the function with an id.
    pub(crate) fn get(&self, function: FunctionId) -> Result<&Callable<F, H>, Error> {
        self.callables.get(function.position()).ok_or(Error::Unknown(Table::Functions))
    }

    /// Returns a function that a guest exports.
    #[inline]
    pub(crate) fn lifted(&self, function: FunctionId) -> Result<&Lifted<F>, Error> {
        match self.callables.get(function.position()) {
            Some(Callable::Lifted(lifted)) => Ok(lifted),
            _ => Err(Error::Unknown(Table::Functions)),
        }
    }

    /// Returns the same, to be kept while something is done to the store.
    #[inline]
    pub(crate) fn take_lifted(&mut self, function: FunctionId) -> Result<Arc<Lifted<F>>, Error> {
        match self.callables.get(function.position()) {
            Some(Callable::Lifted(lifted)) => Ok(self.spare_lifted.take(lifted)),
            _ => Err(Error::Unknown(Table::Functions)),
        }
    }

    /// Takes back what [`take_lifted`](Self::take_lifted) has returned.
    #[inline]
    pub(crate) fn put_lifted(&mut self, lifted: Arc<Lifted<F>>) {
        self.spare_lifted.put(lifted);
    }

    /// Returns the host function with a number, which is its position among all functions. It is
    /// kept while it is called.
    #[inline]
    pub(crate) fn take_host_function(&mut self, number: u32) -> Result<Arc<H>, Error> {
        match usize::try_from(number).ok().and_then(|number| self.callables.get(number)) {
            Some(Callable::Host(function)) => Ok(self.spare_host_function.take(function)),
            _ => Err(Error::Unknown(Table::Functions)),
        }
    }

    /// Takes back what [`take_host_function`](Self::take_host_function) has returned.
    #[inline]
    pub(crate) fn put_host_function(&mut self, function: Arc<H>) {
        self.spare_host_function.put(function);
    }

    /// Adds a function that core modules import. Returns the number that the engine is to call it
    /// by; nothing if there are as many as there are numbers.
    pub(crate) fn add_core_function(&mut self, function: CoreFunction) -> Option<u32> {
        let number = u32::try_from(self.core.len()).ok()?;
        self.core.push(function);
        Some(number)
    }

    /// Returns the function that the engine calls by this number.
    #[inline]
    pub(crate) fn core_function(&self, number: u32) -> Result<&CoreFunction, Error> {
        let found = usize::try_from(number).ok().and_then(|it| self.core.get(it));
        found.ok_or(Error::Unknown(Table::Functions))
    }
}

#[cfg(test)]
mod tests {
    use crate::abi::TypeList;
    use crate::builtin::OptionsIndex;
    use crate::component::definition::function_type::FunctionType;
    use crate::component::store::example_ids::{Ids, ids};

    use super::*;

    fn function() -> (FunctionId, Lifted<u8>) {
        let Ids { instance, function, .. } = ids(0);
        let nothing = TypeList::new([]).expect("it is short");
        let ty = FunctionType {
            names: [].into(),
            params: nothing.clone(),
            result: None,
            results: nothing,
            is_async: false,
        };
        let lifted = Lifted {
            instance,
            core: Some(7),
            ty: Arc::new(ty),
            options: OptionsIndex(0),
            is_async: false,
            callback: None,
            post_return: None,
            place: None,
        };
        (function, lifted)
    }

    #[test]
    fn a_function_is_found_by_its_id_and_only_as_what_it_is() {
        let mut functions = Functions::<u8, &str>::new();
        let (id, lifted) = function();
        assert_eq!(functions.add_lifted(id, lifted), Ok(()));
        assert_eq!(functions.lifted(id).map(|it| it.core), Ok(Some(7)));
        let taken = functions.take_lifted(id).expect("it is there");
        functions.put_lifted(taken.clone());
        assert!(functions.take_lifted(id).is_ok_and(|again| Arc::ptr_eq(&taken, &again)));
        assert_eq!(functions.take_host_function(0), Err(Error::Unknown(Table::Functions)));
    }

    #[test]
    fn an_id_at_another_position_is_a_mistake_of_the_machine() {
        let mut functions = Functions::<u8, &str>::new();
        let (id, lifted) = function();
        assert_eq!(functions.add_lifted(id, lifted), Ok(()));
        let (id, lifted) = function();
        let added = functions.add_lifted(id, lifted);
        assert_eq!(added, Err(Error::Inconsistent(Table::Functions)));
    }

    #[test]
    fn a_host_function_gets_one_id_however_often_it_is_imported() {
        let mut functions = Functions::<u8, &str>::new();
        let (id, _) = function();
        let host = Arc::new("host");
        assert_eq!(functions.host_function_id(&host, |_| Ok(id)), Ok(id));
        let again = functions.host_function_id(&host, |_| Err(Error::Full(Table::Functions)));
        assert_eq!(again, Ok(id));
        assert_eq!(functions.take_host_function(0), Ok(host));
        assert!(functions.lifted(id).is_err());
    }
}

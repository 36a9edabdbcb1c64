//! The functions of a store: those with an id, and those that core modules import.
//!
//! `F` is a core function of the engine, `H` a host function.

use alloc::sync::Arc;
use alloc::vec::Vec;

use hashbrown::HashMap;

use crate::error::Error;
use crate::limits::Table;
use crate::machine::{FunctionId, InstanceId};

use super::canonical::{Lifted, Lowered};
use super::core_function::CoreFunction;
use super::machine::ById;
use super::slab::Slab;
use super::spare::Spare;

/// The functions of a store.
pub(crate) struct Functions<F, H> {
    callables: ById<FunctionId, Callable<F>>,
    /// The host functions, by the number in calls from the machine.
    hosts: Slab<HostEntry<H>>,
    /// The numbers of host functions by their addresses.
    by_address: HashMap<usize, u32>,
    /// The numbers of host functions that were added, and may not be imported by any instance.
    fresh: Vec<u32>,
    /// The functions that core modules import, by the number in calls from the engine.
    core: Slab<CoreFunction>,
    spare_lifted: Spare<Lifted<F>>,
    spare_host_function: Spare<H>,
    spare_lowered: Spare<Lowered>,
}

/// A host function that has an id.
struct HostEntry<H> {
    function: Arc<H>,
    id: FunctionId,
    /// The number of instances made by the host that import it.
    num_users: u32,
}

/// A function that has an id.
enum Callable<F> {
    /// A function that a guest exports.
    Lifted(Arc<Lifted<F>>),
    /// A host function, by its number.
    Host(u32),
}

impl<F, H> Functions<F, H> {
    pub(crate) fn new() -> Self {
        Self {
            callables: ById::new(Table::Functions),
            hosts: Slab::new(),
            by_address: HashMap::new(),
            fresh: Vec::new(),
            core: Slab::new(),
            spare_lifted: Spare::NONE,
            spare_host_function: Spare::NONE,
            spare_lowered: Spare::NONE,
        }
    }

    /// Adds a function that a guest exports, for which the machine has made an id.
    pub(crate) fn add_lifted(&mut self, id: FunctionId, lifted: Lifted<F>) -> Result<(), Error> {
        self.callables.put(id, Callable::Lifted(Arc::new(lifted)))
    }

    /// Removes a function that a guest exports.
    pub(crate) fn remove_lifted(&mut self, id: FunctionId) {
        self.callables.remove(id);
    }

    /// Returns the id of a host function, and its number in calls from the machine. `define` makes
    /// an id for a number, if the function has none yet.
    pub(crate) fn host_function_id(
        &mut self,
        function: &Arc<H>,
        define: impl FnOnce(u32) -> Result<FunctionId, Error>,
    ) -> Result<(FunctionId, u32), Error> {
        let full = Error::Full(Table::Functions);
        // The function is kept below, so that no other one gets its address.
        let address = Arc::as_ptr(function).addr();
        if let Some(number) = self.by_address.get(&address) {
            let entry = self.hosts.get(*number).ok_or(Error::Inconsistent(Table::Functions))?;
            return Ok((entry.id, *number));
        }
        let number = self.hosts.next_number().ok_or(full)?;
        let id = define(number)?;
        self.hosts.add(HostEntry { function: function.clone(), id, num_users: 0 }).ok_or(full)?;
        self.callables.put(id, Callable::Host(number))?;
        self.by_address.insert(address, number);
        self.fresh.push(number);
        Ok((id, number))
    }

    /// Registers an instance that imports a host function.
    pub(crate) fn use_host_function(&mut self, id: FunctionId) -> Result<(), Error> {
        let entry = self.host_number(id).and_then(|number| self.hosts.get_mut(number));
        let entry = entry.ok_or(Error::Unknown(Table::Functions))?;
        entry.num_users = entry.num_users.saturating_add(1);
        Ok(())
    }

    /// Registers an instance that no longer imports a host function. After the last one,
    /// [`take_unused`](Self::take_unused) returns the function.
    pub(crate) fn disuse_host_function(&mut self, id: FunctionId) {
        let Some(number) = self.host_number(id) else { return };
        let Some(entry) = self.hosts.get_mut(number) else { return };
        entry.num_users = entry.num_users.saturating_sub(1);
        if entry.num_users == 0 {
            self.fresh.push(number);
        }
    }

    /// Removes a host function that no instance imports. Returns its id, its number and the function.
    pub(crate) fn take_unused(&mut self) -> Option<(FunctionId, u32, Arc<H>)> {
        while let Some(number) = self.fresh.pop() {
            if self.hosts.get(number).is_some_and(|entry| entry.num_users == 0)
                && let Some(HostEntry { function, id, .. }) = self.hosts.remove(number)
            {
                self.by_address.remove(&Arc::as_ptr(&function).addr());
                self.callables.remove(id);
                return Some((id, number, function));
            }
        }
        None
    }

    /// Returns the number of a host function in calls from the machine, if the id is that of one.
    pub(crate) fn host_number(&self, id: FunctionId) -> Option<u32> {
        match self.callables.get(id)? {
            Callable::Host(number) => Some(*number),
            Callable::Lifted(_) => None,
        }
    }

    /// Returns the host function with an id, if the id is that of one.
    pub(crate) fn host_function(&self, id: FunctionId) -> Option<&Arc<H>> {
        self.hosts.get(self.host_number(id)?).map(|entry| &entry.function)
    }

    /// Returns a function that a guest exports.
    #[inline]
    pub(crate) fn lifted(&self, function: FunctionId) -> Result<&Arc<Lifted<F>>, Error> {
        match self.callables.get(function) {
            Some(Callable::Lifted(lifted)) => Ok(lifted),
            _ => Err(Error::Unknown(Table::Functions)),
        }
    }

    /// Records that a function that `instance` exports never stops before it returns. Functions of
    /// other instances are not changed.
    pub(crate) fn never_stops(&mut self, function: FunctionId, instance: InstanceId) {
        if let Some(Callable::Lifted(lifted)) = self.callables.get_mut(function)
            && lifted.instance == instance
            // If there is another reference, the function is treated as one that may stop.
            && let Some(lifted) = Arc::get_mut(lifted)
        {
            lifted.may_stop = false;
        }
    }

    /// Returns the import with this number in calls from the engine, if a call of it can begin
    /// without records. The caller keeps it while the store changes.
    #[inline]
    pub(crate) fn take_deferrable(&mut self, number: u32) -> Option<Arc<Lowered>> {
        match self.core.get(number) {
            Some(CoreFunction::Lowered(lowered)) if lowered.is_deferrable => {
                Some(self.spare_lowered.take(lowered))
            }
            _ => None,
        }
    }

    /// Takes back the import that [`take_deferrable`](Self::take_deferrable) has returned.
    #[inline]
    pub(crate) fn put_deferrable(&mut self, lowered: Arc<Lowered>) {
        self.spare_lowered.put(lowered);
    }

    /// Returns a function that a guest exports, to keep it while the store changes.
    #[inline]
    pub(crate) fn take_lifted(&mut self, function: FunctionId) -> Result<Arc<Lifted<F>>, Error> {
        match self.callables.get(function) {
            Some(Callable::Lifted(lifted)) => Ok(self.spare_lifted.take(lifted)),
            _ => Err(Error::Unknown(Table::Functions)),
        }
    }

    /// Takes back the function that [`take_lifted`](Self::take_lifted) has returned.
    #[inline]
    pub(crate) fn put_lifted(&mut self, lifted: Arc<Lifted<F>>) {
        self.spare_lifted.put(lifted);
    }

    /// Returns the host function with a number, to keep it while it is called.
    #[inline]
    pub(crate) fn take_host_function(&mut self, number: u32) -> Result<Arc<H>, Error> {
        let found = self.hosts.get(number).ok_or(Error::Unknown(Table::Functions))?;
        Ok(self.spare_host_function.take(&found.function))
    }

    /// Takes back the function that [`take_host_function`](Self::take_host_function) has returned.
    #[inline]
    pub(crate) fn put_host_function(&mut self, function: Arc<H>) {
        self.spare_host_function.put(function);
    }

    /// Adds a function that core modules import. Returns its number in calls from the engine, or
    /// `None` if all numbers are used.
    pub(crate) fn add_core_function(&mut self, function: CoreFunction) -> Option<u32> {
        self.core.add(function)
    }

    /// Removes a function that core modules imported, after the last of these was removed.
    pub(crate) fn remove_core_function(&mut self, number: u32) {
        self.core.remove(number);
    }

    /// Returns the function with this number in calls from the engine.
    #[inline]
    pub(crate) fn core_function(&self, number: u32) -> Result<&CoreFunction, Error> {
        self.core.get(number).ok_or(Error::Unknown(Table::Functions))
    }

    /// Drops the second references to functions, as one of them may be that of a removed function.
    pub(crate) fn drop_spares(&mut self) {
        self.spare_lifted = Spare::NONE;
        self.spare_host_function = Spare::NONE;
        self.spare_lowered = Spare::NONE;
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
            is_deferrable: false,
            may_stop: true,
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
        functions.remove_lifted(id);
        assert!(functions.lifted(id).is_err());
    }

    #[test]
    fn a_host_function_gets_one_id_however_often_it_is_imported() {
        let mut functions = Functions::<u8, &str>::new();
        let (id, _) = function();
        let host = Arc::new("host");
        assert_eq!(functions.host_function_id(&host, |_| Ok(id)), Ok((id, 0)));
        let again = functions.host_function_id(&host, |_| Err(Error::Full(Table::Functions)));
        assert_eq!(again, Ok((id, 0)));
        assert_eq!(functions.take_host_function(0), Ok(host));
        assert!(functions.lifted(id).is_err());
    }

    #[test]
    fn a_host_function_that_nobody_imports_is_removed() {
        let mut functions = Functions::<u8, &str>::new();
        let (id, _) = function();
        let host = Arc::new("host");
        assert_eq!(functions.host_function_id(&host, |_| Ok(id)), Ok((id, 0)));
        assert_eq!(
            (functions.use_host_function(id), functions.use_host_function(id)),
            (Ok(()), Ok(()))
        );
        assert_eq!(functions.take_unused(), None);
        functions.disuse_host_function(id);
        assert_eq!(functions.take_unused(), None);
        functions.disuse_host_function(id);
        assert_eq!(functions.take_unused(), Some((id, 0, host.clone())));
        assert_eq!(functions.take_unused(), None);
        functions.drop_spares();
        assert!(functions.host_function(id).is_none() && Arc::strong_count(&host) == 1);
        assert_eq!(functions.host_function_id(&host, |_| Ok(id)), Ok((id, 0)));
        assert_eq!(functions.take_unused(), Some((id, 0, host)));
    }
}

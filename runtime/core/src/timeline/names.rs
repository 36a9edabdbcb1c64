//! The names in a timeline.

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;

use crate::id::{FunctionId, InstanceId};

/// The names of the instances and functions in a timeline.
///
/// They stay after an instance was removed. Something without a name is named by its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineNames {
    instances: BTreeMap<InstanceId, String>,
    functions: BTreeMap<FunctionId, String>,
    host_functions: BTreeMap<u32, String>,
    /// The greatest number of names of each kind.
    max: usize,
}

impl TimelineNames {
    pub(super) const fn new(max: usize) -> Self {
        Self {
            instances: BTreeMap::new(),
            functions: BTreeMap::new(),
            host_functions: BTreeMap::new(),
            max,
        }
    }

    /// Sets the name of an instance.
    ///
    /// There are at most as many names of instances as the timeline has events. The same holds for
    /// the other names. After that, names are not kept.
    pub fn set_instance(&mut self, instance: InstanceId, name: &str) {
        put(&mut self.instances, self.max, instance, name);
    }

    /// Sets the name of a function.
    pub fn set_function(&mut self, function: FunctionId, name: &str) {
        put(&mut self.functions, self.max, function, name);
    }

    /// Sets the name of a host function, by its
    /// [number](crate::machine::Machine::define_host_function).
    pub fn set_host_function(&mut self, number: u32, name: &str) {
        put(&mut self.host_functions, self.max, number, name);
    }

    /// Returns the name of an instance.
    #[must_use]
    pub fn instance(&self, instance: InstanceId) -> Cow<'_, str> {
        match self.instances.get(&instance) {
            Some(name) => Cow::Borrowed(name),
            None => Cow::Owned(format!("instance {instance}")),
        }
    }

    /// Returns the name of a function.
    #[must_use]
    pub fn function(&self, function: FunctionId) -> Cow<'_, str> {
        match self.functions.get(&function) {
            Some(name) => Cow::Borrowed(name),
            None => Cow::Owned(format!("function {function}")),
        }
    }

    /// Returns the name of a host function, by its number.
    #[must_use]
    pub fn host_function(&self, number: u32) -> Cow<'_, str> {
        match self.host_functions.get(&number) {
            Some(name) => Cow::Borrowed(name),
            None => Cow::Owned(format!("host function {number}")),
        }
    }
}

/// Puts a name into a map, if it has room.
fn put<K: Ord>(map: &mut BTreeMap<K, String>, max: usize, key: K, name: &str) {
    if map.len() < max || map.contains_key(&key) {
        map.insert(key, String::from(name));
    }
}

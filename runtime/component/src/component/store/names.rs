//! The names of functions and instances, for messages.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::sync::Arc;
use alloc::vec::Vec;

use hashbrown::HashMap;

use crate::id::Id as _;
use crate::limits::Table;
use crate::machine::{FunctionId, InstanceId};
use crate::timeline::TimelineNames;

use super::machine::ById;

/// The names.
pub(crate) struct Names {
    functions: ById<FunctionId, Arc<str>>,
    /// The names of host functions, by the number in calls from the machine.
    host_functions: HashMap<u32, Arc<str>>,
    instances: ById<InstanceId, Place>,
    /// The number of instances that the host has made.
    roots: u32,
}

/// The place of an instance: its number in the instance around it, or among those that the host has
/// made.
#[derive(Clone, Copy)]
struct Place {
    around: Option<InstanceId>,
    number: usize,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            functions: ById::new(Table::Functions),
            host_functions: HashMap::new(),
            instances: ById::new(Table::Instances),
            roots: 0,
        }
    }
}

impl Names {
    /// Sets the name of a function after its first export or import.
    pub(crate) fn name_function(&mut self, function: FunctionId, name: &Arc<str>) {
        if !self.functions.contains(function) {
            // Without room, it has only its number.
            let _ = self.functions.put(function, name.clone());
        }
    }

    /// Sets the name of a host function, with an id and a number, after its first import.
    pub(crate) fn name_host_function(
        &mut self,
        function: FunctionId,
        number: u32,
        name: &Arc<str>,
    ) {
        self.name_function(function, name);
        self.host_functions.entry(number).or_insert_with(|| name.clone());
    }

    /// Forgets the name of a function.
    pub(crate) fn remove_function(&mut self, function: FunctionId) {
        self.functions.remove(function);
    }

    /// Forgets the name of a host function.
    pub(crate) fn remove_host_function(&mut self, function: FunctionId, number: u32) {
        self.functions.remove(function);
        self.host_functions.remove(&number);
    }

    /// Forgets the name of an instance.
    pub(crate) fn remove_instance(&mut self, instance: InstanceId) {
        self.instances.remove(instance);
    }

    /// Sets the name of an instance by its place: the instance around it, if there is one, and its number
    /// there.
    pub(crate) fn name_instance(
        &mut self,
        instance: InstanceId,
        around: Option<(InstanceId, usize)>,
    ) {
        let place = match around {
            Some((around, number)) => Place { around: Some(around), number },
            None => {
                self.roots = self.roots.saturating_add(1);
                Place { around: None, number: usize::try_from(self.roots).unwrap_or(usize::MAX) }
            }
        };
        // Without room it has no name.
        let _ = self.instances.put(instance, place);
    }

    /// Copies all names into a timeline that is going to be recorded.
    pub(crate) fn copy_into(&self, timeline: &mut TimelineNames) {
        for (function, name) in self.functions.iter() {
            timeline.set_function(function, name);
        }
        for (number, name) in &self.host_functions {
            timeline.set_host_function(*number, name);
        }
        for (instance, _) in self.instances.iter() {
            timeline.set_instance(instance, &self.instance(instance));
        }
    }

    /// Returns a function's name.
    pub(crate) fn function(&self, function: FunctionId) -> Cow<'_, str> {
        match self.functions.get(function) {
            Some(name) => Cow::Borrowed(name),
            None => Cow::Owned(format!("function {}", function.position())),
        }
    }

    /// Returns the name of the host function with this number.
    pub(crate) fn host_function(&self, number: u32) -> &str {
        self.host_functions.get(&number).map_or("?", |name| &**name)
    }

    /// Returns an instance's name: the number of the instance that the host made, followed by the
    /// number of each inner one within its parent.
    pub(crate) fn instance(&self, instance: InstanceId) -> String {
        let mut numbers = Vec::new();
        let mut next = Some(instance);
        while let Some(place) = next.and_then(|instance| self.instances.get(instance)) {
            numbers.push(place.number.to_string());
            next = place.around;
        }
        if numbers.is_empty() {
            return "?".into();
        }
        numbers.reverse();
        numbers.join("/")
    }
}

#[cfg(test)]
mod tests {
    use crate::component::store::example_ids::ids;

    use super::*;

    #[test]
    fn instances_are_named_by_their_places() {
        let mut machine = ids(0).machine;
        let [root, inner, other] = [(); 3].map(|()| machine.new_instance().expect("there is room"));
        let mut names = Names::default();
        names.name_instance(root, None);
        names.name_instance(inner, Some((root, 3)));
        names.name_instance(other, None);
        assert_eq!([root, inner, other].map(|it| names.instance(it)), ["1", "1/3", "2"]);
    }

    #[test]
    fn a_function_has_its_first_name_or_its_number() {
        let (function, mut names) = (ids(0).function, Names::default());
        assert_eq!(names.function(function), "function 0");
        names.name_function(function, &"first".into());
        names.name_function(function, &"second".into());
        assert_eq!(names.function(function), "first");
        names.remove_function(function);
        names.name_host_function(function, 7, &"third".into());
        assert_eq!(names.host_function(7), "third");
        names.remove_host_function(function, 7);
        assert_eq!((names.function(function), names.host_function(7)), ("function 0".into(), "?"));
    }
}

//! The names of functions and instances, for messages.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use hashbrown::HashMap;

use crate::id::Id as _;
use crate::machine::{FunctionId, InstanceId};

/// The names.
#[derive(Default)]
pub(crate) struct Names {
    functions: HashMap<FunctionId, Box<str>>,
    /// By the number that the machine calls by.
    host_functions: HashMap<u32, Box<str>>,
    instances: HashMap<InstanceId, Box<str>>,
    /// Which instances are being made, each by its number in the one around it.
    around: Vec<String>,
    /// The number of instances that the host has made.
    roots: u32,
}

impl Names {
    /// Names a function, as it is first exported or imported.
    pub(crate) fn name_function(&mut self, function: FunctionId, name: &str) {
        self.functions.entry(function).or_insert_with(|| name.into());
    }

    /// Names a host function, with an id and a number, as it is first imported.
    pub(crate) fn name_host_function(&mut self, function: FunctionId, number: u32, name: &str) {
        self.name_function(function, name);
        self.host_functions.entry(number).or_insert_with(|| name.into());
    }

    /// Forgets the name of a function.
    pub(crate) fn remove_function(&mut self, function: FunctionId) {
        self.functions.remove(&function);
    }

    /// Forgets the name of a host function.
    pub(crate) fn remove_host_function(&mut self, function: FunctionId, number: u32) {
        self.functions.remove(&function);
        self.host_functions.remove(&number);
    }

    /// Forgets the name of an instance.
    pub(crate) fn remove_instance(&mut self, instance: InstanceId) {
        self.instances.remove(&instance);
    }

    /// Names an instance that is being made by its place: the number of the instance that the host
    /// made, and from there on the number of each in the one around it.
    pub(crate) fn name_instance(&mut self, instance: InstanceId) {
        if self.around.is_empty() {
            self.roots = self.roots.saturating_add(1);
        }
        let path = match self.around.last() {
            Some(path) => path.clone(),
            None => self.roots.to_string(),
        };
        self.instances.insert(instance, path.into());
    }

    /// Instances are made within `instance`, which is the one with this number, until
    /// [`leave`](Self::leave).
    pub(crate) fn enter(&mut self, instance: InstanceId, number: usize) {
        self.around.push(format!("{}/{number}", self.instance(instance)));
    }

    /// Ends the instance that was [entered](Self::enter) last.
    pub(crate) fn leave(&mut self) {
        self.around.pop();
    }

    /// Returns a function's name.
    pub(crate) fn function(&self, function: FunctionId) -> Cow<'_, str> {
        match self.functions.get(&function) {
            Some(name) => Cow::Borrowed(name),
            None => Cow::Owned(format!("function {}", function.position())),
        }
    }

    /// Returns the name of the host function with this number.
    pub(crate) fn host_function(&self, number: u32) -> &str {
        self.host_functions.get(&number).map_or("?", |name| &**name)
    }

    /// Returns an instance's name.
    pub(crate) fn instance(&self, instance: InstanceId) -> &str {
        self.instances.get(&instance).map_or("?", |name| &**name)
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
        names.name_instance(root);
        names.enter(root, 3);
        names.name_instance(inner);
        names.leave();
        names.name_instance(other);
        assert_eq!([root, inner, other].map(|it| names.instance(it)), ["1", "1/3", "2"]);
    }

    #[test]
    fn a_function_has_its_first_name_or_its_number() {
        let (function, mut names) = (ids(0).function, Names::default());
        assert_eq!(names.function(function), "function 0");
        names.name_function(function, "first");
        names.name_function(function, "second");
        assert_eq!(names.function(function), "first");
        names.remove_function(function);
        names.name_host_function(function, 7, "third");
        assert_eq!(names.host_function(7), "third");
        names.remove_host_function(function, 7);
        assert_eq!((names.function(function), names.host_function(7)), ("function 0".into(), "?"));
    }
}

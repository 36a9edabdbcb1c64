//! Questions about the calls between the guests of a component.

use crate::component::definition::linking::guest_call::GuestCall;
use crate::engine::CoreEngine;

use super::loading::Component;

/// Questions about the calls between the guests of a component.
///
/// A synchronous call between two instances of a component is *linked* if nothing can observe it:
/// the callee's instance has no built-ins, and calls only instances that have none. Such a call is
/// made by a small core module, which is generated when the component is loaded, and the machine
/// does not take part. Results, traps and their backtraces are the same. Calls are linked on
/// engines that [allow it](crate::engine::CoreEngine::links_guests), in stores without a
/// [chooser](crate::component::Store::with_chooser) of the embedder.
///
/// ```
/// # #[cfg(feature = "wasmi")] {
/// use weft::component::Component;
/// use weft::engine::wasmi::Wasmi;
///
/// let component = wat::parse_str(r#"
///     (component
///         (component $Inner
///             (core module $Adder
///                 (func (export "add") (param i32 i32) (result i32)
///                     (i32.add (local.get 0) (local.get 1))))
///             (core instance $adder (instantiate $Adder))
///             (func (export "add") (param "a" u32) (param "b" u32) (result u32)
///                 (canon lift (core func $adder "add"))))
///         (instance $inner (instantiate $Inner))
///         (core func $add (canon lower (func $inner "add")))
///         (core module $Twice
///             (import "" "add" (func $add (param i32 i32) (result i32)))
///             (func (export "twice") (param i32) (result i32)
///                 (call $add (local.get 0) (local.get 0))))
///         (core instance $twice (instantiate $Twice (with "" (instance
///             (export "add" (func $add))))))
///         (func (export "twice") (param "n" u32) (result u32)
///             (canon lift (core func $twice "twice"))))
/// "#)?;
///
/// let component = Component::new(&Wasmi::default(), &component)?;
/// let call = component.guest_calls().next().unwrap();
/// assert_eq!(call.to_string(), "the component calls `add` of instance 0: linked");
///
/// let component = Component::new(&Wasmi::default().with_linked_guests(false), &[
///     0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00,
/// ])?;
/// assert_eq!(component.guest_calls().count(), 0);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl<E: CoreEngine> Component<E> {
    /// Returns the calls that guests in the component make to one another, in the order of their
    /// instances. Each says if it is linked. There are none if the engine links no guests, or if
    /// the component is too large to be examined.
    pub fn guest_calls(&self) -> impl Iterator<Item = &GuestCall> {
        let links = self.closure.code.links.as_ref();
        links.into_iter().flat_map(|links| &links.plan.calls)
    }
}

//! `canon_resource_new`, `canon_resource_drop`, `canon_resource_rep`.

use crate::builtin::{Outcome, ResourceBuiltins, TypeIndex};
use crate::chooser::Chooser;
use crate::error::Failure;
use crate::limits::Limits;
use crate::trap::Trap;

use crate::machine::hooks::Hooks;
use crate::machine::observation::Action;
use crate::machine::record::frame::Outstanding;
use crate::machine::record::resource::ResourceHandle;
use crate::machine::state::Machine;
use crate::machine::step::Step;

impl<L: Limits, C: Chooser, H: Hooks> ResourceBuiltins for Machine<L, C, H> {
    fn canon_resource_new(
        &mut self,
        resource_type: TypeIndex,
        rep: u64,
    ) -> Result<Outcome<u32, Step>, Failure> {
        let instance = self.current_instance()?;
        self.resource_type(resource_type)?;
        let index = self.new_resource(instance, ResourceHandle::new(resource_type, rep, None))?;
        Ok(Outcome::Return(index))
    }

    fn canon_resource_drop(
        &mut self,
        resource_type: TypeIndex,
        t: u32,
    ) -> Result<Outcome<(), Step>, Failure> {
        let (thread, instance) = (self.current_thread()?, self.current_instance()?);
        let handle = self.resource_of_type_at(instance, t, resource_type)?;
        let resource = self.resources.get(handle)?;
        if resource.num_lends != 0 {
            return Err(Trap::ResourceLent.into());
        }
        let (representation, borrow_scope) = (resource.representation(), resource.borrow_scope);
        let (defined_by, destructor) = self.resource_type(resource_type)?;
        // A destructor has gone with its instance, if that was removed.
        let is_defined = defined_by.is_none_or(|it| self.instance_key(it).is_ok());
        if let (None, Some(destructor), true) = (borrow_scope, destructor, is_defined) {
            let destroyed = (false, Some(representation));
            let call = self.prepare_lower(instance, destructor, false)?;
            return self.suspended(|machine| {
                machine.remove_handle(instance, t)?;
                machine.resources.remove(handle)?;
                let (_, flow) = machine.lower(thread, instance, call, destroyed)?;
                Ok(flow)
            });
        }
        self.remove_handle(instance, t)?;
        self.resources.remove(handle)?;
        match (borrow_scope, defined_by) {
            (Some(task), _) => {
                self.tasks.get_mut(task)?.num_borrows -= 1;
                Ok(Outcome::Return(()))
            }
            (None, Some(_)) => Ok(Outcome::Return(())),
            (None, None) => {
                self.observe(|_| Ok(Action::HostResourceDropped));
                self.outstanding = Outstanding::DropHostResource;
                let thread = self.thread_id(thread)?;
                Ok(Outcome::Suspend(Step::DropHostResource {
                    thread,
                    resource_type,
                    representation,
                }))
            }
        }
    }

    fn canon_resource_rep(
        &mut self,
        resource_type: TypeIndex,
        t: u32,
    ) -> Result<Outcome<u64, Step>, Failure> {
        let handle = self.resource_of_type_at(self.current_instance()?, t, resource_type)?;
        Ok(Outcome::Return(self.resources.get(handle)?.representation()))
    }
}

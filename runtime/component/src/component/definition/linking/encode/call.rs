//! The function of a link.

use alloc::vec::Vec;

use wasm_encoder::{BlockType, Function};

use crate::abi::{Abi, CoreFunctionType, FlatTypes, Flattening, Layout, TypeList};
use crate::component::definition::linking::call_part::CallPart;
use crate::component::definition::linking::link_import::{LinkEnd, LinkImport};
use crate::component::definition::linking::link_input::LinkInput;
use crate::component::definition::linking::link_trap::LinkTrap;
use crate::core_value::{CoreType, IntegerType};

use super::body::Body;
use super::imports::Imports;
use super::shape::{is_code_made, num_buffers};
use super::values::{Locals, Place, Source, Target, Values};

/// Returns the function of the link at the position `member` in its group.
pub(super) fn function(
    imports: &mut Imports,
    member: usize,
    input: &LinkInput<'_>,
) -> (CoreFunctionType, Function) {
    let (params, results) = (input.ty.params.abi(), input.ty.results.abi());
    let lowered = signature(Flattening::Lower, LinkEnd::Caller, input, (&params, &results));
    let lifted = signature(Flattening::Lift, LinkEnd::Callee, input, (&params, &results));
    let mut body = Body::new(lowered.params);
    let fallback = imports.own_function(LinkImport::Fallback(member), &lowered);
    let flag = imports.flag(input.flag);
    // The callee trapped before, is no longer linked, or is on the stack.
    body.code().global_get(flag).if_(BlockType::Empty);
    for (param, _) in (0_u32..).zip(lowered.params.iter()) {
        body.code().local_get(param);
    }
    body.code().call(fallback).return_().end();
    let mut link = Link { imports, body: &mut body, input, member, flag };
    link.values(LinkEnd::Caller).enter(CallPart::Function);
    let arguments = link.arguments(lowered.params, lifted.params);
    let returned = link.call(&lifted, &arguments);
    let result = link.result(lowered.params, returned);
    link.post_return(&lifted, returned);
    body.code().i32_const(0).global_set(flag);
    if let Some(result) = result {
        body.code().local_get(result);
    }
    (lowered, body.finish())
}

fn signature(
    flattening: Flattening,
    end: LinkEnd,
    input: &LinkInput<'_>,
    (params, results): (&Abi, &Abi),
) -> CoreFunctionType {
    flattening.flatten_functype(end.addresses(input), params, results)
}

/// The unfinished function of a link.
struct Link<'a, 'i> {
    imports: &'a mut Imports,
    body: &'a mut Body,
    input: &'a LinkInput<'i>,
    member: usize,
    flag: u32,
}

impl<'i> Link<'_, 'i> {
    /// Moves values that come from one side.
    fn values(&mut self, from: LinkEnd) -> Values<'_, 'i> {
        let Self { imports, body, input, member, flag } = self;
        let (member, flag) = (*member, *flag);
        Values { body, imports, input, member, flag, from, sum: None, nan_chosen: None }
    }

    /// Moves the arguments. Returns locals with the callee's arguments.
    fn arguments(&mut self, lowered: FlatTypes, lifted: FlatTypes) -> Vec<u32> {
        let input = self.input;
        let types = &input.ty.params;
        let layouts = self.layouts(types, LinkEnd::Caller);
        let max = Flattening::Lower.max_flat_params();
        let spilled = layouts.map(|layout| layout.flat.exceed(max));
        let count = if spilled == [true; 2] {
            1
        } else {
            layouts.first().and_then(|layout| layout.flat.count()).unwrap_or_default()
        };
        let params: Vec<u32> = (0..).take(count).collect();
        debug_assert!(lowered.count().is_some_and(|all| all >= count));
        let mut values = self.values(LinkEnd::Caller);
        if !is_code_made(input, types) {
            return values.native_arguments(&params, lifted);
        }
        values.count_bytes(types);
        let mut moved = Vec::new();
        if spilled == [true; 2] {
            let [from, to] = layouts;
            let source = values.spilled(from, 0);
            values.check_all(types, &mut Source::Memory(source));
            let target = values.allocated(to);
            let mut target_place = Target::Memory(Place::at(target));
            values.transfer_all(types, &mut Source::Memory(source), &mut target_place);
            moved.push(target);
        } else {
            values.check_all(types, &mut Source::Flat(&mut Locals(&params)));
            let mut source = Locals(&params);
            let target = &mut Target::Flat(&mut moved);
            values.transfer_all(types, &mut Source::Flat(&mut source), target);
        }
        moved
    }

    /// Returns the layouts of values on the side that they come from, and on the other side.
    fn layouts(&self, types: &TypeList, from: LinkEnd) -> [Layout; 2] {
        [from, from.other()].map(|end| types.abi().of(end.addresses(self.input)))
    }

    /// Calls the callee. Returns a local with its result.
    fn call(&mut self, lifted: &CoreFunctionType, arguments: &[u32]) -> Option<u32> {
        let callee = self.imports.own_function(LinkImport::Callee(self.member), lifted);
        for argument in arguments {
            self.body.code().local_get(*argument);
        }
        self.body.code().call(callee);
        lifted.results.get(0).map(|ty| self.body.set_local(ty))
    }

    /// Moves the result. Returns a local with the caller's result, if that is a core value.
    fn result(&mut self, lowered: FlatTypes, returned: Option<u32>) -> Option<u32> {
        let input = self.input;
        let types = &input.ty.results;
        let layouts = self.layouts(types, LinkEnd::Callee);
        let returned = returned?;
        let mut values = self.values(LinkEnd::Callee);
        if layouts.iter().all(|layout| layout.flat.exceed(Flattening::Lift.max_flat_results())) {
            // The address of the result is the last parameter.
            let out = u32::try_from(lowered.count()?.checked_sub(1)?).ok()?;
            if !is_code_made(input, types) {
                values.native_result(returned, out);
                return None;
            }
            values.count_bytes(types);
            let [from, to] = layouts;
            let source = values.spilled(from, returned);
            values.check_all(types, &mut Source::Memory(source));
            let target = values.out_param(to, out);
            let target = &mut Target::Memory(target);
            values.transfer_all(types, &mut Source::Memory(source), target);
            return None;
        }
        let (from, mut moved) = ([returned], Vec::new());
        values.check_all(types, &mut Source::Flat(&mut Locals(&from)));
        let target = &mut Target::Flat(&mut moved);
        values.transfer_all(types, &mut Source::Flat(&mut Locals(&from)), target);
        moved.first().copied()
    }

    /// Calls `post-return`, if the callee has one.
    fn post_return(&mut self, lifted: &CoreFunctionType, returned: Option<u32>) {
        if self.input.callee.options.post_return.is_none() {
            return;
        }
        let ty = CoreFunctionType { params: lifted.results, results: FlatTypes::EMPTY };
        let function = self.imports.own_function(LinkImport::PostReturn(self.member), &ty);
        self.values(LinkEnd::Callee).enter(CallPart::PostReturn);
        if let Some(returned) = returned {
            self.body.code().local_get(returned);
        }
        self.body.code().call(function);
    }
}

impl Values<'_, '_> {
    /// Starts to count the bytes of lists and strings, if there may be several.
    fn count_bytes(&mut self, types: &TypeList) {
        if num_buffers(types) > 1 {
            self.sum = Some(self.body.local(CoreType::I64));
        }
    }

    /// Returns the place of values that are passed by an address in a local. The address is
    /// checked.
    fn spilled(&mut self, layout: Layout, address: u32) -> Place {
        let (addresses, memory) = (self.source_addresses(), self.source_memory());
        self.check_aligned(addresses, address, layout.alignment, LinkTrap::PointerUnaligned);
        let bytes = self.constant_local(layout);
        let bytes = (IntegerType::I64, bytes);
        self.check_bounds(memory, address, bytes, LinkTrap::PointerOutOfBounds);
        Place::at(address)
    }

    /// Returns the place for a result at the address in a local. The address is checked.
    fn out_param(&mut self, layout: Layout, address: u32) -> Place {
        let (addresses, memory) = (self.target_addresses(), self.target_memory());
        self.check_aligned(addresses, address, layout.alignment, LinkTrap::PointerUnaligned);
        let bytes = self.constant_local(layout);
        let bytes = (IntegerType::I64, bytes);
        self.check_bounds(memory, address, bytes, LinkTrap::PointerOutOfBounds);
        Place::at(address)
    }

    /// Returns a local with the address of new memory for values.
    fn allocated(&mut self, layout: Layout) -> u32 {
        let (addresses, memory) = (self.target_addresses(), self.target_memory());
        self.address_constant(addresses, layout.size);
        let size = self.body.set_local(addresses.into());
        let address = self.realloc(layout.alignment, size);
        self.check_aligned(addresses, address, layout.alignment, LinkTrap::PointerUnaligned);
        let trap = LinkTrap::PointerOutOfBounds;
        self.check_bounds(memory, address, (addresses, size), trap);
        address
    }

    /// Returns a local with the size of values.
    fn constant_local(&mut self, layout: Layout) -> u32 {
        self.body.code().i64_const(layout.size.cast_signed());
        self.body.set_local(CoreType::I64)
    }
}

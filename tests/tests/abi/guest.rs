//! A guest without code: a memory, a `realloc` and a handle table, as in `reference/abi.py`.

use std::sync::OnceLock;

use serde_json::{Value, json};
use weft::abi::{LiftHandles, LowerContext, Options, Resource, TransferContext};
use weft::builtin::TypeIndex;
use weft::error::Failure;
use weft::limits::Heap;
use weft::machine::{EndId, ErrorContextId, Machine};
use weft::trap::{EndKind, ExpectedResource, FoundResource, Trap};

/// The trap of a `realloc` that fails; it is no rule of lifting or lowering.
pub const REALLOC_TRAP: Trap = Trap::UncaughtException;

/// The number of ends and error contexts.
pub const THINGS: usize = 64;

struct Things {
    ends: Vec<EndId>,
    error_contexts: Vec<ErrorContextId>,
}

fn things() -> &'static Things {
    static THINGS_OF_ALL: OnceLock<Things> = OnceLock::new();
    THINGS_OF_ALL.get_or_init(|| {
        let mut machine = Machine::<Heap>::default();
        let ty = machine
            .define_type(weft::machine::TypeDefinition::Ends { is_none_or_number: true })
            .unwrap();
        Things {
            ends: (0..THINGS)
                .map(|_| machine.new_host_ends(EndKind::Stream, ty).unwrap().0)
                .collect(),
            error_contexts: (0..THINGS)
                .map(|_| machine.new_host_error_context("").unwrap())
                .collect(),
        }
    })
}

pub fn end(number: usize) -> EndId {
    things().ends[number]
}

pub fn error_context(number: usize) -> ErrorContextId {
    things().error_contexts[number]
}

pub fn number_of_end(end: EndId) -> usize {
    things().ends.iter().position(|it| *it == end).unwrap()
}

pub fn number_of_error_context(error_context: ErrorContextId) -> usize {
    things().error_contexts.iter().position(|it| *it == error_context).unwrap()
}

/// The reference's `Table`, with entries as JSON.
#[derive(Clone, Debug, Default)]
pub struct Handles {
    entries: Vec<Option<Value>>,
    free: Vec<u32>,
}

impl Handles {
    pub fn new(entries: &[Value]) -> Self {
        Self { entries: entries.iter().cloned().map(Some).collect(), free: Vec::new() }
    }

    pub fn entries(&self) -> Vec<Value> {
        self.entries.iter().flatten().cloned().collect()
    }

    fn add(&mut self, entry: Value) -> u32 {
        if let Some(index) = self.free.pop() {
            self.entries[index as usize - 1] = Some(entry);
            return index;
        }
        self.entries.push(Some(entry));
        u32::try_from(self.entries.len()).unwrap()
    }

    fn get(&self, index: u32) -> Result<&Value, Trap> {
        let entry = (index as usize).checked_sub(1).and_then(|it| self.entries.get(it)?.as_ref());
        entry.ok_or(Trap::UnknownHandleIndex { index })
    }

    fn remove(&mut self, index: u32) {
        self.entries[index as usize - 1] = None;
        self.free.push(index);
    }

    fn resource(&self, ty: TypeIndex, index: u32) -> Result<(bool, u64), Trap> {
        let entry = self.get(index)?;
        let own = match entry[0].as_str().unwrap() {
            "own" => true,
            "borrow" => false,
            _ => return Err(Trap::HandleWrongType { index }),
        };
        if entry[1] != ty.0 {
            return Err(Trap::ResourceWrongType {
                index,
                expected_resource: ExpectedResource::HostResource,
                found_resource: FoundResource::ADifferentHostResource,
            });
        }
        Ok((own, entry[2].as_u64().unwrap()))
    }
}

impl LiftHandles for Handles {
    fn lift_own(&mut self, ty: TypeIndex, index: u32) -> Result<Resource, Failure> {
        let (own, representation) = self.resource(ty, index)?;
        if self.entries[index as usize - 1].as_ref().unwrap()[3] == true {
            return Err(Trap::ResourceLent.into());
        }
        if !own {
            return Err(Trap::NotAnOwningHandle.into());
        }
        self.remove(index);
        Ok(Resource { ty, representation })
    }

    fn lift_borrow(&mut self, ty: TypeIndex, index: u32) -> Result<Resource, Failure> {
        let (_, representation) = self.resource(ty, index)?;
        // From now on it is lent.
        let entry = self.entries[index as usize - 1].as_mut().unwrap().as_array_mut().unwrap();
        entry.truncate(3);
        entry.push(true.into());
        Ok(Resource { ty, representation })
    }

    fn lift_end(&mut self, kind: EndKind, ty: TypeIndex, index: u32) -> Result<EndId, Failure> {
        let entry = self.get(index)?.clone();
        if entry[0] != kind.to_string() {
            return Err(Trap::HandleWrongType { index }.into());
        }
        if entry[1] != ty.0 {
            return Err(Trap::ElementTypeMismatch { index }.into());
        }
        self.remove(index);
        Ok(end(crate::case::index(&entry[2])))
    }

    fn lift_error_context(&mut self, index: u32) -> Result<ErrorContextId, Failure> {
        let entry = self.get(index)?;
        if entry[0] != "error-context" {
            return Err(Trap::HandleWrongType { index }.into());
        }
        Ok(error_context(crate::case::index(&entry[1])))
    }
}

/// A guest: a memory, a `realloc`, and a table.
pub struct Guest {
    pub options: Options,
    pub memory: Vec<u8>,
    pub handles: Handles,
    /// The fault of `realloc`, and the number of the call at which it happens, from 1.
    pub realloc: (String, usize),
    pub last: u64,
    pub calls: Vec<[u64; 4]>,
    /// The start of the guest's memory in `memory`, whose front belongs to another guest. The
    /// arguments and the record of `realloc` are relative to it.
    pub base: u64,
    /// The bytes that the memory does not have yet. Each call of `realloc` creates a new memory of
    /// the needed length.
    pub unborn: Vec<u8>,
}

impl Guest {
    /// Moves the memory to another place, with `more` more bytes of it.
    fn grow(&mut self, more: usize) {
        let more = more.min(self.unborn.len());
        if more == 0 {
            return;
        }
        let mut memory = Vec::with_capacity(self.memory.len() + more);
        memory.extend_from_slice(&self.memory);
        memory.extend(self.unborn.drain(..more));
        self.memory = memory;
    }

    /// Returns the result of `realloc`, relative to the base.
    fn place(
        &mut self,
        [old, old_length, alignment, new_length]: [u64; 4],
    ) -> Result<u64, Failure> {
        let alignment = u32::try_from(alignment).unwrap();
        let (behaviour, at) = (self.realloc.0.as_str(), self.realloc.1);
        let memory_length = (self.memory.len() + self.unborn.len()) as u64 - self.base;
        if self.calls.len() == at {
            match behaviour {
                "unaligned" if alignment > 1 => {
                    return Ok(weft::abi::align_to(self.last, alignment) + 1);
                }
                "beyond" => return Ok(memory_length),
                "far" => return Ok(0xffff_fff8),
                "trap" => return Err(REALLOC_TRAP.into()),
                _ => {}
            }
        }
        if old != 0 && new_length < old_length && behaviour != "move" {
            return Ok(weft::abi::align_to(old, alignment));
        }
        let address = weft::abi::align_to(self.last, alignment);
        if address + new_length > memory_length {
            return Err(REALLOC_TRAP.into());
        }
        self.last = address + new_length;
        Ok(address)
    }
}

impl LowerContext for Guest {
    fn options(&self) -> &Options {
        &self.options
    }

    fn memory_mut(&mut self) -> &mut [u8] {
        &mut self.memory
    }

    fn realloc(
        &mut self,
        old: u64,
        old_length: u64,
        alignment: u32,
        new_length: u64,
    ) -> Result<u64, Failure> {
        // An absent old block is at 0, not at the base.
        let old = old.saturating_sub(self.base);
        let call = [old, old_length, alignment.into(), new_length];
        self.calls.push(call);
        let last = self.last;
        let address = self.place(call)?;
        let needed = (address + new_length + self.base).saturating_sub(self.memory.len() as u64);
        self.grow(usize::try_from(needed).unwrap_or(usize::MAX));
        if self.last != last {
            let kept = old_length.min(new_length);
            let [old, place, kept] =
                [old + self.base, address + self.base, kept].map(|it| usize::try_from(it).unwrap());
            self.memory.copy_within(old..old + kept, place);
        }
        Ok(address + self.base)
    }

    fn lower_own(&mut self, ty: TypeIndex, resource: Resource) -> Result<u32, Failure> {
        Ok(self.handles.add(json!(["own", ty.0, resource.representation_of(ty)?])))
    }

    fn lower_borrow(&mut self, ty: TypeIndex, resource: Resource) -> Result<u32, Failure> {
        let representation = resource.representation_of(ty)?;
        if ty.0 == 1 && self.realloc.0 != "source" {
            // The second resource type is defined by the destination.
            return Ok(u32::try_from(representation).unwrap());
        }
        Ok(self.handles.add(json!(["borrow", ty.0, representation])))
    }

    fn lower_end(&mut self, kind: EndKind, ty: TypeIndex, end: EndId) -> Result<u32, Failure> {
        Ok(self.handles.add(json!([kind.to_string(), ty.0, number_of_end(end)])))
    }

    fn lower_error_context(&mut self, error_context: ErrorContextId) -> Result<u32, Failure> {
        let number = number_of_error_context(error_context);
        Ok(self.handles.add(json!(["error-context", number])))
    }
}

/// Two guests between which values move: by the trait's own `copy`, which needs one memory at a
/// time, or by one that has both memories.
pub struct Pair<'a, const HAS_BOTH: bool> {
    pub source_options: Options,
    /// `None` if the destination's memory is also the source's.
    pub source_memory: Option<&'a [u8]>,
    pub source: Handles,
    pub destination: Guest,
}

impl<const HAS_BOTH: bool> LiftHandles for Pair<'_, HAS_BOTH> {
    fn lift_own(&mut self, ty: TypeIndex, index: u32) -> Result<Resource, Failure> {
        self.source.lift_own(ty, index)
    }

    fn lift_borrow(&mut self, ty: TypeIndex, index: u32) -> Result<Resource, Failure> {
        self.source.lift_borrow(ty, index)
    }

    fn lift_end(&mut self, kind: EndKind, ty: TypeIndex, index: u32) -> Result<EndId, Failure> {
        self.source.lift_end(kind, ty, index)
    }

    fn lift_error_context(&mut self, index: u32) -> Result<ErrorContextId, Failure> {
        self.source.lift_error_context(index)
    }
}

impl<const HAS_BOTH: bool> LowerContext for Pair<'_, HAS_BOTH> {
    fn options(&self) -> &Options {
        self.destination.options()
    }

    fn memory_mut(&mut self) -> &mut [u8] {
        self.destination.memory_mut()
    }

    fn realloc(&mut self, old: u64, length: u64, align: u32, new: u64) -> Result<u64, Failure> {
        self.destination.realloc(old, length, align, new)
    }

    fn lower_own(&mut self, ty: TypeIndex, resource: Resource) -> Result<u32, Failure> {
        self.destination.lower_own(ty, resource)
    }

    fn lower_borrow(&mut self, ty: TypeIndex, resource: Resource) -> Result<u32, Failure> {
        self.destination.lower_borrow(ty, resource)
    }

    fn lower_end(&mut self, kind: EndKind, ty: TypeIndex, end: EndId) -> Result<u32, Failure> {
        self.destination.lower_end(kind, ty, end)
    }

    fn lower_error_context(&mut self, it: ErrorContextId) -> Result<u32, Failure> {
        self.destination.lower_error_context(it)
    }
}

impl<const HAS_BOTH: bool> Pair<'_, HAS_BOTH> {
    fn memory(&self) -> &[u8] {
        self.source_memory.unwrap_or(&self.destination.memory)
    }
}

impl TransferContext for Pair<'_, false> {
    fn source_options(&self) -> &Options {
        &self.source_options
    }

    fn source_memory(&self) -> &[u8] {
        self.memory()
    }

    fn shares_memory(&self) -> bool {
        self.source_memory.is_none()
    }
}

impl TransferContext for Pair<'_, true> {
    fn source_options(&self) -> &Options {
        &self.source_options
    }

    fn source_memory(&self) -> &[u8] {
        self.memory()
    }

    fn shares_memory(&self) -> bool {
        self.source_memory.is_none()
    }

    fn copy(&mut self, from: u64, to: u64, length: u64) -> Result<(), Failure> {
        let [start, place, count] = [from, to, length].map(|it| usize::try_from(it).unwrap());
        let memory = &mut self.destination.memory;
        match self.source_memory {
            Some(source) => {
                memory[place..place + count].copy_from_slice(&source[start..start + count]);
            }
            None => memory.copy_within(start..start + count, place),
        }
        Ok(())
    }
}

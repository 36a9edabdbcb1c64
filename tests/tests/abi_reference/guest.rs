//! A guest without code: a memory, a `realloc` and a handle table, as `reference/abi.py` has them.

use std::sync::OnceLock;

use serde_json::{Value, json};
use weft::abi::{LiftHandles, LowerContext, Options, Resource, TransferContext};
use weft::builtin::TypeIndex;
use weft::error::Failure;
use weft::limits::Heap;
use weft::machine::{EndId, ErrorContextId, Machine};
use weft::trap::{EndKind, ExpectedResource, FoundResource, Trap};

/// What a `realloc` that fails traps with; no rule of lifting or lowering.
pub const REALLOC_TRAP: Trap = Trap::UncaughtException;

/// As many ends and error contexts there are.
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

/// The reference's `Table`, of entries as JSON.
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
        // It is lent from now on.
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

/// A memory, a `realloc`, a table.
pub struct Guest {
    pub options: Options,
    pub memory: Vec<u8>,
    pub handles: Handles,
    /// How `realloc` misbehaves, and at which call, from 1.
    pub realloc: (String, usize),
    pub last: u64,
    pub calls: Vec<[u64; 4]>,
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
        self.calls.push([old, old_length, alignment.into(), new_length]);
        let (behaviour, at) = (self.realloc.0.as_str(), self.realloc.1);
        let memory_length = self.memory.len() as u64;
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
        let [old, place, kept] =
            [old, address, old_length.min(new_length)].map(|it| usize::try_from(it).unwrap());
        self.memory.copy_within(old..old + kept, place);
        Ok(address)
    }

    fn lower_own(&mut self, ty: TypeIndex, resource: Resource) -> Result<u32, Failure> {
        Ok(self.handles.add(json!(["own", ty.0, resource.representation_of(ty)?])))
    }

    fn lower_borrow(&mut self, ty: TypeIndex, resource: Resource) -> Result<u32, Failure> {
        let representation = resource.representation_of(ty)?;
        if ty.0 == 1 && self.realloc.0 != "source" {
            // The second resource type is one that the destination defines.
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

/// Two guests, between whom values move.
pub struct Pair<'a> {
    pub source_options: Options,
    pub source_memory: &'a [u8],
    pub source: Handles,
    pub destination: Guest,
    /// Whether copies go from memory to memory; otherwise by the trait's own way.
    pub is_direct: bool,
}

impl LiftHandles for Pair<'_> {
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

impl LowerContext for Pair<'_> {
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

impl TransferContext for Pair<'_> {
    fn source_options(&self) -> &Options {
        &self.source_options
    }

    fn source_memory(&self) -> &[u8] {
        self.source_memory
    }

    fn copy(&mut self, from: u64, to: u64, length: u64) -> Result<(), Failure> {
        if !self.is_direct {
            // In small steps, as where both memories can't be had at a time.
            for done in 0..length {
                let byte = self.source_memory[usize::try_from(from + done).unwrap()];
                self.destination.memory[usize::try_from(to + done).unwrap()] = byte;
            }
            return Ok(());
        }
        let bytes = weft::abi::range(self.source_memory, from, length).unwrap();
        let place = weft::abi::range_mut(&mut self.destination.memory, to, length).unwrap();
        place.copy_from_slice(bytes);
        Ok(())
    }
}

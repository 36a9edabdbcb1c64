//! The elements of streams and futures: between buffers of guests, and those of the host.
//!
//! Each instance has an encoding of its own, and a `realloc` that records its calls in the memory,
//! moves what it is called for, and returns an address out of bounds for one size.

use weft::abi::{LiftHandles, LowerContext, Options, Peer, Resource, TransferContext};
use weft::builtin::{ContextBuiltins, Outcome, TypeIndex};
use weft::chooser::{Chooser, Recording};
use weft::error::Failure;
use weft::limits::Limits;
use weft::machine::{
    Buffer, BufferCheck, CopySide, CopyToken, EndId, ErrorContextId, InstanceId, Machine, Step,
};
use weft::trap::{CopyDirection, EndKind, Trap};

use super::player::ProgramPlayer;
use super::touched::Touched;
use super::values::word;
use super::world::{ENDS, Element, LOG_ADDRESS, MEMORY_BYTES, REFUSED_BYTES, Width, encoding};

/// A buffer, and its instance; `None` if it is the host's.
pub(super) type Place = (Option<InstanceId>, Buffer);

impl<L: Limits, C: Chooser> ProgramPlayer<L, C> {
    /// Checks a buffer as `GuestBuffer.__init__` does.
    pub(crate) fn check_buffer(&mut self, check: BufferCheck) -> Result<Step, Failure> {
        let element = ENDS[self.world.ends_number(check.ty())];
        let Buffer { address, length, options, .. } = check.buffer();
        // The options of an instance have the instance's number.
        let width = self.world.widths[options.map_or(0, |it| it.0 as usize)];
        match buffer_trap((element, width), check.direction(), address, length) {
            Some(trap) => Err(trap.into()),
            None => self.machine.buffer_checked(check),
        }
    }

    /// Copies values from one buffer to the other: lifts all, and then lowers them.
    pub(crate) fn copy(&mut self, copy: CopyToken) -> Result<Step, Failure> {
        let element = ENDS[self.world.ends_number(copy.ty())];
        let place = |side: CopySide| (side.instance, side.buffer);
        let (from, to) = (place(copy.writable()), place(copy.readable()));
        let moved = self.move_elements(from, to, element, copy.count());
        // The reference takes handles from a writer, which lives on, before it traps.
        self.is_over |= moved.is_err();
        moved?;
        self.machine.copied(copy)
    }

    pub(super) fn move_elements(
        &mut self,
        from: Place,
        to: Place,
        element: Element,
        count: u32,
    ) -> Result<(), Failure> {
        if element == Element::None {
            return Ok(());
        }
        if let ((Some(source), from), (Some(destination), to)) = (from, to) {
            let address = |instance, buffer: Buffer| {
                let size = element.size(self.world.widths[self.world.number_of(instance)]);
                buffer.address + u64::from(buffer.progress) * u64::from(size)
            };
            let places = [address(source, from), address(destination, to)];
            return self.transfer((source, destination), element, places, count);
        }
        // The host only has ends of bytes.
        assert_eq!(element, Element::U8);
        let bytes: Vec<u8> = (0..count).map(|position| self.load_byte(from, position)).collect();
        for (position, byte) in (0..).zip(bytes) {
            self.store_byte(to, position, byte);
        }
        Ok(())
    }

    fn load_byte(&self, (instance, buffer): Place, position: u32) -> u8 {
        let position = buffer.progress + position;
        let Some(instance) = instance else {
            // The host's buffers contain numbers made from the end's number and the position.
            let [byte, ..] = (word(buffer.address) * 16 + position).to_le_bytes();
            return byte;
        };
        let memory = &self.world.memories[self.world.number_of(instance)];
        memory[(word(buffer.address) + position) as usize]
    }

    fn store_byte(&mut self, (instance, buffer): Place, position: u32, byte: u8) {
        let Some(instance) = instance else {
            // The address of a host buffer is the number of the end.
            self.received[word(buffer.address) as usize].push(byte.into());
            return;
        };
        let number = self.world.number_of(instance);
        let address = word(buffer.address) + buffer.progress + position;
        self.world.memories[number][address as usize] = byte;
    }

    /// Moves elements from guest to guest.
    fn transfer(
        &mut self,
        (source, destination): (InstanceId, InstanceId),
        element: Element,
        [from, to]: [u64; 2],
        count: u32,
    ) -> Result<(), Failure> {
        let Some(ty) = self.world.element_type(element) else { return Ok(()) };
        let numbers = [source, destination].map(|it| self.world.number_of(it));
        let widths = numbers.map(|number| self.world.widths[number]);
        let [source_options, options] = [0, 1].map(|at| Options {
            peer: Peer::Guest,
            ..Options::new(
                widths[at].address_type(),
                encoding(u32::try_from(numbers[at]).unwrap_or(0)),
            )
        });
        let [number, other] = [numbers[1], numbers[0]];
        let width = widths[1];
        let memory = std::mem::take(&mut self.world.memories[number]);
        let source_memory = (source != destination).then(|| self.world.memories[other].as_slice());
        let machine = &mut self.machine;
        let mut passing = Passing {
            machine,
            source,
            destination,
            source_options,
            options,
            source_memory,
            memory,
            width,
        };
        let result = ty.transfer_elements(&mut passing, from, to, count);
        self.world.memories[number] = passing.memory;
        result
    }
}

/// Returns the trap that a buffer raises, if it is unaligned or out of bounds.
pub(super) fn buffer_trap(
    (element, width): (Element, Width),
    copy_direction: CopyDirection,
    address: u64,
    length: u32,
) -> Option<Trap> {
    let size = element.size(width);
    if !address.is_multiple_of(u64::from(element.alignment(width))) {
        return Some(Trap::BufferUnaligned { copy_direction });
    }
    let end = u128::from(address) + u128::from(length) * u128::from(size);
    let is_outside = size > 0 && end > MEMORY_BYTES as u128;
    is_outside.then_some(Trap::BufferOutOfBounds { copy_direction })
}

/// Values on their way from one guest to another, or to the same.
struct Passing<'p, L: Limits, C: Chooser> {
    machine: &'p mut Machine<L, Recording<C>, Touched>,
    source: InstanceId,
    destination: InstanceId,
    source_options: Options,
    options: Options,
    /// `None` if the destination's memory is also the source's.
    source_memory: Option<&'p [u8]>,
    memory: Vec<u8>,
    /// The width of the destination's addresses.
    width: Width,
}

impl<L: Limits, C: Chooser> Passing<'_, L, C> {
    /// Returns the sum of the context slots, as the guest adds them.
    #[expect(clippy::cast_possible_truncation, reason = "the guest adds the low words")]
    fn slots(&mut self) -> u32 {
        let ty = self.width.address_type();
        let mut slot = |slot| match self.machine.canon_context_get(ty, slot) {
            Ok(Outcome::Return(value)) => value as u32,
            other => panic!("{other:?}"),
        };
        slot(0).wrapping_mul(5).wrapping_add(slot(1))
    }
}

impl<L: Limits, C: Chooser> LiftHandles for Passing<'_, L, C> {
    fn lift_own(&mut self, ty: TypeIndex, index: u32) -> Result<Resource, Failure> {
        let representation = self.machine.lift_own(self.source, ty, index)?;
        Ok(Resource { ty, representation })
    }

    fn lift_borrow(&mut self, _: TypeIndex, _: u32) -> Result<Resource, Failure> {
        panic!("no element is borrowed")
    }

    fn lift_end(&mut self, kind: EndKind, ty: TypeIndex, index: u32) -> Result<EndId, Failure> {
        self.machine.lift_end(self.source, kind, ty, index)
    }

    fn lift_error_context(&mut self, index: u32) -> Result<ErrorContextId, Failure> {
        self.machine.lift_error_context(self.source, index)
    }
}

impl<L: Limits, C: Chooser> LowerContext for Passing<'_, L, C> {
    fn options(&self) -> &Options {
        &self.options
    }

    fn memory_mut(&mut self) -> &mut [u8] {
        &mut self.memory
    }

    fn realloc(
        &mut self,
        old_address: u64,
        old_byte_length: u64,
        alignment: u32,
        new_byte_length: u64,
    ) -> Result<u64, Failure> {
        self.machine.begin_realloc(self.destination)?;
        let slots = self.slots();
        let [old, old_length, length] = [old_address, old_byte_length, new_byte_length].map(word);
        let log = &mut self.memory[LOG_ADDRESS as usize..][..4];
        let logged = log.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte));
        let sum = [old_length.wrapping_mul(7), length.wrapping_mul(3), alignment, slots];
        let logged = sum.into_iter().fold(logged.wrapping_mul(31), u32::wrapping_add);
        log.copy_from_slice(&logged.to_le_bytes());
        self.machine.realloc_returned()?;
        if length == REFUSED_BYTES {
            return Ok(self.width.refused_address());
        }
        let address = LOG_ADDRESS + 4 + 8 * (logged & 3);
        let kept = old_length.min(length) as usize;
        self.memory.copy_within(old as usize..old as usize + kept, address as usize);
        Ok(address.into())
    }

    fn lower_own(&mut self, ty: TypeIndex, resource: Resource) -> Result<u32, Failure> {
        self.machine.lower_own(self.destination, ty, resource.representation_of(ty)?)
    }

    fn lower_borrow(&mut self, _: TypeIndex, _: Resource) -> Result<u32, Failure> {
        panic!("no element is borrowed")
    }

    fn lower_end(&mut self, kind: EndKind, ty: TypeIndex, end: EndId) -> Result<u32, Failure> {
        self.machine.lower_end(self.destination, kind, ty, end)
    }

    fn lower_error_context(&mut self, it: ErrorContextId) -> Result<u32, Failure> {
        self.machine.lower_error_context(self.destination, it)
    }
}

impl<L: Limits, C: Chooser> TransferContext for Passing<'_, L, C> {
    fn source_options(&self) -> &Options {
        &self.source_options
    }

    fn source_memory(&self) -> &[u8] {
        self.source_memory.unwrap_or(&self.memory)
    }

    fn shares_memory(&self) -> bool {
        self.source_memory.is_none()
    }
}

//! Benchmarks of moving values, beside a plain copy of the same bytes.
//!
//! `cargo bench -p weft-runtime-core --bench abi` prints the time of each way and its
//! allocations. For strings, the plain way is a copy and a validation by the standard library.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, missing_docs, reason = "a benchmark")]

use divan::Bencher;
use divan::counter::BytesCount;
use weft_core::abi::{
    CoreValueIter, FlatLimits, Lift, LiftContext, LiftHandles, Lower, LowerContext, Options,
    Resource, StringEncoding, TransferContext, Type, TypeList, lift_flat_values, lower_flat_values,
};
use weft_core::builtin::TypeIndex;
use weft_core::core_value::IntegerType;
use weft_core::error::{Failure, MachineError};
use weft_core::machine::{EndId, ErrorContextId};
use weft_core::trap::EndKind;

#[global_allocator]
static ALLOCATOR: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    divan::main();
}

const OPTIONS: Options = Options::new(IntegerType::I32, StringEncoding::Utf8);
const SIZES: [usize; 3] = [16, 1 << 10, 1 << 20];

/// A memory whose `realloc` always returns the same place.
struct Guest {
    memory: Vec<u8>,
}

impl Guest {
    fn new() -> Self {
        Self { memory: vec![1; (1 << 20) + 64] }
    }
}

impl LowerContext for Guest {
    fn options(&self) -> &Options {
        &OPTIONS
    }

    fn memory_mut(&mut self) -> &mut [u8] {
        &mut self.memory
    }

    fn realloc(&mut self, _: u64, _: u64, _: u32, _: u64) -> Result<u64, Failure> {
        Ok(64)
    }

    fn lower_own(&mut self, _: TypeIndex, _: Resource) -> Result<u32, Failure> {
        Err(MachineError::HostHasNoHandles.into())
    }

    fn lower_borrow(&mut self, _: TypeIndex, _: Resource) -> Result<u32, Failure> {
        Err(MachineError::HostHasNoHandles.into())
    }

    fn lower_end(&mut self, _: EndKind, _: TypeIndex, _: EndId) -> Result<u32, Failure> {
        Err(MachineError::HostHasNoHandles.into())
    }

    fn lower_error_context(&mut self, _: ErrorContextId) -> Result<u32, Failure> {
        Err(MachineError::HostHasNoHandles.into())
    }
}

/// Two memories, which are both accessible.
struct Pair {
    source: Vec<u8>,
    destination: Guest,
}

impl LiftHandles for Pair {
    fn lift_own(&mut self, _: TypeIndex, _: u32) -> Result<Resource, Failure> {
        Err(MachineError::HostHasNoHandles.into())
    }

    fn lift_borrow(&mut self, _: TypeIndex, _: u32) -> Result<Resource, Failure> {
        Err(MachineError::HostHasNoHandles.into())
    }

    fn lift_end(&mut self, _: EndKind, _: TypeIndex, _: u32) -> Result<EndId, Failure> {
        Err(MachineError::HostHasNoHandles.into())
    }

    fn lift_error_context(&mut self, _: u32) -> Result<ErrorContextId, Failure> {
        Err(MachineError::HostHasNoHandles.into())
    }
}

impl LowerContext for Pair {
    fn options(&self) -> &Options {
        &OPTIONS
    }

    fn memory_mut(&mut self) -> &mut [u8] {
        &mut self.destination.memory
    }

    fn realloc(&mut self, old: u64, length: u64, align: u32, new: u64) -> Result<u64, Failure> {
        self.destination.realloc(old, length, align, new)
    }

    fn lower_own(&mut self, ty: TypeIndex, it: Resource) -> Result<u32, Failure> {
        self.destination.lower_own(ty, it)
    }

    fn lower_borrow(&mut self, ty: TypeIndex, it: Resource) -> Result<u32, Failure> {
        self.destination.lower_borrow(ty, it)
    }

    fn lower_end(&mut self, kind: EndKind, ty: TypeIndex, end: EndId) -> Result<u32, Failure> {
        self.destination.lower_end(kind, ty, end)
    }

    fn lower_error_context(&mut self, it: ErrorContextId) -> Result<u32, Failure> {
        self.destination.lower_error_context(it)
    }
}

impl TransferContext for Pair {
    fn source_options(&self) -> &Options {
        &OPTIONS
    }

    fn source_memory(&self) -> &[u8] {
        &self.source
    }

    fn shares_memory(&self) -> bool {
        false
    }

    fn copy(&mut self, from: u64, to: u64, length: u64) -> Result<(), Failure> {
        let bytes = weft_core::abi::range(&self.source, from, length).unwrap();
        let place = weft_core::abi::range_mut(&mut self.destination.memory, to, length).unwrap();
        place.copy_from_slice(bytes);
        Ok(())
    }
}

fn flat(bytes: usize, element: usize) -> [u64; 2] {
    [64, (bytes / element) as u64]
}

fn lift<T: for<'a> Lift<'a>>(bencher: Bencher<'_, '_>, bytes: usize, element: usize) {
    let guest = Guest::new();
    bencher.counter(BytesCount::new(bytes)).bench_local(|| {
        let mut cx = LiftContext::new(divan::black_box(&guest.memory), OPTIONS);
        let values = flat(bytes, element);
        let lifted: T = lift_flat_values(&mut cx, 16, &mut CoreValueIter::new(&values)).unwrap();
        lifted
    });
}

fn lower<T: Lower>(bencher: Bencher<'_, '_>, bytes: usize, value: &T) {
    let mut guest = Guest::new();
    bencher
        .counter(BytesCount::new(bytes))
        .bench_local(|| lower_flat_values(&mut guest, 16, divan::black_box(value), None).unwrap());
}

fn plan(bencher: Bencher<'_, '_>, bytes: usize, element: usize, ty: Type) {
    let list = TypeList::new([ty]).unwrap();
    let mut pair = Pair { source: Guest::new().memory, destination: Guest::new() };
    bencher.counter(BytesCount::new(bytes)).bench_local(|| {
        let values = flat(bytes, element);
        list.transfer_flat_values(
            &mut pair,
            FlatLimits { source: 16, destination: 16 },
            &mut CoreValueIter::new(&values),
            None,
        )
        .unwrap()
    });
}

mod plain {
    use super::{Bencher, BytesCount, Guest, SIZES};

    #[divan::bench(args = SIZES)]
    fn copy(bencher: Bencher<'_, '_>, bytes: usize) {
        let source = Guest::new();
        let mut destination = Guest::new();
        bencher.counter(BytesCount::new(bytes)).bench_local(|| {
            let source = &divan::black_box(&source.memory)[64..64 + bytes];
            divan::black_box(&mut destination.memory)[64..64 + bytes].copy_from_slice(source);
        });
    }

    #[divan::bench(args = SIZES)]
    fn copy_into_new_vec(bencher: Bencher<'_, '_>, bytes: usize) {
        let source = Guest::new();
        bencher
            .counter(BytesCount::new(bytes))
            .bench_local(|| divan::black_box(&source.memory)[64..64 + bytes].to_vec());
    }

    #[divan::bench(args = SIZES)]
    fn validate(bencher: Bencher<'_, '_>, bytes: usize) {
        let source = Guest::new();
        bencher.counter(BytesCount::new(bytes)).bench_local(|| {
            std::str::from_utf8(&divan::black_box(&source.memory)[64..64 + bytes]).is_ok()
        });
    }

    #[divan::bench(args = SIZES)]
    fn validate_and_copy(bencher: Bencher<'_, '_>, bytes: usize) {
        let source = Guest::new();
        let mut destination = Guest::new();
        bencher.counter(BytesCount::new(bytes)).bench_local(|| {
            let source = &divan::black_box(&source.memory)[64..64 + bytes];
            let text = std::str::from_utf8(source).unwrap();
            destination.memory[64..64 + bytes].copy_from_slice(text.as_bytes());
        });
    }

    #[divan::bench(args = SIZES)]
    fn validate_and_copy_into_new_string(bencher: Bencher<'_, '_>, bytes: usize) {
        let source = Guest::new();
        bencher.counter(BytesCount::new(bytes)).bench_local(|| {
            let source = &divan::black_box(&source.memory)[64..64 + bytes];
            std::str::from_utf8(source).unwrap().to_owned()
        });
    }
}

/// Defines the three benchmarks for one type of list.
macro_rules! lists {
    ($($name:ident: $ty:ty = $value:expr, $dynamic:expr;)*) => {$(
        mod $name {
            use super::{Bencher, SIZES, Type, lift, lower, plan};

            const SIZE: usize = size_of::<$ty>();

            #[divan::bench(args = SIZES)]
            fn lifted(bencher: Bencher<'_, '_>, bytes: usize) {
                lift::<Vec<$ty>>(bencher, bytes, SIZE);
            }

            #[divan::bench(args = SIZES)]
            fn lowered(bencher: Bencher<'_, '_>, bytes: usize) {
                let value: Vec<$ty> = vec![$value; bytes / SIZE];
                lower(bencher, bytes, &value);
            }

            #[divan::bench(args = SIZES)]
            fn planned(bencher: Bencher<'_, '_>, bytes: usize) {
                let element: Type = $dynamic;
                plan(bencher, bytes, SIZE, Type::list(element).unwrap());
            }
        }
    )*};
}

lists! {
    list_u8: u8 = 1, Type::U8;
    list_u64: u64 = 1, Type::U64;
    list_bool: bool = true, Type::Bool;
    list_f32: f32 = 1.0, Type::F32;
    list_tuple_u32_u32: (u32, u32) = (1, 2), Type::tuple([Type::U32, Type::U32]).unwrap();
    list_list_u32_4: [u32; 4] = [1; 4], Type::fixed_length_list(Type::U32, 4).unwrap();
    list_list_f32_4: [f32; 4] = [1.0; 4], Type::fixed_length_list(Type::F32, 4).unwrap();
}

mod string {
    use super::{Bencher, BytesCount, CoreValueIter, Guest, LiftContext, OPTIONS, SIZES, Type};
    use super::{flat, lift, lift_flat_values, lower, plan};

    #[divan::bench(args = SIZES)]
    fn lifted(bencher: Bencher<'_, '_>, bytes: usize) {
        lift::<String>(bencher, bytes, 1);
    }

    #[divan::bench(args = SIZES)]
    fn borrowed(bencher: Bencher<'_, '_>, bytes: usize) {
        let guest = Guest::new();
        bencher.counter(BytesCount::new(bytes)).bench_local(|| {
            let mut cx = LiftContext::new(divan::black_box(&guest.memory), OPTIONS);
            let values = flat(bytes, 1);
            let text: &str =
                lift_flat_values(&mut cx, 16, &mut CoreValueIter::new(&values)).unwrap();
            text.len()
        });
    }

    #[divan::bench(args = SIZES)]
    fn lowered(bencher: Bencher<'_, '_>, bytes: usize) {
        lower(bencher, bytes, &"x".repeat(bytes));
    }

    #[divan::bench(args = SIZES)]
    fn planned(bencher: Bencher<'_, '_>, bytes: usize) {
        plan(bencher, bytes, 1, Type::String);
    }
}

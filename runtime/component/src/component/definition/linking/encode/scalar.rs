//! Values that are one core value: lifting and lowering them.

use wasm_encoder::BlockType;

use crate::abi::{Abi, Type};
use crate::component::definition::linking::link_import::LinkFunction;
use crate::core_value::CoreType;

use super::values::{Source, Target, Values};

/// Returns the core type of a value that is one core value.
pub(super) const fn core_type(ty: &Type) -> CoreType {
    match ty {
        Type::S64 | Type::U64 => CoreType::I64,
        Type::F32 => CoreType::F32,
        Type::F64 => CoreType::F64,
        _ => CoreType::I32,
    }
}

/// Returns `true` if lifting and lowering a core value never changes it.
const fn is_unchanged(ty: &Type) -> bool {
    matches!(ty, Type::S32 | Type::U32 | Type::S64 | Type::U64 | Type::Char)
}

impl Values<'_, '_> {
    /// Moves a value that is one core value.
    pub(super) fn scalar(
        &mut self,
        ty: &Type,
        source: &mut Source<'_, '_>,
        target: &mut Target<'_>,
    ) {
        match (source, target) {
            (Source::Flat(locals), Target::Flat(moved)) if is_unchanged(ty) => {
                moved.push(locals.next());
            }
            (source, Target::Flat(moved)) => {
                self.push(ty, source);
                moved.push(self.body.set_local(core_type(ty)));
            }
            (source, Target::Memory(place)) => {
                let place = *place;
                self.body.code().local_get(place.base());
                self.push(ty, source);
                let argument = place.argument(self.target_memory());
                let mut code = self.body.code();
                match (core_type(ty), size(ty)) {
                    (CoreType::I64, _) => code.i64_store(argument),
                    (CoreType::F32, _) => code.f32_store(argument),
                    (CoreType::F64, _) => code.f64_store(argument),
                    (_, 1) => code.i32_store8(argument),
                    (_, 2) => code.i32_store16(argument),
                    _ => code.i32_store(argument),
                };
            }
        }
    }

    /// Pushes a value that is one core value, in its lowered form.
    fn push(&mut self, ty: &Type, source: &mut Source<'_, '_>) {
        let is_flat = matches!(source, Source::Flat(_));
        self.push_bits(ty, source);
        let mut code = self.body.code();
        match ty {
            Type::Bool => {
                code.i32_const(0).i32_ne();
            }
            Type::Flags(flags) => {
                code.i32_const(flags.mask().cast_signed()).i32_and();
            }
            Type::U8 if is_flat => {
                code.i32_const(0xff).i32_and();
            }
            Type::U16 if is_flat => {
                code.i32_const(0xffff).i32_and();
            }
            Type::S8 => {
                code.i32_extend8_s();
            }
            Type::S16 => {
                code.i32_extend16_s();
            }
            Type::F32 => {
                let value = self.body.set_local(CoreType::F32);
                self.body.code().local_get(value).local_get(value).f32_ne();
                self.nan(LinkFunction::NanF32, value);
            }
            Type::F64 => {
                let value = self.body.set_local(CoreType::F64);
                self.body.code().local_get(value).local_get(value).f64_ne();
                self.nan(LinkFunction::NanF64, value);
            }
            _ => {}
        }
    }

    /// Replaces the float in the local `value` if the value on the stack says that it is a NaN, and
    /// pushes the float.
    fn nan(&mut self, bits: LinkFunction, value: u32) {
        let chosen = match self.nan_chosen {
            Some(local) => local,
            None => *self.nan_chosen.insert(self.body.local(CoreType::I32)),
        };
        let function = self.imports.host(bits);
        let mut code = self.body.code();
        code.if_(BlockType::Empty).local_get(chosen).call(function);
        match bits {
            LinkFunction::NanF32 => code.f32_reinterpret_i32(),
            _ => code.f64_reinterpret_i64(),
        };
        code.local_set(value).i32_const(1).local_set(chosen).end().local_get(value);
    }

    /// Pushes the bits of a value that is one core value. Of a value in memory, only its own bits
    /// are loaded.
    pub(super) fn push_bits(&mut self, ty: &Type, source: &mut Source<'_, '_>) {
        let place = match source {
            Source::Flat(locals) => {
                let local = locals.next();
                self.body.code().local_get(local);
                return;
            }
            Source::Memory(place) => *place,
        };
        let argument = place.argument(self.source_memory());
        let mut code = self.body.code();
        code.local_get(place.base());
        match (core_type(ty), size(ty)) {
            (CoreType::I64, _) => code.i64_load(argument),
            (CoreType::F32, _) => code.f32_load(argument),
            (CoreType::F64, _) => code.f64_load(argument),
            (_, 1) => code.i32_load8_u(argument),
            (_, 2) => code.i32_load16_u(argument),
            _ => code.i32_load(argument),
        };
    }
}

/// Returns the size of a value in memory, in bytes.
fn size(ty: &Type) -> u64 {
    let Abi { narrow, .. } = ty.abi();
    narrow.size
}

//! Host functions of every signature: their arguments and results.

use weft::abi::CoreFunctionType;
use weft::core_value::CoreType::{self, F32, F64, I32, I64};
use weft::core_value::CoreValue;
use weft::engine::{CoreContext as _, CoreProgress};

use crate::engine::host::{Guests, RETURN, STOP, flat, stopped};

/// Returns a value whose bytes all differ, and which differs from those at other positions.
fn value(ty: CoreType, position: u64) -> CoreValue {
    let bits = 0x8123_4567_89ab_cd00 + position;
    #[expect(clippy::cast_possible_truncation, reason = "only half of the bits are needed")]
    let low = bits as u32;
    match ty {
        I32 => CoreValue::I32(low),
        I64 => CoreValue::I64(bits),
        F32 => CoreValue::F32(low),
        F64 => CoreValue::F64(bits),
        CoreType::Function => CoreValue::Function(None),
    }
}

fn names(types: &[CoreType]) -> String {
    let names: Vec<_> = types.iter().map(ToString::to_string).collect();
    names.join(" ")
}

/// Calls the host with every parameter, once returning at once and once after stopping.
fn check(params: &[CoreType], result: Option<CoreType>) {
    let mut guests = Guests::new();
    let results = result.as_slice();
    let ty = CoreFunctionType { params: flat(params), results: flat(results) };
    let locals: Vec<_> = (0..params.len()).map(|it| format!("local.get {it}")).collect();
    let locals = locals.join(" ");
    let (param, results) = (names(params), names(results));
    let module = format!(
        r#"(module
            (import "h" "f" (func $f (param {param}) (result {results})))
            (func (export "g") (param {param}) (result {results}) {locals} call $f))"#
    );
    let arguments: Vec<_> = params.iter().zip(0..).map(|(ty, at)| value(*ty, at)).collect();
    let result = result.map(|ty| value(ty, 99));
    guests.host(|host| host.result = result);
    for number in [RETURN, STOP] {
        let import = guests.import(number, &ty);
        let instance = guests.instantiate(&module, &[import]);
        let g = guests.function(instance, "g");
        let mut progress = guests.context().call(g, &arguments);
        if number == STOP {
            let activation = stopped(progress);
            progress = guests.context().resume(activation, result);
        }
        let Ok(CoreProgress::Returned(returned)) = progress else {
            panic!("{params:?} {result:?}: {progress:?}")
        };
        assert_eq!(returned, result, "{params:?}");
        let called_with = guests.host(|host| host.arguments.pop());
        assert_eq!(called_with.as_ref(), Some(&arguments), "{params:?} {result:?}");
    }
}

const INTEGERS: [CoreType; 2] = [I32, I64];

#[test]
fn up_to_four_integers_arrive_in_every_combination() {
    for count in 0..=4 {
        for choice in 0..1_usize << count {
            let params: Vec<_> = (0..count).map(|at| INTEGERS[choice >> at & 1]).collect();
            for result in [None, Some(I32), Some(I64)] {
                check(&params, result);
            }
        }
    }
}

#[test]
fn any_number_of_words_arrives() {
    for count in 5..=17 {
        for result in [None, Some(I32), Some(I64)] {
            check(&vec![I32; count], result);
        }
    }
}

#[test]
fn floats_and_long_mixtures_arrive_with_their_bits() {
    let mixture = [I32, I64, F32, F64].repeat(5);
    for count in 1..=17 {
        for result in [None, Some(I32), Some(I64), Some(F32), Some(F64)] {
            check(&mixture[..count], result);
        }
    }
    for ty in [F32, F64] {
        check(&[ty], Some(ty));
        check(&[], Some(ty));
        check(&[ty; 17], Some(ty));
    }
    check(&[I64; 17], Some(I64));
}

//! What Weft does with a case, in each of its ways, and whether that is what the reference did.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use weft::abi::{
    CoreValueIter, Flattening, LiftContext, LiftHandles, LowerFailure, NanBits, Options, Peer,
    Type, TypeList, Val,
};
use weft::builtin::TypeIndex;
use weft::core_value::IntegerType;
use weft::error::Failure;
use weft::machine::{EndId, ErrorContextId};
use weft::trap::EndKind;

use crate::Sites;
use crate::case::{Case, Side, hex, to_type};
use crate::guest::{
    Guest, Handles, Pair, REALLOC_TRAP, THINGS, number_of_end, number_of_error_context,
};

pub fn options(side: &Side, peer: Peer) -> Options {
    Options {
        address_type: side.addresses,
        string_encoding: side.encoding,
        peer,
        nan: NanBits::CANONICAL,
    }
}

/// Everything that Weft does with a case.
pub fn run(case: &Case) -> Value {
    let types: Vec<Type> = case.types.iter().map(to_type).collect();
    let list = TypeList::new(types.iter().cloned()).unwrap();
    let mut result = json!({ "layouts": layouts(&list, &types) });

    let side = &case.source.side;
    let handles = Handles::new(&case.source.table);
    let mut cx = LiftContext::with_handles(&side.memory, options(side, Peer::Host), handles);
    let mut values = CoreValueIter::new(&case.source.flat);
    let lifted = match list.lift_flat_values(&mut cx, side.max_flat, &mut values) {
        Ok(lifted) => lifted,
        Err(failure) => {
            result["lift"] = json!({ "trap": rule(failure) });
            // A plan finds what is malformed on its way; all that it asks for is given.
            let mut case = case.clone();
            case.destination.realloc = (String::new(), 0);
            case.destination.side.memory = vec![0; 1 << 22];
            case.destination.out_param = case.destination.out_param.map(|_| 0);
            let mut planned = transfer(&case, &list);
            result["planned"] = planned["trap"].take();
            return result;
        }
    };
    let jsons = types.iter().zip(&lifted).map(|(ty, val)| to_json(val, ty));
    result["lift"] = json!({ "values": jsons.collect::<Vec<_>>() });
    let host = lower(case, Peer::Host, |guest| {
        let destination = &case.destination;
        match list.lower_flat_values(
            guest,
            destination.side.max_flat,
            &lifted,
            destination.out_param,
        ) {
            Ok(flat) => Ok(flat.as_slice().to_vec()),
            Err(LowerFailure::Failure(failure)) => Err(failure),
            Err(LowerFailure::Mismatch(mismatch)) => panic!("{mismatch}"),
        }
    });
    result["lower"] = json!({ "host": host, "guest": transfer(case, &list) });
    result
}

/// From guest to guest by a plan.
fn transfer(case: &Case, list: &TypeList) -> Value {
    let (source, destination) = (&case.source, &case.destination);
    lower(case, Peer::Guest, |guest| {
        let is_direct = source.side.memory.len() % 3 > 0;
        let mut pair = Pair {
            source_options: options(&source.side, Peer::Guest),
            source_memory: &source.side.memory,
            source: Handles::new(&source.table),
            destination: std::mem::replace(guest, new_guest(case, Peer::Guest)),
            is_direct,
        };
        let flat = list.transfer_flat_values(
            &mut pair,
            (source.side.max_flat, destination.side.max_flat),
            &mut CoreValueIter::new(&source.flat),
            destination.out_param,
        );
        *guest = pair.destination;
        Ok(flat?.as_slice().to_vec())
    })
}

fn new_guest(case: &Case, peer: Peer) -> Guest {
    let destination = &case.destination;
    Guest {
        options: options(&destination.side, peer),
        memory: destination.side.memory.clone(),
        handles: Handles::default(),
        realloc: destination.realloc.clone(),
        last: 0,
        calls: Vec::new(),
    }
}

/// What a way of lowering does with the destination.
pub fn lower(
    case: &Case,
    peer: Peer,
    way: impl FnOnce(&mut Guest) -> Result<Vec<u64>, Failure>,
) -> Value {
    let mut guest = new_guest(case, peer);
    match way(&mut guest) {
        Ok(flat) => json!({ "flat": flat, "calls": guest.calls, "memory": hex(&guest.memory) }),
        Err(failure) => json!({ "trap": rule(failure), "calls": guest.calls }),
    }
}

pub fn rule(failure: Failure) -> &'static str {
    match failure {
        Failure::Trap(REALLOC_TRAP) => "realloc",
        Failure::Trap(trap) => trap.rule().id(),
        Failure::Error(error) => panic!("{error}"),
    }
}

fn layouts(list: &TypeList, types: &[Type]) -> Value {
    let of = |address_type| {
        let layout = list.abi().of(address_type);
        let flat = layout.flat.count().map(|_| names(layout.flat));
        let result = types[0].abi();
        let functions = [
            Flattening::Lift,
            Flattening::AsyncLift,
            Flattening::CallbackLift,
            Flattening::Lower,
            Flattening::AsyncLower,
        ]
        .map(|it| {
            let core = it.flatten_functype(address_type, &list.abi(), &result);
            [names(core.params), names(core.results)]
        });
        json!({
            "alignment": layout.alignment,
            "size": layout.size,
            "flat": flat,
            "functions": functions,
        })
    };
    json!([of(IntegerType::I32), of(IntegerType::I64)])
}

fn names(flat: weft::abi::FlatTypes) -> Vec<String> {
    flat.iter().map(|it| it.to_string()).collect()
}

pub fn to_json(val: &Val, ty: &Type) -> Value {
    match (val, ty) {
        (Val::Bool(it), _) => json!(it),
        (Val::S8(it), _) => json!(it),
        (Val::U8(it), _) => json!(it),
        (Val::S16(it), _) => json!(it),
        (Val::U16(it), _) => json!(it),
        (Val::S32(it), _) => json!(it),
        (Val::U32(it) | Val::Flags(it), _) => json!(it),
        (Val::S64(it), _) => json!(it),
        (Val::U64(it) | Val::Own(it) | Val::Borrow(it), _) => json!(it),
        (Val::F32(it), _) => json!(it.to_bits()),
        (Val::F64(it), _) => json!(it.to_bits()),
        (Val::Char(it), _) => json!(u32::from(*it)),
        (Val::String(it), _) => json!(it),
        (Val::List(elements), Type::List(list)) => {
            elements.iter().map(|it| to_json(it, list.element())).collect()
        }
        (Val::Record(fields), Type::Record(record)) => {
            record.fields().iter().zip(fields).map(|(ty, it)| to_json(it, ty.ty())).collect()
        }
        (Val::Variant(case, payload), Type::Variant(variant)) => {
            let ty = variant.cases()[*case as usize].payload();
            json!([case, payload.as_ref().map(|it| to_json(it, ty.unwrap()))])
        }
        (Val::Stream(it) | Val::Future(it), _) => json!(number_of_end(*it)),
        (Val::ErrorContext(it), _) => json!(number_of_error_context(*it)),
        _ => panic!("{val:?} is no {ty}"),
    }
}

/// What differs between our result and the reference's, if anything.
pub fn difference(
    case: &Case,
    ours: &Value,
    reference: &Value,
    sites: &Sites,
    rules: &mut BTreeSet<String>,
) -> Result<(), String> {
    if ours["layouts"] != reference["layouts"] {
        return Err("layouts or flat types differ".into());
    }
    same_outcome("lift", &ours["lift"], &reference["lift"], sites, rules)?;
    if !ours["planned"].is_null() {
        let planned = json!({ "trap": ours["planned"] });
        return same_outcome("planned", &planned, &reference["lift"], sites, rules);
    }
    if reference["lift"]["trap"].is_string() {
        return Err("the plan does not trap".into());
    }
    let (host, guest) = (&ours["lower"]["host"], &ours["lower"]["guest"]);
    same_outcome("host", host, &reference["lower"]["host"], sites, rules)?;
    let reference = &reference["lower"]["guest"];
    let has_floats = json!(case.types).to_string().contains("\"f");
    if has_floats && guest["calls"] == reference["calls"] && guest["memory"].is_string() {
        // A NaN keeps its bits on its way from guest to guest.
        if lifted_again(case, guest) == lifted_again(case, reference) {
            return Ok(());
        }
    }
    same_outcome("guest", guest, reference, sites, rules)
}

/// What the destination would lift of what was lowered into it.
fn lifted_again(case: &Case, lowered: &Value) -> Result<Vec<Val>, Failure> {
    let mut side = case.destination.side.clone();
    side.memory = crate::case::unhex(lowered["memory"].as_str().unwrap());
    let mut flat: Vec<u64> =
        lowered["flat"].as_array().unwrap().iter().map(|it| it.as_u64().unwrap()).collect();
    flat.extend(case.destination.out_param.filter(|_| flat.is_empty()));
    let list = TypeList::new(case.types.iter().map(to_type)).unwrap();
    let handles = AnyHandles;
    let mut cx = LiftContext::with_handles(&side.memory, options(&side, Peer::Host), handles);
    list.lift_flat_values(&mut cx, side.max_flat, &mut CoreValueIter::new(&flat))
}

/// A table in which every index is a handle of every kind.
struct AnyHandles;

impl LiftHandles for AnyHandles {
    fn lift_own(&mut self, _: TypeIndex, index: u32) -> Result<u64, Failure> {
        Ok(index.into())
    }

    fn lift_borrow(&mut self, _: TypeIndex, index: u32) -> Result<u64, Failure> {
        Ok(index.into())
    }

    fn lift_end(&mut self, _: EndKind, _: TypeIndex, index: u32) -> Result<EndId, Failure> {
        Ok(crate::guest::end(index as usize % THINGS))
    }

    fn lift_error_context(&mut self, index: u32) -> Result<ErrorContextId, Failure> {
        Ok(crate::guest::error_context(index as usize % THINGS))
    }
}

fn same_outcome(
    what: &str,
    ours: &Value,
    reference: &Value,
    sites: &Sites,
    rules: &mut BTreeSet<String>,
) -> Result<(), String> {
    let Some(site) = reference["trap"].as_str() else {
        return if ours == reference { Ok(()) } else { Err(format!("{what}: outcomes differ")) };
    };
    let Some(rule) = ours["trap"].as_str() else {
        return Err(format!("{what}: the reference traps at `{site}`"));
    };
    if ours["calls"] != reference["calls"] {
        return Err(format!("{what}: calls of realloc differ before the trap"));
    }
    rules.insert(rule.into());
    let same = rule == site || sites.get(site).is_some_and(|rules| rules.contains(rule));
    if same { Ok(()) } else { Err(format!("{what}: `{rule}` is not what `{site}` means")) }
}

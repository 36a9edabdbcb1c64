//! Runs Weft on a case in each way, and compares the results with those of the reference.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use weft::abi::{
    CoreValueIter, FlatLimits, Flattening, LiftContext, LiftHandles, ListShape, LowerContext as _,
    LowerFailure, Options, Peer, Resource, TransferContext, Type, TypeList, Val, check_buffer,
};
use weft::builtin::TypeIndex;
use weft::core_value::IntegerType;
use weft::error::Failure;
use weft::machine::{EndId, ErrorContextId};
use weft::trap::{CopyDirection, EndKind, Trap};

use crate::case::{Case, Side, hex, to_type};
use crate::elements::Elements;
use crate::guest::{
    Guest, Handles, Pair, REALLOC_TRAP, THINGS, number_of_end, number_of_error_context,
};
use crate::reference::Sites;

pub fn options(side: &Side, peer: Peer) -> Options {
    Options { peer, ..Options::new(side.addresses, side.encoding) }
}

/// Runs Weft on a case in every way.
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
            result["ways"] = transfers(case, &list);
            result["elements"] = elements(case, true).unwrap_or_default();
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
    dynamic_elements(case, &list, &lifted, &host);
    result["lower"] = json!({ "host": host });
    result["ways"] = transfers(case, &list);
    result["one memory"] = in_one_memory(case, &list);
    result["overlap"] = overlapping(case, &list);
    result["elements"] = elements(case, false).unwrap_or_default();
    result
}

/// Moves the values from guest to guest by a plan: with both memories available, and with one at a
/// time, when the destination's memory grows and moves with each call of `realloc`.
fn transfers(case: &Case, list: &TypeList) -> Value {
    let mut growing = new_guest(case, Peer::Guest);
    if case.destination.out_param.is_none() {
        growing.unborn = std::mem::take(&mut growing.memory);
    }
    json!({
        "both memories": transfer(case, list, pair::<true>(case, new_guest(case, Peer::Guest))),
        "one memory at a time": transfer(case, list, pair::<false>(case, growing)),
    })
}

/// Runs the same within one memory: first the source's, then the destination's.
fn in_one_memory(case: &Case, list: &TypeList) -> Value {
    let mut guest = new_guest(case, Peer::Guest);
    let mut memory = case.source.side.memory.clone();
    memory.resize(memory.len().next_multiple_of(8), 0);
    guest.base = memory.len() as u64;
    let moves = case.destination.out_param.is_none() && case.source.flat.len().is_multiple_of(2);
    if moves {
        guest.unborn = std::mem::replace(&mut guest.memory, memory);
    } else {
        memory.append(&mut guest.memory);
        guest.memory = memory;
    }
    if case.source.side.memory.len().is_multiple_of(3) {
        transfer(case, list, Pair { source_memory: None, ..pair::<true>(case, guest) })
    } else {
        transfer(case, list, Pair { source_memory: None, ..pair::<false>(case, guest) })
    }
}

/// Runs the same within one memory, where `realloc` returns memory of the lifted values, and the
/// place of results may be there, too.
fn overlapping(case: &Case, list: &TypeList) -> Value {
    let mut guest = new_guest(case, Peer::Guest);
    let mut memory = case.source.side.memory.clone();
    memory.append(&mut guest.memory);
    (guest.memory, guest.last) = (memory, case.last);
    if case.source.side.memory.len().is_multiple_of(3) {
        transfer(case, list, Pair { source_memory: None, ..pair::<true>(case, guest) })
    } else {
        transfer(case, list, Pair { source_memory: None, ..pair::<false>(case, guest) })
    }
}

fn pair<const HAS_BOTH: bool>(case: &Case, destination: Guest) -> Pair<'_, HAS_BOTH> {
    Pair {
        source_options: options(&case.source.side, Peer::Guest),
        source_memory: Some(&case.source.side.memory),
        source: Handles::new(&case.source.table),
        destination,
    }
}

fn transfer<const HAS_BOTH: bool>(
    case: &Case,
    list: &TypeList,
    mut pair: Pair<'_, HAS_BOTH>,
) -> Value
where
    for<'a> Pair<'a, HAS_BOTH>: TransferContext,
{
    let (source, destination) = (&case.source, &case.destination);
    let mut values = CoreValueIter::new(&source.flat);
    let out_param = destination.out_param.map(|it| it + pair.destination.base);
    let flat = list.transfer_flat_values(
        &mut pair,
        FlatLimits { source: source.side.max_flat, destination: destination.side.max_flat },
        &mut values,
        out_param,
    );
    if flat.is_ok() {
        assert_eq!(values.remaining(), 0, "unused core values");
    }
    outcome(flat.map(|flat| flat.as_slice().to_vec()), pair.destination)
}

/// Moves the values as elements of a stream: the elements of a list, or values that pass through
/// memory.
///
/// Returns nothing if the values are neither.
fn elements(case: &Case, is_malformed: bool) -> Option<Value> {
    let (source, destination) = (&case.source, &case.destination);
    let Elements { ty, length, is_list } = Elements::of(case, is_malformed)?;
    let element = to_type(&ty);
    let out_of_bounds =
        if is_list { Trap::ListContentOutOfBounds } else { Trap::PointerOutOfBounds };
    let checked = |memory: &[u8], side: &Side, direction, address| {
        let layout = element.abi().of(side.addresses);
        check_buffer(memory, layout, direction, address, length).map_err(|failure| match failure {
            Failure::Trap(Trap::BufferUnaligned { .. }) => Trap::PointerUnaligned.into(),
            Failure::Trap(Trap::BufferOutOfBounds { .. }) => out_of_bounds.into(),
            other => other,
        })
    };
    let mut pair = pair::<false>(case, new_guest(case, Peer::Guest));
    let from = source.flat[0];
    let moved = checked(&source.side.memory, &source.side, CopyDirection::Write, from)
        .and_then(|()| {
            if is_malformed {
                // The result is unused, so any address will do.
                return Ok(0);
            }
            let layout = element.abi().of(destination.side.addresses);
            let size = layout.size * u64::from(length);
            match destination.out_param {
                Some(address) if !is_list => Ok(address),
                _ => pair.realloc(0, 0, layout.alignment, size),
            }
        })
        .and_then(|to| {
            if !is_malformed {
                let memory = &pair.destination.memory;
                checked(memory, &destination.side, CopyDirection::Read, to)?;
            }
            element.transfer_elements(&mut pair, from, to, length)?;
            Ok(match (is_list, destination.out_param) {
                (true, _) => vec![to, length.into()],
                (false, Some(_)) => Vec::new(),
                (false, None) => vec![to],
            })
        });
    Some(outcome(moved, pair.destination))
}

/// Moves the values as elements of a stream whose other end the host holds: values that pass
/// through memory, or elements of a list, are loaded and stored when they are passed.
fn dynamic_elements(case: &Case, list: &TypeList, lifted: &[Val], host: &Value) {
    let (source, destination) = (&case.source, &case.destination);
    let layouts = [source.side.addresses, destination.side.addresses].map(|it| list.abi().of(it));
    let passes_memory = [
        layouts[0].flat.exceed(source.side.max_flat),
        layouts[1].flat.exceed(destination.side.max_flat),
    ];
    let types: Vec<Type> = list.types().cloned().collect();
    let (element, length, vals) = match (passes_memory, types.as_slice(), lifted) {
        ([true, true], _, _) => {
            (Type::tuple(types).unwrap(), 1, vec![Val::record(lifted.to_vec())])
        }
        ([false, false], [Type::List(list)], [Val::List(vals)])
            if !matches!(list.shape(), ListShape::FixedLength(_)) && !vals.is_empty() =>
        {
            (list.element().clone(), u32::try_from(vals.len()).unwrap(), vals.clone())
        }
        _ => return,
    };
    let handles = Handles::new(&source.table);
    let options = options(&source.side, Peer::Host);
    let mut cx = LiftContext::with_handles(&source.side.memory, options, handles);
    let loaded = element.load_elements(&mut cx, source.flat[0], length).unwrap();
    assert!(loaded.len() == vals.len() && loaded.iter().zip(&vals).all(|(a, b)| same(a, b)));
    // The result of a faulty `realloc` is checked elsewhere.
    if host["flat"].is_null() {
        return;
    }
    let mut guest = new_guest(case, Peer::Host);
    let layout = element.abi().of(destination.side.addresses);
    let out_param = destination.out_param.filter(|_| passes_memory[1]);
    let to = out_param.unwrap_or_else(|| {
        let size = layout.size * u64::from(length);
        guest.realloc(0, 0, layout.alignment, size).unwrap()
    });
    element.store_elements(&mut guest, &loaded, to).unwrap();
    let flat = match (passes_memory[1], out_param) {
        (false, _) => vec![to, length.into()],
        (true, Some(_)) => Vec::new(),
        (true, None) => vec![to],
    };
    assert_eq!(outcome(Ok(flat), guest), *host);
}

/// Returns true if two values are equal; a NaN equals every NaN.
fn same(a: &Val, b: &Val) -> bool {
    format!("{a:?}") == format!("{b:?}")
}

fn new_guest(case: &Case, peer: Peer) -> Guest {
    let destination = &case.destination;
    Guest {
        options: Options { nan: case.nan(), ..options(&destination.side, peer) },
        memory: destination.side.memory.clone(),
        handles: Handles::default(),
        realloc: destination.realloc.clone(),
        last: 0,
        calls: Vec::new(),
        base: 0,
        unborn: Vec::new(),
    }
}

/// Returns the effects of a way of lowering on the destination.
pub fn lower(
    case: &Case,
    peer: Peer,
    way: impl FnOnce(&mut Guest) -> Result<Vec<u64>, Failure>,
) -> Value {
    let mut guest = new_guest(case, peer);
    outcome(way(&mut guest), guest)
}

fn outcome(lowered: Result<Vec<u64>, Failure>, mut guest: Guest) -> Value {
    guest.memory.append(&mut guest.unborn);
    match lowered {
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
        (Val::U64(it), _) => json!(it),
        (Val::Own(it) | Val::Borrow(it), _) => json!(it.representation),
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
        _ => panic!("{val:?} is not of type {ty}"),
    }
}

/// Returns the difference between Weft's result and the reference's, if any.
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
    let ways = ours["ways"].as_object().unwrap();
    let elements = Some(&ours["elements"]).filter(|it| !it.is_null());
    if reference["lift"]["trap"].is_string() {
        // All values are lifted before the destination's first call.
        let mut expected = reference["lift"].clone();
        expected["calls"] = json!([]);
        for (way, outcome) in ways {
            same_outcome(way, outcome, &expected, sites, rules)?;
        }
        return elements.map_or(Ok(()), |it| same_outcome("elements", it, &expected, sites, rules));
    }
    let host = &reference["lower"]["host"];
    same_outcome("host", &ours["lower"]["host"], host, sites, rules)?;
    let shared = &reference["lower"]["shared"];
    same_outcome("overlap", &ours["overlap"], shared, sites, rules)?;
    let reference = &reference["lower"]["guest"];
    let guests = ways.iter().map(|(way, outcome)| (way.as_str(), outcome));
    for (way, outcome) in guests.chain(elements.map(|it| ("elements", it))) {
        same_outcome(way, outcome, reference, sites, rules)?;
    }
    let within = &ours["one memory"];
    if reference["trap"].is_string() {
        return same_outcome("one memory", within, reference, sites, rules);
    }
    // Addresses differ there. Results that overwrite one another then have other values.
    let overwritten = case.destination.out_param.is_some();
    let same = if overwritten {
        within["calls"] == reference["calls"] && within["memory"].is_string()
    } else {
        same_values(case, within, reference)
    };
    let source = hex(&case.source.side.memory);
    let untouched = within["memory"].as_str().is_some_and(|it| it.starts_with(&source));
    if same && untouched { Ok(()) } else { Err("one memory: outcomes differ".into()) }
}

/// Returns the difference between the result of a case in a component and the reference's, if any.
pub fn difference_in_component(
    way: &str,
    ours: &Value,
    reference: &Value,
    sites: &Sites,
    rules: &mut BTreeSet<String>,
) -> Result<(), String> {
    let lift = &reference["lift"];
    let mut expected =
        if lift["trap"].is_string() { lift.clone() } else { reference["lower"]["guest"].clone() };
    // After a trap, the arguments of `realloc` are unknown.
    if expected["trap"].is_string() {
        expected["calls"] = Value::Null;
    }
    same_outcome(way, ours, &expected, sites, rules)
}

/// Returns true if two ways of lowering made the same calls of `realloc`, and stored values with
/// the same meaning.
fn same_values(case: &Case, ours: &Value, reference: &Value) -> bool {
    ours["calls"] == reference["calls"]
        && ours["memory"].is_string()
        && reference["memory"].is_string()
        && lifted_again(case, ours) == lifted_again(case, reference)
}

/// Returns the values that the destination would lift from the lowered ones.
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
    fn lift_own(&mut self, ty: TypeIndex, index: u32) -> Result<Resource, Failure> {
        Ok(Resource { ty, representation: index.into() })
    }

    fn lift_borrow(&mut self, ty: TypeIndex, index: u32) -> Result<Resource, Failure> {
        Ok(Resource { ty, representation: index.into() })
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
    if same { Ok(()) } else { Err(format!("{what}: `{rule}` is not a rule of `{site}`")) }
}

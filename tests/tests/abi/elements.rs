//! A case as elements of a stream: between guests without code, and in a component.
//!
//! In the component, the destination reads into its memory, and the source writes from its own.

use serde_json::{Value, json};
use weft::abi::{ListShape, Type, TypeList};

use crate::case::{Case, Side, to_type};
use crate::component::{DUMPS, address, constant, log, options};
use crate::named::{Named, has_handles};
use crate::receiver::{library, memory, remember};

/// The elements of a case.
#[derive(Clone, Debug)]
pub struct Elements {
    /// The type of an element.
    pub ty: Value,
    /// The number of elements.
    pub length: u32,
    /// Set if they are the elements of a list; otherwise values that pass through memory.
    pub is_list: bool,
}

impl Elements {
    /// Returns the elements of a case: the elements of a list, or values that pass through memory.
    /// Returns nothing if its values are neither.
    ///
    /// If the values are malformed, they don't reach the destination.
    pub fn of(case: &Case, is_malformed: bool) -> Option<Self> {
        let (source, destination) = (&case.source, &case.destination);
        let list = TypeList::new(case.types.iter().map(to_type)).unwrap();
        let layouts = [&source.side, &destination.side];
        let passes_memory =
            layouts.map(|side| list.abi().of(side.addresses).flat.exceed(side.max_flat));
        match (passes_memory, &*case.types, &*source.flat) {
            ([true, to_memory], types, [_]) if to_memory || is_malformed => {
                let parts = std::iter::once(json!("tuple")).chain(types.iter().cloned());
                Some(Self { ty: Value::Array(parts.collect()), length: 1, is_list: false })
            }
            ([false, false], [ty], &[_, length @ 1..100]) => match to_type(ty) {
                Type::List(list) if !matches!(list.shape(), ListShape::FixedLength(_)) => {
                    Some(Self {
                        ty: element(ty),
                        length: u32::try_from(length).unwrap(),
                        is_list: true,
                    })
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Returns the rule that the reference names where a buffer breaks `rule`.
    pub fn rule(&self, rule: String) -> String {
        match rule.as_str() {
            "buffer-unaligned" => "pointer-unaligned".into(),
            "buffer-out-of-bounds" if self.is_list => "list-content-out-of-bounds".into(),
            "buffer-out-of-bounds" => "pointer-out-of-bounds".into(),
            _ => rule,
        }
    }

    /// Returns true if a component can express the case.
    ///
    /// The guest asks its own `realloc` for the buffer, so that nobody checks the first result.
    pub fn is_for_components(&self, case: &Case) -> bool {
        let (behaviour, at) = &case.destination.realloc;
        let is_wrong = ["unaligned", "beyond", "far"].contains(&behaviour.as_str()) && *at == 1;
        // `stream<char>` is not valid.
        let is_valid = self.ty != "char" && !case.types.iter().any(has_handles);
        is_valid && (self.place(case).is_some() || !is_wrong)
    }

    /// Returns the address of the destination's buffer, if the case has one.
    fn place(&self, case: &Case) -> Option<u64> {
        case.destination.out_param.filter(|_| !self.is_list)
    }

    /// Returns the number of flat values that stand for the elements.
    pub fn flat_count(&self, case: &Case) -> usize {
        match self.place(case) {
            _ if self.is_list => 2,
            Some(_) => 0,
            None => 1,
        }
    }

    /// Returns the component, with the exports of [`text`](crate::component::text).
    pub fn text(&self, case: &Case) -> String {
        let mut named = Named::default();
        let stream = format!("(stream {})", named.text(&self.ty));
        let (source, destination) = (&case.source.side, &case.destination.side);
        let ends = format!("(type $s {stream})");
        format!(
            r#"(component
            (component $Reader
                {exported} {ends}
                (core module $Library {library})
                (core instance $i (instantiate $Library))
                (core func $read (canon stream.read $s async {read}))
                (core module $M {reader})
                (core instance $m (instantiate $M
                    (with "" (instance (export "read" (func $read)))) (with "library" (instance $i))))
                (func (export "f") (param "s" {stream}) (canon lift (core func $m "f")))
                {DUMPS})
            (instance $reader (instantiate $Reader))
            (component $Writer
                {imported} {ends}
                (import "f" (func $f (param "s" {stream})))
                (core module $Library {memory})
                (core instance $i (instantiate $Library))
                (core func $new (canon stream.new $s))
                (core func $write (canon stream.write $s async {write}))
                (core func $f (canon lower (func $f)))
                (core module $M {writer})
                (core instance $m (instantiate $M (with "" (instance
                    (export "new" (func $new)) (export "write" (func $write))
                    (export "f" (func $f))))))
                (func (export "run") (canon lift (core func $m "run"))))
            (instance $writer (instantiate $Writer {passed} (with "f" (func $reader "f"))))
            (func (export "run") (alias export $writer "run"))
            (func (export "dump") (alias export $reader "dump")))"#,
            exported = named.exported(),
            imported = named.imported(),
            passed = named.passed("$reader"),
            library = library(case),
            memory = memory(source),
            read = options(destination, "$i", true),
            write = options(source, "$i", false),
            reader = self.reader(case),
            writer = self.writer(case),
        )
    }

    /// Returns true if the source writes before the destination reads.
    const fn is_written_first(case: &Case) -> bool {
        case.last.is_multiple_of(2)
    }

    /// Returns code that traps unless `call` returns the result of a copy: that all elements were
    /// copied, or that it must wait for the other side, if it comes first.
    fn check(&self, side: &Side, is_first: bool, call: &str) -> String {
        const BLOCKED: u64 = 0xffff_ffff;
        let a = address(side);
        let expected = if is_first { BLOCKED } else { u64::from(self.length) << 4 };
        format!("(if ({a}.ne {call} {}) (then (unreachable)))", constant(a, expected))
    }

    /// Returns the destination's core module.
    fn reader(&self, case: &Case) -> String {
        let side = &case.destination.side;
        let a = address(side);
        let length = constant(a, self.length.into());
        let at = match self.place(case) {
            Some(place) => constant(a, place),
            None => {
                let layout = to_type(&self.ty).abi().of(side.addresses);
                let [zero, alignment, size] =
                    [0, layout.alignment.into(), layout.size * u64::from(self.length)]
                        .map(|it| constant(a, it));
                format!("(call $realloc {zero} {zero} {alignment} {size})")
            }
        };
        let flat = ["(local.get $at)", length.as_str()];
        let flat = flat.iter().take(self.flat_count(case)).enumerate();
        let remembered: String = flat.map(|(number, value)| remember(number, a, value)).collect();
        let read = format!("(call $read (local.get 0) (local.get $at) {length})");
        format!(
            r#"(import "" "read" (func $read (param i32 {a} {a}) (result {a})))
            (import "library" "realloc" (func $realloc (param {a} {a} {a} {a}) (result {a})))
            {} (func (export "f") (param i32) (local $at {a})
                (local.set $at {at}) {remembered} {})"#,
            log(),
            self.check(side, !Self::is_written_first(case), &read),
        )
    }

    /// Returns the source's core module.
    fn writer(&self, case: &Case) -> String {
        let side = &case.source.side;
        let a = address(side);
        let [at, length] = [case.source.flat[0], self.length.into()].map(|bits| constant(a, bits));
        let writable = "(i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32)))";
        let is_first = Self::is_written_first(case);
        let write = self.check(side, is_first, &format!("(call $write {writable} {at} {length})"));
        let read = "(call $f (i32.wrap_i64 (local.get $ends)))".to_owned();
        let [first, second] = if is_first { [write, read] } else { [read, write] };
        format!(
            r#"(import "" "new" (func $new (result i64)))
            (import "" "write" (func $write (param i32 {a} {a}) (result {a})))
            (import "" "f" (func $f (param i32)))
            (func (export "run") (local $ends i64)
                (local.set $ends (call $new)) {first} {second})"#
        )
    }
}

/// Returns the type of the elements of a list or map.
fn element(list: &Value) -> Value {
    match list.as_array().map(Vec::as_slice) {
        Some([_, element]) => element.clone(),
        Some([_, key, value]) => json!(["tuple", key, value]),
        _ => unreachable!("a list or a map"),
    }
}

/// Returns the case with a destination that takes all elements, for malformed ones.
pub fn with_harmless_destination(case: &Case) -> Case {
    let mut case = case.clone();
    case.destination.side.memory = vec![0xcc; 1 << 16];
    case.destination.realloc = (String::new(), 1);
    case.destination.out_param = None;
    case
}

//! Changed lines of a source: the difference names the line.

use super::*;

/// A change of a text, and the difference that it causes.
struct Change {
    file: &'static str,
    from: &'static str,
    to: &'static str,
    source: Source,
    subject: &'static str,
    what: &'static str,
    found: Option<&'static str>,
}

const EXPLAINER: &str = "design/mvp/Explainer.md";
const CANONICAL_ABI: &str = "design/mvp/CanonicalABI.md";
const BINARY: &str = "design/mvp/Binary.md";
const DEFINITIONS: &str = "design/mvp/canonical-abi/definitions.py";

const CHANGES: [Change; 16] = [
    Change {
        file: EXPLAINER,
        from: "| Canonical ABI signature    | `[w:i32, maybe_set:i32] -> []`                       |",
        to: "| Canonical ABI signature    | `[w:i32, maybe_set:i64] -> []`                       |",
        source: Source::Explainer,
        subject: "waitable.join",
        what: "signature",
        found: Some("[w:i32 maybe_set:i64] -> []"),
    },
    Change {
        file: EXPLAINER,
        from: "| Approximate WIT signature  | `func(w: waitable, maybe_set: option<waitable-set>)` |",
        to: "| Approximate WIT signature  | `func(w: waitable, set: option<waitable-set>)` |",
        source: Source::Explainer,
        subject: "waitable.join",
        what: "signature in WIT",
        found: Some("func(w: waitable, set: option<waitable-set>)"),
    },
    Change {
        file: EXPLAINER,
        from: "###### 🔀 `subtask.drop`",
        to: "###### 🧵 `subtask.drop`",
        source: Source::Explainer,
        subject: "subtask.drop",
        what: "gate in the heading",
        found: Some("🧵"),
    },
    Change {
        file: EXPLAINER,
        from: "        | (canon stream.new <typeidx> (core func <id>?)) 🔀",
        to: "        | (canon stream.new <typeidx> <u32> (core func <id>?)) 🔀",
        source: Source::Explainer,
        subject: "stream.new",
        what: "immediates in the text format",
        found: Some("<typeidx> <u32> (core func <id>?)"),
    },
    Change {
        file: EXPLAINER,
        from: "* 🔧: fixed-length lists",
        to: "* 🦀: crabs",
        source: Source::Explainer,
        subject: "🦀",
        what: "gate",
        found: Some("not shipped"),
    },
    Change {
        file: CANONICAL_ABI,
        from: "* `$f` is given type `(func (param $wi i32) (param $si i32))`",
        to: "* `$f` is given type `(func (param $wi i32) (param $si i32) (result i64))`",
        source: Source::CanonicalAbi,
        subject: "waitable.join",
        what: "type",
        found: Some("[i32 i32] -> [i64]"),
    },
    Change {
        file: CANONICAL_ABI,
        from: "### 🔀 `canon subtask.drop`",
        to: "### 🔀 `canon subtask.release`",
        source: Source::CanonicalAbi,
        subject: "subtask.release",
        what: "section",
        found: Some(""),
    },
    Change {
        file: CANONICAL_ABI,
        from: "(canon subtask.cancel async? (core func $f))",
        to: "(canon subtask.cancel $opts (core func $f))",
        source: Source::CanonicalAbi,
        subject: "subtask.cancel",
        what: "immediates",
        found: Some("opts"),
    },
    Change {
        file: BINARY,
        from: "           | 0x0d                                                => (canon subtask.drop (core func)) 🔀",
        to: "           | 0x5d                                                => (canon subtask.drop (core func)) 🔀",
        source: Source::Binary,
        subject: "subtask.drop",
        what: "opcode",
        found: Some("0x5d"),
    },
    Change {
        file: BINARY,
        from: "           | 0x0e t:<typeidx>                                    => (canon stream.new t (core func)) 🔀",
        to: "           | 0x0e t:<typeidx> n:<u32>                            => (canon stream.new t n (core func)) 🔀",
        source: Source::Binary,
        subject: "stream.new",
        what: "immediates",
        found: Some("t:<typeidx> n:<u32>"),
    },
    Change {
        file: BINARY,
        from: "           | 0x07 f:<core:funcidx>                               => (callback f) 🔀",
        to: "           | 0x07 f:<core:funcidx>                               => (callback f) 🔀\n           | 0x08 => gc 🛸",
        source: Source::Binary,
        subject: "gc",
        what: "code",
        found: Some("0x08"),
    },
    Change {
        file: BINARY,
        from: "                | 0x7e                                     => s8",
        to: "                | 0x5e                                     => s8",
        source: Source::Binary,
        subject: "s8",
        what: "opcode",
        found: Some("0x5e"),
    },
    Change {
        file: DEFINITIONS,
        from: "MAX_FLAT_PARAMS = 16",
        to: "MAX_FLAT_PARAMS = 2**4 + 1",
        source: Source::Reference,
        subject: "MAX_FLAT_PARAMS",
        what: "value",
        found: Some("0x11"),
    },
    Change {
        file: DEFINITIONS,
        from: "  trap_if(subtask.cancellation_requested)",
        to: "  trap_if(subtask.cancellation_requested and\n          subtask.resolved())",
        source: Source::Reference,
        subject: "canon_subtask_cancel",
        what: "claimed site",
        found: Some("canon_subtask_cancel: subtask.cancellation_requested and subtask.resolved()"),
    },
    Change {
        file: DEFINITIONS,
        from: "  TASK_CANCELLED = 6",
        to: "  TASK_CANCELLED = 6\n  TICK = 7",
        source: Source::Reference,
        subject: "event-code",
        what: "case `tick`",
        found: Some("7"),
    },
    Change {
        file: "test/values/numeric-strings.wast",
        from: "",
        to: "\n(assert_trap (invoke \"f\")\n  \"wasm trap: the sky fell\")\n",
        source: Source::Suite,
        subject: "the sky fell",
        what: "message",
        found: Some("the sky fell"),
    },
];

#[test]
fn a_changed_line_is_reported_with_its_place() {
    let (spec, texts) = description();
    let copy = copy();
    for change in CHANGES {
        let path = copy.path().join(change.file);
        let original = std::fs::read_to_string(&path).unwrap_or_default();
        let (changed, line) = if change.from.is_empty() {
            (format!("{original}{}", change.to), original.lines().count() + 2)
        } else {
            let at = original.lines().position(|line| line == change.from);
            let at = at.unwrap_or_else(|| panic!("{}: no line `{}`", change.file, change.from));
            let lines: Vec<&str> = original
                .lines()
                .enumerate()
                .map(|(number, line)| if number == at { change.to } else { line })
                .collect();
            let more = usize::from(change.found == Some("0x08") || change.found == Some("7"));
            (lines.join("\n"), at + 1 + more)
        };
        std::fs::write(&path, changed).unwrap();
        let comparison = Sources::read(copy.path()).and_then(|s| s.compare(spec, texts));
        let comparison = comparison.unwrap_or_else(|report| panic!("{report}"));
        let told = comparison.differences.iter().any(|difference| {
            difference.source == change.source
                && difference.subject == change.subject
                && difference.what == change.what
                && difference.found.as_deref() == change.found
                && difference
                    .place
                    .as_ref()
                    .is_some_and(|place| Path::new(&place.file) == path && place.line == line)
        });
        let all: Vec<_> =
            comparison.differences.iter().filter(|d| d.subject == change.subject).collect();
        assert!(told, "{}:{line}: {all:#?}", change.file);
        if original.is_empty() {
            std::fs::remove_file(&path).unwrap();
        } else {
            std::fs::write(&path, original).unwrap();
        }
    }
}

#[test]
fn a_fact_removed_from_a_text_is_reported() {
    let (spec, texts) = description();
    let copy = copy();
    for (file, gone, subject) in [
        (EXPLAINER, "        | (canon waitable.join (core func <id>?)) 🔀", "waitable.join"),
        (EXPLAINER, "* ➡️: `stream.forward` and `future.forward` built-ins", "forward"),
        (CANONICAL_ABI, "* `realloc` must be present", "error-context.debug-message"),
        (CANONICAL_ABI, "* `$opts` may only contain `memory` and `string-encoding`", "task.return"),
        (CANONICAL_ABI, "* `$index` is given type `(func (result i32))`", "thread.index"),
        (CANONICAL_ABI, "(canon thread.index (core func $index))", "thread.index"),
        (
            BINARY,
            "           | 0x1e                                                => (canon error-context.drop (core func)) 📝",
            "error-context.drop",
        ),
        (DEFINITIONS, "  WAIT = 2", "callback-code"),
        (DEFINITIONS, "  trap_if(not h.own)", "not-an-owning-handle"),
        (DEFINITIONS, "BLOCKED = 0xffff_ffff", "BLOCKED"),
    ] {
        let path = copy.path().join(file);
        let original = std::fs::read_to_string(&path).unwrap();
        assert!(original.lines().any(|line| line == gone), "{file}: no line `{gone}`");
        let rest: Vec<&str> = original.lines().filter(|line| *line != gone).collect();
        std::fs::write(&path, rest.join("\n")).unwrap();
        let mut comparison = Sources::read(copy.path()).unwrap().compare(spec, texts).unwrap();
        comparison.excuse(&spec.exceptions);
        assert!(comparison.unexcused().any(|d| d.subject == subject), "{file}: `{gone}`");
        std::fs::write(&path, original).unwrap();
    }
}

#[test]
fn an_exception_no_longer_explains_a_changed_text() {
    let (spec, texts) = description();
    let copy = copy();
    let path = copy.path().join(EXPLAINER);
    let original = std::fs::read_to_string(&path).unwrap();
    let exception = spec.exceptions.iter().find(|row| row.subject == "thread.spawn-ref").unwrap();
    assert!(original.contains(exception.says.as_str()));
    std::fs::write(&path, original.replace("`shared? [f:(ref null ", "`shared? [f:(ref ")).unwrap();
    let mut comparison = Sources::read(copy.path()).unwrap().compare(spec, texts).unwrap();
    comparison.excuse(&spec.exceptions);
    assert!(comparison.unexcused().any(|difference| difference.subject == "thread.spawn-ref"));
    assert!(comparison.unused_exceptions.contains(&exception.name.value));
}

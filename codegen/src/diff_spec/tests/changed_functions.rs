//! Checkouts with other functions or scripts: each change is reported with the function of Weft to
//! read, and nothing else is.
#![expect(clippy::string_slice, reason = "the reference is ASCII where these texts are cut")]

use super::functions::{Functions, Renamed};
use super::*;

const DEFINITIONS: &str = "design/mvp/canonical-abi/definitions.py";

/// Compares the functions and scripts of a checkout.
fn compare(checkout: &Path) -> Comparison {
    let mut comparison = Comparison::default();
    let checkout = checkout::Checkout::open(checkout).unwrap();
    let revision = digests::Revision::read(&checkout).unwrap_or_else(|report| panic!("{report}"));
    let (digests, counterparts) = known();
    revision.compare(digests, counterparts, &description().1, &mut comparison);
    comparison
}

/// Returns a checkout in which `edit` has changed the reference.
fn edited(edit: impl FnOnce(String) -> String) -> TempDir {
    let copy = copy();
    let path = copy.path().join(DEFINITIONS);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, edit(text)).unwrap();
    copy
}

/// Replaces the only occurrence of `from`.
fn replaced(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from}");
    text.replacen(from, to, 1)
}

/// Returns each difference in one line: subject, change, and the first place to read.
fn lines(comparison: &Comparison) -> Vec<String> {
    let differences = comparison.differences.iter().map(|difference| {
        let change = difference.change.map_or("", Change::words);
        let read = difference.read.first().map_or(String::new(), |read| {
            let file = read.place.file.rsplit("core/src/").next().unwrap();
            format!(" {}@{file}", read.item)
        });
        format!("{}: {change}{read}", difference.subject)
    });
    differences.collect()
}

/// Makes changes of the kind that the Component Model has announced: a request to cancel concerns
/// only the task's own implicit thread, and threads can leave their task and enter another.
fn announced(text: &str) -> String {
    let start = text.find("      while self.state != Task.State.RESOLVED:").unwrap();
    let end = text.find("  def has_pending_cancel(self):").unwrap();
    let mut text = format!(
        "{}      own = self.implicit_thread\n      if own.ready():\n        own.resume()\n\n{}",
        &text[..start],
        &text[end..]
    );
    text = replaced(
        &text,
        "    self.on_cancel = None\n    self.lenders = []\n",
        "    self.on_cancel = None\n    self.callee = None\n    self.lenders = []\n",
    );
    text = replaced(&text, "  def suspend(self):\n", "  def suspend(self, cancellable = False):\n");
    text = replaced(
        &text,
        "def canon_subtask_cancel(async_, i):\n  thread = current_thread()\n",
        "def canon_subtask_cancel(async_, i, wait):\n  thread = current_thread()\n  assert(wait or async_)\n",
    );
    text + "\ndef canon_thread_get_task():\n  task = current_task()\n  task.num_borrows += 1\n  \
            return [task.inst.handles.add(task)]\n\
            \ndef canon_thread_set_task(i):\n  current_thread().task = current_instance().handles.get(i)\n  \
            return []\n\
            \ndef canon_task_drop(i):\n  current_instance().handles.remove(i)\n  return []\n"
}

#[test]
fn announced_changes_are_reported_function_by_function() {
    let checkout = edited(|text| announced(&text));
    let comparison = compare(checkout.path());
    let expected = [
        "Thread.suspend: signature changed Machine::suspend@machine/thread.rs",
        "Task.request_cancellation: changed Machine::request_cancellation@machine/task.rs",
        "Subtask.__init__: changed Subtask@machine/record/waitable.rs",
        "canon_subtask_cancel: changed, with its signature \
         Machine::canon_subtask_cancel@machine/canon/subtask.rs",
        "canon_thread_get_task: added @machine/canon/",
        "canon_thread_set_task: added @machine/canon/",
        "canon_task_drop: added @machine/canon/",
    ];
    assert_eq!(lines(&comparison), expected);

    let text = std::fs::read_to_string(checkout.path().join(DEFINITIONS)).unwrap();
    let line = text.lines().position(|line| line.contains("def request_cancellation")).unwrap();
    let shown = comparison.render(false);
    for part in [
        "Task.request_cancellation: function changed\n",
        "described: (self) ",
        &format!("definitions.py:{}\n", line + 1),
        "read: Machine::request_cancellation  runtime/core/src/machine/task.rs:",
        "do: read what changed in it, and make the same change in Weft\n",
        "canon_thread_set_task: function added\n    described: (nothing)\n        found: (i) ",
        "do: read it, and give Weft a function of this name that does it\n",
        "described: (async_, i) ",
        "found: (async_, i, wait) ",
    ] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    // The other comparisons find the new built-ins, and the whole says that it is not clean.
    let (spec, texts) = description();
    let comparison = diff_spec(spec, texts, checkout.path(), workspace()).unwrap();
    let is_new = |d: &&Difference| d.subject == "canon_task_drop" && d.what == "built-in";
    assert!(comparison.differences.iter().any(|difference| is_new(&difference)));
    assert!(!comparison.is_clean());
}

/// Replaces a word that stands alone.
fn renamed(text: &str, from: &str, to: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(from) {
        let (before, after) = (&rest[..at], &rest[at + from.len()..]);
        let is_alone = !before.ends_with(is_word) && !after.starts_with(is_word);
        out += before;
        out += if is_alone { to } else { from };
        rest = after;
    }
    out + rest
}

#[test]
fn a_renamed_function_or_class_is_reported_without_its_callers() {
    for (from, to, subject) in [
        ("deliver_pending_cancel", "take_pending_cancel", "Task.deliver_pending_cancel"),
        ("Subtask", "Subcall", "Subtask"),
        ("contains", "holds", "contains"),
        ("call_and_trap_on_throw", "guarded", "call_and_trap_on_throw"),
        ("despecialize", "general", "despecialize"),
    ] {
        let comparison = compare(edited(|text| renamed(&text, from, to)).path());
        let [difference] = comparison.differences.as_slice() else {
            panic!("{from}: {:?}", lines(&comparison));
        };
        assert_eq!(difference.change, Some(Change::Renamed), "{from}");
        assert_eq!(difference.subject, subject);
        assert!(
            difference
                .found
                .as_ref()
                .unwrap()
                .starts_with(&format!("`{}`", subject.replace(from, to)))
        );
    }
}

#[test]
fn callers_are_reported_if_the_old_name_still_means_something() {
    let checkout = edited(|text| {
        let method = "  def drop(self):\n    assert(not self.copying_or_cancelling())\n";
        let text = replaced(&text, method, &method.replace("drop", "close"));
        replaced(&text, "  end.drop()\n", "  end.close()\n")
    });
    assert_eq!(
        lines(&compare(checkout.path())),
        [
            "End.drop: renamed Machine::drop_end@machine/end.rs",
            "drop: changed Machine::drop@machine/canon/copy.rs",
        ]
    );
}

#[test]
fn a_removed_function_is_reported_with_what_weft_has_for_it() {
    let checkout = edited(|text| {
        let start = text.find("  def resume_later(self):").unwrap();
        let end = text.find("  def resume(self):").unwrap();
        format!("{}{}", &text[..start], &text[end..])
    });
    let comparison = compare(checkout.path());
    assert_eq!(
        lines(&comparison),
        ["Thread.resume_later: removed Machine::resume_later@machine/thread.rs"]
    );
    assert!(comparison.render(false).contains("found: (nothing)\n"));
}

/// Writes the reference in another style: names of locals, comments, documentation, indentation,
/// quotes, parentheses, numbers and annotations are others.
fn restyled(text: &str) -> String {
    let mut out = String::from("\u{feff}# Another style.\r\n");
    let mut text = text.to_owned();
    for local in ["candidates", "case_index", "disc_size", "packed_result", "flat_vals", "subtaski"]
    {
        text = renamed(&text, local, &format!("the_{local}"));
    }
    for line in text.lines() {
        let comment = line.find(" #").unwrap_or(line.len());
        let code = line[..comment].trim_end();
        let indent = code.len() - code.trim_start().len();
        let mut code = code.trim_start().to_owned();
        let is_open = code.ends_with(['\\', ',', '|', '(']);
        if !code.contains('"') {
            code = code.replace('\'', "\"");
        }
        code = code.replace("0xffff_ffff", "0xFFFFFFFF").replace("1 << 28", "1<<0x1c");
        let is_head = code.starts_with("def ") && code.ends_with(':');
        if is_head && let Some(at) = code.find(") -> ") {
            code.replace_range(at + 1..code.len() - 1, "");
        }
        if let Some(condition) =
            code.strip_prefix("assert(").and_then(|rest| rest.strip_suffix(')'))
            && !condition.contains(')')
        {
            code = format!("assert {condition}");
        }
        if let Some(value) = code.strip_prefix("return ").filter(|_| !is_open)
            && value.matches('(').count() == value.matches(')').count()
        {
            code = format!("return (\n{value}\n)");
        }
        let spaces = " ".repeat(indent * 2);
        out += &spaces;
        out += &code;
        out += if is_open || code.is_empty() { "\r\n" } else { "  # A comment.\r\n" };
        if is_head {
            out.extend([&*spaces, "    r\"\"\"Documents\r\n it.\"\"\"\r\n\r\n"]);
        }
    }
    out
}

#[test]
fn another_style_is_no_difference() {
    let checkout = edited(|text| {
        let other = restyled(&text);
        assert!(other.contains("the_candidates") && other.matches("# A comment.").count() > 1_500);
        other
    });
    assert_eq!(lines(&compare(checkout.path())), [""; 0]);
}

#[test]
fn scripts_are_reported_by_their_content() {
    let copy = copy();
    let suite = copy.path().join("test");
    std::fs::write(suite.join("async/new.wast"), "(component)\n").unwrap();
    std::fs::remove_file(suite.join("async/deadlock.wast")).unwrap();
    std::fs::rename(suite.join("values/strings.wast"), suite.join("values/texts.wast")).unwrap();
    let changed = suite.join("async/forward.wast");
    let text = std::fs::read_to_string(&changed).unwrap();
    std::fs::write(&changed, format!("{text}\n(component)\n")).unwrap();
    // Ends of lines do not count.
    let same = suite.join("async/sync-streams.wast");
    let text = std::fs::read_to_string(&same).unwrap();
    std::fs::write(&same, text.replace('\n', "\r\n")).unwrap();
    let comparison = compare(copy.path());
    assert_eq!(
        lines(&comparison),
        [
            "test/async/forward.wast: changed",
            "test/async/new.wast: added",
            "test/values/strings.wast: renamed",
            "test/async/deadlock.wast: removed",
        ]
    );
    let shown = comparison.render(false);
    for part in [
        "test/async/new.wast: script added\n",
        "found: `test/values/texts.wast` ",
        "do: read the script, and run it\n",
    ] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
}

#[test]
fn unknown_syntax_is_reported_for_its_function_alone() {
    let checkout = edited(|text| {
        let text = replaced(
            &text,
            "  def resume_later(self):\n",
            "  def resume_later(self):\n    goto later\n",
        );
        replaced(&text, "def canon_thread_index():\n", "def canon_thread_index() given 1:\n")
    });
    let comparison = compare(checkout.path());
    assert_eq!(
        lines(&comparison),
        [
            "Thread.resume_later: changed Machine::resume_later@machine/thread.rs",
            "canon_thread_index: changed Machine::canon_thread_index@machine/canon/thread.rs",
        ]
    );
    assert!(comparison.render(false).contains("found: syntax that is not known in line "));
    // Digests of it cannot be committed.
    let report = digests_of(checkout.path()).unwrap_err().to_string();
    assert!(report.contains("definitions.py:") && report.matches("error").count() >= 2, "{report}");
}

#[test]
fn each_function_is_named_in_weft_or_has_a_reason_why_not() {
    let (_, counterparts) = known();
    let names: Vec<&str> =
        sources().revision.functions.units.iter().map(|unit| unit.name.as_str()).collect();
    let nowhere: Vec<_> = names
        .iter()
        .filter(|name| counterparts.of(name).is_empty() && without::reason(name).is_none())
        .collect();
    assert!(
        nowhere.is_empty(),
        "name these in the documentation of the functions of Weft that do the same: {nowhere:?}"
    );
    let listed: Vec<&str> = without::names().collect();
    assert!(
        listed.iter().all(|name| names.contains(name)),
        "the reference has no longer all of them"
    );
    assert!(listed.len() <= MOST_WITHOUT, "{} have no counterpart", listed.len());
    // Almost all of the rest leads to a function or type, and not only to a file.
    let precise = names
        .iter()
        .filter(|name| counterparts.of(name).first().is_some_and(|place| place.place.line > 0));
    let precise = precise.count();
    assert!(precise >= LEAST_PRECISE, "the documentation names only {precise} functions");
}

/// The number of functions and classes for which a function, a type or a row of data is found.
const LEAST_PRECISE: usize = 247;

/// The number of functions and classes without a counterpart. It must not grow.
const MOST_WITHOUT: usize = 38;

#[test]
fn a_damaged_file_of_digests_is_reported_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("spec")).unwrap();
    let read = |text: &str| {
        std::fs::write(folder.path().join(DIGESTS), text).unwrap();
        digests::Digests::read(folder.path()).unwrap_err().to_string()
    };
    for (text, part) in [
        ("[functions]\n[scripts]\n\"a\" = 1\n", "digests.toml:3"),
        ("[functions]\n\"a\" = \"\"\n[scripts]\n", "digests.toml:2"),
        ("[functions]\n\"a\" = \n[scripts]\n", "digests.toml:2"),
        ("[functions]\n", "there is no table `scripts`"),
        ("", "`cargo run -p codegen` writes this file"),
    ] {
        let report = read(text);
        assert!(report.contains(part), "{text}: {report}");
    }
    std::fs::remove_file(folder.path().join(DIGESTS)).unwrap();
    let report = digests::Digests::read(folder.path()).unwrap_err().to_string();
    assert!(report.contains("digests.toml"), "{report}");
}

#[test]
fn text_that_nests_deeply_or_ends_early_is_read_without_a_panic() {
    let deep = |begin: &str, middle: &str, end: &str| {
        format!("def f():\n  {}{middle}{}\n", begin.repeat(20_000), end.repeat(20_000))
    };
    let mut blocks = String::new();
    for depth in 0..500 {
        blocks.extend([&*" ".repeat(depth), "if a:\n"]);
    }
    let text = std::fs::read_to_string(pinned().join(DEFINITIONS)).unwrap();
    let cut = (1..50).map(|of| text[..text.floor_char_boundary(text.len() * of / 50)].to_owned());
    let texts = [
        deep("(", "a", ")"),
        deep("[", "a", "]"),
        deep("{", "a", "}"),
        deep("not ", "a", ""),
        deep("-", "a", ""),
        deep("a ** ", "a", ""),
        deep("a + ", "a", ""),
        deep("lambda: ", "a", ""),
        deep("f(", "a", ")"),
        deep("a if ", "a", " else a"),
        deep("", "a", ".a"),
        deep("", "a", "[0]"),
        deep("", "match a:\n    case ", "A("),
        deep("f'{", "a", "}'"),
        deep("class A:\n", "pass", ""),
        format!("{blocks}{}pass\n", " ".repeat(500)),
        "\\".to_owned(),
        "def f(:\n  )".to_owned(),
        "class A:\n    def f(self):\n  x = 1\n".to_owned(),
        "x = 'a\n".to_owned(),
        "\0".to_owned(),
    ];
    for text in cut.chain(texts) {
        let text = checkout::Text { path: "x.py".to_owned(), text };
        if let Ok(functions) = Functions::read(&text) {
            for unit in &functions.units {
                let _ = (unit.digest(&Renamed::new()), unit.signature(&Renamed::new()));
            }
        }
    }
}

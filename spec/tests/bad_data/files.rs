//! Files that are missing, unreadable or strange, and many mistakes in many files at once.

use std::fs;

use weft_spec::{Report, load};

use crate::data::{Data, FILES, snapshot};

/// The codes of the problems that are made here instead of by an edit of rows.
pub(crate) const CODES: [&str; 5] = ["io", "not-utf8", "too-large", "too-many", "unknown-file"];

/// Returns `file:line:column code` of each problem with a place.
fn places(data: &Data, report: &Report) -> Vec<String> {
    let problems = report.to_json();
    let folder = format!("{}/", data.path().display());
    let place = |problem: &serde_json::Value| {
        let place = &problem["place"];
        let file = place["file"].as_str().unwrap_or("nowhere").replace(&folder, "");
        format!("{file}:{}:{} {}", place["line"], place["column"], problem["code"])
    };
    problems.as_array().into_iter().flatten().map(place).collect()
}

#[test]
fn a_missing_file_is_one_problem() {
    for file in FILES {
        let data = Data::committed();
        data.remove(file);
        let shown = data.shown();
        assert!(shown.starts_with(&format!("error[io]: cannot read `{file}`: ")), "{shown}");
        assert_eq!(data.codes(), ["io"], "{file}: {shown}");
    }
}

#[test]
fn a_folder_in_place_of_a_file_is_one_problem() {
    for file in FILES {
        let data = Data::committed();
        data.remove(file);
        fs::create_dir(data.path().join(file)).unwrap();
        assert_eq!(data.shown(), format!("error[io]: `{file}` is not a file"));
    }
}

#[cfg(unix)]
#[test]
fn a_device_in_place_of_a_file_is_not_read() {
    let data = Data::committed();
    data.remove("traps.toml");
    std::os::unix::fs::symlink("/dev/zero", data.path().join("traps.toml")).unwrap();
    assert_eq!(data.shown(), "error[io]: `traps.toml` is not a file");
}

#[test]
fn an_empty_file_is_one_problem_unless_it_may_have_no_rows() {
    for file in FILES {
        let data = Data::committed();
        data.write(file, "");
        if ["builtins/removed.toml", "exceptions.toml"].contains(&file) {
            assert!(data.load().is_ok(), "{file}: {}", data.shown());
            continue;
        }
        let shown = data.shown();
        assert!(shown.starts_with("error[missing-key]: the file has no `[["), "{shown}");
        assert!(shown.contains(&format!("{file}:1:1")), "{shown}");
        assert_eq!(data.codes(), ["missing-key"], "{file}: {shown}");
    }
}

#[test]
fn a_missing_folder_is_one_problem() {
    let data = Data::committed();
    let nowhere = data.path().join("nowhere");
    let report = load(&nowhere).unwrap_err();
    assert_eq!(data.show(&report), "error[io]: there is no folder `nowhere`");
    let file = data.path().join("abi.toml");
    assert_eq!(data.show(&load(&file).unwrap_err()), "error[io]: there is no folder `abi.toml`");
    for file in FILES {
        data.remove(file);
    }
    let shown = data.shown();
    assert_eq!(data.codes(), ["io"; 16], "{shown}");
    let order: Vec<Option<usize>> = FILES.iter().map(|file| shown.find(*file)).collect();
    assert!(order.is_sorted() && order.iter().all(Option::is_some), "{shown}");
}

#[test]
fn bytes_that_are_not_utf8_are_reported_with_their_place() {
    let data = Data::committed();
    data.write("gates.toml", b"# Features.\n# \xc3\xa4 \xff and on\n");
    snapshot("not_utf8", &data.shown());
}

#[test]
fn a_file_without_a_family_is_reported_unless_it_is_hidden() {
    let data = Data::committed();
    for file in ["streams.toml", "stream", "thread.toml~", ".stream.toml.swp"] {
        data.write(&format!("builtins/{file}"), "");
    }
    let shown = data.shown();
    let titles: Vec<&str> = shown.lines().filter(|line| line.starts_with("error")).collect();
    assert_eq!(
        titles,
        [
            "error[unknown-file]: `builtins/stream` is not a family of built-ins",
            "error[unknown-file]: `builtins/streams.toml` is not a family of built-ins",
            "error[unknown-file]: `builtins/thread.toml~` is not a family of built-ins",
        ]
    );
    assert!(shown.contains("help: the families are `resource`, `context`,"), "{shown}");
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_are_accepted() {
    let data = Data::with_rows();
    for file in FILES {
        data.write(file, format!("\u{feff}{}", data.text(file).replace('\n', "\r\n")));
    }
    if let Err(report) = data.load() {
        panic!("{}", data.show(&report));
    }
    data.replace("types.toml", "gate      = \"one-gate\"", "gate      = \"no-gate\"");
    data.replace("gates.toml", "wasi-0.3\"\r\n", "wasi-0.3\r\n");
    assert_eq!(
        places(&data, &data.report()),
        ["gates.toml:10:20 \"toml-syntax\"", "types.toml:4:13 \"undefined\""]
    );
}

#[test]
fn columns_are_counted_in_characters() {
    let data = Data::with_rows();
    data.replace("abi.toml", "{ name = \"low\", ", "{ name = \"löw🦊\", \"größe\" = 3, ");
    data.replace("traps.toml", "{one-words} is", "ß🦊ß {one-wörds} is");
    snapshot("columns", &data.shown());
}

#[test]
fn mistakes_in_many_files_are_reported_in_order_of_place() {
    let data = Data::with_rows();
    for (file, from, to) in [
        ("gates.toml", "wasi-0.3", "wasi-1"),
        ("abi.toml", "0xf1", "0xf0"),
        ("abi.toml", "value = 1,", "value = 0,"),
        ("types.toml", "\"i32\"", "i32"),
        ("types.toml", "summary   = \"Another", "sumary    = \"another"),
        ("traps.toml", "id      = \"one-trap\"", "id      = 1"),
        ("traps.toml", "leading = true", "leading = 1"),
        ("builtins/stream.toml", "\"[] -> []\"", "\"[] -> [] -> []\""),
        ("builtins/stream.toml", "\"two-guard\"", "\"tow-guard\""),
        ("builtins/stream.toml", "opcode        = 0xf1", "opcode        = 0xf1_00"),
        ("builtins/removed.toml", "[[removed]]", "[[remvoed]]"),
        ("exceptions.toml", "reason  = ", "reasons = "),
    ] {
        data.replace(file, from, to);
    }
    data.remove("builtins/future.toml");
    fs::create_dir(data.path().join("builtins/future.toml")).unwrap();
    snapshot("many_mistakes", &data.shown());
}

#[test]
fn a_typo_in_a_common_name_is_one_problem_with_a_suggestion() {
    let data = Data::with_rows();
    data.replace(
        "traps.toml",
        "id      = \"unknown-handle-index\"",
        "id      = \"unknown-handle-indx\"",
    );
    let shown = data.shown();
    assert_eq!(data.codes(), ["undefined"], "{shown}");
    assert!(
        shown.contains("there is no trap `unknown-handle-index`, which is used at "),
        "{shown}"
    );
    assert!(shown.contains("did you mean `unknown-handle-indx`?"), "{shown}");
    assert!(shown.lines().count() < 40, "{shown}");
}

#[test]
fn an_unreadable_row_causes_no_problems_in_rows_that_name_it() {
    // Each of these rows is named by many others.
    for (file, row, broken) in [
        ("traps.toml", "\"unknown-handle-index\"", "\"unknown-handle-index"),
        ("traps.toml", "\"cannot-leave-component-instance\"", "7"),
        ("traps.toml", "\"may-leave\"", "[]"),
        ("gates.toml", "\"async\"", "async"),
        ("gates.toml", "name    = \"base\"", "name    \"base\""),
        ("abi.toml", "\"stream-result\"", "{ a = 1"),
        ("abi.toml", "name       = \"memory\"", "nam        = \"memory\""),
        ("abi.toml", "name          = \"BLOCKED\"", "name          = "),
    ] {
        let data = Data::committed();
        data.replace(file, row, broken);
        assert_eq!(data.codes().len(), 1, "{}", data.shown());
    }
}

#[test]
fn known_names_are_listed_if_none_is_similar() {
    let data = Data::with_rows();
    data.replace("builtins/stream.toml", "[\"one-guard\"]", "[\"something-else\"]");
    let shown = data.shown();
    assert!(shown.contains("help: there are `async-lifted`, `buffer`, "), "{shown}");
}

/// The first lines of the files, which hold the tests' rows.
const LINES: [(&str, usize); 7] = [
    ("gates.toml", 5),
    ("abi.toml", 66),
    ("types.toml", 7),
    ("traps.toml", 25),
    ("builtins/stream.toml", 20),
    ("builtins/removed.toml", 6),
    ("exceptions.toml", 6),
];

/// Loads the data with `value` in place of one value, for one key in `step`, from key number
/// `first`.
fn with_each_value(value: &str, first: usize, step: usize) {
    let data = Data::with_rows();
    for (file, lines) in LINES {
        let whole = data.text(file);
        let fields = whole.lines().take(lines).filter(|line| line.contains(" = "));
        for line in fields.skip(first).step_by(step) {
            let key = line.split('=').next().unwrap_or_default();
            data.write(file, whole.replacen(line, &format!("{key}= {value}"), 1));
            let problems = data.load().err().map_or_else(String::new, |report| report.render(true));
            assert!(problems.len() < 200_000, "{file}: {line}: {} bytes", problems.len());
        }
        data.write(file, whole);
    }
}

#[test]
fn values_of_any_type_are_errors_and_never_panic() {
    // Each key is tested with a third of them.
    let values = [
        "[\"a\", \"a\", \"b\", \"\"]",
        "-9223372036854775809",
        "1e400",
        "0x",
        "1979-05-27T07:32:00Z",
        "true",
        "[{}, [], 1, \"\", 1.0]",
        "{ a = { b = { c = [] } } }",
        "\"\\u0000\\u001b[31m\\u202e{{}{\"",
        "\"\"",
        "'''\n[[gate]]\nname = 1\n'''",
        "\u{0}",
    ];
    for (number, value) in values.into_iter().enumerate() {
        with_each_value(value, number % 3, 3);
    }
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    for file in FILES {
        let data = Data::committed();
        data.write(file, "# nothing\n".repeat(40_000));
        assert_eq!(
            data.shown(),
            format!(
                "error[too-large]: `{file}` is larger than 262144 bytes, the limit for a file of the data"
            )
        );
    }
}

#[test]
fn only_the_first_of_many_problems_are_reported() {
    let rows = [
        "[[trap]]\n",
        "[[trap]]\nid = \n",
        "[[trap]]\nid = \"a\"\nsites = [\"a\", \"a\"]\nlayer = \"b\"\n",
        "[[guard]]\nname = \"a\"\ntraps = [\"b\", \"c\", \"d\", \"e\", \"f\", \"g\"]\n",
        "[trap]\n",
        "[[x]]\n",
        "x\n",
        "x = \"\"\"",
        "=",
        "[[",
    ];
    for row in rows {
        let data = Data::committed();
        data.write("traps.toml", row.repeat(200_000 / row.len()));
        let report = data.report();
        assert!(report.diagnostics().len() <= 201, "{}", report.diagnostics().len());
        assert!(!data.show(&report).is_empty());
    }
    let data = Data::committed();
    data.write("traps.toml", rows[0].repeat(1000));
    let shown = data.shown();
    assert!(shown.contains("error[too-many]: 801 more problems are not shown"), "{shown}");
}

#[test]
fn very_long_values_are_errors_and_never_hang() {
    with_each_value(&format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)), 0, 10);
    with_each_value(&format!("{}1{}", "{ a = ".repeat(20_000), " }".repeat(20_000)), 0, 10);
    with_each_value(&format!("1\n{} = 1", vec!["a"; 10_000].join(".")), 0, 10);
    with_each_value(&format!("\"{}\"", "🦊".repeat(100_000)), 0, 10);
    with_each_value(&format!("[{}]", "\"a\", ".repeat(50)), 0, 10);
    with_each_value(&"9".repeat(100_000), 0, 10);
}

#[test]
fn a_report_is_the_same_each_time() {
    let data = Data::with_rows();
    for file in FILES {
        data.write(file, data.text(file).replace("\"base\"", "\"bass\"").replace("may-leave", "x"));
    }
    let shown = data.shown();
    assert!((0..5).all(|_| data.shown() == shown));
}

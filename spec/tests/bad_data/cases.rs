//! One mistake in the tests' rows for each case, with the code of the reported problem.

/// A mistake: the problem's code, a title, and the edits that make it: the file, the text to
/// replace, the new text.
pub(crate) type Case =
    (&'static str, &'static str, &'static [(&'static str, &'static str, &'static str)]);

const STREAM: &str = "builtins/stream.toml";

/// The mistakes that are made by editing rows.
pub(crate) const CASES: &[Case] = &[
    // Syntax.
    (
        "toml-syntax",
        "a text without its closing quote",
        &[("types.toml", "gate      = \"one-gate\"", "gate      = \"one-gate")],
    ),
    (
        "toml-syntax",
        "a list that is not closed",
        &[("traps.toml", "not one\", \"One.two: not two\"]", "not one\", \"One.two: not two\"")],
    ),
    (
        "toml-syntax",
        "a text of several lines that is not closed",
        &[("traps.toml", "\"One rule.\"", "\"\"\"One rule.")],
    ),
    (
        "toml-syntax",
        "a table that is not closed",
        &[("abi.toml", "otherwise = \"something\" }", "otherwise = \"something\"")],
    ),
    (
        "toml-syntax",
        "a row's name without its second bracket",
        &[("gates.toml", "\n[[gate]]", "\n[[gate]")],
    ),
    (
        "toml-syntax",
        "a key that is there twice",
        &[(STREAM, "opcode        = 0xf2", "opcode        = 0xf2\nopcode        = 0xf3")],
    ),
    (
        "toml-syntax",
        "a row without the line that opens it",
        &[("types.toml", "[[type]]\nname      = \"two\"", "name      = \"two\"")],
    ),
    (
        "toml-syntax",
        "a row that is a table and a list",
        &[("types.toml", "[[type]]\nname      = \"one\"", "[type]\nname      = \"one\"")],
    ),
    // Keys and their types.
    (
        "unknown-key",
        "a misspelt key, which is not missing, too",
        &[(STREAM, "opcode        = 0xf2", "opcdoe        = 0xf2")],
    ),
    (
        "unknown-key",
        "a key that nothing reads",
        &[(STREAM, "opcode        = 0xf2", "opcode        = 0xf2\ncolour        = \"red\"")],
    ),
    (
        "unknown-key",
        "a misspelt row, whose name others may use",
        &[("traps.toml", "[[trap]]\nid      = \"one-trap\"", "[[trpa]]\nid      = \"one-trap\"")],
    ),
    (
        "unknown-key",
        "a key that nothing reads in a table of a table",
        &[("abi.toml", "name = \"low\",", "name = \"low\", sign = true,")],
    ),
    (
        "missing-key",
        "rows that lack keys are reported once, with all keys",
        &[
            ("types.toml", "opcode    = 0xf0\n", ""),
            ("types.toml", "summary   = \"One type.\"\n", ""),
        ],
    ),
    (
        "missing-key",
        "a part of a row that lacks a key",
        &[("abi.toml", "{ name = \"second\", value = 1, ", "{ name = \"second\", ")],
    ),
    (
        "missing-key",
        "a row without its name, which others may use",
        &[("traps.toml", "id      = \"one-trap\"\n", "")],
    ),
    (
        "wrong-type",
        "a number for a text",
        &[("gates.toml", "name    = \"one-gate\"", "name    = 1")],
    ),
    (
        "wrong-type",
        "a text for a number",
        &[(STREAM, "opcode        = 0xf2", "opcode        = \"0xf2\"")],
    ),
    (
        "wrong-type",
        "a number with a fraction",
        &[("abi.toml", "width         = 32", "width         = 32.0")],
    ),
    ("wrong-type", "a date for a list", &[("traps.toml", "sites   = []", "sites   = 1979-05-27")]),
    (
        "wrong-type",
        "a number among texts",
        &[("traps.toml", "[\"this\", \"that\"]", "[\"this\", 1, \"that\"]")],
    ),
    ("wrong-type", "a text for `true`", &[("traps.toml", "leading = true", "leading = \"yes\"")]),
    (
        "wrong-type",
        "a list for a table",
        &[(
            "abi.toml",
            "{ name = \"nothing\", constant = \"BLOCKED\", otherwise = \"something\" }",
            "[]",
        )],
    ),
    (
        "wrong-type",
        "a list for a text or a table",
        &[("types.toml", "layout    = \"as one\"", "layout    = [\"as\", \"one\"]")],
    ),
    (
        "wrong-type",
        "a text among tables",
        &[("abi.toml", "{ name = \"low\",  low = 0, high = 4, code = \"one-code\" }", "\"low\"")],
    ),
    (
        "number-out-of-range",
        "an opcode of more than a byte",
        &[(STREAM, "opcode        = 0xf2", "opcode        = 0x100")],
    ),
    ("number-out-of-range", "a number below zero", &[("abi.toml", "low = 4,", "low = -4,")]),
    (
        "number-out-of-range",
        "a number that no integer holds",
        &[("abi.toml", "value         = 0x01", "value         = 99999999999999999999999999")],
    ),
    (
        "empty-list",
        "a code without cases",
        &[(
            "abi.toml",
            "[\n    { name = \"first\",  value = 0, summary = \"The first case.\" },\n    { name = \"second\", value = 1, summary = \"The second case.\" },\n]",
            "[]",
        )],
    ),
    (
        "empty-list",
        "a guard that raises nothing",
        &[("traps.toml", "traps   = [\"two-trap\"]", "traps   = []")],
    ),
    (
        "duplicate-item",
        "a site that is there twice",
        &[("traps.toml", "\"One.two: not two\"", "\"One.two: not two\", \"canon_one: not one\"")],
    ),
    (
        "duplicate-item",
        "an option that is required twice",
        &[(STREAM, "\"async unless one-gate\"", "\"async unless one-gate\", \"memory\"")],
    ),
    (
        "duplicate-item",
        "an immediate that is there twice",
        &[(STREAM, "[\"t: typeidx\", ", "[\"t: typeidx\", \"t: u32\", ")],
    ),
    // The forms of fields.
    (
        "form",
        "a name in the wrong case",
        &[
            ("traps.toml", "id      = \"two-trap\"", "id      = \"twoTrap\""),
            ("traps.toml", "[\"two-trap\"]", "[\"twoTrap\"]"),
        ],
    ),
    (
        "form",
        "a built-in's name with a space",
        &[
            (STREAM, "\"stream.two\"", "\"stream.two more\""),
            ("builtins/removed.toml", "\"stream.two\"", "\"stream.two more\""),
        ],
    ),
    ("form", "a constant in lower case", &[("abi.toml", "\"TWO\"", "\"two\"")]),
    (
        "form",
        "an option with an empty value",
        &[("abi.toml", "\"two-option=a\"", "\"two-option=\"")],
    ),
    ("form", "a summary that is empty", &[("gates.toml", "\"One feature.\"", "\" \"")]),
    (
        "form",
        "a summary without its full stop",
        &[("gates.toml", "\"One feature.\"", "\"One feature\"")],
    ),
    ("form", "a summary in lower case", &[("gates.toml", "\"One feature.\"", "\"one feature.\"")]),
    (
        "form",
        "a summary with a line break",
        &[("gates.toml", "\"One feature.\"", "\"One\\nfeature.\"")],
    ),
    ("form", "an anchor with its `#`", &[(STREAM, "\"-two\"", "\"#-two\"")]),
    (
        "form",
        "a function of the reference that is none",
        &[(STREAM, "\"canon_stream_two\"", "\"canon-stream-two\"")],
    ),
    (
        "form",
        "a site without a condition",
        &[("traps.toml", "\"One.two: not two\"", "\"One.two\"")],
    ),
    ("form", "an immediate without a kind", &[(STREAM, "\"t: typeidx\"", "\"typeidx\"")]),
    ("form", "a byte that is none", &[(STREAM, "[\"0x00\"]", "[\"0x100\"]")]),
    (
        "form",
        "an import name that is empty",
        &[
            (STREAM, "[\"[stream-two]\"]", "[\"async \"]"),
            (STREAM, "blocks        = \"never\"", "blocks        = \"unless-async\""),
            (STREAM, "[\"0x00\"]", "[\"0x00\", \"a: async?\"]"),
        ],
    ),
    (
        "unknown-word",
        "a value of `blocks` that is nearly one",
        &[(STREAM, "\"never\"", "\"nevr\"")],
    ),
    ("unknown-word", "a layer that is none", &[("traps.toml", "\"machine\"", "\"hardware\"")]),
    (
        "unknown-word",
        "a milestone of a gate that is nearly one",
        &[("gates.toml", "\"wasi-0.3\"", "\"wasi-0.4\"")],
    ),
    (
        "unknown-word",
        "a milestone of a built-in that is none",
        &[(STREAM, "\"wasi-0.3\"", "\"tomorrow\"")],
    ),
    (
        "unknown-word",
        "a kind of an immediate that is none",
        &[(STREAM, "\"t: typeidx\"", "\"t: typeindex\"")],
    ),
    (
        "unknown-word",
        "a condition that is none",
        &[(STREAM, "memory if element", "memory if necessary")],
    ),
    ("unknown-word", "a layout that is none", &[("types.toml", "\"as one\"", "\"one\"")]),
    ("unknown-word", "a flat type that is none", &[("types.toml", "\"i32\"", "\"i31\"")]),
    (
        "unknown-word",
        "a source of an exception that is none",
        &[("exceptions.toml", "\"explainer\"", "\"explained\"")],
    ),
    ("parameter", "a brace that is not closed", &[("traps.toml", "with {index}", "with {index")]),
    ("parameter", "a brace that is not opened", &[("traps.toml", "with {index}", "with index}")]),
    (
        "parameter",
        "a parameter of import names that is none",
        &[(STREAM, "\"[stream-two]\"", "\"[stream-two-{what}]\"")],
    ),
    (
        "signature",
        "a type of a signature that is none, twice",
        &[(
            STREAM,
            "[e:i32 ptr:memory.addrtype] -> [i32]",
            "[e:i31 ptr:memory.addrtype] -> [i32 i33]",
        )],
    ),
    ("signature", "a signature that isn't one", &[(STREAM, "\"[] -> []\"", "\"() -> ()\"")]),
    (
        "signature",
        "a parameter of a signature that is there twice",
        &[(STREAM, "[e:i32 ptr:", "[e:i32 e:")],
    ),
    ("signature", "a symbol that nothing fixes", &[(STREAM, "\"[] -> []\"", "\"[a:T] -> [T]\"")]),
    ("signature", "two results", &[(STREAM, "-> [i32]", "-> [i32 i32]")]),
    // Names.
    (
        "undefined",
        "a trap that is nearly one",
        &[(STREAM, "\"unknown-handle-index\"", "\"two-trpa\"")],
    ),
    (
        "undefined",
        "a guard that is nearly one",
        &[(STREAM, "guards        = [\"one-guard\"]", "guards        = [\"one-gaurd\"]")],
    ),
    (
        "undefined",
        "a gate that is nearly one",
        &[(STREAM, "\"async unless one-gate\"", "\"async unless one-gat\"")],
    ),
    (
        "undefined",
        "a gate that was renamed, which others name",
        &[("gates.toml", "\"one-gate\"", "\"onegate\"")],
    ),
    (
        "undefined",
        "an option that is nearly one",
        &[("abi.toml", "[\"memory\", \"one-option\"]", "[\"memory\", \"one-optoin\"]")],
    ),
    (
        "undefined",
        "a meaning of a result that is none",
        &[(STREAM, "\"one-packing\"", "\"one-package\"")],
    ),
    (
        "undefined",
        "a type to be laid out as that is none",
        &[("types.toml", "\"as one\"", "\"as onne\"")],
    ),
    (
        "undefined",
        "a sentinel that is no constant",
        &[("abi.toml", "constant = \"BLOCKED\"", "constant = \"TWOO\"")],
    ),
    (
        "undefined",
        "a trap of a packing that is none",
        &[("abi.toml", "\"one-trap\"", "\"1-trap\"")],
    ),
    (
        "undefined",
        "a code of a field that is none",
        &[("abi.toml", "code = \"one-code\"", "code = \"one-cod\"")],
    ),
    (
        "undefined",
        "words of a message that are none",
        &[("traps.toml", "with {index}", "with {index} {one-word}")],
    ),
    (
        "undefined",
        "a removed built-in replaced by one that is none",
        &[("builtins/removed.toml", "\"stream.two\"", "\"stream.tow\"")],
    ),
    (
        "unused",
        "words that no message has",
        &[("traps.toml", "{one-words} is wrong", "All is wrong")],
    ),
    (
        "unused",
        "a guard that no built-in has",
        &[(STREAM, "\"one-guard\", \"two-guard\"", "\"one-guard\"")],
    ),
    (
        "duplicate-name",
        "a trap that is there twice",
        &[
            ("traps.toml", "\"two-trap\"", "\"one-trap\""),
            ("traps.toml", "[\"two-trap\"]", "[\"one-trap\"]"),
        ],
    ),
    (
        "duplicate-name",
        "a built-in that was removed",
        &[("builtins/removed.toml", "\"stream.zero\"", "\"stream.one\"")],
    ),
    ("duplicate-name", "a case that is there twice", &[("abi.toml", "\"second\"", "\"first\"")]),
    (
        "duplicate-name",
        "a packing called like a code",
        &[("abi.toml", "\"two-packing\"", "\"one-code\"")],
    ),
    ("duplicate-name", "a field that is there twice", &[("abi.toml", "\"high\"", "\"low\"")]),
    (
        "duplicate-name",
        "an import name of two built-ins",
        &[(STREAM, "[\"[stream-two]\"]", "[\"[stream-one-{type}]{function}\"]")],
    ),
    (
        "duplicate-name",
        "a constant that the reference has once",
        &[("abi.toml", "\"Two.CONSTANT\"", "\"One.CONSTANT\"")],
    ),
    (
        "duplicate-name",
        "an exception that is there twice",
        &[(
            "exceptions.toml",
            "reason  = \"It is one.\"\n",
            "reason  = \"It is one.\"\n[[exception]]\nname    = \"one-exception\"\nsource  = \"suite\"\nsubject = \"a\"\nsays    = \"\"\nreason  = \"So.\"\n",
        )],
    ),
    (
        "same-identifier",
        "two names with one identifier",
        &[
            (STREAM, "\"stream.one\"", "\"stream.a-b\""),
            (STREAM, "\"stream.two\"", "\"stream-a.b\""),
            (
                "builtins/removed.toml",
                "\"stream.one\", \"stream.two\"",
                "\"stream.a-b\", \"stream-a.b\"",
            ),
        ],
    ),
    (
        "duplicate-opcode",
        "an opcode of two built-ins",
        &[(STREAM, "opcode        = 0xf2", "opcode        = 0xf1")],
    ),
    (
        "duplicate-opcode",
        "an opcode of a definition and a built-in",
        &[(STREAM, "opcode        = 0xf2", "opcode        = 0xf0")],
    ),
    ("duplicate-opcode", "a code of two options", &[("abi.toml", "0xf1", "0xf0")]),
    ("duplicate-opcode", "an opcode of two types", &[("types.toml", "0xf1", "0xf0")]),
    ("duplicate-emoji", "an emoji of two gates", &[("gates.toml", "🐙", "🦊")]),
    (
        "duplicate-value",
        "a value of two cases",
        &[("abi.toml", "\"second\", value = 1", "\"second\", value = 0")],
    ),
    // Impossible values.
    ("gate", "a gate without an emoji", &[("gates.toml", "🐙", "")]),
    (
        "family",
        "a built-in in the file of another family",
        &[
            (STREAM, "\"stream.two\"", "\"streams.two\""),
            ("builtins/removed.toml", "\"stream.two\"", "\"streams.two\""),
        ],
    ),
    (
        "since",
        "a milestone that is that of the gate",
        &[(STREAM, "\"wasi-0.3\"", "\"unreleased\"")],
    ),
    (
        "options",
        "options of what takes none",
        &[(
            STREAM,
            "blocks        = \"never\"",
            "allowed       = [\"memory\"]\nblocks        = \"never\"",
        )],
    ),
    (
        "options",
        "a definition with options and none of them allowed",
        &[("abi.toml", "allowed       = [\"memory\", \"one-option\"]\n", "")],
    ),
    (
        "required-option",
        "an option that is required and not allowed",
        &[(STREAM, "\"memory if element\"", "\"realloc if element\"")],
    ),
    (
        "blocks",
        "a built-in with `async` that always blocks",
        &[(STREAM, "\"unless-async\"", "\"may\"")],
    ),
    (
        "blocks",
        "a built-in without `async` that blocks unless it is `async`",
        &[(STREAM, "\"never\"", "\"unless-async\"")],
    ),
    (
        "import",
        "an async import name of what has no `async`",
        &[(STREAM, "\"[stream-two]\"", "\"async [stream-two]\"")],
    ),
    (
        "guard",
        "a leading guard that needs an argument",
        &[("traps.toml", "\"one thing is wrong\"", "\"thing {index} is wrong\"")],
    ),
    (
        "guard",
        "a leading guard of two traps",
        &[("traps.toml", "traps   = [\"one-trap\"]", "traps   = [\"one-trap\", \"deadlock\"]")],
    ),
    (
        "guard-order",
        "a leading guard that is not in front",
        &[(STREAM, "[\"one-guard\", \"two-guard\"]", "[\"two-guard\", \"one-guard\"]")],
    ),
    (
        "duplicate-trap",
        "a trap that a guard raises already",
        &[(STREAM, "\"table-full\"", "\"one-trap\"")],
    ),
    (
        "result",
        "a meaning of a result that isn't there",
        &[(
            STREAM,
            "wit           = \"func()\"",
            "result        = \"zero\"\nwit           = \"func()\"",
        )],
    ),
    (
        "result",
        "a packing that is wider than the result",
        &[(STREAM, "\"one-packing\"", "\"two-packing\"")],
    ),
    (
        "result",
        "a code that is narrower than the result",
        &[(STREAM, "\"one-packing\"", "\"one-code\""), (STREAM, "-> [i32]", "-> [i64]")],
    ),
    ("wit", "a signature in WIT that is none of a function", &[(STREAM, "\"func()\"", "\"fn()\"")]),
    ("packing", "a gap between fields", &[("abi.toml", "low = 4,", "low = 5,")]),
    ("packing", "bits that no field has", &[("abi.toml", "high = 32", "high = 31")]),
    (
        "packing",
        "a width that is none",
        &[("abi.toml", "width         = 64", "width         = 48")],
    ),
    ("packing", "a case that does not fit its field", &[("abi.toml", "value = 1,", "value = 16,")]),
    (
        "packing",
        "a trap of a packing that can hold any value",
        &[(
            "abi.toml",
            "{ name = \"all\", low = 0, high = 64 },\n]",
            "{ name = \"all\", low = 0, high = 64 },\n]\ntrap          = \"one-trap\"",
        )],
    ),
    (
        "packing",
        "a sentinel that is wider than its packing",
        &[
            ("abi.toml", "value         = 0xffff_fff0", "value         = 0x1_0000_0000"),
            ("abi.toml", "constant = \"BLOCKED\"", "constant = \"ONE\""),
        ],
    ),
    (
        "packing",
        "a sentinel that is an ordinary value",
        &[("abi.toml", "constant = \"BLOCKED\"", "constant = \"ONE\"")],
    ),
    (
        "layout",
        "a size that is none",
        &[("types.toml", "size = 4, alignment = 4", "size = 3, alignment = 3")],
    ),
    (
        "layout",
        "an alignment that is not the size",
        &[("types.toml", "alignment = 4", "alignment = 2")],
    ),
    (
        "layout",
        "a size that the flat type does not hold",
        &[("types.toml", "size = 4, alignment = 4", "size = 8, alignment = 8")],
    ),
    (
        "layout",
        "a type laid out as one that is laid out as another",
        &[(
            "types.toml",
            "layout    = { size = 4, alignment = 4, flat = \"i32\" }",
            "layout    = \"as bool\"",
        )],
    ),
];

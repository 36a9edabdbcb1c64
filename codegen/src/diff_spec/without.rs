//! The functions and classes of `definitions.py` that nothing in Weft is named after, with the reasons.
//!
//! A test keeps this list from growing: a new function is named in the documentation of the function
//! that does what it does.

/// A reason, and the names to which it applies. A name also stands for the functions of its class.
const REASONS: [(&str, &[&str]); 6] = [
    (
        "the engine has the types, values and exceptions of core WebAssembly",
        &[
            "CoreWebAssemblyException",
            "CoreExternType",
            "CoreImportDecl",
            "CoreExportDecl",
            "ModuleType",
            "CoreFuncType",
            "CoreFuncRef",
            "CoreMemoryType",
            "CoreValType",
            "types_match_values",
            "type_matches_value",
            "call_and_trap_on_throw",
        ],
    ),
    (
        "the engine switches stacks, and the machine returns a step",
        &[
            "Continuation",
            "Handler",
            "thread_local_handler",
            "new_already_acquired_lock",
            "cont_new",
            "resume",
            "block",
            "suspend",
        ],
    ),
    (
        "the machine returns steps instead of calling back",
        &["OnStart", "OnResolve", "OnCancel", "FuncInst"],
    ),
    (
        "runtime/component/src/component/definition has the types of definitions",
        &["ExternType", "ExternDecl", "ComponentType", "InstanceType", "FuncType"],
    ),
    (
        "it only groups types or parts of types; spec/types.toml has the types",
        &["Type", "ValType", "PrimValType", "FieldType", "CaseType"],
    ),
    (
        "it is how the reference is written: spec/traps.toml has the traps",
        &["Trap", "trap", "trap_if", super::functions::TOP_LEVEL],
    ),
];

/// Returns the reason why nothing in Weft is named after `name`, if there is one.
pub(super) fn reason(name: &str) -> Option<&'static str> {
    let class = name.split('.').next().unwrap_or(name);
    let reason = REASONS.iter().find(|(_, names)| names.contains(&class));
    reason.map(|(reason, _)| *reason)
}

#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    REASONS.iter().flat_map(|(_, names)| names.iter().copied())
}

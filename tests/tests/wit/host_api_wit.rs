//! The WIT package of the host API, `spec/wit`. It parses. Each item is documented with a section
//! of the spec or as a host extension. Each function names its errors. The package has exactly the
//! operations of the host API.

#![allow(clippy::indexing_slicing, reason = "an arena has what its own ids stand for")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use wit_parser::{
    Docs, Function, Interface, PackageId, Resolve, Type, TypeDef, TypeDefKind, TypeOwner, WorldItem,
};

/// Every operation of the host API, with its interface and its item there: a type with its fields
/// or cases in braces, a function, or a resource's function as `resource.function`.
///
/// The operations are in the order and the words of the host API. A type that several operations
/// share is listed where it is first needed.
#[rustfmt::skip]
const OPERATIONS: &[(&str, &str, &str)] = &[
    // Values: WIT has no recursive types, so they are written as nodes.
    ("component value", "value", "value"),
    ("component value", "value", "value-node{bool, s8, u8, s16, u16, s32, u32, s64, u64, f32, f64, char, string, error-context, record, variant, list, tuple, flags, enum, option, result, map}"),
    ("component value", "value", "node-index"),
    ("component value: record", "value", "field-value{label, value}"),
    ("component value: variant", "value", "case-value{label, payload}"),
    ("component value: map", "value", "entry-value{key, value}"),
    ("value type", "value", "value-type"),
    ("value type", "value", "type-node{bool, s8, u8, s16, u16, s32, u32, s64, u64, f32, f64, char, string, error-context, record, variant, list, fixed-length-list, tuple, flags, enum, option, result, map}"),
    ("value type: record", "value", "field-type{label, type}"),
    ("value type: variant", "value", "case-type{label, payload}"),
    ("value type: fixed-length list", "value", "list-bound{element, length}"),
    ("value type: result", "value", "result-type{ok, error}"),
    ("value type: map", "value", "map-type{key, value}"),
    ("Error::Full: which table", "value", "table{contexts, context-values, tasks, task-metadata, cancellation-tokens, cancellation-handlers, waitable-sets, waitables, host-operations, error-contexts, stack-frames, error-metadata, threads, thread-local-values, fixed-length-lists, fixed-length-list-type-registries, fixed-length-list-types, nodes}"),
    ("over-long text", "value", "text-length{length, limit}"),

    // Context.
    ("ContextKey", "context", "context-key"),
    ("ContextValue: component value or bytes", "context", "context-value{value, bytes}"),
    ("AsyncContext", "context", "async-context"),
    ("AsyncContext: new", "context", "async-context.constructor"),
    ("AsyncContext: get", "context", "async-context.get"),
    ("AsyncContext: set", "context", "async-context.set"),
    ("AsyncContext: remove", "context", "async-context.remove"),
    ("AsyncContext: contains_key", "context", "async-context.contains-key"),
    ("AsyncContext: len", "context", "async-context.len"),
    ("AsyncContext: is_empty", "context", "async-context.is-empty"),
    ("AsyncContext: clear", "context", "async-context.clear"),
    ("AsyncContext: iteration", "context", "async-context.iterate"),
    ("AsyncContext: iteration", "context", "context-entry{key, value}"),
    ("current-context stack: context_get", "context", "context-get"),
    ("current-context stack: context_set", "context", "context-set"),
    ("current-context stack: context_push", "context", "context-push"),
    ("current-context stack: context_pop", "context", "context-pop"),
    ("current-context stack: get value", "context", "get-context-value"),
    ("current-context stack: set value", "context", "set-context-value"),
    ("current-context stack: remove value", "context", "remove-context-value"),
    ("current-context stack: clear", "context", "clear-context"),
    ("AsyncContextScope", "context", "async-context-scope"),
    ("AsyncContextScope::enter(ctx)", "context", "async-context-scope.enter"),
    ("AsyncContextScope::enter_empty()", "context", "async-context-scope.enter-empty"),
    ("AsyncContextScope: popped on drop", "context", "async-context-scope"),
    ("AsyncContextScope: leave", "context", "async-context-scope.leave"),
    ("with_async_context!", "context", "async-context-scope.enter"),
    ("a task started inside a scope sees that scope's values", "context", "async-context-scope"),
    ("a wrong state transition, a full table, over-long text is an error", "context", "error{no-current-context, scope-not-innermost, scope-already-left, owned-by-scope, full, text-too-long, malformed-value}"),

    // Tasks.
    ("TaskId", "task", "task-id{index, generation}"),
    ("TaskStatus", "task", "task-status{pending, running, completed, cancelled, failed}"),
    ("TaskStatus: is_finished", "task", "is-finished"),
    ("TaskStatus: is_active", "task", "is-active"),
    ("TaskReturn: value, bytes, void", "task", "task-return{value, bytes, void}"),
    ("TaskReturn: conversions from component values", "task", "task-return"),
    ("TaskReturn: conversions from Rust scalars", "value", "value-node"),
    ("tasks: start", "task", "start"),
    ("tasks: return", "task", "return"),
    ("tasks: fail", "task", "fail"),
    ("tasks: status", "task", "status"),
    ("tasks: cancel", "task", "cancel"),
    ("tasks: wait", "task", "wait"),
    ("tasks: wait, as a Future", "task", "completion"),
    ("tasks: wait, as a poll", "task", "poll"),
    ("tasks: wait: how the task ended", "task", "task-outcome{completed, cancelled, failed}"),
    ("tasks: metadata get", "task", "get-metadata"),
    ("tasks: metadata set", "task", "set-metadata"),
    ("tasks: cleanup of finished", "task", "cleanup-finished"),
    ("tasks: count", "task", "count"),
    ("CancellationToken", "task", "cancellation-token"),
    ("CancellationToken: new", "task", "cancellation-token.constructor"),
    ("CancellationToken: child", "task", "cancellation-token.child"),
    ("CancellationToken: is_cancelled", "task", "cancellation-token.is-cancelled"),
    ("CancellationToken: cancel", "task", "cancellation-token.cancel"),
    ("CancellationToken: register handler", "task", "cancellation-token.register-handler"),
    ("CancellationToken: unregister handler", "task", "cancellation-token.unregister-handler"),
    ("CancellationToken: handler", "task", "cancellation-handler{id, outcome}"),
    ("CancellationToken: handler", "task", "handler-id"),
    ("CancellationToken: each handler once", "task", "handler-outcome{cancelled, unregistered}"),
    ("helper: with_task", "task", "task-scope"),
    ("helper: with_task", "task", "task-scope.with-task"),
    ("helper: with_task: the task", "task", "task-scope.task"),
    ("helper: with_task: the closure's value", "task", "task-scope.finish"),
    ("helper: with_cancellable_task", "task", "task-scope.with-cancellable-task"),
    ("helper: wait_for_tasks", "task", "wait-for-tasks"),
    ("an unknown or stale id, a wrong state transition, a full table, over-long text is an error", "task", "error{unknown, stale, already-finished, owned-by-guest, cancellation-already-requested, deadlock, wait-cancelled, scope-not-innermost, scope-already-left, unknown-handler, full, text-too-long, malformed-value}"),

    // Waitable sets.
    ("waitables: subtasks, stream ends, future ends, host-completed operations, nested sets", "waitable", "waitable{subtask, stream-end, future-end, host-operation, nested-set}"),
    ("waitables: stream ends and future ends", "waitable", "end-id{index, generation}"),
    ("waitables: host-completed operations", "waitable", "host-operation"),
    ("waitables: host-completed operations", "waitable", "host-operation-id{index, generation}"),
    ("waitables: host-completed operations: new", "waitable", "host-operation.constructor"),
    ("waitables: host-completed operations: id", "waitable", "host-operation.id"),
    ("waitables: host-completed operations: complete", "waitable", "host-operation.complete"),
    ("waitables: nested sets", "waitable", "waitable-set.id"),
    ("waitables: nested sets", "waitable", "waitable-set-id{index, generation}"),
    ("set", "waitable", "waitable-set"),
    ("set: new", "waitable", "waitable-set.constructor"),
    ("set: add", "waitable", "waitable-set.add"),
    ("set: add: the member's id", "waitable", "waitable-id{index, generation}"),
    ("set: remove", "waitable", "waitable-set.remove"),
    ("set: contains", "waitable", "waitable-set.contains"),
    ("set: count", "waitable", "waitable-set.count"),
    ("set: close", "waitable", "waitable-set.close"),
    ("set: drop", "waitable", "waitable-set"),
    ("set: wait", "waitable", "waitable-set.wait"),
    ("set: wait: time-out in host terms", "waitable", "duration"),
    ("set: poll", "waitable", "waitable-set.poll"),
    ("set: poll_all", "waitable", "waitable-set.poll-all"),
    ("WaitResult: Ready/Timeout/Cancelled/Error", "waitable", "wait-result{ready, timeout, cancelled, error}"),
    ("WaitResult: Ready: the entry", "waitable", "ready-waitable{id, waitable, event}"),
    ("WaitResult: Ready: the event", "waitable", "event{subtask, stream-read, stream-write, future-read, future-write, host-operation, nested-set}"),
    ("WaitResult: Ready: a subtask's event", "waitable", "subtask-state{starting, started, returned, cancelled-before-started, cancelled-before-returned}"),
    ("WaitResult: Ready: a stream end's event", "waitable", "stream-result{progress, result}"),
    ("WaitResult: Ready: a stream end's event", "waitable", "copy-result{completed, dropped, cancelled}"),
    ("WaitResult: Ready: a readable future end's event", "waitable", "future-read-result{completed, cancelled}"),
    ("WaitResult: Ready: a writable future end's event", "waitable", "future-write-result{completed, dropped, cancelled}"),
    ("helper: set from many", "waitable", "waitable-set.from-waitables"),
    ("helper: wait for any future", "waitable", "wait-for-any-future"),
    ("helper: wait for any stream", "waitable", "wait-for-any-stream"),
    ("an unknown or stale id, a wrong state transition, a full table is an error", "waitable", "error{unknown-waitable, stale-waitable, unknown-member, stale-member, wrong-kind, has-sync-waiter, contains-itself, closed, operation-dropped, no-waitables, deadlock, full}"),

    // Error contexts.
    ("severity Info/Warning/Error/Critical", "error-context", "error-severity{info, warning, error, critical}"),
    ("severity: as_str", "error-context", "severity-as-string"),
    ("severity: as_u32", "error-context", "severity-as-u32"),
    ("severity: from_u32", "error-context", "severity-from-u32"),
    ("error context", "error-context", "host-error-context"),
    ("error context: new", "error-context", "host-error-context.constructor"),
    ("error context: new, for a guest", "error-context", "host-error-context.to-error-context"),
    ("error context: debug-message", "error-context", "host-error-context.debug-message"),
    ("error context: drop", "error-context", "host-error-context"),
    ("error context: severity", "error-context", "host-error-context.severity"),
    ("error context: message", "error-context", "host-error-context.message"),
    ("error context: code", "error-context", "host-error-context.code"),
    ("error context: code", "error-context", "host-error-context.set-code"),
    ("error context: source (chaining)", "error-context", "host-error-context.source"),
    ("error context: source (chaining)", "error-context", "host-error-context.set-source"),
    ("error context: frames (function, file, line, column)", "error-context", "stack-frame{function, file, line, column}"),
    ("error context: frames", "error-context", "host-error-context.stack-frames"),
    ("error context: frames", "error-context", "host-error-context.add-stack-frame"),
    ("error context: metadata", "error-context", "host-error-context.get-metadata"),
    ("error context: metadata", "error-context", "host-error-context.set-metadata"),
    ("error context: formatted trace", "error-context", "host-error-context.stack-trace"),
    ("error context: from any error with its source chain", "error-context", "host-error-context.from-error"),
    ("helper: create_simple", "error-context", "host-error-context.create-simple"),
    ("helper: create_with_stack_trace", "error-context", "host-error-context.create-with-stack-trace"),
    ("a wrong number, a full table, over-long text is an error", "error-context", "error{unknown-severity, empty-chain, full, text-too-long, malformed-value}"),

    // Threads.
    ("thread id", "thread", "thread-id{index, generation}"),
    ("spawn by function reference", "thread", "spawn-ref"),
    ("FunctionReference: name, signature, module index, function index", "thread", "function-reference{name, signature, module-index, function-index}"),
    ("spawn indirectly", "thread", "spawn-indirect"),
    ("spawn indirectly: table, index, type, arguments", "thread", "indirect-call{table-index, function-index, type-index, arguments}"),
    ("spawn: arguments", "thread", "thread-value{i32, i64, f32, f64}"),
    ("spawn: signature", "thread", "function-signature{params, results}"),
    ("spawn: signature", "thread", "thread-value-type{i32, i64, f32, f64}"),
    ("spawn: signature checked", "thread", "signature-difference{expected, found}"),
    ("ThreadSpawnConfig: stack size, priority", "thread", "thread-spawn-config{stack-size, priority}"),
    ("ThreadSpawnConfig", "thread", "config"),
    ("state Starting/Running/Completed/Cancelled/Failed/Joining", "thread", "thread-state{starting, running, completed, cancelled, failed, joining}"),
    ("state", "thread", "state"),
    ("parent", "thread", "parent"),
    ("children", "thread", "children"),
    ("cancel children", "thread", "cancel-children"),
    ("join", "thread", "join"),
    ("join: result handling", "thread", "thread-result{completed, cancelled, failed}"),
    ("counts", "thread", "count"),
    ("counts", "thread", "count-in-state"),
    ("cleanup", "thread", "cleanup-finished"),
    ("thread-local values: get", "thread", "thread-local-get"),
    ("thread-local values: set, with destructor", "thread", "thread-local-set"),
    ("thread-local values: remove", "thread", "thread-local-remove"),
    ("parallelism info", "thread", "get-parallelism-info"),
    ("parallelism info: threads are cooperative", "thread", "parallelism-info{available-parallelism, cooperative}"),
    ("joining twice or oneself, an unknown or stale id, a full table, over-long text is an error", "thread", "error{unknown, stale, unknown-module, unknown-function, unknown-table, unknown-type, undefined-element, signature-mismatch, argument-mismatch, already-joined, joins-itself, deadlock, wait-cancelled, already-finished, full, text-too-long, malformed-value}"),

    // Fixed-length lists.
    ("FixedLengthListType: element type, length, mutable or not", "fixed-length-list", "fixed-length-list-type{element-type, length, mutability}"),
    ("FixedLengthListType: mutable or not", "fixed-length-list", "mutability{mutable, immutable}"),
    ("FixedLengthListType: size in bytes", "fixed-length-list", "size-in-bytes"),
    ("FixedLengthListType: size in bytes, from the ABI's rules", "fixed-length-list", "address-type{i32, i64}"),
    ("FixedLengthListType: validated", "fixed-length-list", "validate"),
    ("FixedLengthList", "fixed-length-list", "fixed-length-list"),
    ("FixedLengthList: new", "fixed-length-list", "fixed-length-list.constructor"),
    ("FixedLengthList: with_elements", "fixed-length-list", "fixed-length-list.with-elements"),
    ("FixedLengthList: its type", "fixed-length-list", "fixed-length-list.list-type"),
    ("FixedLengthList: get", "fixed-length-list", "fixed-length-list.get"),
    ("FixedLengthList: set", "fixed-length-list", "fixed-length-list.set"),
    ("FixedLengthList: push up to the length", "fixed-length-list", "fixed-length-list.push"),
    ("FixedLengthList: is_full", "fixed-length-list", "fixed-length-list.is-full"),
    ("FixedLengthList: remaining", "fixed-length-list", "fixed-length-list.remaining"),
    ("FixedLengthList: len", "fixed-length-list", "fixed-length-list.len"),
    ("FixedLengthList: iterate", "fixed-length-list", "fixed-length-list.iterate"),
    ("FixedLengthList: to_vec", "fixed-length-list", "fixed-length-list.to-list"),
    ("building a list of an immutable type", "fixed-length-list", "fixed-length-list.push"),
    ("FixedLengthListTypeRegistry", "fixed-length-list", "fixed-length-list-type-registry"),
    ("FixedLengthListTypeRegistry: new", "fixed-length-list", "fixed-length-list-type-registry.constructor"),
    ("FixedLengthListTypeRegistry: register", "fixed-length-list", "fixed-length-list-type-registry.register-type"),
    ("FixedLengthListTypeRegistry: same type, same index", "fixed-length-list", "type-index"),
    ("FixedLengthListTypeRegistry: get", "fixed-length-list", "fixed-length-list-type-registry.get-type"),
    ("FixedLengthListTypeRegistry: find", "fixed-length-list", "fixed-length-list-type-registry.find-type"),
    ("FixedLengthListTypeRegistry: count", "fixed-length-list", "fixed-length-list-type-registry.count"),
    ("extended value type", "fixed-length-list", "extended-value-type{standard, fixed-length-list}"),
    ("fixed_list_utils: repeat_element", "fixed-length-list", "repeat-element"),
    ("fixed_list_utils: zero_filled", "fixed-length-list", "zero-filled"),
    ("fixed_list_utils: from_range", "fixed-length-list", "from-range"),
    ("fixed_list_utils: concatenate", "fixed-length-list", "concatenate"),
    ("fixed_list_utils: slice", "fixed-length-list", "slice"),
    ("a length error, an unknown index, a full table is an error", "fixed-length-list", "error{zero-length, type-too-large, unknown-type, wrong-element-type, element-types-differ, unsupported-element-type, wrong-length, out-of-bounds, list-full, immutable, invalid-range, full, malformed-value, malformed-type}"),
    ("a length error: what was given", "fixed-length-list", "bounds{given, length}"),
];

/// The functions that wait, and are therefore `async`.
const WAITS: &[(&str, &str)] = &[
    ("task", "wait"),
    ("task", "wait-for-tasks"),
    ("thread", "join"),
    ("waitable", "wait-for-any-future"),
    ("waitable", "wait-for-any-stream"),
    ("waitable", "waitable-set.wait"),
];

/// Returns the folder of the package.
fn folder() -> PathBuf {
    Path::new(weft_spec::DATA).join("wit")
}

/// Returns the package with every feature enabled, or its problems, with their places.
fn package() -> Result<(Resolve, PackageId), String> {
    let mut resolve = Resolve { all_features: true, ..Resolve::default() };
    match resolve.push_dir(folder()) {
        Ok((package, _)) => Ok((resolve, package)),
        Err(error) => Err(resolve.render_error(&error)),
    }
}

/// Returns the package's interfaces by name.
fn interfaces(resolve: &Resolve, package: PackageId) -> BTreeMap<&str, &Interface> {
    let interfaces = &resolve.packages[package].interfaces;
    interfaces.iter().map(|(name, id)| (name.as_str(), &resolve.interfaces[*id])).collect()
}

/// Returns the types that an interface defines, without those that it imports with `use`.
fn types<'a>(
    resolve: &'a Resolve,
    interface: &'a Interface,
) -> impl Iterator<Item = (&'a str, &'a TypeDef)> {
    interface.types.iter().map(|(name, id)| (name.as_str(), &resolve.types[*id])).filter(
        |(_, definition)| match definition.kind {
            TypeDefKind::Type(Type::Id(of)) => {
                let owner = resolve.types[of].owner;
                owner == TypeOwner::None || owner == definition.owner
            }
            _ => true,
        },
    )
}

/// Returns the fields or cases of a type, with their documentation.
fn members(definition: &TypeDef) -> Vec<(&str, &Docs)> {
    match &definition.kind {
        TypeDefKind::Record(it) => it.fields.iter().map(|m| (m.name.as_str(), &m.docs)).collect(),
        TypeDefKind::Variant(it) => it.cases.iter().map(|m| (m.name.as_str(), &m.docs)).collect(),
        TypeDefKind::Enum(it) => it.cases.iter().map(|m| (m.name.as_str(), &m.docs)).collect(),
        TypeDefKind::Flags(it) => it.flags.iter().map(|m| (m.name.as_str(), &m.docs)).collect(),
        _ => Vec::new(),
    }
}

/// Returns the functions of an interface under the names that [`OPERATIONS`] has for them.
fn functions<'a>(
    resolve: &'a Resolve,
    interface: &'a Interface,
) -> impl Iterator<Item = (String, &'a Function)> {
    interface.functions.values().map(|function| {
        let resource = function.kind.resource().and_then(|id| resolve.types[id].name.as_deref());
        let name = match resource {
            Some(resource) => format!("{resource}.{}", function.item_name()),
            None => function.name.clone(),
        };
        (name, function)
    })
}

/// Formats the items of an interface as in [`OPERATIONS`].
fn items(resolve: &Resolve, interface: &Interface) -> BTreeSet<String> {
    let types = types(resolve, interface).map(|(name, definition)| {
        let members: Vec<&str> = members(definition).into_iter().map(|(name, _)| name).collect();
        if members.is_empty() {
            name.to_owned()
        } else {
            format!("{name}{{{}}}", members.join(", "))
        }
    });
    types.chain(functions(resolve, interface).map(|(name, _)| name)).collect()
}

/// Returns an item's name, without its fields or cases.
fn name_of(item: &str) -> &str {
    item.split('{').next().unwrap_or(item)
}

/// Returns all items of the package, with their documentation.
fn documented(resolve: &Resolve, package: PackageId) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut add = |what: String, docs: &Docs| {
        found.push((what, docs.contents.clone().unwrap_or_default()));
    };
    add("the package".to_owned(), &resolve.packages[package].docs);
    for (name, id) in &resolve.packages[package].worlds {
        let world = &resolve.worlds[*id];
        add(format!("world {name}"), &world.docs);
        for (key, item) in world.imports.iter().chain(&world.exports) {
            if let WorldItem::Interface { docs, .. } = item {
                add(format!("world {name}: {}", resolve.name_world_key(key)), docs);
            }
        }
    }
    for (interface_name, interface) in interfaces(resolve, package) {
        add(interface_name.to_owned(), &interface.docs);
        for (type_name, definition) in types(resolve, interface) {
            add(format!("{interface_name}: {type_name}"), &definition.docs);
            for (member, docs) in members(definition) {
                add(format!("{interface_name}: {type_name}.{member}"), docs);
            }
        }
        for (function_name, function) in functions(resolve, interface) {
            add(format!("{interface_name}: {function_name}"), &function.docs);
        }
    }
    found
}

/// Returns the sections of the spec that a text names, as `(file, anchor)`.
fn sections_named(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_ascii_alphanumeric()))
        .filter_map(|word| word.split_once('#'))
}

/// Returns the anchors of a Markdown text's headings, as on the web site of the spec.
fn anchors(markdown: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    let mut times_seen = HashMap::new();
    let mut in_code = false;
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        let heading = line.trim_start_matches('#');
        if in_code || heading.len() == line.len() || !heading.starts_with(' ') {
            continue;
        }
        let anchor: String = heading
            .trim()
            .to_lowercase()
            .chars()
            .filter(|c| c.is_alphabetic() || c.is_ascii_digit() || matches!(c, '-' | '_' | ' '))
            .map(|c| if c == ' ' { '-' } else { c })
            .collect();
        let seen = times_seen.entry(anchor.clone()).or_insert(0_u32);
        anchors.insert(if *seen == 0 { anchor } else { format!("{anchor}-{seen}") });
        *seen += 1;
    }
    anchors
}

/// Returns the words in backticks after "Errors:" in a documentation. Each has a flag: true for the
/// name of a function whose errors are meant, as in "as `add`". `None` if it names no errors.
fn errors_named(docs: &str) -> Option<Vec<(bool, &str)>> {
    let (_, said) = docs.split_once("Errors")?;
    let end = said.match_indices('.').map(|(at, _)| at).find(|at| {
        said.get(at + 1..).is_none_or(|rest| rest.is_empty() || rest.starts_with([' ', '\n']))
    });
    let said = end.and_then(|end| said.get(..end)).unwrap_or(said);
    let mut named = Vec::new();
    let mut before = "";
    for (number, part) in said.split('`').enumerate() {
        if number % 2 == 1 {
            let last = before.split_whitespace().last();
            named.push((last == Some("as") || before.trim() == "and", part));
        }
        before = part;
    }
    named.retain(|(_, word)| *word != "wait-result.error");
    Some(named)
}

/// Returns true if a function can return its interface's `error`.
fn can_fail(resolve: &Resolve, function: &Function) -> bool {
    let named = |ty: &Type, name: &str| match ty {
        Type::Id(id) => resolve.types[*id].name.as_deref() == Some(name),
        _ => false,
    };
    function.result.as_ref().is_some_and(|result| {
        let kind = match result {
            Type::Id(id) => Some(&resolve.types[*id].kind),
            _ => None,
        };
        named(result, "wait-result")
            || matches!(kind, Some(TypeDefKind::Result(it)) if it.err.is_some_and(|e| named(&e, "error")))
    })
}

#[test]
fn the_world_imports_every_interface_and_exports_none() {
    let (resolve, package) = package().unwrap_or_else(|error| panic!("{error}"));
    resolve.assert_valid();
    assert_eq!(resolve.packages[package].name.to_string(), "weft:host@0.1.0");
    let world = resolve.select_world(&[package], Some("host")).unwrap();
    let world = &resolve.worlds[world];
    let imported: BTreeSet<String> =
        world.imports.keys().map(|key| resolve.name_world_key(key)).collect();
    let defined: BTreeSet<String> = interfaces(&resolve, package)
        .keys()
        .map(|name| format!("weft:host/{name}@0.1.0"))
        .collect();
    assert_eq!(imported, defined);
    assert!(world.exports.is_empty());
}

#[test]
fn each_file_is_one_documented_interface_of_the_same_name() {
    let (resolve, package) = package().unwrap_or_else(|error| panic!("{error}"));
    let mut files = BTreeSet::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("/// "), "{name}.wit opens with no comment");
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{name}.wit has a long line");
        files.insert(name);
    }
    let mut expected: BTreeSet<String> =
        interfaces(&resolve, package).keys().map(|name| (*name).to_owned()).collect();
    expected.insert("world".to_owned());
    assert_eq!(files, expected);
}

#[test]
fn every_item_names_a_section_of_the_spec_or_host_extension() {
    let (resolve, package) = package().unwrap_or_else(|error| panic!("{error}"));
    let silent: Vec<String> = documented(&resolve, package)
        .into_iter()
        .filter(|(_, docs)| {
            let docs = docs.to_lowercase().replace('\n', " ");
            !docs.contains("host extension") && sections_named(&docs).next().is_none()
        })
        .map(|(what, _)| what)
        .collect();
    assert!(silent.is_empty(), "neither a section nor “host extension”: {silent:#?}");
}

#[test]
fn every_named_section_is_in_the_spec_of_record() {
    let (resolve, package) = package().unwrap_or_else(|error| panic!("{error}"));
    let spec = weft_tests::pinned::component_model().unwrap().join("design").join("mvp");
    let mut texts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut wrong = Vec::new();
    let mut named = 0;
    for (what, docs) in documented(&resolve, package) {
        for (file, anchor) in sections_named(&docs) {
            named += 1;
            let found = texts.entry(file.to_owned()).or_insert_with(|| {
                fs::read_to_string(spec.join(file)).map(|text| anchors(&text)).unwrap_or_default()
            });
            if !found.contains(anchor) {
                wrong.push(format!("{what}: {file}#{anchor}"));
            }
        }
    }
    assert!(wrong.is_empty(), "no such section: {wrong:#?}");
    assert!(named > 100, "only {named} sections are named: are they still found in the text?");
}

#[test]
fn anchors_are_those_that_the_spec_links_to() {
    let text = "# A\n###### 🧵② `thread.spawn-ref`\n```\n# no heading\n```\n## A\n#2, no heading\n\
                ### 🔀 `canon {stream,future}.drop-{readable,writable}`\n";
    let expected = ["-canon-streamfuturedrop-readablewritable", "-threadspawn-ref", "a", "a-1"];
    assert_eq!(anchors(text).into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn every_operation_of_the_host_api_has_its_item() {
    let (resolve, package) = package().unwrap_or_else(|error| panic!("{error}"));
    let interfaces = interfaces(&resolve, package);
    let missing: Vec<_> = OPERATIONS
        .iter()
        .filter(|(_, interface, item)| {
            !interfaces.get(interface).is_some_and(|found| {
                let items = items(&resolve, found);
                // The fields or cases of an item that operations share are listed only once.
                items.contains(*item) || items.iter().any(|found| name_of(found) == *item)
            })
        })
        .collect();
    assert!(missing.is_empty(), "no such item, or other fields or cases: {missing:#?}");
}

#[test]
fn every_item_belongs_to_an_operation_of_the_host_api() {
    let (resolve, package) = package().unwrap_or_else(|error| panic!("{error}"));
    let promised: BTreeSet<(&str, &str)> =
        OPERATIONS.iter().map(|(_, interface, item)| (*interface, *item)).collect();
    let mut extra = Vec::new();
    for (name, interface) in interfaces(&resolve, package) {
        for item in items(&resolve, interface) {
            if !promised.contains(&(name, item.as_str())) {
                extra.push(format!("{name}: {item}"));
            }
        }
    }
    assert!(extra.is_empty(), "no operation needs: {extra:#?}");
}

#[test]
fn no_operation_is_listed_twice_for_the_same_item() {
    let mut seen = BTreeSet::new();
    for operation in OPERATIONS {
        assert!(seen.insert(operation), "twice: {operation:?}");
    }
}

#[test]
fn functions_that_can_fail_name_their_errors() {
    let (resolve, package) = package().unwrap_or_else(|error| panic!("{error}"));
    let mut wrong = Vec::new();
    for (name, interface) in interfaces(&resolve, package) {
        let errors: BTreeSet<&str> = types(&resolve, interface)
            .filter(|(name, _)| *name == "error")
            .flat_map(|(_, definition)| members(definition))
            .map(|(case, _)| case)
            .collect();
        let names: BTreeSet<&str> = interface.functions.values().map(Function::item_name).collect();
        let mut never_named = errors.clone();
        for (function_name, function) in functions(&resolve, interface) {
            let docs = function.docs.contents.as_deref().unwrap_or_default();
            let said = errors_named(docs);
            if said.as_ref().is_some_and(|named| !named.is_empty()) != can_fail(&resolve, function)
            {
                wrong.push(format!("{name}: {function_name} can fail, or names errors: not both"));
            }
            for (is_function, word) in said.into_iter().flatten() {
                never_named.remove(word);
                let known = if is_function { names.contains(word) } else { errors.contains(word) };
                if !known {
                    wrong.push(format!("{name}: {function_name} names `{word}`, which is nothing"));
                }
            }
        }
        wrong.extend(never_named.iter().map(|case| format!("{name}: no function has `{case}`")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn exactly_the_waiting_functions_are_async() {
    let (resolve, package) = package().unwrap_or_else(|error| panic!("{error}"));
    let mut found = BTreeSet::new();
    for (name, interface) in interfaces(&resolve, package) {
        for (function_name, function) in functions(&resolve, interface) {
            if function.kind.is_async() {
                found.insert((name.to_owned(), function_name));
            }
        }
    }
    let waits = WAITS.iter().map(|(name, function)| ((*name).to_owned(), (*function).to_owned()));
    assert_eq!(found, waits.collect());
}

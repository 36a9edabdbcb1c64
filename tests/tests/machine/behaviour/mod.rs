//! Behavior without broken rules; each test states one sentence.

mod at_once;
mod backtraces;
mod calling;
mod cancellation;
mod choices;
mod copies;
mod deferred;
mod ends;
mod entering;
mod error_contexts;
mod forward;
mod held;
mod host_ends;
mod host_functions;
mod host_resources;
mod instances;
mod reference;
mod resources;
mod served_ends;
mod sets;
mod threads;

//! Every size is written, or there is a preset.

weft::limits! {
    struct Unframed {
        instances: 1, functions: 8, types: 8, handles: 16, thread_indices: 4, tasks: 4,
        threads: 4, waitables: 8, waitable_sets: 2, resources: 4, lends: 4, error_contexts: 1,
        message_bytes: 64, held_frames: 0,
    }
}

fn main() {}

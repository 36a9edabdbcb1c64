//! Files with timelines of guests: `--timeline`.
//!
//! | file | contents |
//! |---|---|
//! | `file` | the options, and the file: a page, a trace or a text |
//! | `stores` | the timelines of several stores, in one file |

mod file;
mod stores;

pub(crate) use file::{TimelineArguments, TimelineFile, TimelinePath};
pub(crate) use stores::StoreTimelines;

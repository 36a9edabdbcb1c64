//! Timelines of stores: as text, as traces for Perfetto, and as HTML pages.
//!
//! A store [records](weft::component::Store::record_timeline) a timeline. A [`TimelineReport`] writes
//! it in three ways:
//!
//! | method | result |
//! |---|---|
//! | [`text`](TimelineReport::text) | one line for each event |
//! | [`trace_json`](TimelineReport::trace_json) | a trace that <https://ui.perfetto.dev> and `chrome://tracing` open |
//! | [`html`](TimelineReport::html) | one page that needs no network: lanes of tasks, arrows for calls, wakes and copies, the choices of the schedule, and a graph of waiting tasks |
//!
//! Names and messages come from guests. All three escape them.
//!
//! | file | contents |
//! |---|---|
//! | `report` | the report |
//! | `phrases` | events in words |
//! | `merged` | the timelines of several stores as one |
//! | `scene`, `scene_builder` | lanes, spans, points and arrows, from events |
//! | `lanes` | giving lanes to threads, and using them again |
//! | `text`, `trace`, `page`, `page_data` | the three outputs |
//! | `waits` | the graph of waiting tasks |

mod lanes;
mod merged;
mod page;
mod page_data;
mod phrases;
mod report;
mod scene;
mod scene_builder;
mod text;
mod trace;
mod waits;

pub use report::TimelineReport;

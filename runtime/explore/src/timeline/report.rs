//! The report of a timeline.

use std::fmt;

use askama::Template;
use weft::component::WaitingTask;
use weft::timeline::Timeline;

use super::merged::{Merged, NamedTimeline};
use super::page::{Page, SCRIPT, STYLE};
use super::page_data::page_data;
use super::scene::Scene;
use super::waits::WaitGraph;
use super::{text, trace};

/// A timeline that is going to be written, with more about it.
///
/// ```
/// use weft::timeline::Timeline;
/// use weft_explore::timeline::TimelineReport;
///
/// let timeline = Timeline::new(10);
/// let report = TimelineReport::new(&timeline).with_title("Nothing has happened");
/// assert!(report.html()?.contains("<title>Nothing has happened</title>"));
/// # Ok::<(), std::fmt::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TimelineReport<'a> {
    stores: Vec<NamedTimeline<'a>>,
    title: &'a str,
    outcome: &'a str,
    waiting: &'a [WaitingTask],
}

impl<'a> TimelineReport<'a> {
    /// Creates the report of a timeline.
    #[must_use]
    pub fn new(timeline: &'a Timeline) -> Self {
        Self::of_stores([("", timeline)])
    }

    /// Creates the report of the timelines of several stores, each with a name for the store. Their
    /// events are in the order of time, if all have [clocks](Timeline::with_clock), which have to count
    /// from the same moment. Otherwise, one store follows the other.
    ///
    /// ```
    /// use weft::timeline::Timeline;
    /// use weft_explore::timeline::TimelineReport;
    ///
    /// let timelines = [Timeline::new(10), Timeline::new(10)];
    /// let names = ["the first request", "the second request"];
    /// let report = TimelineReport::of_stores(names.into_iter().zip(&timelines));
    /// assert_eq!(report.text(), "");
    /// ```
    #[must_use]
    pub fn of_stores(stores: impl IntoIterator<Item = (&'a str, &'a Timeline)>) -> Self {
        let stores = stores.into_iter().collect();
        Self { stores, title: "Timeline", outcome: "", waiting: &[] }
    }

    /// Sets the title of the page.
    #[must_use]
    pub fn with_title(mut self, title: &'a str) -> Self {
        self.title = title;
        self
    }

    /// Sets a text about the end, such as the message of an error. The page shows it at the top, and
    /// the text has it in its last lines.
    #[must_use]
    pub fn with_outcome(mut self, outcome: &'a str) -> Self {
        self.outcome = outcome;
        self
    }

    /// Sets the tasks that wait, from [`Store::waiting`](weft::component::Store::waiting) or from a
    /// [`Deadlock`](weft::component::Deadlock). The page draws them as a graph of who waits for whom,
    /// and the text lists them.
    #[must_use]
    pub fn with_waiting(mut self, waiting: &'a [WaitingTask]) -> Self {
        self.waiting = waiting;
        self
    }

    /// Returns the timeline as text, with one line for each event.
    #[must_use]
    pub fn text(&self) -> String {
        text::text(&Merged::of(&self.stores), self.outcome, self.waiting)
    }

    /// Returns the timeline as a trace in the JSON of Chrome's trace events. Instances are its
    /// processes, and tasks are its threads.
    ///
    /// Without a clock, each event takes one microsecond. Events of the same time are a nanosecond
    /// apart.
    #[must_use]
    pub fn trace_json(&self) -> String {
        let merged = Merged::of(&self.stores);
        trace::trace(&merged, &Scene::of(&merged))
    }

    /// Returns the timeline as an HTML page. It needs no other file and no network.
    ///
    /// # Errors
    ///
    /// [`fmt::Error`] if the page could not be formatted, which does not happen with a `String`.
    pub fn html(&self) -> Result<String, fmt::Error> {
        let merged = Merged::of(&self.stores);
        let scene = Scene::of(&merged);
        let waits = WaitGraph::of(self.waiting);
        let page = Page {
            title: self.title,
            outcome: self.outcome,
            style: STYLE,
            script: SCRIPT,
            data: page_data(&merged, &scene, &waits),
        };
        page.render().map_err(|_| fmt::Error)
    }
}

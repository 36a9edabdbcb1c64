//! Pages in a real browser, if there is one: Chromium draws them without errors and requests.

use std::path::Path;
use std::process::Command;

use weft::abi::Val;
use weft_explore::timeline::TimelineReport;

use super::guests::{CIRCLE, STREAMS};
use super::outputs::{in_two_stores, record};

/// The places of the browser.
const BROWSERS: [&str; 3] =
    ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/// Opens a page, and returns its elements after its program has run. `None` without a browser.
fn open(report: &TimelineReport<'_>, at: &str) -> Option<String> {
    let Some(browser) = BROWSERS.iter().find(|it| Path::new(it).exists()) else {
        println!("left out: no Chromium is installed");
        return None;
    };
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    std::fs::write(&page, report.html().unwrap()).unwrap();
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--enable-logging=stderr", "--virtual-time-budget=3000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .arg(format!("file://{}{at}", page.display()))
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    let complaints: Vec<_> = log.lines().filter(|line| line.contains("CONSOLE")).collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn a_browser_draws_a_page_and_describes_the_selected_event() {
    let recorded = record(STREAMS, &[Val::U32(2)], 1000, "note");
    let Some(page) = open(&recorded.report(), "#event=20") else { return };
    let summary = format!("{} events in", recorded.timeline.events().len());
    assert!(page.contains(&summary), "{summary}");
    assert!(page.contains("event 20, turn "), "the selected event");
    assert!(!page.contains("<svg"), "nobody waits");
}

#[test]
fn a_browser_draws_a_deadlock() {
    let recorded = record(CIRCLE, &[], 1000, "note");
    let Some(page) = open(&recorded.report(), "") else { return };
    assert!(page.contains("<svg") && page.contains("a read from a stream of"));
    assert!(page.contains("edge circle"));
}

#[test]
fn a_browser_draws_a_long_timeline() {
    let recorded = record(STREAMS, &[Val::U32(3000)], 100_000, "note");
    assert_eq!(recorded.timeline.events().len(), 100_000);
    let Some(page) = open(&recorded.report(), "") else { return };
    assert!(page.contains("100000 events in"));
}

#[test]
fn a_browser_shows_times_and_stores() {
    let timelines = in_two_stores();
    let report = TimelineReport::of_stores(["a", "b"].into_iter().zip(&timelines));
    let Some(page) = open(&report, "#event=3") else { return };
    assert!(page.contains("4 events in 2 stores") && page.contains("2 lanes, 1.5 min"));
    assert!(page.contains("event 3, turn 0, 1.5 min — b, the host"));
}

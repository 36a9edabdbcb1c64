//! The page, without its data.

use askama::Template;

/// The styles of the page.
pub(super) const STYLE: &str = include_str!("page/style.css");

/// The program that draws the page.
pub(super) const SCRIPT: &str = include_str!("page/script.js");

/// The page. It may load nothing: its policy allows only what is part of it.
#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>{{ title }}</title>
<style>{{ style|safe }}</style>
</head>
<body>
<header>
<h1>{{ title }}</h1>
<p id="summary"></p>
{% if !outcome.is_empty() %}<pre id="outcome">{{ outcome }}</pre>{% endif %}
</header>
<section id="waits" hidden>
<h2>Who waits for whom</h2>
<div id="graph"></div>
</section>
<nav id="tools">
<input id="search" type="search" placeholder="Search (/)" aria-label="Search events" autocomplete="off" spellcheck="false">
<span id="found"></span>
<span class="gap"></span>
<span class="buttons"><button id="choice-before" title="Previous choice (←)">◀ choice</button><button id="choice-after" title="Next choice (→)">choice ▶</button></span>
<span class="buttons"><button id="event-before" title="Previous event (,)">◀ event</button><button id="event-after" title="Next event (.)">event ▶</button></span>
<span class="buttons"><button id="zoom-out" title="Zoom out (-)">−</button><button id="zoom-in" title="Zoom in (+)">+</button><button id="fit" title="Show all (0)">all</button></span>
</nav>
<main>
<canvas id="canvas" tabindex="0" role="img" aria-label="Timeline of tasks"></canvas>
<div id="tip" hidden></div>
</main>
<aside id="detail" aria-live="polite">Move over the timeline for details. Wheel: zoom; drag: move; click: select; ← →: choices of the schedule; , .: events; / : search.</aside>
<footer id="legend"></footer>
<noscript>This page draws with JavaScript, which is part of it.</noscript>
<script type="application/json" id="data">{{ data|safe }}</script>
<script>{{ script|safe }}</script>
</body>
</html>"#
)]
pub(super) struct Page<'a> {
    pub(super) title: &'a str,
    pub(super) outcome: &'a str,
    pub(super) style: &'static str,
    pub(super) script: &'static str,
    pub(super) data: String,
}

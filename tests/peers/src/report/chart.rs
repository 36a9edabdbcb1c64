//! The chart: Weft's use of resources relative to Wasmtime's, on a logarithmic scale.

use std::fmt::Write;

use crate::report::comparison::Comparison;
use crate::report::environment::Environment;
use crate::report::table::ratio;

const WIDTH: f64 = 860.0;
/// The beginning of the scale.
const LEFT: f64 = 320.0;
/// The end of the scale.
const RIGHT: f64 = 790.0;
const TOP: f64 = 84.0;
const LINE: f64 = 19.0;

const FASTER: &str = "#2f7d5b";
const SLOWER: &str = "#c05a1c";
const PULLEY: &str = "#3d5a99";

/// A logarithmic scale.
struct Scale {
    least: f64,
    most: f64,
}

impl Scale {
    /// Returns the scale of whole powers of ten that contains these values.
    fn of(comparisons: &[Comparison]) -> Self {
        let ratios = comparisons.iter().flat_map(|it| [Some(it.weft), it.pulley]).flatten();
        let powers: Vec<f64> = ratios.map(f64::log10).collect();
        Self {
            least: powers.iter().copied().fold(-1.0, f64::min).floor(),
            most: powers.iter().copied().fold(1.0, f64::max).ceil(),
        }
    }

    fn x(&self, ratio: f64) -> f64 {
        let share = (ratio.log10() - self.least) / (self.most - self.least);
        LEFT + share * (RIGHT - LEFT)
    }

    fn powers(&self) -> impl Iterator<Item = i32> + use<> {
        self.least as i32..=self.most as i32
    }
}

/// Returns the chart as SVG.
pub fn svg(comparisons: &[Comparison], environment: &Environment) -> String {
    let scale = Scale::of(comparisons);
    let bottom = TOP + LINE * comparisons.len() as f64;
    let height = bottom + 58.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"12\" fill=\"#222\">\n\
         <title>What Weft takes, divided by what Wasmtime's JIT takes</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"16\" y=\"26\" font-size=\"16\" font-weight=\"bold\">Weft on wasmi beside Wasmtime\
         </text>\n"
    );
    legend(&mut svg);
    axis(&mut svg, &scale, bottom);
    for (number, comparison) in comparisons.iter().enumerate() {
        bar(&mut svg, &scale, comparison, TOP + LINE * (number as f64 + 0.5));
    }
    text(&mut svg, 16.0, bottom + 28.0, "start", &environment.place());
    text(&mut svg, 16.0, bottom + 44.0, "start", &environment.versions());
    svg.push_str("</svg>\n");
    svg
}

fn legend(svg: &mut String) {
    text(svg, 16.0, 46.0, "start", "The share of what Wasmtime's JIT takes: left of 1 is less.");
    for (x, color, label) in
        [(390.0, FASTER, "Weft takes less"), (520.0, SLOWER, "Weft takes more")]
    {
        rectangle(svg, x, 36.0, 12.0, color);
        text(svg, x + 18.0, 46.0, "start", label);
    }
    diamond(svg, 656.0, 42.0);
    text(svg, 668.0, 46.0, "start", "Wasmtime's interpreter Pulley");
}

fn axis(svg: &mut String, scale: &Scale, bottom: f64) {
    for power in scale.powers() {
        let value = 10_f64.powi(power);
        let x = scale.x(value);
        let (color, width) = if power == 0 { ("#222", 1.2) } else { ("#ddd", 1.0) };
        let y = TOP - 4.0;
        line(
            svg,
            &format!(
                "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{y}\" y2=\"{bottom}\" stroke=\"{color}\" \
             stroke-width=\"{width}\"/>"
            ),
        );
        text(svg, x, TOP - 9.0, "middle", &value.to_string());
    }
}

fn bar(svg: &mut String, scale: &Scale, comparison: &Comparison, y: f64) {
    text(svg, LEFT - 10.0, y + 4.0, "end", &comparison.title);
    let (one, end) = (scale.x(1.0), scale.x(comparison.weft));
    let color = if comparison.weft > 1.0 { SLOWER } else { FASTER };
    rectangle(svg, one.min(end), y - 5.5, (end - one).abs().max(1.0), color);
    if let Some(pulley) = comparison.pulley {
        diamond(svg, scale.x(pulley), y);
    }
    text(svg, WIDTH - 16.0, y + 4.0, "end", &ratio(comparison.weft));
}

fn rectangle(svg: &mut String, x: f64, y: f64, width: f64, color: &str) {
    line(
        svg,
        &format!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"11\" fill=\"{color}\"/>"
        ),
    );
}

/// Draws the symbol of Pulley.
fn diamond(svg: &mut String, x: f64, y: f64) {
    line(
        svg,
        &format!(
            "<path d=\"M{x:.1} {:.1}l4.5 4.5l-4.5 4.5l-4.5 -4.5z\" fill=\"#fff\" stroke=\"{PULLEY}\" \
         stroke-width=\"1.6\"/>",
            y - 4.5
        ),
    );
}

fn text(svg: &mut String, x: f64, y: f64, anchor: &str, text: &str) {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    line(svg, &format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>"));
}

fn line(svg: &mut String, element: &str) {
    writeln!(svg, "{element}").expect("a string grows");
}

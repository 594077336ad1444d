//! The plots, as SVG for light and dark pages.

use std::fmt::Write;

use crate::report::{Report, Spread, name, short};
use crate::shapes;

const STYLE: &str = "<style>\
text{font:13px system-ui,sans-serif;fill:#24292f}.title{font-size:16px;font-weight:600}.small{font-size:11px;fill:#6e7781}\
.s0{fill:#0f766e}.s1{fill:#b6bcc4}.s2{fill:#7d8590}.line0{stroke:#0f766e;fill:none;stroke-width:2.5}.line1{stroke:#9aa1aa;fill:none;stroke-width:2.5}\
.whisker{stroke:#24292f;stroke-width:1.2}.axis{stroke:#d0d7de;stroke-width:1}\
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.small{fill:#9198a1}.s0{fill:#2dd4bf}.s1{fill:#656c76}.s2{fill:#9198a1}\
.line0{stroke:#2dd4bf}.line1{stroke:#7d8590}.whisker{stroke:#e6edf3}.axis{stroke:#3d444d}}\
</style>";

/// Returns every plot that the report has figures for: file name and content.
pub fn all(report: &Report) -> Vec<(&'static str, String)> {
    let mut plots = Vec::new();
    let bars = [
        ("throughput.svg", "Deliveries per second, as fast as it goes (more is better)", "deliveries_per_s"),
        ("cpu.svg", "Server CPU per delivery, µs (less is better)", "cpu_us_per_delivery"),
        ("latency.svg", "Latency p99 from send to receipt, ms (less is better)", "p99_ms"),
        ("memory.svg", "Resident memory per idle connection, kB (less is better)", "resident_kb_each"),
        ("storing.svg", "One publisher: acknowledged per second (more is better)", "acknowledged_per_s"),
    ];
    for (file, title, figure) in bars {
        let servers = 0..report.servers.len();
        let spreads = |id: &str| servers.clone().map(|server| report.spread(id, server, figure)).collect();
        let groups: Vec<Group> = shapes::comparison(false)
            .into_iter()
            .filter(|entry| entry.shows.contains(&figure))
            .map(|entry| (entry.title, spreads(&entry.id)))
            .filter(|(_, spreads): &Group| spreads.iter().any(Option::is_some))
            .collect();
        if !groups.is_empty() {
            plots.push((file, bar_chart(title, &report.servers, &groups)));
        }
    }
    let panels: Vec<_> = ["members", "rooms", "history", "connections", "arrivals"]
        .into_iter()
        .filter_map(|series| panel_of(report, series))
        .collect();
    if !panels.is_empty() {
        plots.push(("growth.svg", line_charts(&report.servers[..report.servers.len().min(2)], &panels)));
    }
    plots
}

fn open(width: f64, height: f64) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\">{STYLE}\n"
    )
}

fn text(out: &mut String, x: f64, y: f64, class: &str, anchor: &str, words: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    // Writing to a String cannot fail; the same applies below.
    let _ = writeln!(
        out,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" class=\"{class}\" text-anchor=\"{anchor}\">{words}</text>"
    );
}

fn legend(out: &mut String, servers: &[String], x: f64, y: f64) {
    for (index, server) in servers.iter().enumerate() {
        let at = x + 150.0 * index as f64;
        let top = y - 10.0;
        let _ = writeln!(out, "<rect x=\"{at}\" y=\"{top}\" width=\"12\" height=\"12\" class=\"s{index}\"/>");
        text(out, at + 18.0, y, "", "start", server);
    }
}

/// A title, and a figure of each server.
type Group = (String, Vec<Option<Spread>>);

fn bar_chart(title: &str, servers: &[String], groups: &[Group]) -> String {
    let (left, length, row) = (290.0, 360.0, 14.0 + 22.0 * servers.len() as f64);
    let (width, height) = (720.0, 76.0 + row * groups.len() as f64);
    let largest = groups.iter().flat_map(|(_, spreads)| spreads.iter().flatten()).map(|spread| spread.max);
    let scale = length / largest.fold(f64::MIN_POSITIVE, f64::max);
    let mut out = open(width, height);
    text(&mut out, 16.0, 26.0, "title", "start", title);
    legend(&mut out, servers, 16.0, 52.0);
    for (index, (label, spreads)) in groups.iter().enumerate() {
        let top = 72.0 + row * index as f64;
        text(&mut out, left - 12.0, top + row / 2.0 - 4.0, "", "end", label);
        for (server, spread) in spreads.iter().enumerate() {
            let Some(spread) = spread else { continue };
            let y = top + 22.0 * server as f64;
            let end = left + spread.middle * scale;
            let _ = writeln!(
                out,
                "<rect x=\"{left}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"18\" rx=\"2\" class=\"s{server}\"/>\
                 <line x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{:.1}\" y2=\"{:.1}\" class=\"whisker\"/>",
                (spread.middle * scale).max(1.0),
                left + spread.min * scale,
                left + spread.max * scale,
                y + 9.0,
                y + 9.0
            );
            let clear = end.max(left + spread.max * scale) + 8.0;
            text(&mut out, clear, y + 14.0, "", "start", &short(spread.middle));
        }
    }
    out.push_str("</svg>\n");
    out
}

struct Panel {
    title: String,
    unit: String,
    /// The points (x, y) of each server.
    series: [Vec<(f64, f64)>; 2],
}

fn panel_of(report: &Report, series: &str) -> Option<Panel> {
    let entries: Vec<_> = shapes::growth(false)
        .into_iter()
        .filter(|entry| entry.id.split(':').next() == Some(series))
        .collect();
    let first = entries.first()?;
    let figure = first.shows.first()?;
    let mut panel = Panel { title: first.title.clone(), unit: name(figure).into(), series: [vec![], vec![]] };
    for entry in &entries {
        let count = entry.id.split_once(':').and_then(|(_, count)| count.parse().ok());
        for (server, points) in panel.series.iter_mut().enumerate() {
            if let (Some(x), Some(spread)) = (count, report.spread(&entry.id, server, figure)) {
                points.push((x, spread.middle));
            }
        }
    }
    panel.series.iter().any(|points| points.len() > 1).then_some(panel)
}

fn line_charts(servers: &[String], panels: &[Panel]) -> String {
    let (width, height) = (360.0, 250.0);
    let rows = panels.len().div_ceil(2) as f64;
    let mut out = open(width * 2.0, 60.0 + height * rows);
    text(&mut out, 16.0, 26.0, "title", "start", "How cost grows");
    legend(&mut out, servers, 16.0, 50.0);
    for (index, panel) in panels.iter().enumerate() {
        let (x, y) = (width * (index % 2) as f64, 60.0 + height * (index / 2) as f64);
        line_chart(&mut out, x, y, panel);
    }
    out.push_str("</svg>\n");
    out
}

/// Draws a panel of 360 × 250 with its top left corner at (x, y): logarithmic x axis, linear y axis from zero.
fn line_chart(out: &mut String, x: f64, y: f64, panel: &Panel) {
    let (left, right, top, bottom) = (x + 50.0, x + 335.0, y + 40.0, y + 200.0);
    let points = || panel.series.iter().flatten();
    let log = |value: f64| value.max(1.0).log10();
    let low = points().map(|(at, _)| log(*at)).fold(f64::MAX, f64::min);
    let high = points().map(|(at, _)| log(*at)).fold(low + 0.1, f64::max);
    let most = points().map(|(_, value)| *value).fold(f64::MIN_POSITIVE, f64::max) * 1.15;
    let place = |(at, value): (f64, f64)| {
        (left + (log(at) - low) / (high - low) * (right - left), bottom - value / most * (bottom - top))
    };
    text(out, left, y + 20.0, "", "start", &format!("{} by {}", panel.unit, panel.title));
    for part in [0.0, 0.5, 1.0] {
        let height = bottom - part * (bottom - top);
        let _ = writeln!(
            out,
            "<line x1=\"{left}\" x2=\"{right}\" y1=\"{height:.1}\" y2=\"{height:.1}\" class=\"axis\"/>"
        );
        text(out, left - 6.0, height + 4.0, "small", "end", &short(most * part));
    }
    for (server, series) in panel.series.iter().enumerate() {
        let path: Vec<_> = series.iter().map(|point| place(*point)).collect();
        let joined: Vec<_> = path.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _ = writeln!(out, "<polyline points=\"{}\" class=\"line{server}\"/>", joined.join(" "));
        for (x, y) in path {
            let _ = writeln!(out, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\" class=\"s{server}\"/>");
        }
    }
    let longest = panel.series.iter().max_by_key(|series| series.len());
    for (at, _) in longest.into_iter().flatten() {
        let (x, _) = place((*at, 0.0));
        text(out, x, bottom + 18.0, "small", "middle", &short_count(*at));
    }
}

fn short_count(value: f64) -> String {
    match value {
        v if v >= 1e6 => format!("{} M", v / 1e6),
        v if v >= 1000.0 => format!("{} k", v / 1000.0),
        v => format!("{v}"),
    }
}

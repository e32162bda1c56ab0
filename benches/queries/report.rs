//! What is printed: a table for each page, and how the gateway stands beside what is asked of it.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::contestants::Memory;
use super::load::Run;
use super::pages::Page;

/// What was found of one contestant at one page: a run under load and one on a single connection for each round.
#[derive(Default)]
pub struct Found {
    /// Statements of a request that is alone, and of one among many; `None` when they could not be counted.
    pub statements: Option<(f64, f64)>,
    /// Under load.
    pub busy: Vec<Run>,
    /// On one connection.
    pub idle: Vec<Run>,
}

/// The medians of some rounds.
pub struct Medians {
    rate: f64,
    p50: f64,
    p99: f64,
    server: f64,
    database: f64,
    cpu: f64,
    idle: f64,
}

impl Found {
    fn medians(&self) -> Medians {
        let of = |runs: &[Run], value: fn(&Run) -> f64| median(runs.iter().map(value).collect());
        Medians {
            rate: of(&self.busy, |run| run.rate),
            p50: of(&self.busy, |run| run.p50),
            p99: of(&self.busy, |run| run.p99),
            server: of(&self.busy, |run| run.server),
            database: of(&self.busy, |run| run.database),
            cpu: of(&self.busy, |run| run.server + run.database),
            idle: of(&self.idle, |run| run.p50),
        }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// All that was found, by page and contestant.
pub type Results = HashMap<(&'static str, &'static str), Found>;

/// The table of a page.
pub fn page(page: &Page, names: &[&'static str], results: &Results, memory: &HashMap<&'static str, Memory>) -> String {
    let mut text = format!(
        "\n{}: {}\n  {:<22}{:>8}{:>10}{:>8}{:>12}{:>9}{:>9}{:>10}{:>13}{:>13}\n",
        page.name,
        page.title,
        "",
        "server",
        "database",
        "sum",
        "requests/s",
        "p50",
        "p99",
        "idle p50",
        "SQL (busy)",
        "MiB (peak)"
    );
    for name in names {
        let Some(found) = results.get(&(page.name, *name)) else { continue };
        let Medians { rate, p50, p99, server, database, cpu, idle } = found.medians();
        let statements =
            found.statements.map_or_else(|| "?".to_owned(), |(quiet, busy)| format!("{quiet:.1} ({busy:.1})"));
        let memory = memory.get(name).map_or_else(String::new, |Memory { now, peak }| format!("{now:.0} ({peak:.0})"));
        let _ = writeln!(
            text,
            "  {name:<22}{server:>8.3}{database:>10.3}{cpu:>8.3}{rate:>12.0}{p50:>9.2}{p99:>9.2}{idle:>10.3}{statements:>13}{memory:>13}"
        );
    }
    let medians = |name| results.get(&(page.name, name)).map(Found::medians);
    let Some(ours) = medians("gateway") else { return text };
    for other in names.iter().filter(|name| **name != "gateway") {
        let Some(theirs) = medians(other) else { continue };
        let _ = writeln!(
            text,
            "  {:<22}{:>8.2}{:>10.2}{:>8.2}{:>12.2}{:>9.2}{:>9.2}{:>10.2}",
            format!("gateway / {other}"),
            ours.server / theirs.server,
            ours.database / theirs.database,
            ours.cpu / theirs.cpu,
            ours.rate / theirs.rate,
            ours.p50 / theirs.p50,
            ours.p99 / theirs.p99,
            ours.idle / theirs.idle
        );
    }
    text
}

/// What is asked of the gateway, and whether it is so.
pub fn conditions(pages: &[Page], results: &Results, memory: &HashMap<&'static str, Memory>) -> String {
    let mut text = "\nWhat is asked of the gateway, beside Mercurius:\n".to_owned();
    let mut line = |page: &str, what: &str, is_met: bool, figures: String| {
        let word = if is_met { "met    " } else { "NOT MET" };
        let _ = writeln!(text, "  {word} {page:<3} {what}: {figures}");
    };
    for page in pages {
        let medians = |name| results.get(&(page.name, name)).map(Found::medians);
        let (Some(ours), Some(theirs)) = (medians("gateway"), medians("Mercurius")) else { continue };
        let (cpu, name) = (ours.cpu / theirs.cpu, page.name);
        line(name, "processor time of server and database below its", cpu < 1.0, format!("{cpu:.2} of it (aim 0.70)"));
        let figures = format!("{:.0} beside {:.0}", ours.rate, theirs.rate);
        line(name, "requests a second above its", ours.rate > theirs.rate, figures);
        let figures = format!("{:.2} ms beside {:.2} ms", ours.idle, theirs.idle);
        line(name, "median on one idle connection no higher", ours.idle <= theirs.idle, figures);
    }
    if let Some(Memory { now, peak }) = memory.get("gateway") {
        line("", "at most 60 MiB after the load", *now <= 60.0, format!("{now:.1} MiB, at most {peak:.1}"));
    }
    text
}

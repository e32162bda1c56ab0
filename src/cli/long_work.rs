//! Waiting for long work: its progress on the terminal, and Ctrl-C.

use std::time::{Duration, Instant};

use super::terminal::Terminal;
use crate::http::shutdown;
use crate::storage::{LongWork, SoFar};

/// How often the line that changes does.
const LIVE: Duration = Duration::from_millis(200);
/// How often a file gets a line, beside the one of each step.
const SPARSE: Duration = Duration::from_secs(5);

/// Waits for the work, tells how far it is, and asks it to stop when the operator does.
pub(super) async fn watch<T>(terminal: &mut Terminal, work: &LongWork, doing: impl Future<Output = T>) -> T {
    let (mut doing, mut signal) = (std::pin::pin!(doing), std::pin::pin!(shutdown::signal()));
    let mut ticks = tokio::time::interval(LIVE);
    let (started, mut told_at, mut told) = (Instant::now(), Instant::now(), SoFar::default());
    loop {
        tokio::select! {
            biased;
            done = &mut doing => {
                terminal.end_progress();
                return done;
            }
            _ = &mut signal, if !work.is_stopped() => work.stop(),
            _ = ticks.tick() => {
                let now = work.so_far();
                let is_due = Terminal::is_live() || now.step != told.step || told_at.elapsed() >= SPARSE;
                if is_due && !now.step.name.is_empty() {
                    terminal.progress(&line(now, started));
                    (told_at, told) = (Instant::now(), now);
                }
            }
        }
    }
}

fn line(SoFar { step, files, bytes }: SoFar, started: Instant) -> String {
    let files = match files {
        0 => String::new(),
        1 => " 1 file,".to_owned(),
        _ => format!(" {files} files,"),
    };
    let total = if step.total > 0 { format!(" of {}", size(step.total)) } else { String::new() };
    format!("{}:{files} {}{total}, {:.1} s", step.name, size(bytes), started.elapsed().as_secs_f32())
}

/// A number of bytes for people, in powers of ten.
pub(super) fn size(bytes: u64) -> String {
    let (mut value, mut units) = (bytes as f64, ["kB", "MB", "GB"].iter());
    let mut unit = "bytes";
    while value >= 1000.0
        && let Some(next) = units.next()
    {
        (value, unit) = (value / 1000.0, next);
    }
    if unit == "bytes" { format!("{bytes} bytes") } else { format!("{value:.1} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sizes are told in the unit that fits.
    #[test]
    fn sizes_are_for_people() {
        for (bytes, words) in [
            (0, "0 bytes"),
            (999, "999 bytes"),
            (1000, "1.0 kB"),
            (2_500_000, "2.5 MB"),
            (7_000_000_000_000, "7000.0 GB"),
        ] {
            assert_eq!(size(bytes), words);
        }
    }
}

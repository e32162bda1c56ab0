//! `objects sweep`: finds objects that no row names and rows whose object is missing, and says what it did.

use chrono::Duration;
use clap::Subcommand;

use super::portal;
use super::terminal::Terminal;
use super::{Failed, user};
use crate::config::Config;
use crate::domain::actor::Actor;
use crate::services::objects::{self, Lost, Sweep, Swept};

/// The most lines of one kind; the rest is counted.
const MOST_LINES: usize = 20;

/// What to do with the objects.
#[derive(Debug, Subcommand)]
pub enum Objects {
    /// Find objects that no row names and rows whose object is missing.
    ///
    /// The first are left over from uploads that a crash cut short, and are taken away. The second mean that evidence is lost: they are
    /// listed, nothing is changed, and the exit code is 1. Safe beside a running gateway.
    ///
    /// Example:  madoguchi objects sweep --dry-run --data ./data
    #[command(verbatim_doc_comment)]
    Sweep {
        /// Say what would be taken away, and take nothing.
        #[arg(long)]
        dry_run: bool,
        /// Leave alone what is younger: an upload may still be under way.
        #[arg(long, value_name = "MINUTES", default_value_t = 60)]
        older_than: u32,
    },
}

impl Objects {
    /// Does it.
    pub async fn run(self, config: Config, terminal: &mut Terminal) -> Result<(), Failed> {
        let Self::Sweep { dry_run, older_than } = self;
        let services = portal::open(config).await?;
        let sweep = Sweep { older_than: Duration::minutes(older_than.into()), dry_run };
        let swept = objects::sweep(&services, &Actor::System, sweep, &mut |so_far| {
            terminal.progress(&format!("{} objects and {} rows looked at", so_far.objects, so_far.rows));
        })
        .await;
        services.database.close().await.map_err(Failed::broken)?;
        terminal.end_progress();
        let swept = swept.map_err(|failure| user::told(&failure))?;
        tell(terminal, &swept, dry_run);
        if swept.lost.is_empty() { Ok(()) } else { Err(Failed::Broken(lost(&swept.lost))) }
    }
}

fn tell(terminal: &mut Terminal, swept: &Swept, dry_run: bool) {
    terminal.print(&format!("{} objects and {} rows looked at", swept.objects, swept.rows));
    let done = if dry_run { "would be taken away" } else { "taken away" };
    if swept.unnamed.is_empty() {
        terminal.print("every object has its row");
    } else {
        let (count, bytes) = (swept.unnamed.len(), swept.unnamed_bytes);
        terminal.print(&format!("{count} left over from uploads that were cut short, {bytes} bytes: {done}"));
        list(terminal, &swept.unnamed);
    }
    if swept.young > 0 {
        terminal.print(&format!("{} without a row are too young to tell and were left alone", swept.young));
    }
    if !swept.foreign.is_empty() {
        terminal.print(&format!(
            "{} files in the folder are none of the gateway's and were left alone",
            swept.foreign.len()
        ));
        list(terminal, &swept.foreign);
    }
}

fn list(terminal: &mut Terminal, paths: &[String]) {
    for path in paths.iter().take(MOST_LINES) {
        terminal.print(&format!("  {path}"));
    }
    if let Some(more) = paths.len().checked_sub(MOST_LINES).filter(|more| *more > 0) {
        terminal.print(&format!("  and {more} more"));
    }
}

fn lost(lost: &[Lost]) -> String {
    let lines = lost.iter().map(|Lost { attachment, application, found, expected }| match found {
        None => format!("  {attachment} of {application}: its {expected} bytes are missing"),
        Some(found) => format!("  {attachment} of {application}: {found} bytes instead of {expected}"),
    });
    let lines: Vec<_> = lines.collect();
    format!("{} files are lost; restore their objects from a backup:\n{}", lost.len(), lines.join("\n"))
}

//! `demo-data`: a demonstration of any size, with its progress.

use std::time::Instant;

use clap::Args;

use super::terminal::Terminal;
use super::{Failed, serve};
use crate::app::demo;
use crate::config::Config;

/// How much to make.
#[derive(Debug, Args)]
pub struct DemoData {
    /// How many applications; a tenth as many facilities come with them.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(10..=2_000_000))]
    applications: u32,
}

impl DemoData {
    /// Does it.
    pub async fn run(self, config: Config, terminal: &mut Terminal) -> Result<(), Failed> {
        demo::expect_own_folder(&config).map_err(Failed::broken)?;
        let services = serve::open(config, false).await?;
        let started = Instant::now();
        let added = demo::add_applications(&services, self.applications, &mut |made| {
            let pace = f64::from(made) / started.elapsed().as_secs_f64().max(0.001);
            terminal.progress(&format!("{made} of {} applications, {pace:.0} a second", self.applications));
        })
        .await;
        services.database.close().await.map_err(Failed::broken)?;
        terminal.end_progress();
        let seconds = started.elapsed().as_secs_f32();
        terminal.print(&match added.map_err(Failed::broken)? {
            true => format!("{} applications made in {seconds:.1} s", self.applications),
            false => format!("{} applications are there already", self.applications),
        });
        Ok(())
    }
}

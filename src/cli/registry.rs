//! `registry import`: brings the registry in from a file, with its progress.

use std::path::PathBuf;
use std::time::Instant;

use clap::Subcommand;

use super::portal;
use super::terminal::Terminal;
use super::{Failed, user};
use crate::config::Config;
use crate::domain::actor::Actor;
use crate::services::registry_import::{self, ImportError, Progress};

/// What to do with the registry.
#[derive(Debug, Subcommand)]
pub enum Registry {
    /// Bring records in from a CSV file, all of them or none.
    ///
    /// UTF-8 or Shift_JIS, with a header of these columns in any order:
    ///   facility_kind or 施設区分   施術所, 健診実施機関等, 助産所 or TREATMENT_CLINIC, HEALTH_CHECKUP_PROVIDER, MIDWIFERY_HOME
    ///   code or コード              登録記号番号, 健診等機関番号, 助産所コード
    ///   name or 名称                the facility's name
    ///   prefecture or 都道府県      13, 東京都 or 東京
    ///   key or 照合キー             施術管理者の生年月日 (1970-01-31) or 口座番号 (up to 7 digits)
    ///
    /// Of each key only a keyed digest is kept. A record whose kind and code are known takes the old one's place.
    ///
    /// Example:  madoguchi registry import registry.csv --data ./data
    #[command(verbatim_doc_comment)]
    Import {
        /// The file.
        #[arg(value_name = "FILE.csv")]
        file: PathBuf,
    },
}

impl Registry {
    /// Does it.
    pub async fn run(self, config: Config, terminal: &mut Terminal) -> Result<(), Failed> {
        let Self::Import { file } = self;
        let services = portal::open(config).await?;
        let started = Instant::now();
        let mut before = ("", 0, started);
        let outcome = registry_import::import(&services, &Actor::System, &file, &mut |progress| {
            let Progress { step, rows } = progress;
            let (step_before, rows_before, told_at) = before;
            let since = if step == step_before { rows - rows_before } else { rows };
            let pace = since as f64 / told_at.elapsed().as_secs_f64().max(0.001);
            before = (step, rows, Instant::now());
            terminal
                .progress(&format!("{step} {rows} rows, {pace:.0} rows/s, {:.1} s", started.elapsed().as_secs_f32()));
        })
        .await;
        services.database.close().await.map_err(Failed::broken)?;
        terminal.end_progress();
        match outcome {
            Ok(rows) => {
                terminal.print(&format!("{rows} records imported in {:.1} s", started.elapsed().as_secs_f32()));
                Ok(())
            }
            Err(ImportError::Rows(lines)) => {
                let name = file.display();
                let lines: Vec<_> = lines.iter().map(|line| format!("{name}: {line}")).collect();
                Err(Failed::Broken(format!("{}\nnothing was imported", lines.join("\n"))))
            }
            Err(ImportError::File(error)) => {
                Err(Failed::Broken(format!("{}: {error}\nnothing was imported", file.display())))
            }
            Err(ImportError::Failed(failure)) => Err(user::told(&failure)),
        }
    }
}

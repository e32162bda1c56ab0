//! `config check`: every option with its value and where it came from, and the files that they name.

use super::Failed;
use super::terminal::Terminal;
use crate::app;
use crate::config::{Loaded, OPTIONS, content};
use crate::events::mail;

/// Lists the options, and reads the content, the trusted documents and the mail server's certificate as `serve` would.
pub fn list(loaded: &Loaded, terminal: &mut Terminal) -> Result<(), Failed> {
    for option in &OPTIONS {
        let place = loaded.places.get(option.key).map_or("default", String::as_str);
        terminal.print(&format!("{} = {}  ({place})", option.key, (option.get)(&loaded.config)));
    }
    content::load(loaded.config.content.as_deref()).map_err(|error| Failed::Wrong(error.to_string()))?;
    app::manifest(&loaded.config).map_err(|error| Failed::Wrong(error.to_string()))?;
    mail::check_settings(&loaded.config).map_err(|error| Failed::Wrong(error.to_string()))
}

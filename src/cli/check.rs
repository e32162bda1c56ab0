//! `config check`: every option with its value and where it came from.

use super::terminal::Terminal;
use crate::config::{Loaded, OPTIONS};

/// Lists the options.
pub fn list(loaded: &Loaded, terminal: &mut Terminal) {
    for option in &OPTIONS {
        let place = loaded.places.get(option.key).map_or("default", String::as_str);
        terminal.print(&format!("{} = {}  ({place})", option.key, (option.get)(&loaded.config)));
    }
}

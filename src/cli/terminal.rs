//! Standard output and standard error, for people: results go to the one, progress and complaints to the other.

use std::io::{IsTerminal, Write};

/// The terminal of this process. A reader that has gone away is no failure.
#[derive(Debug, Default)]
pub struct Terminal {
    progress_shown: bool,
}

impl Terminal {
    /// A result.
    pub fn print(&mut self, text: &str) {
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, "{}", text.trim_end_matches('\n')).and_then(|()| out.flush());
    }

    /// What went wrong.
    pub fn complain(&mut self, text: &str) {
        self.end_progress();
        let _ = writeln!(std::io::stderr(), "{text}");
    }

    /// How far long work has come: one line that changes on a terminal, a line each time in a file.
    pub fn progress(&mut self, text: &str) {
        let mut err = std::io::stderr().lock();
        if err.is_terminal() {
            self.progress_shown = true;
            let _ = write!(err, "\r\x1b[K{text}").and_then(|()| err.flush());
        } else {
            let _ = writeln!(err, "{text}");
        }
    }

    /// Leaves the line that changes.
    pub fn end_progress(&mut self) {
        if std::mem::take(&mut self.progress_shown) {
            let _ = writeln!(std::io::stderr());
        }
    }
}

//! Standard output and standard error, for people: results go to the one, progress and complaints to the other.

use std::io::{ErrorKind, IsTerminal, Write};

/// The terminal of this process.
#[derive(Debug, Default)]
pub struct Terminal {
    progress_shown: bool,
    lost: Option<std::io::Error>,
}

impl Terminal {
    /// A result.
    pub fn print(&mut self, text: &str) {
        let mut out = std::io::stdout().lock();
        let written = writeln!(out, "{}", text.trim_end_matches('\n')).and_then(|()| out.flush());
        self.lost = self.lost.take().or(written.err().filter(|error| error.kind() != ErrorKind::BrokenPipe));
    }

    /// Why results could not be written (a full disk), if so. A reader that has gone away (`| head`) is no reason.
    pub fn take_lost(&mut self) -> Option<std::io::Error> {
        self.lost.take()
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

    /// Whether progress is a line that changes, so that it may change often.
    pub fn is_live() -> bool {
        std::io::stderr().is_terminal()
    }

    /// Leaves the line that changes.
    pub fn end_progress(&mut self) {
        if std::mem::take(&mut self.progress_shown) {
            let _ = writeln!(std::io::stderr());
        }
    }
}

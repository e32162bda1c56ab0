//! File descriptors: each connection is one, and so is each open file and each connection to the database.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::config::Config;

/// What is kept at most for files that are fetched or sent, the database and the log.
const KEPT: u64 = 1_024;

/// Takes as many descriptors as the process may have: shells and systemd give 1,024 and let it take more. Where they do not hold as much as
/// the configuration wants, it is given what they hold, and the log says what to do.
pub fn hold(config: &mut Config) {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // What may not be raised is what there is.
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).is_ok();
    let Some(descriptors) = (if raised { maximum } else { current }) else { return };
    let wanted = config.max_connections;
    let kept = kept(descriptors);
    config.max_connections = at_most(wanted, descriptors - kept);
    // The other half is for everything else.
    config.downloads_at_once = at_most(config.downloads_at_once, kept / 2);
    let held = config.max_connections;
    if held < wanted / 2 {
        tracing::warn!(
            wanted,
            held,
            descriptors,
            "far fewer connections than http.max_connections: raise the limit of open files (LimitNOFILE, ulimit -n)"
        );
    } else if held < wanted {
        tracing::info!(wanted, held, descriptors, "connections are bounded by the limit of open files");
    }
}

/// Half of few, and of many no more than there is use for.
fn kept(descriptors: u64) -> u64 {
    (descriptors / 2).min(KEPT)
}

fn at_most(wanted: u32, held: u64) -> u32 {
    u32::try_from(held).unwrap_or(u32::MAX).clamp(1, wanted.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Room is left for everything else, and nobody gets more connections than were wanted.
    #[test]
    fn connections_leave_room() {
        for (wanted, descriptors, expected) in [
            (20_000, 1_024, 512),
            (20_000, 20_000, 18_976),
            (20_000, 1 << 20, 20_000),
            (100, u64::MAX, 100),
            (100, 1, 1),
        ] {
            assert_eq!(at_most(wanted, descriptors - kept(descriptors)), expected, "{wanted} of {descriptors}");
        }
    }
}

//! File descriptors: each connection is one, and so is each open file and each connection to the database.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::config::Config;

/// What is kept beside downloads, for files that are sent, the database and the log.
const OTHERS: u64 = 500;

/// Takes as many descriptors as the process may have: shells and systemd give 1,024 and let it take more. Where they do not hold as much as
/// the configuration wants, it is given what they hold, and the log says what to do.
pub fn hold(config: &mut Config) {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // What may not be raised is what there is.
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).is_ok();
    let Some(descriptors) = (if raised { maximum } else { current }) else { return };
    let wanted = (config.max_connections, config.downloads_at_once);
    let held @ (connections, downloads) = shares(descriptors, wanted);
    (config.max_connections, config.downloads_at_once) = held;
    if connections < wanted.0 / 2 || downloads < wanted.1 {
        tracing::warn!(
            descriptors,
            connections,
            downloads,
            "far fewer than http.max_connections or http.downloads_at_once: raise the limit of open files (LimitNOFILE, ulimit -n)"
        );
    } else if connections < wanted.0 {
        tracing::info!(descriptors, connections, "connections are bounded by the limit of open files");
    }
}

/// How many connections and downloads there may be. What is kept from connections is half at most, and of what is kept others have half at most.
fn shares(descriptors: u64, (connections, downloads): (u32, u32)) -> (u32, u32) {
    let kept = (descriptors / 2).min(u64::from(downloads) + OTHERS);
    let of_downloads = kept.saturating_sub(OTHERS).max(kept / 2);
    (at_most(connections, descriptors - kept), at_most(downloads, of_downloads))
}

fn at_most(wanted: u32, held: u64) -> u32 {
    u32::try_from(held).unwrap_or(u32::MAX).clamp(1, wanted.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Room is left for everything else, and nobody gets more than was wanted.
    #[test]
    fn connections_leave_room() {
        for (descriptors, wanted, expected) in [
            (1_024, (20_000, 500), (512, 256)),
            (20_000, (20_000, 500), (19_000, 500)),
            (20_000, (15_000, 2_000), (15_000, 2_000)),
            (1 << 20, (20_000, 500), (20_000, 500)),
            (u64::MAX, (100, 5), (100, 5)),
            (1, (100, 5), (1, 1)),
        ] {
            assert_eq!(shares(descriptors, wanted), expected, "{wanted:?} of {descriptors}");
        }
    }
}

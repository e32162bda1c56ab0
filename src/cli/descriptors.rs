//! File descriptors: each connection is one, and so is each open file and each connection to the database.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What is kept for files and the database: a quarter, and no more than their own bounds let them open.
const KEPT: u64 = 1_024;

/// Takes as many descriptors as the process may have: shells and systemd give 1,024 and let it take more. Gives how many connections they hold,
/// at most `wanted`, and says what to do where that is less.
pub fn hold(wanted: u32) -> u32 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // What may not be raised is what there is.
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).is_ok();
    let Some(descriptors) = (if raised { maximum } else { current }) else { return wanted };
    let held = connections(wanted, descriptors);
    let needed = descriptors_for(wanted);
    if held < wanted / 2 {
        tracing::warn!(
            wanted,
            held,
            descriptors,
            needed,
            "far fewer connections than http.max_connections: raise the limit of open files (LimitNOFILE, ulimit -n)"
        );
    } else if held < wanted {
        tracing::info!(wanted, held, descriptors, needed, "connections are bounded by the limit of open files");
    }
    held
}

fn connections(wanted: u32, descriptors: u64) -> u32 {
    let held = descriptors - (descriptors / 4).min(KEPT);
    u32::try_from(held).unwrap_or(u32::MAX).clamp(1, wanted.max(1))
}

fn descriptors_for(connections: u32) -> u64 {
    let connections = u64::from(connections);
    (connections + KEPT).min((connections * 4).div_ceil(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Room is left for everything else, and nobody gets more connections than were wanted.
    #[test]
    fn connections_leave_room() {
        for (wanted, descriptors, expected) in [
            (20_000, 1_024, 768),
            (20_000, 20_000, 18_976),
            (20_000, 1 << 20, 20_000),
            (100, u64::MAX, 100),
            (100, 1, 1),
        ] {
            assert_eq!(connections(wanted, descriptors), expected, "{wanted} of {descriptors}");
        }
        for wanted in [300, 3_072, 20_000] {
            let needed = descriptors_for(wanted);
            assert!(connections(wanted, needed) == wanted && connections(wanted, needed - 4) < wanted, "{wanted}");
        }
    }
}

//! Backups of the embedded database by the real program: taken under load, checked, restored; broken ones refused by name.

mod broken;
mod large;
mod places;
mod under_load;

use std::path::Path;
use std::process::Output;

use rand::{RngExt, SeedableRng};
use sha2::{Digest, Sha256};

use crate::support::database::server;
use crate::support::gateway::program_for;

/// Files may be many and the disk full: what these tests need of a gateway.
const ROOM: [(&str, &str); 2] =
    [("MADOGUCHI_UPLOADS_FREE_MEGABYTES", "0"), ("MADOGUCHI_UPLOADS_FILES_PER_APPLICATION", "100")];

/// Whether this run's portals have the embedded database; one on a server has its own tools (`places::on_a_server`).
fn is_embedded() -> bool {
    server().is_none()
}

/// A PDF of so many bytes that cannot be packed, and no other like it.
fn pdf(number: u64, size: usize) -> Vec<u8> {
    let mut filling = vec![0_u8; size.saturating_sub(16)];
    rand::rngs::StdRng::seed_from_u64(number).fill(&mut filling[..]);
    [b"%PDF-1.7\n", &filling[..], b"\n%%EOF\n"].concat()
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Runs the program over a data folder: exit code, output, complaints.
async fn run(data: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = tokio::process::Command::from(program_for(data)).args(arguments).output().await.unwrap();
    let Output { status, stdout, stderr } = output;
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

/// Takes a backup, which has to work, and gives its words.
async fn back_up(data: &Path, to: &Path) -> String {
    let (code, out, err) = run(data, &["backup", to.to_str().unwrap()]).await;
    assert_eq!(code, 0, "{out}{err}");
    out
}

/// Restores a backup, which has to work, and gives its words.
async fn restore(from: &Path, data: &Path) -> String {
    let (code, out, err) = run(data, &["restore", from.to_str().unwrap()]).await;
    assert_eq!(code, 0, "{out}{err}");
    out
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

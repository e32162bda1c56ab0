//! Evidence over the wire: which files are taken, what becomes of those that are not, and what a crash leaves.

mod corpus;
mod corrections;
mod crash;
pub mod files;
mod memory;
mod method_two;
mod requests;
mod standing;

use std::path::Path;

use crate::support::Portal;

/// The files in the objects' folder, half-written ones among them, by name and size.
pub fn objects(data: &Path) -> Vec<(String, u64)> {
    let Ok(entries) = std::fs::read_dir(data.join("objects/attachments")) else { return Vec::new() };
    let named = entries.map(|entry| entry.unwrap()).map(|entry| {
        // A file may go away between the list and the look.
        let size = entry.metadata().map_or(0, |data| data.len());
        (entry.file_name().into_string().unwrap(), size)
    });
    let mut found: Vec<_> = named.collect();
    found.sort();
    found
}

/// How many rows there are, those of replaced files among them.
async fn rows(portal: &Portal) -> usize {
    let after = madoguchi::store::attachments::after(portal.services.database.reader(), None, 1000).await;
    after.unwrap().len()
}

/// Neither a row nor an object, nor part of one, is there.
async fn assert_nothing(portal: &Portal, why: &str) {
    assert_eq!((rows(portal).await, objects(portal.folder())), (0, Vec::new()), "{why}");
}

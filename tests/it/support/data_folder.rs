//! Which database belongs to the data folder of a process.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::database::{create, server};

/// The address of the database of a data folder, empty when it is first asked for; none where it is a file in the folder.
pub fn database(data: &Path) -> Option<String> {
    static KNOWN: Mutex<Option<HashMap<PathBuf, String>>> = Mutex::new(None);
    let server = server()?;
    let mut known = KNOWN.lock().expect("a list");
    let known = known.get_or_insert_default();
    if let Some(address) = known.get(data) {
        return Some(address.clone());
    }
    // Tests of the command line have no runtime, and those that have one may not block it.
    let made = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(create(&server, None))
    });
    let address = made.join().expect("a database");
    known.insert(data.to_owned(), address.clone());
    Some(address)
}

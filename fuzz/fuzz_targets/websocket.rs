//! See `tests/it/readers/websocket.rs`.
#![no_main]

use madoguchi_fuzz::readers::{self, seeds};

libfuzzer_sys::fuzz_target!(init: madoguchi_fuzz::write(&seeds::of_websocket()), |data: &[u8]| {
    readers::websocket::websocket(data);
});

//! See `tests/it/readers/multipart.rs`.
#![no_main]

use madoguchi_fuzz::readers::{self, seeds};

libfuzzer_sys::fuzz_target!(init: madoguchi_fuzz::write(&seeds::of_multipart()), |data: &[u8]| {
    readers::multipart::multipart(data);
});

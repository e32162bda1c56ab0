//! See `tests/it/readers/guard.rs`.
#![no_main]

use madoguchi_fuzz::readers;

libfuzzer_sys::fuzz_target!(init: madoguchi_fuzz::write(&madoguchi_fuzz::documents()), |data: &[u8]| {
    readers::guard::guard(data);
});

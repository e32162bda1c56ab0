//! start_of_use

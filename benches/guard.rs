//! What it costs to refuse a hostile document: of each family, grown until it is refused, the longest refusal, and the dearest member
//! that was not refused.
//!
//! `cargo bench --bench guard` runs it.

use std::io::Write;
use std::time::Instant;

use madoguchi::app;
use madoguchi::execution::{Engine, GraphqlRequest};

#[path = "../tests/it/execution/families.rs"]
mod families;

/// The largest member.
const FAR: usize = 1 << 17;
const RUNS: usize = 5;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = app::judge_of_documents()?;
    say(
        "milliseconds for the dearest member that was prepared, and for the dearest that was refused (the better of 5 each)",
    );
    for (name, bound, member) in families::all() {
        let (mut prepared, mut refused) = ((0.0, 0), (0.0, 0));
        for size in (0..).map(|power| 1_usize << power).take_while(|size| *size <= FAR) {
            let request = member(size);
            let (took, is_refused) = best(&engine, &request);
            let dearest = if is_refused { &mut refused } else { &mut prepared };
            if took > dearest.0 {
                *dearest = (took, request.query.len());
            }
        }
        let ((ran, ran_bytes), (stopped, stopped_bytes)) = (prepared, refused);
        say(&format!(
            "  {name:<34} {bound:<12} {ran:7.3} of {ran_bytes:>6} bytes   {stopped:7.3} of {stopped_bytes:>9} bytes"
        ));
    }
    Ok(())
}

/// The shortest of some runs, each of a text that the engine has not seen: the time in milliseconds, and whether it was refused.
fn best(engine: &Engine, request: &GraphqlRequest) -> (f64, bool) {
    let run = |at: usize| {
        let query = format!("{}{}", " ".repeat(at), request.query);
        let request = GraphqlRequest { query, variables: request.variables.clone(), ..GraphqlRequest::default() };
        let begun = Instant::now();
        let is_refused = engine.prepare(&request).is_err();
        (begun.elapsed().as_secs_f64() * 1000.0, is_refused)
    };
    (0..RUNS).map(run).min_by(|one, other| one.0.total_cmp(&other.0)).unwrap_or((f64::NAN, false))
}

fn say(words: &str) {
    let _ = writeln!(std::io::stdout(), "{words}");
}

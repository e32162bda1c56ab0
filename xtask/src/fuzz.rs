//! Coverage-guided fuzzing of what reads a stranger's bytes: cargo-fuzz builds the targets of `fuzz/`, libFuzzer runs them.
//!
//! Without a sanitizer, as no line of ours is unsafe: what is looked for are panics, overflows, broken rules, and too much time or memory.

use std::collections::VecDeque;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::tools::{leave_cargo, run, say};

/// The cargo-fuzz that is installed under `target/tools`.
const VERSION: &str = "0.13.2";
/// Each a file in `fuzz/fuzz_targets/`, which names the reader.
const TARGETS: [&str; 3] = ["guard", "multipart", "websocket"];
/// How long each target runs, unless it is said.
const MINUTES: u32 = 10;
/// An input may take so many seconds, on a machine that does other work: a thousand times what the dearest should.
const SECONDS: u32 = 5;
/// What a process may hold: the instrumented program itself has some 120.
const MEGABYTES: u32 = 1024;
/// Longer inputs say the same again: a quarter of the longest document, and a third of the longest head of a part.
const LONGEST: u32 = 8192;
/// Lines of libFuzzer that are shown when it has found something.
const SHOWN: usize = 60;

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    minutes: u32,
    targets: Vec<&'static str>,
    /// An input that is to be run again, in place of new ones.
    again: Option<PathBuf>,
}

/// Fuzzes each target for so many minutes; the error names what was found and how to see it again.
pub fn fuzz(root: &Path, words: &[String]) -> Result<(), String> {
    let Asked { minutes, targets, again } = read(words)?;
    let program = cargo_fuzz(root)?;
    say("building the gateway with its coverage counted; the first time this takes many minutes");
    for target in &targets {
        run(command(root, &program, "build").arg(target))?;
    }
    let mut found = Vec::new();
    for target in targets {
        let outcome = match &again {
            Some(input) => repeat(root, &program, target, input),
            None => search(root, &program, target, minutes),
        };
        found.extend(outcome.err());
    }
    if found.is_empty() { Ok(()) } else { Err(found.join("\n")) }
}

fn read(words: &[String]) -> Result<Asked, String> {
    let mut asked = Asked { minutes: MINUTES, targets: Vec::new(), again: None };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == "--minutes" {
            let number = words.next().and_then(|number| number.parse().ok()).filter(|number| *number > 0);
            asked.minutes = number.ok_or("--minutes takes a number of minutes")?;
        } else if let Some(target) = TARGETS.into_iter().find(|target| target == word) {
            asked.targets.push(target);
        } else if Path::new(word).is_file() {
            asked.again = Some(word.into());
        } else {
            return Err(format!("{word} is neither a target ({}) nor the file of an input", TARGETS.join(", ")));
        }
    }
    if asked.again.is_some() && asked.targets.len() != 1 {
        return Err("which target is to read the input? For example: cargo xtask fuzz guard FILE".to_owned());
    }
    if asked.targets.is_empty() {
        asked.targets = TARGETS.to_vec();
    }
    Ok(asked)
}

/// cargo-fuzz of the version that we want, installed where it is not.
fn cargo_fuzz(root: &Path) -> Result<PathBuf, String> {
    let folder = root.join("target/tools");
    let program = folder.join("bin/cargo-fuzz");
    let version = Command::new(&program).arg("--version").output();
    let is_wanted = version.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim().ends_with(VERSION));
    if !is_wanted {
        say(&format!("installing cargo-fuzz {VERSION} under {}", folder.display()));
        let mut install = Command::new("cargo");
        leave_cargo(&mut install);
        run(install
            .args(["install", "--quiet", "--locked", "cargo-fuzz", "--version", VERSION, "--root"])
            .arg(folder))?;
    }
    Ok(program)
}

fn command(root: &Path, program: &Path, task: &str) -> Command {
    let mut command = Command::new(program);
    leave_cargo(&mut command);
    command.args([task, "--sanitizer", "none"]).current_dir(root);
    command
}

/// Runs one input, showing all that it brings about.
fn repeat(root: &Path, program: &Path, target: &str, input: &Path) -> Result<(), String> {
    let input = input.canonicalize().map_err(|error| format!("{}: {error}", input.display()))?;
    run(command(root, program, "run").arg(target).arg(input).args(["--", &format!("-timeout={SECONDS}")]))
}

/// Looks for inputs that break a target. What reached something new is kept in `fuzz/corpus`, where the next run goes on from it.
fn search(root: &Path, program: &Path, target: &'static str, minutes: u32) -> Result<(), String> {
    let made = root.join("fuzz/target/seeds").join(target);
    let corpus = root.join("fuzz/corpus").join(target);
    for folder in [&made.join("seeds"), &corpus] {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    say(&format!("fuzzing {target} for {minutes} minutes"));
    let mut fuzzing = command(root, program, "run");
    // The target writes its seeds and words there before libFuzzer reads them.
    fuzzing.env("MADOGUCHI_FUZZ_SEEDS", &made).arg(target).arg(&corpus).arg(made.join("seeds"));
    fuzzing.args(["--".to_owned(), format!("-max_total_time={}", minutes.saturating_mul(60))]);
    fuzzing.args([format!("-timeout={SECONDS}"), format!("-rss_limit_mb={MEGABYTES}"), format!("-max_len={LONGEST}")]);
    fuzzing.args([format!("-dict={}", made.join("words").display()), "-print_final_stats=1".to_owned()]);
    let failed = |error: std::io::Error| format!("{}: {error}", program.display());
    let mut child =
        fuzzing.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().map_err(failed)?;
    let mut log = Log::default();
    let lines = child.stderr.take().map(|stderr| BufReader::new(stderr).split(b'\n'));
    for line in lines.into_iter().flatten().map_while(Result::ok) {
        log.take(String::from_utf8_lossy(&line).trim_end());
    }
    let status = child.wait().map_err(failed)?;
    if status.success() {
        say(&format!("{target}: {}; found nothing", log.sum()));
        return Ok(());
    }
    say(&log.last.iter().map(|line| format!("    {line}\n")).collect::<String>());
    Err(match &log.found {
        Some(input) => {
            let (sum, why) = (log.sum(), log.why.as_deref().unwrap_or("see above"));
            format!("{target}: {sum}; found {input}: {why}\nsee it again: cargo xtask fuzz {target} {input}")
        }
        None => format!("{target}: could not be run ({status}); see above"),
    })
}

/// What libFuzzer prints, as far as it is of use.
#[derive(Default)]
struct Log {
    last: VecDeque<String>,
    executed: String,
    covered: String,
    kept: String,
    megabytes: String,
    found: Option<String>,
    /// What a panic says, or libFuzzer's own complaint.
    why: Option<String>,
    /// Whether the next line is what a panic says.
    is_panic: bool,
}

impl Log {
    fn take(&mut self, line: &str) {
        // #524288	pulse  cov: 5021 ft: 16270 corp: 1513/412Kb lim: 4096 exec/s: 1450 rss: 160Mb
        let mut words = line.split_whitespace();
        if let Some(count) = words.next().and_then(|word| word.strip_prefix('#')).filter(|_| line.contains(" cov: ")) {
            self.executed = count.to_owned();
            while let Some(word) = words.next() {
                match word {
                    "cov:" => self.covered = words.next().unwrap_or_default().to_owned(),
                    "corp:" => self.kept = words.next().unwrap_or_default().to_owned(),
                    _ => {}
                }
            }
            return;
        }
        if let Some((name, value)) = line.strip_prefix("stat::").and_then(|stat| stat.split_once(':')) {
            match name {
                "number_of_executed_units" => self.executed = value.trim().to_owned(),
                "peak_rss_mb" => self.megabytes = value.trim().to_owned(),
                _ => {}
            }
        }
        if std::mem::replace(&mut self.is_panic, line.contains("panicked at ")) {
            self.why = Some(line.to_owned());
        } else if let (None, Some((_, complaint))) = (&self.why, line.split_once("ERROR: libFuzzer: ")) {
            self.why = Some(complaint.to_owned());
        }
        if let Some((_, input)) = line.split_once("Test unit written to ") {
            self.found = Some(input.trim().to_owned());
        }
        self.last.push_back(line.to_owned());
        if self.last.len() > SHOWN {
            self.last.pop_front();
        }
    }

    /// What it comes to; less is known of a run that ended before its first line of figures.
    fn sum(&self) -> String {
        let figures = [
            (&self.executed, "inputs run"),
            (&self.covered, "edges reached"),
            (&self.kept, "kept"),
            (&self.megabytes, "MB at most"),
        ];
        let known = figures.iter().filter(|(figure, _)| !figure.is_empty());
        known.map(|(figure, unit)| format!("{figure} {unit}")).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::{Asked, Log, TARGETS, read};

    fn asked(line: &str) -> Result<Asked, String> {
        read(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    /// All targets for ten minutes each, or what is said.
    #[test]
    fn options() {
        let all = Asked { minutes: 10, targets: TARGETS.to_vec(), again: None };
        assert_eq!(asked(""), Ok(all));
        let one = Asked { minutes: 2, targets: vec!["guard"], again: None };
        assert_eq!(asked("--minutes 2 guard"), Ok(one));
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        assert_eq!(asked(&format!("websocket {file}")).map(|asked| asked.again), Ok(Some(file.into())));
        for wrong in ["--minutes", "--minutes 0", "nothing", file] {
            assert!(asked(wrong).is_err(), "{wrong}");
        }
    }

    /// The figures of a run, and the input that was found.
    #[test]
    fn what_libfuzzer_prints_is_read() {
        let mut log = Log::default();
        log.take("#2\tINITED cov: 12 ft: 13 corp: 1/1b exec/s: 0 rss: 30Mb");
        log.take("#4096\tpulse  cov: 5021 ft: 16270 corp: 1513/412Kb lim: 4096 exec/s: 1450 rss: 160Mb");
        log.take("thread '<unnamed>' (1) panicked at src/lib.rs:1:1:");
        log.take("no code of the list");
        log.take("==1== ERROR: libFuzzer: deadly signal");
        log.take("artifact_prefix='a/'; Test unit written to a/crash-da39");
        log.take("stat::number_of_executed_units: 4100");
        log.take("stat::peak_rss_mb:              161");
        assert_eq!(log.sum(), "4100 inputs run, 5021 edges reached, 1513/412Kb kept, 161 MB at most");
        assert_eq!((log.found.as_deref(), log.why.as_deref()), (Some("a/crash-da39"), Some("no code of the list")));
    }
}

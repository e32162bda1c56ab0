//! Where values come from: the defaults, then the config file, then the environment, then the command line; later ones win.
//!
//! Everything that is wrong is told at once, each with its place and what is allowed there.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::Config;
use super::options::OPTIONS;

/// The file that is read when none is named and it is there.
const DEFAULT_FILE: &str = "madoguchi.toml";
/// The environment variable that names the config file.
const FILE_VARIABLE: &str = "MADOGUCHI_CONFIG";

/// What the command line says: the file, and values by key.
#[derive(Debug, Clone, Default)]
pub struct CommandLine {
    /// The config file.
    pub file: Option<PathBuf>,
    /// Values by key, with the flag that gave them.
    pub values: Vec<(&'static str, &'static str, String)>,
}

/// A configuration, and where each value that is no default came from.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The values.
    pub config: Config,
    /// By key, the place that the value came from.
    pub places: BTreeMap<&'static str, String>,
}

/// Everything that is wrong with the configuration, one line each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(pub Vec<String>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for ConfigError {}

/// Reads all sources.
pub fn load(command_line: &CommandLine, environment: &[(String, String)]) -> Result<Loaded, ConfigError> {
    let mut reading = Reading::default();
    let named = environment.iter().find(|(name, _)| name == FILE_VARIABLE).map(|(_, file)| PathBuf::from(file));
    let default = || Some(PathBuf::from(DEFAULT_FILE)).filter(|file| file.exists());
    if let Some(file) = command_line.file.clone().or(named).or_else(default) {
        reading.file(&file);
    }
    for (name, value) in environment.iter().filter(|(name, _)| name.starts_with("MADOGUCHI_") && name != FILE_VARIABLE)
    {
        reading.variable(name, value);
    }
    for (key, flag, value) in &command_line.values {
        reading.set(key, value, &format!("command line, {flag}"));
    }
    if reading.wrong.is_empty() {
        Ok(Loaded { config: reading.config, places: reading.places })
    } else {
        Err(ConfigError(reading.wrong))
    }
}

#[derive(Default)]
struct Reading {
    config: Config,
    places: BTreeMap<&'static str, String>,
    wrong: Vec<String>,
}

impl Reading {
    fn file(&mut self, file: &Path) {
        let name = file.display();
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) => return self.wrong.push(format!("{name}: the config file cannot be read: {error}")),
        };
        match DeTable::parse(&text) {
            Ok(table) => self.table("", table.get_ref(), &|at| format!("{name}:{}", line_of(&text, at))),
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                self.wrong.push(format!("{name}:{}: this is not TOML: {}", line_of(&text, at), error.message()));
            }
        }
    }

    fn table(&mut self, section: &str, table: &DeTable<'_>, place: &dyn Fn(usize) -> String) {
        for (name, value) in table {
            let at = place(name.span().start);
            let key =
                if section.is_empty() { name.get_ref().to_string() } else { format!("{section}.{}", name.get_ref()) };
            match value.get_ref() {
                DeValue::Table(inner) if OPTIONS.iter().any(|option| option.key.starts_with(&format!("{key}."))) => {
                    self.table(&key, inner, place);
                }
                DeValue::String(text) => self.set(&key, text, &at),
                DeValue::Integer(number) => self.set(&key, number.as_str(), &at),
                DeValue::Boolean(truth) => self.set(&key, &truth.to_string(), &at),
                other => self.set(&key, other.type_str(), &at),
            }
        }
    }

    fn variable(&mut self, name: &str, value: &str) {
        let place = format!("environment variable {name}");
        match OPTIONS.iter().find(|option| option.variable() == name) {
            Some(option) => self.set(option.key, value, &place),
            None => {
                let known: Vec<_> = OPTIONS.iter().map(super::options::Opt::variable).collect();
                self.wrong
                    .push(format!("{place}: there is no such option; allowed: {FILE_VARIABLE}, {}", known.join(", ")));
            }
        }
    }

    fn set(&mut self, key: &str, value: &str, place: &str) {
        let Some(option) = OPTIONS.iter().find(|option| option.key == key) else {
            let known: Vec<_> = OPTIONS.iter().map(|option| option.key).collect();
            return self.wrong.push(format!("{place}: unknown key \"{key}\"; allowed: {}", known.join(", ")));
        };
        if (option.set)(&mut self.config, value) {
            self.places.insert(option.key, place.to_owned());
        } else {
            self.wrong.push(format!("{place}: {key} = \"{value}\" is not {}", option.takes));
        }
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(
        file: &str,
        environment: &[(&str, &str)],
        line: &[(&'static str, &'static str, &str)],
    ) -> Result<Loaded, ConfigError> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("portal.toml");
        std::fs::write(&path, file).expect("a file");
        let values = line.iter().map(|(key, flag, value)| (*key, *flag, (*value).to_owned())).collect();
        let environment: Vec<_> =
            environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        load(&CommandLine { file: Some(path), values }, &environment)
    }

    /// The command line wins over the environment, and that over the file.
    #[test]
    fn later_sources_win() {
        let file = "listen = \"127.0.0.1:1\"\ndemo = true\n[sessions]\nlifetime_hours = 3\n";
        let environment = [("MADOGUCHI_LISTEN", "127.0.0.1:2"), ("MADOGUCHI_DATA", "/tmp/two"), ("OTHER", "x")];
        let loaded = read(file, &environment, &[("listen", "--listen", "127.0.0.1:3")]).expect("a configuration");
        assert_eq!(loaded.config.listen.port(), 3);
        assert_eq!(loaded.config.data, Path::new("/tmp/two"));
        assert_eq!(loaded.config.sessions.lifetime.num_hours(), 3);
        assert!(loaded.config.demo);
        assert_eq!(loaded.places["listen"], "command line, --listen");
        assert_eq!(loaded.config.public_url(), "http://127.0.0.1:3");
    }

    /// Everything wrong is told at once, with its place and what is allowed there.
    #[test]
    fn mistakes_are_named_with_their_places() {
        let file = "lisen = \"127.0.0.1:1\"\n\n[verification]\nfacility_window_days = 0\nwindow = 3\n";
        let error = read(file, &[("MADOGUCHI_DEMO", "yes"), ("MADOGUCHI_DEMI", "true")], &[]).expect_err("mistakes");
        let lines: Vec<_> = error
            .0
            .iter()
            .map(|line| line.rsplit_once("portal.toml").map_or(line.as_str(), |(_, rest)| rest))
            .collect();
        assert!(lines[0].starts_with(":1: unknown key \"lisen\"; allowed: listen, data, demo"), "{lines:#?}");
        assert_eq!(lines[1], ":4: verification.facility_window_days = \"0\" is not a whole number from 1 to 100000");
        assert!(lines[2].starts_with(":5: unknown key \"verification.window\""), "{lines:#?}");
        assert_eq!(lines[3], "environment variable MADOGUCHI_DEMO: demo = \"yes\" is not true or false");
        assert!(lines[4].starts_with("environment variable MADOGUCHI_DEMI: there is no such option"), "{lines:#?}");
    }

    /// Every default is a value that its own option takes.
    #[test]
    fn defaults_are_allowed_values() {
        let mut config = Config::default();
        for option in &OPTIONS {
            let value = (option.get)(&config);
            assert!(option.key == "content" || (option.set)(&mut config, &value), "{} = {value}", option.key);
        }
    }

    /// What is no TOML is named by its line.
    #[test]
    fn broken_files_are_named_by_line() {
        let error = read("demo = true\nlisten = \n", &[], &[]).expect_err("a mistake");
        assert!(error.0[0].contains("portal.toml:2: this is not TOML"), "{error}");
    }
}

//! Where values come from: the defaults, then the config file, then the environment, then the command line; later ones win.
//!
//! Everything that is wrong is told at once, each with its place and what is allowed there.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Config;
use super::options::{OPTIONS, Opt, Takes};
use super::values;

/// The file that is read when none is named and it is there.
const DEFAULT_FILE: &str = "madoguchi.toml";
const PREFIX: &str = "MADOGUCHI_";
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

/// The variables of this process's environment that may concern us, as far as they are text.
pub fn environment() -> Vec<(String, String)> {
    let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    std::env::vars_os()
        .map(|(name, value)| (text(name), text(value)))
        .filter(|(name, _)| name.starts_with(PREFIX))
        .collect()
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
    for (name, value) in environment.iter().filter(|(name, _)| name.starts_with(PREFIX) && name != FILE_VARIABLE) {
        reading.variable(name, value);
    }
    for (key, flag, value) in &command_line.values {
        if let Some(option) = OPTIONS.iter().find(|option| option.key == *key) {
            reading.set(option, value, format!("command line, {flag}"), "");
        }
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
            Ok(table) => self.table("", table.get_ref(), &Source { name: name.to_string(), text: &text }),
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                let (line, words) = (line_of(&text, at), error.message());
                self.wrong.push(format!("{name}:{line}: this is not TOML (https://toml.io): {words}"));
            }
        }
    }

    fn table(&mut self, section: &str, table: &DeTable<'_>, source: &Source<'_>) {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        for (name, value) in entries {
            let key =
                if section.is_empty() { name.get_ref().to_string() } else { format!("{section}.{}", name.get_ref()) };
            let place = source.place(name.span().start);
            match value.get_ref() {
                DeValue::Table(inner) if is_section(&key) => self.table(&key, inner, source),
                _ if is_section(&key) => {
                    self.wrong.push(format!("{place}: {key} is a section: [{key}] on a line of its own"))
                }
                _ => match OPTIONS.iter().find(|option| option.key == key) {
                    Some(option) => self.set(option, &source.value(value), place, &format!("{key}: ")),
                    None => self
                        .wrong
                        .push(format!("{place}: unknown key \"{key}\"; allowed here: {}", allowed_in(section))),
                },
            }
        }
    }

    fn variable(&mut self, name: &str, value: &str) {
        let place = format!("environment variable {name}");
        match OPTIONS.iter().find(|option| option.variable() == name) {
            Some(_) if value.contains(char::REPLACEMENT_CHARACTER) => {
                self.wrong.push(format!("{place}: this is not UTF-8"))
            }
            Some(option) => self.set(option, value, place, ""),
            None => {
                let known: Vec<_> = OPTIONS.iter().map(Opt::variable).collect();
                self.wrong.push(format!("{place}: unknown option; allowed: {FILE_VARIABLE}, {}", known.join(", ")));
            }
        }
    }

    fn set(&mut self, option: &'static Opt, value: &str, place: String, key: &str) {
        if option.read(&mut self.config, value) {
            self.places.insert(option.key, place);
        } else {
            // Of several, that which is wrong by itself.
            let is_wrong = |one: &&str| !option.read(&mut Config::default(), one);
            let one = values::list(value).find(is_wrong).filter(|_| matches!(option.takes, Takes::List(_)));
            let value = without_password(one.unwrap_or(value));
            self.wrong.push(format!("{place}: {key}\"{value}\" is not {}", option.takes));
        }
    }
}

/// The config file's name and text.
struct Source<'a> {
    name: String,
    text: &'a str,
}

impl Source<'_> {
    fn place(&self, at: usize) -> String {
        format!("{}:{}", self.name, line_of(self.text, at))
    }

    /// A value as an option reads it; one that no option takes as it stands in the file.
    fn value(&self, value: &Spanned<DeValue<'_>>) -> String {
        let written = || self.text.get(value.span()).unwrap_or_default().to_owned();
        match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map_or_else(|_| written(), |number| number.to_string()),
            DeValue::Boolean(truth) => truth.to_string(),
            DeValue::Array(items) => {
                let texts: Option<Vec<_>> = items.iter().map(|item| item.get_ref().as_str()).collect();
                texts.map_or_else(written, |texts| texts.join(","))
            }
            _ => written(),
        }
    }
}

fn is_section(key: &str) -> bool {
    OPTIONS.iter().any(|option| option.key.split_once('.').is_some_and(|(section, _)| section == key))
}

/// The keys of a section; those outside any, and the sections, for "".
fn allowed_in(section: &str) -> String {
    let mut allowed: Vec<String> = Vec::new();
    for option in &OPTIONS {
        let name = match option.key.split_once('.') {
            Some((of, name)) if of == section => name.to_owned(),
            Some((of, _)) if section.is_empty() => format!("[{of}]"),
            None if section.is_empty() => option.key.to_owned(),
            _ => continue,
        };
        if !allowed.contains(&name) {
            allowed.push(name);
        }
    }
    allowed.join(", ")
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

/// The value as it may be shown: an address may hold a user and a password before its `@`.
fn without_password(value: &str) -> String {
    match (value.find("://"), value.rfind('@')) {
        (Some(scheme), Some(at)) if scheme + 3 <= at => format!("{}***{}", &value[..scheme + 3], &value[at..]),
        _ => value.to_owned(),
    }
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

    /// What is wrong, each without the folder of the file.
    fn mistakes(file: &str, environment: &[(&str, &str)]) -> Vec<String> {
        let error = read(file, environment, &[]).expect_err("mistakes");
        error
            .0
            .iter()
            .map(|line| line.rsplit_once("portal.toml").map_or(line.as_str(), |(_, rest)| rest).to_owned())
            .collect()
    }

    /// Everything wrong is told at once, in the order of the file, with its place and what is allowed there.
    #[test]
    fn mistakes_are_named_with_their_places() {
        let file =
            "lisen = \"127.0.0.1:1\"\nlog = 1\n\n[verification]\nwindow = 3\nfacility_window_days = 0\n[more]\na = 1\n";
        let found = mistakes(file, &[("MADOGUCHI_LISTEN", "abc"), ("MADOGUCHI_DEMI", "true")]);
        let top = "listen, data, database, [pool], server_key_file, demo, production, [documents], public_url, content, [mail], [verification], [sessions], [review], [uploads], [http], [log]";
        assert_eq!(found[0], format!(":1: unknown key \"lisen\"; allowed here: {top}"));
        assert_eq!(found[1], ":2: log is a section: [log] on a line of its own");
        let verification =
            "failures_per_facility, facility_window_days, attempts_per_user_per_day, failures_overall_per_day";
        assert_eq!(found[2], format!(":5: unknown key \"verification.window\"; allowed here: {verification}"));
        assert_eq!(found[3], ":6: verification.facility_window_days: \"0\" is not a whole number from 1 to 3650");
        assert_eq!(found[4], format!(":7: unknown key \"more\"; allowed here: {top}"));
        assert_eq!(
            found[5],
            "environment variable MADOGUCHI_LISTEN: \"abc\" is not an address and a port like 127.0.0.1:8080"
        );
        assert!(
            found[6].starts_with("environment variable MADOGUCHI_DEMI: unknown option; allowed: MADOGUCHI_CONFIG, ")
        );
        assert_eq!(found.len(), 7, "{found:#?}");
    }

    /// Values that TOML can write and no option takes are repeated as they stand; whole numbers may be written in every way of TOML.
    #[test]
    fn values_are_read_as_toml_writes_them() {
        let loaded = read(
            "[http]\nmax_connections = 0x1_0\nallowed_origins = [\"https://a.jp\", \"https://b.jp:8443\"]",
            &[],
            &[],
        );
        let config = loaded.expect("a configuration").config;
        assert_eq!(config.max_connections, 16);
        assert_eq!(config.origins(), ["http://127.0.0.1:8080", "https://a.jp", "https://b.jp:8443"]);
        let number = mistakes("[http]\nmax_connections = \"1,000\"", &[]);
        assert!(number[0].contains("\"1,000\" is not a whole number"), "{number:?}");
        assert_eq!(mistakes("demo = 1.5", &[]), [":1: demo: \"1.5\" is not true or false"]);
        for wrong in
            ["https://a.jp/path", "https://*.a.jp", "https://u@a.jp", "https://a.jp:99999", "a.jp", "https://a.jp?x"]
        {
            let list = mistakes(&format!("[http]\nallowed_origins = [\"https://b.jp\", \"{wrong}\"]"), &[]);
            let expected =
                format!(":2: http.allowed_origins: \"{wrong}\" is not a list of origins").replace("u@", "***@");
            assert!(list[0].starts_with(&expected), "{list:?}");
        }
    }

    /// Networks are read as they are written everywhere; one whose address has bits beyond its prefix may not be the one that was meant.
    #[test]
    fn networks_are_read_whole() {
        let text = "[http]\ntrusted_proxies = [\"10.0.0.0/8\", \"192.0.2.1\", \"2001:db8::/32\"]";
        let config = read(text, &[], &[]).expect("a configuration").config;
        let read: Vec<_> = config.trusted_proxies.iter().map(ToString::to_string).collect();
        assert_eq!(read, ["10.0.0.0/8", "192.0.2.1/32", "2001:db8::/32"]);
        for wrong in ["10.0.0.1/8", "10.0.0.0/33", "proxy.example.jp", "*", "::ffff:192.0.2.1"] {
            let list = mistakes(&format!("[http]\ntrusted_proxies = [\"192.0.2.1\", \"{wrong}\"]"), &[]);
            let expected = format!(":2: http.trusted_proxies: \"{wrong}\" is not a list of addresses or networks");
            assert!(list[0].starts_with(&expected), "{list:?}");
        }
    }

    /// An origin is kept as browsers write it, whichever way the operator does.
    #[test]
    fn origins_are_written_as_browsers_do() {
        let text = "public_url = \"https://Portal.Example.JP:443/counter\"\n[http]\nallowed_origins = [\"https://A.jp/\", \"http://b.jp:80\", \"http://c.jp:443\"]";
        let config = read(text, &[], &[]).expect("a configuration").config;
        let expected = ["https://portal.example.jp", "https://a.jp", "http://b.jp", "http://c.jp:443"];
        assert_eq!(config.origins(), expected);
    }

    /// Every default is a value that its own option takes; an empty one stands for none.
    #[test]
    fn defaults_are_allowed_values() {
        let mut config = Config::default();
        for option in &OPTIONS {
            let value = (option.get)(&config);
            assert!(value.is_empty() || option.read(&mut config, &value), "{} = {value}", option.key);
        }
    }

    /// What is no TOML is named by its line.
    #[test]
    fn broken_files_are_named_by_line() {
        let error = read("demo = true\nlisten = \n", &[], &[]).expect_err("a mistake");
        assert!(error.0[0].contains("portal.toml:2: this is not TOML"), "{error}");
    }
}

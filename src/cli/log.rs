//! The log of `serve`: lines to standard error, and what is never among them, whatever the filter asks for.
//!
//! Statements and their values are not logged at all. Of libraries only lines from INFO up are: below that some write down what was
//! sent to them, tokens included. A panic is told by its place.

use std::any::Any;
use std::io::{self, IsTerminal};
use std::panic::{self, PanicHookInfo};

use tracing::{Level, Metadata};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt};

use crate::config::{Config, LogFormat};

/// Begins the log.
pub(super) fn start(config: &Config) {
    // The filter was read by the same parser when the configuration was; an unreadable one cannot come here.
    let log = fmt().with_env_filter(EnvFilter::new(&config.log.filter)).with_writer(io::stderr);
    let told = filter_fn(|about: &Metadata<'_>| is_told(about.target(), *about.level()));
    match config.log.format {
        LogFormat::Text => log.with_ansi(io::stderr().is_terminal()).finish().with(told).init(),
        LogFormat::Json => log.json().finish().with(told).init(),
    }
    panic::set_hook(Box::new(tell));
}

/// Our own lines at every level, those of libraries from INFO up.
fn is_told(target: &str, level: Level) -> bool {
    let is_ours = target.split("::").next() == Some(env!("CARGO_PKG_NAME"));
    is_ours || level <= Level::INFO
}

fn tell(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string);
    tracing::error!(place, words = fixed_words(panic.payload()), "a panic");
}

/// The words of a panic where they stand in the program; those made when it happened may hold what a client sent.
fn fixed_words(payload: &(dyn Any + Send)) -> Option<&'static str> {
    payload.downcast_ref::<&'static str>().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A library's chatter is left out, its warnings and all of our own lines are not.
    #[test]
    fn libraries_are_heard_from_info_up() {
        for (target, level, expected) in [
            ("madoguchi", Level::TRACE, true),
            ("madoguchi::http::observe", Level::TRACE, true),
            ("madoguchi_of_others", Level::DEBUG, false),
            ("tungstenite::protocol", Level::TRACE, false),
            ("hyper", Level::DEBUG, false),
            ("sea_orm_migration", Level::INFO, true),
            ("sqlx", Level::ERROR, true),
        ] {
            assert_eq!(is_told(target, level), expected, "{target} {level}");
        }
    }

    /// What was made of a value when a panic happened is not repeated.
    #[test]
    fn a_panic_tells_no_value() {
        let of = |words: Box<dyn Any + Send>| fixed_words(&*words);
        assert_eq!(of(Box::new("a bug")), Some("a bug"));
        assert_eq!(of(Box::new("a bug with 1970-01-31".to_owned())), None);
        assert_eq!(of(Box::new(7)), None);
    }
}

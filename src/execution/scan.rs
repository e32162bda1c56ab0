//! The look at a document before anything reads it: its tokens and brackets are counted off the text, without recursion (GraphQL
//! specification, section 2.1). What is not a token of the language is left to the parser to name.
//!
//! One thing the parser lets pass is found here: a name without `:` and a value, which it would leave out of arguments and objects.

use async_graphql::Pos;

use super::answer::{RequestError, RequestErrorCode};
use super::limits::{Bound, Limits};

/// Refuses a document of too many tokens, or nested too deep in selections, lists, objects, arguments or types; and then one that names an
/// argument, or a field of an object, and gives it no value.
pub(super) fn scan(text: &str, limits: &Limits) -> Result<(), RequestError> {
    let (mut tokens, mut names) = (0_usize, Names::default());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let at = text.len() - rest.len();
        rest = match first {
            b' ' | b'\t' | b'\r' | b'\n' | b',' => after,
            b'#' => after_line(after),
            _ => {
                tokens += 1;
                if tokens > limits.tokens {
                    return Err(Bound::Tokens.passed(limits.tokens));
                }
                names.meet(first, at);
                if names.open.len() > limits.recursion {
                    return Err(Bound::Nesting.passed(limits.recursion));
                }
                match first {
                    b'"' => after_string(rest),
                    b'.' => after.strip_prefix(b"..").unwrap_or(after),
                    _ if is_of_word(first) => after_word(after),
                    _ => after,
                }
            }
        };
    }
    match names.without_value {
        Some(at) => {
            let message = "syntax error: expected `:` and a value after a name".to_owned();
            Err(RequestError::new(RequestErrorCode::GraphqlParseFailed, message).at(Some(position(text, at))))
        }
        None => Ok(()),
    }
}

/// What stands around the names of a document, as far as it tells whether a value must follow one.
#[derive(Default)]
struct Names {
    /// The brackets that are open, and whether names with values stand in them.
    open: Vec<bool>,
    before: u8,
    /// A name that waits for its `:`.
    waiting: Option<usize>,
    without_value: Option<usize>,
}

impl Names {
    /// Takes the next token, by its first byte.
    fn meet(&mut self, first: u8, at: usize) {
        if let Some(waiting) = self.waiting.take().filter(|_| first != b':') {
            self.without_value.get_or_insert(waiting);
        }
        match first {
            // Arguments, or variables. An object stands within them; braces elsewhere hold selections.
            b'(' => self.open.push(true),
            b'{' => self.open.push(!self.open.is_empty() && self.is_within_arguments()),
            b'[' => self.open.push(false),
            b')' | b']' | b'}' => drop(self.open.pop()),
            _ if is_of_name(first) && self.open.last() == Some(&true) => {
                // Otherwise it is a value or a type, a variable, or a directive.
                let begins = !matches!(self.before, b':' | b'=' | b'$' | b'@');
                self.waiting = begins.then_some(at);
            }
            _ => {}
        }
        self.before = first;
    }

    fn is_within_arguments(&self) -> bool {
        self.open.contains(&true)
    }
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

/// The line and column of a byte.
fn position(text: &str, at: usize) -> Pos {
    let before = text.get(..at).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    Pos { line: before.matches('\n').count() + 1, column: line.chars().count() + 1 }
}

/// Names and numbers, with what else a number has in it.
fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+')
}

fn after_word(text: &[u8]) -> &[u8] {
    // A point within is of a number; the three of a spread stand before a name and never behind one.
    let length = text.iter().enumerate().take_while(|(at, byte)| {
        is_of_word(**byte) || **byte == b'.' && text.get(at + 1).is_some_and(u8::is_ascii_digit)
    });
    text.get(length.count()..).unwrap_or_default()
}

fn after_line(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
    end.and_then(|end| text.get(end..)).unwrap_or_default()
}

/// Behind a string, or a block string; an open one ends with its line, or with the text.
fn after_string(text: &[u8]) -> &[u8] {
    if let Some(block) = text.strip_prefix(b"\"\"\"") {
        return after_block(block);
    }
    let mut rest = text.get(1..).unwrap_or_default();
    loop {
        rest = match rest {
            [b'\\', _, after @ ..] => after,
            [b'"', after @ ..] => return after,
            [] | [b'\n' | b'\r', ..] => return rest,
            [_, after @ ..] => after,
        };
    }
}

fn after_block(text: &[u8]) -> &[u8] {
    let mut rest = text;
    loop {
        rest = match rest {
            [b'\\', b'"', b'"', b'"', after @ ..] => after,
            [b'"', b'"', b'"', after @ ..] => return after,
            [] => return rest,
            [_, after @ ..] => after,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(tokens: usize, recursion: usize) -> Limits {
        Limits { tokens, recursion, ..Limits::default() }
    }

    /// Just as many tokens as the specification counts: strings of both kinds are one, comments and commas are none.
    #[test]
    fn tokens_are_counted() {
        for (text, tokens) in [
            ("", 0),
            ("{ a }", 3),
            ("{,a,,,b # c d e {{{ \n}", 4),
            (r#"{ a(b: "c \" d { [ (") }"#, 8),
            ("{ a(b: \"\"\"c \" { [ \\\"\"\" d\n\n\"\"\") }", 8),
            ("{ a(b: -1.5e+10, c: $d) }", 12),
            ("\u{feff}", 3),
            ("{...F ... on T{a}}", 10),
            ("{ a(b: \"open\n) }", 8),
        ] {
            assert!(scan(text, &limits(tokens, 64)).is_ok(), "{text}: more than {tokens}");
            if tokens > 0 {
                assert!(scan(text, &limits(tokens - 1, 64)).is_err(), "{text}: fewer than {tokens}");
            }
        }
    }

    /// Every name in arguments and objects has a value; names of other things have none.
    #[test]
    fn names_have_values() {
        for (text, place) in [
            ("{ a(b) }", Some(5)),
            ("{ a(b c: 1) }", Some(5)),
            ("{ a(b: 1 c) }", Some(10)),
            ("{ a(b: { c }) }", Some(10)),
            ("{ a(b: [{ c: 1, d }]) }", Some(17)),
            ("{ a @b(c: true d) }", Some(16)),
            ("query ($a: B = { c }) { d }", Some(18)),
            ("query A($b: [C!]! = [d e] @f(g: h), $i: J @k) @l { m(n: O p: [q r] s: {t: u}) { v w } }", None),
            ("{ a b { c d } e(f: $g) } fragment H on I { j }", None),
            ("{ a(b: \"c d\", e: \"\"\"f g\"\"\" # (h)\n i : 1.5) }", None),
        ] {
            let refused = scan(text, &limits(100, 64)).err();
            let at = refused.and_then(|error| error.location).map(|place| place.column);
            assert_eq!(at, place, "{text}");
        }
    }

    /// Brackets of every kind nest; those in strings and comments are none.
    #[test]
    fn nesting_is_counted() {
        for (text, nesting) in
            [("{ a { b } c { d } }", 2), ("{ a(b: [{ c: [1] }]) }", 5), ("{ a(b: \"{{{\") } # {{{", 2)]
        {
            assert!(scan(text, &limits(100, nesting)).is_ok(), "{text}");
            assert!(scan(text, &limits(100, nesting - 1)).is_err(), "{text}");
        }
    }
}

//! The look at a document before anything reads it: its tokens and brackets are counted off the text, without recursion (GraphQL
//! specification, section 2.1). What is not a token of the language is left to the parser to name.
//!
//! Where the parser differs from the language, this stands between: it finds a name without `:` and a value, which the parser would leave
//! out of arguments and objects, and it passes over what the parser does not take, a comma behind `...` and the descriptions of operations,
//! fragments and variables (edition of September 2025).

use std::borrow::Cow;
use std::ops::Range;

use apollo_compiler::parser::Parser;
use async_graphql::Pos;

use super::answer::{RequestError, RequestErrorCode};
use super::limits::{Bound, Limits};

/// U+FEFF, which is ignored wherever it stands between tokens: files that are put together bring theirs along.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Refuses a document of too many tokens, or nested too deep in selections, lists, objects, arguments or types; and then one that names an
/// argument, or a field of an object, and gives it no value.
pub(super) fn scan<'a>(text: &'a str, limits: &Limits) -> Result<Scanned<'a>, RequestError> {
    let (mut tokens, mut names, mut unsaid) = (0_usize, Names::default(), Unsaid::default());
    let mut rest = text.as_bytes();
    while let Some(&first) = rest.first() {
        let (token, after) = rest.split_at(length(rest));
        let at = text.len() - rest.len();
        match first {
            b',' if names.before == b'.' => unsaid.spans.push(at..at + 1),
            b' ' | b'\t' | b'\r' | b'\n' | b',' | b'#' => {}
            _ if token == BYTE_ORDER_MARK => {}
            _ => {
                tokens += 1;
                if tokens > limits.tokens {
                    return Err(Bound::Tokens.passed(limits.tokens));
                }
                if is_of_name(first) && token.len() > limits.name_bytes {
                    return Err(Bound::NameBytes.passed(limits.name_bytes));
                }
                unsaid.meet(token, at, &names);
                names.meet(first, at);
                if names.open.len() > limits.recursion {
                    return Err(Bound::Nesting.passed(limits.recursion));
                }
            }
        }
        rest = after;
    }
    match names.without_value {
        Some(at) => {
            let message = "syntax error: expected `:` and a value after a name".to_owned();
            Err(RequestError::new(RequestErrorCode::GraphqlParseFailed, message).at(Some(position(text, at))))
        }
        None => Ok(Scanned { text: unsaid.leave_out(text), tokens }),
    }
}

/// A document that was looked at.
#[derive(Debug)]
pub(super) struct Scanned<'a> {
    /// The text for the parser, in which everything stands where it stood.
    pub(super) text: Cow<'a, str>,
    pub(super) tokens: usize,
}

/// What a pair of brackets holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bracket {
    /// The variables of an operation.
    Variables,
    /// Arguments, or the fields of an object.
    Values,
    /// Selections, or a list.
    Others,
}

/// What stands around the names of a document, as far as it tells whether a value must follow one.
#[derive(Default)]
struct Names {
    open: Vec<Bracket>,
    /// The first byte of the last token, and of the one before it.
    before: u8,
    long_before: u8,
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
            b'(' if self.open.is_empty() && self.long_before != b'@' => self.open.push(Bracket::Variables),
            b'(' => self.open.push(Bracket::Values),
            // An object stands within arguments or variables; braces elsewhere hold selections.
            b'{' if self.open.iter().any(|bracket| *bracket != Bracket::Others) => self.open.push(Bracket::Values),
            b'{' | b'[' => self.open.push(Bracket::Others),
            b')' | b']' | b'}' => drop(self.open.pop()),
            _ if is_of_name(first) && self.open.last().is_some_and(|bracket| *bracket != Bracket::Others) => {
                // Otherwise it is a value or a type, a variable, or a directive.
                let begins = !matches!(self.before, b':' | b'=' | b'$' | b'@');
                self.waiting = begins.then_some(at);
            }
            _ => {}
        }
        (self.long_before, self.before) = (self.before, first);
    }
}

/// What says nothing and is not taken by the parser.
#[derive(Default)]
struct Unsaid<'a> {
    spans: Vec<Range<usize>>,
    /// A string where a description may stand, when what it describes follows.
    description: Option<(Range<usize>, &'a [u8])>,
}

impl<'a> Unsaid<'a> {
    /// Takes the next token, before the names do.
    fn meet(&mut self, token: &'a [u8], at: usize, names: &Names) {
        let is_within = match names.open.last() {
            None => false,
            Some(Bracket::Variables) => true,
            Some(_) => return,
        };
        if let Some((place, description)) = self.description.take() {
            let is_described = match token {
                b"query" | b"mutation" | b"subscription" | b"fragment" => !is_within,
                _ => is_within && token == b"$",
            };
            // Looked at last: it takes the parser, and strings may stand in a row.
            self.spans.extend((is_described && is_whole(description)).then_some(place));
        }
        let may_be_described = match names.before {
            b':' | b'=' | b'$' | b'@' => false,
            0 | b'}' => true,
            _ => is_within,
        };
        let is_string = token.first() == Some(&b'"');
        self.description = (may_be_described && is_string).then(|| (at..at + token.len(), token));
    }

    /// The text with white space in these places.
    fn leave_out(self, text: &str) -> Cow<'_, str> {
        if self.spans.is_empty() {
            return Cow::Borrowed(text);
        }
        let (mut left, mut end) = (String::with_capacity(text.len()), 0);
        for span in self.spans {
            left.push_str(text.get(end..span.start).unwrap_or_default());
            end = span.end;
            let unsaid = text.get(span).unwrap_or_default();
            // A character each, so that places stay lines and columns.
            left.extend(unsaid.chars().map(|character| if matches!(character, '\n' | '\r') { character } else { ' ' }));
        }
        left.push_str(text.get(end..).unwrap_or_default());
        Cow::Owned(left)
    }
}

/// Whether the token is a string to its end, as the parser reads one: what is wrong with another is the parser's to say.
fn is_whole(token: &[u8]) -> bool {
    let text = std::str::from_utf8(token);
    text.is_ok_and(|text| Parser::new().parse_ast(format!("{{ a(b: {text}) }}"), "description").is_ok())
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

/// How long the next token is, or what stands between tokens.
fn length(text: &[u8]) -> usize {
    let Some((&first, after)) = text.split_first() else { return 0 };
    let rest = match first {
        b'#' => after_line(after),
        b'"' => after_string(text),
        b'.' => after.strip_prefix(b"..").unwrap_or(after),
        _ if is_of_word(first) => after_word(after),
        0xEF => text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(after),
        _ => after,
    };
    text.len() - rest.len()
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
            ("\u{feff}{ a\u{feff}(b: \u{feff}1) }", 8),
            ("{...F ... on T{a}}", 10),
            ("{ a(b: \"open\n) }", 8),
        ] {
            assert!(scan(text, &limits(tokens, 64)).is_ok(), "{text}: more than {tokens}");
            if tokens > 0 {
                assert!(scan(text, &limits(tokens - 1, 64)).is_err(), "{text}: fewer than {tokens}");
            }
        }
    }

    /// What says nothing is left out of the text for the parser, and everything else stands where it stood.
    #[test]
    fn what_the_parser_does_not_take_is_left_out() {
        for (text, left) in [
            ("{ ...,, F ...,on T { a, b } }", "{ ...   F ... on T { a, b } }"),
            ("\"An\u{3042}\" query A { a }", "      query A { a }"),
            ("\u{feff}\"A\"\u{feff} query { a ...\u{feff},b }", "\u{feff}   \u{feff} query { a ...\u{feff} b }"),
            ("{ a } \"\"\"B\n\"b\" \"\"\" fragment B on C { d }", "{ a }     \n        fragment B on C { d }"),
            (
                "query (\"A\" $a: I = 1 \"B\" $b: [S!]! = [\"c\"] @d(e: \"f\") \"C\" $c: S = \"g\" \"D\" $h: I) { a }",
                "query (    $a: I = 1     $b: [S!]! = [\"c\"] @d(e: \"f\")     $c: S = \"g\"     $h: I) { a }",
            ),
        ] {
            assert_eq!(scan(text, &limits(100, 64)).expect("read").text, left);
        }
        for text in [
            "\"A\" { a }",
            "\"A\" \"B\" query { a }",
            "\"A\nquery { a }",
            "\"A\\\"\nquery { a }",
            "\"\"\"A\" query { a }",
            "query \"A\" { a }",
            "query @a(b: \"c\" $d) { a }",
            "query ($a: \"A\" $b: I) { a }",
            "query ($a: S = \"A\" $b: I) { a }",
            "{ a(b: \"c\" $d: 1) }",
            "{ a } \"A\"",
            "\"\\q\" query { a }",
            "\"\\uD800\" query { a }",
            "query (\"\\u{110000}\" $a: I) { a }",
            "{ a, ,b }",
        ] {
            assert_eq!(scan(text, &limits(100, 64)).expect("read").text, text);
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

//! The look at a document before anything reads it: its tokens and brackets are counted off the text, without memory and without
//! recursion (GraphQL specification, section 2.1). What is not a token of the language is left to the parser to name.

use super::answer::RequestError;
use super::limits::{Bound, Limits};

/// Refuses a document of too many tokens, or nested too deep in selections, lists, objects, arguments or types.
pub(super) fn scan(text: &str, limits: &Limits) -> Result<(), RequestError> {
    let (mut tokens, mut nesting) = (0_usize, 0_usize);
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = match first {
            b' ' | b'\t' | b'\r' | b'\n' | b',' => {
                rest = after;
                continue;
            }
            b'#' => {
                rest = after_line(after);
                continue;
            }
            b'"' => after_string(rest),
            b'(' | b'[' | b'{' => {
                nesting += 1;
                if nesting > limits.recursion {
                    return Err(Bound::Nesting.passed(limits.recursion));
                }
                after
            }
            b')' | b']' | b'}' => {
                nesting = nesting.saturating_sub(1);
                after
            }
            _ if is_of_word(first) => after_word(after),
            _ => after,
        };
        tokens += 1;
        if tokens > limits.tokens {
            return Err(Bound::Tokens.passed(limits.tokens));
        }
    }
    Ok(())
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
            ("{ a(b: \"open\n) }", 8),
        ] {
            assert!(scan(text, &limits(tokens, 64)).is_ok(), "{text}: more than {tokens}");
            if tokens > 0 {
                assert!(scan(text, &limits(tokens - 1, 64)).is_err(), "{text}: fewer than {tokens}");
            }
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

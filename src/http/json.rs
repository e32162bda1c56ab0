//! A stranger's JSON, read into values of a bounded number: a megabyte of brackets would take a hundred of memory.

use std::cell::Cell;
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::error_code::HttpErrorCode;
use super::refusal::Refusal;

/// Values in one text, twice of what the variables of a request may have.
const MOST: usize = 10_000;

/// Reads a text that is JSON and nothing else.
pub(super) fn read(text: &[u8]) -> Result<Value, Refusal> {
    let left = Cell::new(Some(MOST));
    let mut reader = serde_json::Deserializer::from_slice(text);
    let read = Counted { left: &left }.deserialize(&mut reader);
    match read.and_then(|value| reader.end().map(|()| value)) {
        Ok(value) => Ok(value),
        Err(_) if left.get().is_none() => {
            let (ja, en) = ("値が多すぎます（1万個まで）", "at most 10,000 values are taken");
            Err(Refusal::new(HttpErrorCode::BodyTooLarge).at("JSON", ja, en))
        }
        Err(_) => Err(Refusal::new(HttpErrorCode::MalformedJson)),
    }
}

/// Reads one value and all inside it, as far as there are any left; `None` when there were more.
#[derive(Clone, Copy)]
struct Counted<'a> {
    left: &'a Cell<Option<usize>>,
}

impl<'de> DeserializeSeed<'de> for Counted<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.left.update(|left| left?.checked_sub(1));
        if self.left.get().is_none() {
            return Err(D::Error::custom("too many values"));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Counted<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(self)? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut values = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            values.insert(name, fields.next_value_seed(self)?);
        }
        Ok(values.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Option<HttpErrorCode> {
        read(text.as_bytes()).err().map(|refusal| refusal.code())
    }

    /// What is read is what serde_json reads.
    #[test]
    fn values_are_read_as_they_stand() {
        let text =
            r#" {"a": [null, true, -1, 18446744073709551615, 1.5, 1e3, "あ\u0041\n"], "b": {"": {}}, "a ": []} "#;
        assert_eq!(read(text.as_bytes()).expect("JSON"), serde_json::from_str::<Value>(text).expect("JSON"));
    }

    /// As many values as may be, and one more; what comes behind them is not looked at.
    #[test]
    fn values_are_counted() {
        let list = |items: usize| format!("[{}]", vec!["1"; items].join(","));
        assert_eq!(code(&list(MOST - 1)), None);
        assert_eq!(code(&list(MOST)), Some(HttpErrorCode::BodyTooLarge));
        assert_eq!(code(&format!("{} x", list(MOST - 1))), Some(HttpErrorCode::MalformedJson));
        assert_eq!(code(&format!("[{}", "[],".repeat(MOST))), Some(HttpErrorCode::BodyTooLarge));
        assert_eq!(code(&format!("[{}", r#"{"a":{}},"#.repeat(MOST))), Some(HttpErrorCode::BodyTooLarge));
    }

    /// What is no JSON, or more than can be held, is told as that.
    #[test]
    fn what_is_no_json_is_refused() {
        let deep = format!("{}{}", "[".repeat(128), "]".repeat(128));
        for text in ["", "{", "{} {}", "[1,]", "nul", "1e400", r#""\ud83d""#, "\"\u{1}\"", &deep] {
            assert_eq!(code(text), Some(HttpErrorCode::MalformedJson), "{text}");
        }
    }
}

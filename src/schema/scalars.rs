//! Scalars of our own.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::domain::attachment::PART;
use crate::domain::ids::FacilityId;
use crate::domain::secret::Confidential;

/// A text that is used and dropped: a password, a date of birth, an account number. It prints as `***` everywhere in the gateway
/// and is never part of an answer. On the wire it is a string.
#[derive(Debug, Clone)]
pub struct ConfidentialText(pub Confidential);

/// A text that is used and dropped: a password, a date of birth, an account number. A string on the wire; it is never part of an
/// answer, a log or an error.
#[Scalar(name = "ConfidentialText")]
impl ScalarType for ConfidentialText {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => Ok(Self(Confidential::new(text))),
            // The value itself is kept out of the message.
            _ => Err(InputValueError::custom("a string was expected")),
        }
    }

    fn to_value(&self) -> Value {
        Value::String("***".to_owned())
    }
}

/// The place of an event in its facility's sequence: opaque, bound to that facility. Give the last one you saw as `after`, and you
/// get every later event once, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventCursor {
    /// The facility that numbered the event.
    pub facility: FacilityId,
    /// The event's number.
    pub sequence: i64,
}

/// The place of an event in its facility's sequence: opaque, bound to that facility. Give the last one you saw as `after`, and you
/// get every later event once, in order.
#[Scalar(name = "EventCursor")]
impl ScalarType for EventCursor {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => Ok(Self::read(&text).unwrap_or(Self::OF_NOBODY)),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        let mut bytes = self.facility.uuid().as_bytes().to_vec();
        bytes.extend(self.sequence.to_be_bytes());
        Value::String(URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl EventCursor {
    /// What stands for a text that is no cursor: no facility has it, and whoever is given it says so in the client's language.
    const OF_NOBODY: Self = Self { facility: FacilityId::from_uuid(uuid::Uuid::nil()), sequence: 0 };

    fn read(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (uuid, sequence) = bytes.split_at_checked(16)?;
        let facility = FacilityId::from_uuid(uuid::Uuid::from_slice(uuid).ok()?);
        let sequence = i64::from_be_bytes(sequence.try_into().ok()?);
        (sequence >= 0).then_some(Self { facility, sequence })
    }
}

/// A count of bytes; a JSON number up to 2^53.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BigInt(pub u64);

/// A count of bytes; a JSON number up to 2^53.
#[Scalar(name = "BigInt")]
impl ScalarType for BigInt {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::Number(number) => number.as_u64().map(Self).ok_or_else(|| InputValueError::expected_type(value)),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::Number(self.0.into())
    }
}

/// A file. It travels by the GraphQL multipart request specification: its variable is null in `operations`, and `map` names the
/// part that holds it. Inside the gateway this is that part's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload(pub String);

/// A file. It travels by the GraphQL multipart request specification: its variable is null in `operations`, and `map` names the
/// part that holds it.
#[Scalar(name = "Upload", specified_by_url = "https://github.com/jaydenseric/graphql-multipart-request-spec")]
impl ScalarType for Upload {
    fn parse(value: Value) -> InputValueResult<Self> {
        // A transport puts an object there, which no other scalar takes. Anything else names no part that came: whoever reads it says so.
        Ok(match value {
            Value::Object(mut mark) => match mark.swap_remove(PART) {
                Some(Value::String(part)) => Self(part),
                _ => Self(String::new()),
            },
            _ => Self(String::new()),
        })
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cursor reads as it was written; any other text is nobody's.
    #[test]
    fn a_cursor_reads_as_it_was_written() {
        let cursor = EventCursor { facility: FacilityId::from_uuid(uuid::Uuid::from_u128(7)), sequence: 42 };
        assert_eq!(EventCursor::parse(cursor.to_value()).ok(), Some(cursor));
        for text in ["", "AAAA", "not base64!", "AAAAAAAAAAAAAAAAAAAAAP__________"] {
            assert_eq!(EventCursor::parse(Value::String(text.into())).ok(), Some(EventCursor::OF_NOBODY), "{text}");
        }
        assert!(EventCursor::parse(Value::from(5)).is_err());
    }
}

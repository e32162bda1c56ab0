//! What is used and dropped: keys of the facility check and passwords. They cannot be printed, compared by accident or stored.

use std::fmt;

use zeroize::Zeroizing;

/// A text that prints as `***` and is wiped from memory when dropped (R26, R37).
#[derive(Clone)]
pub struct Confidential(Zeroizing<String>);

impl Confidential {
    /// Takes the text over.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself. Every call is a place to look at: what becomes of it there?
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Confidential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Confidential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::Confidential;

    /// Neither form of printing shows what is inside.
    #[test]
    fn a_secret_prints_as_stars() {
        let secret = Confidential::new("1965-05-10".into());
        assert_eq!(format!("{secret} {secret:?} {secret:#?}"), "*** *** ***");
    }
}

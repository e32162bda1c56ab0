//! Words of mails: a Japanese and an English template each, both in every mail, as nobody has told us what the reader prefers.
//!
//! A template's first line is `Subject: …`, then an empty line, then the text. What a person typed never stands in a subject.

use chrono::{DateTime, Utc};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value};
use rust_embed::RustEmbed;

use crate::domain::clock::japan;
use crate::domain::contact::CALL_CENTER_PHONE;
use crate::domain::language::Language;
use crate::domain::review::{Correction, CorrectionTarget, Verdict};
use crate::domain::secret::Confidential;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/templates/mail"]
struct Files;

/// What templates may say, by the names that they use.
pub(super) struct Facts(Vec<(&'static str, String)>);

impl Facts {
    /// What every mail knows.
    pub(super) fn new(portal_url: &str) -> Self {
        Self(vec![("portal_url", portal_url.to_owned()), ("call_center_phone", CALL_CENTER_PHONE.to_owned())])
    }

    /// Adds what the facility and its application are called.
    pub(super) fn name_application(&mut self, facility: String, number: String) {
        self.0.extend([("facility_name", facility), ("application_number", number)]);
    }

    /// Adds a link with its token. Its end is in Japan's time, in figures that both languages read.
    pub(super) fn link_to(&mut self, link: String, token: &Confidential, works_until: DateTime<Utc>) {
        let until = works_until.with_timezone(&japan()).format("%Y-%m-%d %H:%M").to_string();
        self.0.extend([("link", link), ("token", token.expose().to_owned()), ("link_works_until", until)]);
    }
}

impl Facts {
    /// Adds why a reviewer decided so, and what is to be corrected, a line each.
    pub(super) fn give_reasons(&mut self, verdict: &Verdict) {
        let (reason, corrections) = match verdict {
            Verdict::Approved => return,
            Verdict::Returned { reason, corrections } => (reason, corrections.as_slice()),
            Verdict::Rejected { reason } => (reason, [].as_slice()),
        };
        let lines = |language| {
            let line = |one: &Correction| format!("- {}: {}", one.target.label(language), one.message);
            corrections.iter().map(line).collect::<Vec<_>>().join("\n")
        };
        self.0.extend([
            ("reason", reason.clone()),
            ("corrections_ja", lines(Language::Ja)),
            ("corrections_en", lines(Language::En)),
        ]);
    }

    /// Invented facts, and only those that such a mail is given.
    pub(super) fn sample(template: &str) -> Self {
        let mut facts = Self::new("https://portal.example.jp");
        match template {
            "confirm-registration" | "reset-password" => {
                let (link, token) =
                    ("https://portal.example.jp/graphiql/#…", "sample-token-sample-token-sample-token-00000");
                facts.link_to(link.to_owned(), &Confidential::new(token.to_owned()), DateTime::UNIX_EPOCH);
            }
            "already-registered" | "no-such-login" => {}
            _ => facts.name_application("髙橋接骨院 𠮷田分院".to_owned(), "S0000123".to_owned()),
        }
        let reason = "申請台数をご確認ください。".to_owned();
        match template {
            "application-returned" => {
                let message = "職員数に対して台数が多いようです。".to_owned();
                let corrections = vec![Correction { target: CorrectionTarget::DeviceCount, message }];
                facts.give_reasons(&Verdict::Returned { reason, corrections });
            }
            "application-rejected" => facts.give_reasons(&Verdict::Rejected { reason }),
            _ => {}
        }
        facts
    }
}

/// What stands in a mail.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Letter {
    pub subject: String,
    pub body: String,
}

/// The templates, read and checked.
pub(super) struct Templates(Environment<'static>);

impl Templates {
    pub(super) fn try_new() -> Result<Self, Error> {
        let mut environment = Environment::new();
        // A fact that is missing is a mistake of ours and no empty place in a mail.
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        for name in Files::iter() {
            let file = Files::get(&name).ok_or_else(|| Error::new(ErrorKind::TemplateNotFound, name.to_string()))?;
            let text = String::from_utf8(file.data.into_owned())
                .map_err(|_| Error::new(ErrorKind::InvalidOperation, "a template is not UTF-8"))?;
            environment.add_template_owned(name.into_owned(), text)?;
        }
        Ok(Self(environment))
    }

    /// Both languages in one letter, Japanese first.
    pub(super) fn render(&self, template: &str, facts: &Facts) -> Result<Letter, Error> {
        let (ja, en) = (self.part(template, Language::Ja, facts)?, self.part(template, Language::En, facts)?);
        let divider = "-".repeat(60);
        Ok(Letter {
            subject: format!("{} / {}", ja.subject, en.subject),
            body: format!("{}\n\n{divider}\n\n{}\n", ja.body, en.body),
        })
    }

    /// What one language says.
    pub(super) fn part(&self, template: &str, language: Language, facts: &Facts) -> Result<Letter, Error> {
        let values = Value::from_pairs(facts.0.iter().cloned());
        let text = self.0.get_template(&format!("{template}.{}.txt.j2", language.tag()))?.render(values)?;
        let (subject, body) =
            text.strip_prefix("Subject: ").and_then(|text| text.split_once("\n\n")).ok_or_else(|| {
                Error::new(ErrorKind::InvalidOperation, "a mail begins with its subject and an empty line")
            })?;
        Ok(Letter { subject: subject.to_owned(), body: body.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::mail::TEMPLATES;

    /// Each mail has its words in both languages, and needs no fact that it is not given.
    #[test]
    fn every_mail_has_its_words() {
        let templates = Templates::try_new().expect("templates");
        for (template, said) in TEMPLATES.into_iter().zip([
            "\nsample-token-sample-token-sample-token-00000\n",
            "パスワード",
            "1970-01-01 09:00",
            "登録",
            "S0000123",
            "- 申請台数: 職員数に対して台数が多いようです。",
            "申請台数をご確認ください。",
            "髙橋接骨院 𠮷田分院",
        ]) {
            let letter = templates.render(template, &Facts::sample(template)).expect(template);
            assert!(letter.body.contains(said), "{template}: {}", letter.body);
            assert!(letter.subject.contains(" / ") && !letter.subject.contains('\n'), "{}", letter.subject);
            assert!(letter.body.contains("0800-080-4583") && !letter.body.contains("{{"), "{}", letter.body);
        }
    }
}

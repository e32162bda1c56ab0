//! `user create`: a login that an operator makes; staff come into being only here.

use std::io::BufRead;

use clap::{Args, Subcommand, ValueEnum};

use super::Failed;
use super::portal;
use super::terminal::Terminal;
use crate::config::Config;
use crate::domain::actor::{Actor, Role};
use crate::domain::facility::FacilityKind;
use crate::domain::language::Language;
use crate::domain::secret::Confidential;
use crate::services::Failure;
use crate::services::users::{self, FacilityForm, UserForm};

/// What to do with people.
#[derive(Debug, Subcommand)]
pub enum User {
    /// Make a login. The password is asked for, or comes from standard input.
    ///
    /// Examples:
    ///   madoguchi user create --email r@example.jp --name '審査 一郎' --phone 0312345678 --role reviewer
    ///   pass show clinic | madoguchi user create --email c@example.jp --name '山田 花子' \
    ///     --phone 0312345678 --role applicant --password-stdin \
    ///     --facility 'clinic:協1312345-0-0:窓口接骨院'
    #[command(verbatim_doc_comment)]
    Create(Create),
}

/// A login to make.
#[derive(Debug, Args)]
pub struct Create {
    /// The mail address, by which they log in.
    #[arg(long)]
    email: String,
    /// Their name.
    #[arg(long)]
    name: String,
    /// Their telephone number.
    #[arg(long)]
    phone: String,
    /// What they are to the counter.
    #[arg(long)]
    role: RoleName,
    /// A facility that they hold, of an applicant; may be given several times. KIND is clinic, checkup or midwifery.
    #[arg(long = "facility", value_name = "KIND:CODE[:NAME]", value_parser = read_facility)]
    facilities: Vec<FacilityArgument>,
    /// Read the password from the first line of standard input.
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleName {
    Applicant,
    Reviewer,
    Operator,
}

#[derive(Debug, Clone)]
struct FacilityArgument {
    kind: FacilityKind,
    code: String,
    name: Option<String>,
}

fn read_facility(text: &str) -> Result<FacilityArgument, String> {
    let mut parts = text.splitn(3, ':');
    let kind = match parts.next() {
        Some("clinic") => FacilityKind::TreatmentClinic,
        Some("checkup") => FacilityKind::HealthCheckupProvider,
        Some("midwifery") => FacilityKind::MidwiferyHome,
        _ => return Err("begin with clinic:, checkup: or midwifery:".to_owned()),
    };
    let code = parts.next().filter(|code| !code.is_empty()).ok_or("the code is missing")?.to_owned();
    Ok(FacilityArgument { kind, code, name: parts.next().map(str::to_owned) })
}

impl User {
    /// Does it.
    pub async fn run(self, config: Config, terminal: &mut Terminal) -> Result<(), Failed> {
        let Self::Create(create) = self;
        let Create { email, name, phone, role, facilities, password_stdin } = create;
        if !matches!(role, RoleName::Applicant) && !facilities.is_empty() {
            return Err(Failed::Wrong("--facility is for applicants: staff hold no facilities".to_owned()));
        }
        let password = if password_stdin { read_password()? } else { ask_password()? };
        let role = match role {
            RoleName::Applicant => Role::Applicant,
            RoleName::Reviewer => Role::Reviewer,
            RoleName::Operator => Role::Operator,
        };
        let facilities = facilities
            .into_iter()
            .map(|FacilityArgument { kind, code, name }| FacilityForm { kind, code, name })
            .collect();
        let form =
            UserForm { display_name: name, email: email.clone(), phone_number: phone, password, role, facilities };
        let services = portal::open(config).await?;
        let made = users::create_user(&services, &Actor::System, form).await;
        services.database.close().await.map_err(Failed::broken)?;
        match made {
            Ok(Some(user)) => {
                terminal.print(&format!("{} can log in ({})", email, user.id));
                Ok(())
            }
            Ok(None) => Err(Failed::Broken(format!("{email} can log in already; nothing was changed"))),
            Err(failure) => Err(told(&failure)),
        }
    }
}

fn read_password() -> Result<Confidential, Failed> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(Failed::broken)?;
    Ok(Confidential::new(line.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Asks on the terminal, twice, without showing what is typed.
fn ask_password() -> Result<Confidential, Failed> {
    let ask = |prompt| {
        rpassword::prompt_password(prompt).map_err(|_| {
            Failed::Wrong("there is no terminal to ask for the password; pipe it in with --password-stdin".to_owned())
        })
    };
    let password = ask("password: ")?;
    if ask("the same again: ")? != password {
        return Err(Failed::Wrong("these were two different passwords; nothing was changed".to_owned()));
    }
    Ok(Confidential::new(password))
}

/// A failure in words, in both languages.
pub(super) fn told(failure: &Failure) -> Failed {
    match failure {
        Failure::Refused(refusals) => {
            let lines = refusals.iter().map(|refusal| {
                let field = refusal.field.last().map_or_else(String::new, |field| format!("{field}: "));
                format!("{field}{} / {}", refusal.message(Language::En), refusal.message(Language::Ja))
            });
            Failed::Wrong(lines.collect::<Vec<_>>().join("\n"))
        }
        Failure::Fault(fault) => Failed::Broken(fault.to_string()),
    }
}

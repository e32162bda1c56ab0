//! Names end up in mails, papers and logs: one with a control character gets in nowhere (T20, E37).

use serde_json::json;

use crate::cli::run;
use crate::support::Portal;

/// A control of ASCII, of Latin-1, a line break, a break of Unicode, and the first and last of the direction overrides and isolates.
const FORBIDDEN: [&str; 9] = [
    "\u{1}",
    "\u{7F}",
    "\u{85}",
    "\r\nBcc: thief@example.jp",
    "\u{2028}",
    "\u{202A}",
    "\u{202E}",
    "\u{2066}",
    "\u{2069}",
];

fn spoilt() -> impl Iterator<Item = String> {
    FORBIDDEN.into_iter().map(|character| format!("窓口{character}一郎"))
}

/// Over the wire: the person's name, the facility's at registration, and a further facility's; NUL among them.
#[tokio::test(flavor = "multi_thread")]
async fn no_form_takes_a_control_character() {
    let portal = Portal::demo().await;
    let client = portal.log_in("clinic@example.jp").await;
    for name in spoilt().chain(["窓口\0一郎".to_owned()]) {
        let form = json!({
            "displayName": name, "facilityKind": "MIDWIFERY_HOME", "facilityCode": "M1300003", "facilityName": name,
            "phoneNumber": "03-1234-5678", "email": "new@example.jp", "password": "a long password of my own",
        });
        let mut refused = portal.visitor().refused("RegisterUser", form).await;
        refused.sort();
        let at = |field: &str| ("INVALID_NAME".to_owned(), field.to_owned());
        assert_eq!(refused, [at("input.displayName"), at("input.facilityName")], "{name:?}");
        let facility = json!({ "kind": "MIDWIFERY_HOME", "code": "M1300003", "name": name });
        assert_eq!(client.refused("AddFacility", facility).await, [at("input.name")], "{name:?}");
    }
    assert_eq!(portal.mails_to("new@example.jp").len(), 0);
}

/// On the command line: the names of a login and of its facility.
#[test]
fn no_command_takes_a_control_character() {
    let data = tempfile::tempdir().unwrap();
    let create = |name: &str, facility: &str| {
        let arguments = [
            "user",
            "create",
            "--password-stdin",
            "--email",
            "c@example.jp",
            "--phone",
            "03-1234-5678",
            "--role",
            "applicant",
            "--name",
            name,
            "--facility",
            facility,
        ];
        run(&data, &arguments, &[], "a long password of my own\n")
    };
    for name in spoilt() {
        let facility = format!("clinic:協1310001-0-0:{name}");
        for (name, facility) in [(name.as_str(), "clinic:協1310001-0-0"), ("窓口 一郎", facility.as_str())] {
            let (code, out, err) = create(name, facility);
            assert!(code == 2 && err.starts_with("name: "), "{name:?} {facility:?}: {out}{err}");
        }
    }
    let (code, out, err) = create("窓口 一郎", "clinic:協1310001-0-0:まどぐち整骨院");
    assert!(code == 0, "nothing of them was kept: {out}{err}");
}

/// In the registry's file: every row is named by its line, and nothing is imported.
#[test]
fn no_registry_takes_a_control_character() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("registry.csv");
    let rows = spoilt().chain(["窓口\0一郎".to_owned()]).enumerate();
    let rows = rows.map(|(number, name)| format!("施術所,協131000{number}-0-0,\"{name}\",東京都,1970-01-31\n"));
    std::fs::write(&file, format!("施設区分,コード,名称,都道府県,照合キー\n{}", rows.collect::<String>())).unwrap();
    let (code, out, err) = run(&data, &["registry", "import", file.to_str().unwrap()], &[], "");
    assert!(code == 1 && err.contains("nothing was imported"), "{out}{err}");
    assert_eq!(
        err.lines().filter(|line| line.contains(", column name (名称): ")).count(),
        FORBIDDEN.len() + 1,
        "{err}"
    );
}

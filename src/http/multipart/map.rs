//! The `map`: which part goes into which variable. The variable then holds the part's name in an object, which is how a resolver finds it,
//! and what no variable but a file's takes.

use serde_json::{Map, Value, json};

use super::super::refusal::Refusal;
use crate::domain::attachment::PART;

/// Files of one request, and variables that they go to. Each entry costs a look at the variables, and one file named a thousand times has cost others their
/// descriptors.
const MOST_FILES: usize = 5;

/// Puts the parts' names into the variables; gives the request's members and the names in their order.
pub(super) fn apply(mut members: Map<String, Value>, map: &[u8]) -> Result<(Map<String, Value>, Vec<String>), Refusal> {
    let Ok(Value::Object(entries)) = serde_json::from_slice(map) else {
        return Err(Refusal::malformed("map", "配列のオブジェクトにしてください", "must be an object of lists"));
    };
    if entries.len() > MOST_FILES {
        return Err(Refusal::malformed("map", "一度に送れるファイルは5つまでです", "names more than 5 files"));
    }
    let (mut names, mut places) = (Vec::with_capacity(entries.len()), 0);
    for (name, paths) in entries {
        let paths = paths.as_array().filter(|paths| !paths.is_empty());
        for path in paths.ok_or_else(|| {
            Refusal::malformed(
                "map",
                "各ファイルの変数を1つ以上、配列で指定してください",
                "lists no variable for a file",
            )
        })? {
            places += 1;
            if places > MOST_FILES {
                return Err(Refusal::malformed("map", "指定できる変数は5つまでです", "names more than 5 variables"));
            }
            let place = path.as_str().and_then(|path| find(&mut members, path));
            let place = place.ok_or_else(|| {
                Refusal::malformed("map", "指定された変数がありません", "names a variable that is not there")
            })?;
            if !place.is_null() {
                return Err(Refusal::malformed(
                    "operations",
                    "ファイルの変数は null にしてください",
                    "the variable of a file must be null",
                ));
            }
            *place = json!({ PART: name });
        }
        names.push(name);
    }
    Ok((members, names))
}

/// The value at `variables.input.file` or `variables.files.0`.
fn find<'a>(members: &'a mut Map<String, Value>, path: &str) -> Option<&'a mut Value> {
    let rest = path.strip_prefix("variables.")?;
    let mut place = members.get_mut("variables")?;
    for step in rest.split('.') {
        place = match place {
            Value::Object(fields) => fields.get_mut(step)?,
            Value::Array(items) => items.get_mut(step.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(variables: Value, map: &str) -> Option<(Value, Vec<String>)> {
        let Value::Object(members) = json!({ "variables": variables }) else { return None };
        let (members, names) = apply(members, map.as_bytes()).ok()?;
        Some((members["variables"].clone(), names))
    }

    /// Each file goes to its variables, which must be there and empty; the order is the map's.
    #[test]
    fn files_go_to_their_variables() {
        let variables = json!({ "input": { "file": null }, "files": [null, null] });
        let map = r#"{ "b": ["variables.input.file"], "a": ["variables.files.1"] }"#;
        let expected = json!({ "input": { "file": { "part": "b" } }, "files": [null, { "part": "a" }] });
        assert_eq!(applied(variables.clone(), map), Some((expected, vec!["b".to_owned(), "a".to_owned()])));
        let map = r#"{ "a": ["variables.input.file", "variables.files.0"] }"#;
        let expected = json!({ "input": { "file": { "part": "a" } }, "files": [{ "part": "a" }, null] });
        assert_eq!(applied(variables.clone(), map), Some((expected, vec!["a".to_owned()])));
        for wrong in [
            "[]",
            "{",
            r#"{ "a": "variables.input.file" }"#,
            r#"{ "a": [] }"#,
            r#"{ "a": ["variables.input.file", "variables.files.0", "variables.input.file"] }"#,
            r#"{ "a": ["variables.input.file", 1] }"#,
            r#"{ "a": ["variables.input.other"] }"#,
            r#"{ "a": ["variables.files.2"] }"#,
            r#"{ "a": ["query"] }"#,
            r#"{ "a": ["variables.input.file"], "b": ["variables.input.file"] }"#,
            r#"{ "a": ["variables.input"] }"#,
            r#"{ "1": ["x"], "2": ["x"], "3": ["x"], "4": ["x"], "5": ["x"], "6": ["x"] }"#,
        ] {
            assert_eq!(applied(variables.clone(), wrong), None, "{wrong}");
        }
    }
}

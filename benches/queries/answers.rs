//! Before anything is measured: everybody answers the same, keys in the same order, and nobody shows what is another's.

use serde_json::Value;

use super::contestants::Contestant;
use super::pages::Page;
use super::{Error, data};

/// So many requests of each page are compared.
const COMPARED: usize = 12;

/// Compares the answers of all to some of a page's requests; gives how many bytes the first answer has.
pub async fn compare(http: &reqwest::Client, contestants: &[Contestant], page: &Page) -> Result<usize, Error> {
    let step = page.asked.len().div_ceil(COMPARED);
    let mut size = 0;
    for (token, variables) in page.asked.iter().step_by(step) {
        let mut expected: Option<(&str, String)> = None;
        for contestant in contestants {
            let answer = ask(http, contestant, page, token, variables).await?;
            let root = answer["data"].as_object().and_then(|data| data.values().next());
            if answer.get("errors").is_some() || root.is_none_or(Value::is_null) {
                return Err(format!("{} gives no answer to {}: {answer}", contestant.name, page.name).into());
            }
            // The order of keys is kept, and belongs to the answer.
            let data = answer["data"].to_string();
            match &expected {
                None => expected = Some((contestant.name, data)),
                Some((_, first)) if *first == data => {}
                Some((name, first)) => {
                    let words =
                        format!("{name} and {} answer {} otherwise:\n{first}\n{data}", contestant.name, page.name);
                    return Err(words.into());
                }
            }
        }
        size = expected.map_or(0, |(_, data)| data.len());
    }
    stranger(http, contestants, page).await?;
    Ok(size)
}

/// Who holds none of what is asked for finds nothing; nor does who is not logged in.
async fn stranger(http: &reqwest::Client, contestants: &[Contestant], page: &Page) -> Result<(), Error> {
    let (_, variables) = page.asked.first().ok_or("nothing is asked")?;
    // Whose own facility is the second, and who reviews nothing.
    let (nobody, other) = ("nobody".to_owned(), data::token(1));
    for (token, contestant) in
        [&nobody, &other].into_iter().flat_map(|token| contestants.iter().map(move |one| (token, one)))
    {
        let answer = ask(http, contestant, page, token, variables).await?.to_string();
        if answer.contains("架空") || answer.contains("S00") {
            return Err(format!("{} shows {} to a stranger: {answer}", contestant.name, page.name).into());
        }
    }
    Ok(())
}

/// One answer.
pub async fn ask(
    http: &reqwest::Client,
    contestant: &Contestant,
    page: &Page,
    token: &str,
    variables: &Value,
) -> Result<Value, Error> {
    let request = http.post(contestant.url(page)).bearer_auth(token).json(&page.body(variables));
    let bytes = request.send().await?.bytes().await?;
    // What is written by hand refuses without words.
    Ok(if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes)? })
}

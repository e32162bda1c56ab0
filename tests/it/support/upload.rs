//! Files over the wire, byte by byte: multipart requests on a bare socket, so that a test decides what comes when and where it stops.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Client, DEADLINE, operations};

const BOUNDARY: &str = "----a-boundary-that-no-file-has";

/// A request with files: the parts before the files, and what each file is called.
#[derive(Clone)]
pub struct Form {
    pub operations: String,
    pub map: String,
    pub headers: Vec<(&'static str, String)>,
}

impl Form {
    /// `addAttachment` with this input beside the file.
    pub fn attaching(client: &Client, mut input: Value) -> Self {
        input["file"] = Value::Null;
        let query = operations::named("AddAttachment");
        let operations = json!({ "query": query, "variables": { "input": input } }).to_string();
        let fixed = [
            ("accept", "application/graphql-response+json"),
            ("accept-language", "en"),
            ("apollo-require-preflight", "true"),
        ];
        let mut headers: Vec<_> = fixed.map(|(name, value)| (name, value.to_owned())).into();
        headers.extend(client.token.iter().map(|token| ("authorization", format!("Bearer {token}"))));
        Self { operations, map: json!({ "0": ["variables.input.file"] }).to_string(), headers }
    }

    /// What its body calls itself.
    pub fn content_type() -> String {
        format!("multipart/form-data; boundary={BOUNDARY}")
    }

    /// Without one of its headers.
    pub fn without(mut self, header: &str) -> Self {
        self.headers.retain(|(name, _)| *name != header);
        self
    }

    /// Everything before the content of the only file.
    pub fn opening(&self, file_name: &[u8]) -> Vec<u8> {
        let text = |name: &str, value: &str| {
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let mut bytes = (text("operations", &self.operations) + &text("map", &self.map)).into_bytes();
        bytes.extend(file_head("0", file_name));
        bytes
    }

    /// Begins the request, whose body will have so many bytes.
    pub async fn begin(&self, client: &Client, length: u64) -> Wire {
        self.try_begin(client, length).await.expect("a gateway that listens")
    }

    /// Begins the request; not where the gateway is gone.
    pub async fn try_begin(&self, client: &Client, length: u64) -> std::io::Result<Wire> {
        let host = client.address.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(host).await?;
        let mut head = format!(
            "POST /graphql HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {length}\r\n\
             content-type: multipart/form-data; boundary={BOUNDARY}\r\n"
        );
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        stream.write_all((head + "\r\n").as_bytes()).await?;
        Ok(Wire { stream })
    }

    /// Sends one whole file and gives the answer.
    pub async fn send(&self, client: &Client, file_name: &[u8], content: &[u8]) -> Answer {
        let body = [&self.opening(file_name), content, &closing()].concat();
        let mut wire = self.begin(client, body.len() as u64).await;
        wire.write(&body).await;
        wire.answer().await
    }

    /// Sends a file that is made on the way: a head, so many bytes of filling, and a tail.
    pub async fn send_long(&self, client: &Client, name: &[u8], head: &[u8], filling: u64, tail: &[u8]) -> Answer {
        let (opening, closing) = (self.opening(name), closing());
        let length = opening.len() + head.len() + tail.len() + closing.len();
        let mut wire = self.begin(client, length as u64 + filling).await;
        wire.write(&opening).await;
        wire.write(head).await;
        wire.fill(filling).await;
        wire.write(tail).await;
        wire.write(&closing).await;
        wire.answer().await
    }
}

/// The head of a file's part.
pub fn file_head(part: &str, file_name: &[u8]) -> Vec<u8> {
    let before = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{part}\"; filename=\"");
    [before.as_bytes(), file_name, b"\"\r\nContent-Type: application/octet-stream\r\n\r\n"].concat()
}

/// What follows the last file.
pub fn closing() -> Vec<u8> {
    format!("\r\n--{BOUNDARY}--\r\n").into_bytes()
}

/// A request under way.
pub struct Wire {
    stream: TcpStream,
}

/// An answer's status and body.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Wire {
    /// Sends bytes; a gateway that has hung up no longer hears them.
    pub async fn write(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes).await;
    }

    /// Sends so many bytes of nothing in particular.
    pub async fn fill(&mut self, mut count: u64) {
        let filling = vec![b'.'; 64 * 1024];
        while count > 0 {
            let now = count.min(filling.len() as u64);
            self.write(&filling[..usize::try_from(now).unwrap()]).await;
            count -= now;
        }
    }

    /// Waits for the answer.
    pub async fn answer(self) -> Answer {
        self.try_answer().await.expect("an answer")
    }

    /// Waits for the answer; none when the gateway is gone.
    pub async fn try_answer(mut self) -> Option<Answer> {
        let reading = async {
            let mut bytes = Vec::new();
            loop {
                let answer = Answer::read(&bytes);
                // The line stays open while the gateway hears the rest of the request out.
                if answer.is_some() || !matches!(self.stream.read_buf(&mut bytes).await, Ok(1..)) {
                    return answer;
                }
            }
        };
        tokio::time::timeout(DEADLINE * 3, reading).await.expect("an answer in time")
    }
}

impl Answer {
    /// Reads an answer, when it is all there.
    fn read(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let (head, body) = text.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some(Self { status, body: serde_json::from_str(body).ok()? })
    }

    /// The payload of the only mutation; fails on any top-level error.
    pub fn payload(&self) -> &Value {
        assert!(self.body.get("errors").is_none(), "{}", self.body);
        self.body["data"].as_object().unwrap().values().next().unwrap()
    }

    /// The code of what was refused; `OK` when nothing was.
    pub fn code(&self) -> String {
        if let Some(error) = self.body["errors"].as_array().and_then(|errors| errors.first()) {
            return error["extensions"]["code"].as_str().unwrap().to_owned();
        }
        let errors = self.payload()["userErrors"].as_array().unwrap();
        errors.first().map_or("OK", |error| error["code"].as_str().unwrap()).to_owned()
    }
}

/// Attaches a file and gives the payload; fails when it was refused.
pub async fn attach(client: &Client, application: &str, file_name: &str, content: &[u8]) -> Value {
    let form = Form::attaching(client, json!({ "applicationId": application }));
    let answer = form.send(client, file_name.as_bytes(), content).await;
    assert_eq!(answer.code(), "OK", "{}", answer.body);
    answer.payload().clone()
}

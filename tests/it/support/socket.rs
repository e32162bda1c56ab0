//! A client of the WebSocket endpoint, speaking graphql-transport-ws through tungstenite.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::{Client, DEADLINE, operations};

/// One subscription on a socket of its own.
pub struct Watching {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

/// What a server sends next.
#[derive(Debug)]
pub enum Heard {
    /// The data of an event.
    Event(Value),
    /// The subscription was refused or failed.
    Error(Value),
    /// The subscription is over.
    Complete,
    /// The socket closed with this code.
    Closed(u16),
}

impl Watching {
    /// Subscribes with an operation of `graphql/operations/`.
    pub async fn begin(client: &Client, operation: &str, variables: Value) -> Self {
        Self::begin_with(client, &operations::named(operation), variables).await
    }

    /// Subscribes with a document.
    pub async fn begin_with(client: &Client, document: &str, variables: Value) -> Self {
        let address = format!("{}/graphql/ws", client.address.replace("http://", "ws://"));
        let mut request = address.into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
        request.headers_mut().insert("accept-language", client.language.parse().unwrap());
        let (socket, _) = connect_async(request).await.unwrap();
        let mut watching = Self { socket };
        let payload = client.token.as_ref().map(|token| json!({ "authorization": format!("Bearer {token}") }));
        watching.say(json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(watching.message().await.unwrap()["type"], "connection_ack");
        let payload = json!({ "query": document, "variables": variables });
        watching.say(json!({ "id": "1", "type": "subscribe", "payload": payload })).await;
        watching
    }

    async fn say(&mut self, message: Value) {
        self.socket.send(Message::text(message.to_string())).await.unwrap();
    }

    async fn message(&mut self) -> Result<Value, u16> {
        loop {
            match tokio::time::timeout(DEADLINE, self.socket.next()).await.expect("a message in time") {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(frame))) => return Err(frame.map_or(1005, |frame| frame.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(1006),
            }
        }
    }

    /// What comes next.
    pub async fn next(&mut self) -> Heard {
        loop {
            let message = match self.message().await {
                Ok(message) => message,
                Err(code) => return Heard::Closed(code),
            };
            match message["type"].as_str() {
                Some("next") if message["payload"]["errors"].is_array() => {
                    return Heard::Error(message["payload"].clone());
                }
                Some("next") => {
                    return Heard::Event(
                        message["payload"]["data"].as_object().unwrap().values().next().unwrap().clone(),
                    );
                }
                Some("error") => return Heard::Error(message["payload"].clone()),
                Some("complete") => return Heard::Complete,
                Some("ping") => self.say(json!({ "type": "pong" })).await,
                _ => {}
            }
        }
    }

    /// The next event.
    pub async fn event(&mut self) -> Value {
        match self.next().await {
            Heard::Event(event) => event,
            other => panic!("no event but {other:?}"),
        }
    }
}

//! A bare client of graphql-transport-ws that does just what a test tells it.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async};

use super::toy::{DEADLINE, Toy};

pub struct Socket(pub WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Connects with the protocol's name and these headers; an error is the refusal of the handshake.
    pub async fn try_connect(toy: &Toy, headers: &[(&'static str, &str)]) -> Result<Self, Error> {
        let mut request = format!("ws://{}/graphql/ws", toy.address).into_client_request()?;
        request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("graphql-transport-ws"));
        for (name, value) in headers {
            request.headers_mut().append(*name, HeaderValue::from_str(value).unwrap());
        }
        // The kernel takes little by itself: what is not read here waits on the other side.
        let stream = TcpSocket::new_v4().unwrap();
        stream.set_recv_buffer_size(32 * 1024).unwrap();
        let stream = MaybeTlsStream::Plain(stream.connect(toy.address).await.unwrap());
        let (socket, _) = client_async(request, stream).await?;
        Ok(Self(socket))
    }

    pub async fn connect(toy: &Toy) -> Self {
        Self::try_connect(toy, &[]).await.unwrap()
    }

    /// Connects and is admitted as nobody.
    pub async fn admitted(toy: &Toy) -> Self {
        let mut socket = Self::connect(toy).await;
        socket.init(json!({})).await;
        socket
    }

    /// Where the client is.
    pub fn address(&self) -> SocketAddr {
        match self.0.get_ref() {
            MaybeTlsStream::Plain(stream) => stream.local_addr().unwrap(),
            _ => panic!("no TLS is spoken here"),
        }
    }

    /// Sends `connection_init` and waits for its acknowledgement.
    pub async fn init(&mut self, payload: Value) {
        self.send(json!({"type": "connection_init", "payload": payload})).await;
        assert_eq!(self.receive().await, json!({"type": "connection_ack"}));
    }

    pub async fn send(&mut self, message: Value) {
        self.send_text(&message.to_string()).await;
    }

    pub async fn send_text(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    pub async fn subscribe(&mut self, id: &str, query: &str) {
        self.send(json!({"id": id, "type": "subscribe", "payload": {"query": query}})).await;
    }

    /// The next message of the protocol.
    pub async fn receive(&mut self) -> Value {
        match timeout(DEADLINE, self.next_but_pings()).await.expect("no message in time") {
            Some(Ok(Message::Text(text))) => serde_json::from_str(&text).unwrap(),
            other => panic!("no message but {other:?}"),
        }
    }

    /// Whether `connection_init` was acknowledged rather than answered by a close frame.
    pub async fn is_admitted(&mut self) -> bool {
        let frame = timeout(DEADLINE, self.next_but_pings()).await.expect("no answer in time");
        matches!(frame, Some(Ok(Message::Text(text))) if text.contains("connection_ack"))
    }

    /// Reads on to the close frame: its code and reason.
    pub async fn closed(&mut self) -> (u16, String) {
        let closing = async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Close(Some(frame)))) => return (frame.code.into(), frame.reason.to_string()),
                    Some(Ok(_)) => {}
                    other => panic!("no close frame but {other:?}"),
                }
            }
        };
        timeout(DEADLINE, closing).await.expect("not closed in time")
    }

    /// Reads on to the end without a close frame.
    pub async fn dropped(&mut self) {
        let ending = async { while let Some(Ok(_)) = self.0.next().await {} };
        timeout(DEADLINE, ending).await.expect("not dropped in time");
    }

    /// Waits until the next frame begins to come, without reading it.
    pub async fn readable(&self) {
        let MaybeTlsStream::Plain(stream) = self.0.get_ref() else { panic!("no TLS here") };
        timeout(DEADLINE, stream.peek(&mut [0])).await.expect("nothing came in time").unwrap();
    }

    /// Asserts that nothing comes for so long.
    pub async fn silent(&mut self, time: Duration) {
        if let Ok(frame) = timeout(time, self.next_but_pings()).await {
            panic!("expected silence, got {frame:?}");
        }
    }

    async fn next_but_pings(&mut self) -> Option<Result<Message, Error>> {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => return other,
            }
        }
    }
}

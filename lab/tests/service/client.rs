//! What the tests need of a client: HTTP over a plain TCP stream, Socket.IO as raw frames. Nothing waits longer than
//! `PATIENCE`.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use lab::{Config, Server};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{self, Message, client::IntoClientRequest};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

pub const PATIENCE: Duration = Duration::from_secs(5);

/// A running `lab` on a port of its own.
pub struct Target {
    pub address: SocketAddr,
}

pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

/// A registered and logged-in user.
#[derive(Clone)]
pub struct Account {
    pub id: String,
    pub name: String,
    pub token: String,
    pub session_id: String,
}

pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    acks: u32,
}

impl Target {
    pub async fn start(config: Config) -> Self {
        Self::serve(Server::bind(&Config { port: 0, ..config }).await.expect("a free port"))
    }

    pub fn serve(server: Server) -> Self {
        let address = server.url().trim_start_matches("http://").trim_end_matches('/').parse().expect("an address");
        tokio::spawn(server.run());
        Self { address }
    }

    pub async fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: lab\r\nconnection: close\r\n");
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += &format!("content-length: {}\r\n\r\n", body.len());
        let exchange = async {
            let mut stream = TcpStream::connect(self.address).await.expect("lab listens");
            stream.write_all(head.as_bytes()).await.expect("lab reads");
            stream.write_all(body).await.expect("lab reads");
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await.expect("lab answers");
            String::from_utf8_lossy(&answer).into_owned()
        };
        let answer = timeout(PATIENCE, exchange).await.expect("lab answers in time");
        let (head, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer");
        let status = head[9..12].parse().expect("a status");
        Answer { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    pub async fn get(&self, path: &str, token: &str) -> Answer {
        self.call("GET", path, &[("x-auth-token", token)], b"").await
    }

    pub async fn post(&self, path: &str, token: &str, body: &Value) -> Answer {
        let headers = [("x-auth-token", token), ("content-type", "application/json")];
        self.call("POST", path, &headers, body.to_string().as_bytes()).await
    }

    pub async fn counts(&self) -> Value {
        self.get("/lab/counts?users=1", "").await.json()
    }

    pub async fn set_faults(&self, faults: Value) {
        let answer = self.post("/lab/faults", "", &faults).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    pub async fn account(&self, name: &str) -> Account {
        let email = format!("{name}@lab.test");
        let new = json!({ "name": format!("User {name}"), "email": email, "password": "secret" });
        let answer = self.post("/api/auth/register", "", &new).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        self.login(name).await
    }

    pub async fn login(&self, name: &str) -> Account {
        let credentials = json!({ "email": format!("{name}@lab.test"), "password": "secret" });
        let answer = self.post("/api/auth/login", "", &credentials).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let body = answer.json();
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        Account {
            id: text(&body["user"]["_id"]),
            name: text(&body["user"]["name"]),
            token: text(&body["token"]),
            session_id: text(&body["sessionId"]),
        }
    }

    pub async fn room(&self, creator: &Account, name: &str) -> String {
        let answer = self.post("/api/rooms", &creator.token, &json!({ "name": name })).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.json()["data"]["_id"].as_str().expect("an id").to_owned()
    }

    pub async fn open(&self, path: &str) -> Result<Socket, tungstenite::Error> {
        let mut request = format!("ws://{}{path}", self.address).into_client_request()?;
        request.headers_mut().insert("user-agent", "lab-test".parse().expect("a header"));
        let (stream, _) = timeout(PATIENCE, connect_async(request)).await.expect("lab answers in time")?;
        Ok(Socket { stream, acks: 0 })
    }

    /// Up to the OPEN packet.
    pub async fn open_engine(&self) -> Socket {
        let mut socket = self.open("/socket.io/?EIO=4&transport=websocket").await.expect("an open socket");
        let open = socket.text().await;
        assert!(
            open.starts_with(r#"0{"sid":""#) && open.contains(r#""pingInterval":25000,"pingTimeout":60000"#),
            "{open}"
        );
        socket
    }

    /// Up to `40{sid}`, which must come first.
    pub async fn connect(&self, account: &Account) -> Socket {
        let mut socket = self.open_engine().await;
        socket.introduce(&json!({ "token": account.token, "sessionId": account.session_id })).await;
        let answer = socket.text().await;
        assert!(answer.starts_with(r#"40{"sid":""#), "{answer}");
        socket
    }

    /// Connected, and in the room; everything about the joining is already received.
    pub async fn enter(&self, account: &Account, room: &str) -> Socket {
        let mut socket = self.connect(account).await;
        socket.emit("joinRoom", json!(room)).await;
        socket.until("participantsUpdate").await;
        socket
    }
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

impl Socket {
    pub async fn introduce(&mut self, auth: &Value) {
        self.send(&format!("40{auth}")).await;
    }

    pub async fn send(&mut self, text: &str) {
        self.stream.send(Message::text(text)).await.expect("lab reads");
    }

    pub async fn send_binary(&mut self, bytes: Vec<u8>) {
        self.stream.send(Message::binary(bytes)).await.expect("lab reads");
    }

    pub async fn emit(&mut self, event: &str, payload: Value) {
        self.send(&format!("42{}", json!([event, payload]))).await;
    }

    /// Emits with an ack id and returns what came until the ack, which is empty.
    pub async fn request(&mut self, event: &str, payload: Value) -> Vec<(String, Value)> {
        let (events, answer) = self.ask(event, payload).await;
        assert_eq!(answer, "[]");
        events
    }

    /// The same with what the ack says.
    pub async fn ask(&mut self, event: &str, payload: Value) -> (Vec<(String, Value)>, String) {
        self.acks += 1;
        self.send(&format!("42{}{}", self.acks, json!([event, payload]))).await;
        let ack = format!("43{}[", self.acks);
        let mut events = Vec::new();
        loop {
            let text = self.text().await;
            if text.starts_with(&ack) {
                return (events, text[ack.len() - 1..].to_owned());
            }
            events.push(event_of(&text));
        }
    }

    /// The next text frame that is no ping.
    pub async fn text(&mut self) -> String {
        loop {
            match timeout(PATIENCE, self.stream.next()).await.expect("a frame in time") {
                Some(Ok(Message::Text(text))) if text.as_str() == "2" => self.send("3").await,
                Some(Ok(Message::Text(text))) => return text.to_string(),
                other => panic!("no text frame but {other:?}"),
            }
        }
    }

    pub async fn event(&mut self) -> (String, Value) {
        let text = self.text().await;
        event_of(&text)
    }

    /// Skips to the next event of that name.
    pub async fn until(&mut self, name: &str) -> Value {
        loop {
            let (event, payload) = self.event().await;
            if event == name {
                return payload;
            }
        }
    }

    /// Asserts that nothing is waiting: what an unknown event would bring comes before the answer to a known one.
    pub async fn is_quiet(&mut self) -> bool {
        self.request("leaveRoom", Value::Null).await.is_empty()
    }

    pub async fn close(mut self) {
        self.stream.close(None).await.expect("lab closes as well");
    }

    /// How the connection ends, skipping everything before.
    pub async fn end(&mut self) -> String {
        loop {
            match timeout(PATIENCE, self.stream.next()).await.expect("an end in time") {
                Some(Ok(Message::Close(close))) => return format!("closed {close:?}"),
                Some(Ok(_)) => {}
                Some(Err(error)) => return format!("error {error}"),
                None => return "end of stream".into(),
            }
        }
    }
}

/// `42["event",payload]`
pub fn event_of(text: &str) -> (String, Value) {
    let body = text.strip_prefix("42").unwrap_or_else(|| panic!("no event: {text}"));
    let Value::Array(mut items) = serde_json::from_str(body).expect("an event's JSON") else { panic!("{text}") };
    let payload = if items.len() > 1 { items.swap_remove(1) } else { Value::Null };
    (items[0].as_str().expect("a name").to_owned(), payload)
}

pub fn names(events: &[(String, Value)]) -> Vec<&str> {
    events.iter().map(|(name, _)| name.as_str()).collect()
}

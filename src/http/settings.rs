//! The limits of the wire, each with its default and its reason. The composition root fills them from the configuration.

use std::time::Duration;

use ipnet::IpNet;

use super::documents::DocumentSettings;

/// What the router is told.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// Largest body of `/graphql` in bytes. The longest honest document with its variables is some tens of kilobytes.
    pub body_limit: usize,
    /// Bytes of bodies under way that those who are logged in hold at once, beyond 64 KiB of each connection; a quarter of that for everybody else.
    pub large_bodies: usize,
    /// How long a body may take to arrive, from its first byte to its last.
    pub body_timeout: Duration,
    /// Origins (`https://portal.example.jp`) beside the gateway's own whose pages may use the session cookie.
    pub allowed_origins: Vec<String>,
    /// How long a query may run: ten times what the dearest page takes under load.
    pub execution_timeout: Duration,
    /// Points of cost that each actor may spend in a minute: some hundreds of the dearest pages. With none, they are not counted.
    pub cost_per_minute: u32,
    /// Which documents are run.
    pub documents: DocumentSettings,
    /// How many operations are taken on.
    pub admission: AdmissionSettings,
    /// What a body with files may be.
    pub uploads: UploadSettings,
    /// What a WebSocket may do.
    pub websocket: WebSocketSettings,
    /// What a stream of events may do.
    pub streams: StreamSettings,
    /// How often those who hold a socket or a stream open are looked up again: a logout is to end it within two seconds.
    pub revalidate: Duration,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            body_limit: 1024 * 1024,
            large_bodies: 64 * 1024 * 1024,
            body_timeout: Duration::from_secs(30),
            allowed_origins: Vec::new(),
            execution_timeout: Duration::from_secs(10),
            cost_per_minute: 600_000,
            documents: DocumentSettings::default(),
            admission: AdmissionSettings::default(),
            uploads: UploadSettings::default(),
            websocket: WebSocketSettings::default(),
            streams: StreamSettings::default(),
            revalidate: Duration::from_secs(1),
        }
    }
}

/// How many operations are taken on.
#[derive(Debug, Clone)]
pub struct AdmissionSettings {
    /// Operations that work at once: a few for each connection of the database, as they also wait for each other and compute.
    pub at_once: usize,
    /// Operations that wait for a place: some seconds' work, as who waits longer has gone.
    pub waiting: usize,
    /// How long one waits at most.
    pub patience: Duration,
}

impl Default for AdmissionSettings {
    fn default() -> Self {
        Self { at_once: 64, waiting: 256, patience: Duration::from_secs(5) }
    }
}

/// What a body with files may be. How large each file is and who may send it is the services' to say.
#[derive(Debug, Clone)]
pub struct UploadSettings {
    /// The largest file in bytes.
    pub max_file_size: u64,
    /// How long a client may be silent.
    pub idle: Duration,
    /// How long a body may take to arrive.
    pub deadline: Duration,
}

impl UploadSettings {
    /// The largest body in bytes: five of the largest files, and what stands around them.
    pub fn body_limit(&self) -> u64 {
        self.max_file_size.saturating_mul(5).saturating_add(2 * 1024 * 1024)
    }
}

impl Default for UploadSettings {
    fn default() -> Self {
        Self { max_file_size: 100_000_000, idle: Duration::from_secs(15), deadline: Duration::from_secs(600) }
    }
}

/// What one WebSocket may do.
#[derive(Debug, Clone)]
pub struct WebSocketSettings {
    /// How long a client may take until `connection_init` (then 4408).
    pub init_timeout: Duration,
    /// How often the server pings. Below the 30 s after which common balancers call a connection idle, and with the time for a sign of life
    /// below the 20 s that nobody should hold a socket for longer who is not there.
    pub ping_interval: Duration,
    /// How long any sign of life may take after a ping.
    pub pong_timeout: Duration,
    /// How long a client may take over each 64 KiB of what is sent to it; half as long it may take nothing at all.
    pub write_timeout: Duration,
    /// Operations that run on one socket at once.
    pub max_subscriptions: usize,
    /// Sockets of one person at once: a few tabs and a phone.
    pub max_sockets_per_user: usize,
    /// Largest message of a client in bytes (then 1009).
    pub max_message: usize,
    /// Read and write buffer in bytes. The usual 128 KiB would cost ten times the memory for each waiting status page.
    pub buffer: usize,
}

impl Default for WebSocketSettings {
    fn default() -> Self {
        Self {
            init_timeout: Duration::from_secs(5),
            ping_interval: Duration::from_secs(10),
            pong_timeout: Duration::from_secs(8),
            write_timeout: Duration::from_secs(30),
            max_subscriptions: 20,
            max_sockets_per_user: 5,
            max_message: 64 * 1024,
            buffer: 4 * 1024,
        }
    }
}

/// What answers that come one after another over HTTP may take.
#[derive(Debug, Clone, Copy)]
pub struct StreamSettings {
    /// How often something is sent in silence, for the sake of proxies that cut idle connections.
    pub heartbeat: Duration,
    /// Streams of one person at once: as many as the subscriptions of one socket.
    pub max_streams_per_user: usize,
    /// Operations of one stream that several share.
    pub max_operations: usize,
    /// How long a reserved stream is kept for the client who is to open it.
    pub reservation: Duration,
}

impl Default for StreamSettings {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_secs(10),
            max_streams_per_user: 20,
            max_operations: 20,
            reservation: Duration::from_secs(30),
        }
    }
}

/// What the accept loop is told.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// How long the head of a connection's first request may take to arrive.
    pub header_timeout: Duration,
    /// How long a connection may idle between two requests, the head of the next one included: longer than proxies and pools of clients keep
    /// theirs, so that it is they who close them. Where more than half of the connections are taken, no longer than a first head may take.
    pub idle_timeout: Duration,
    /// How long a client may take over each 64 KiB of a file or a long answer; twice as long it may take nothing of what is watched by
    /// nobody else.
    pub write_timeout: Duration,
    /// Connections at once, sockets included; further ones wait in the kernel's queue.
    pub max_connections: usize,
    /// Proxies that are believed what they say of their clients.
    pub trusted_proxies: Vec<IpNet>,
    /// How long a stop waits for requests and sockets. A second below the five that a stop may take in all.
    pub grace: Duration,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
            write_timeout: Duration::from_secs(30),
            max_connections: 20_000,
            trusted_proxies: Vec::new(),
            grace: Duration::from_secs(4),
        }
    }
}

//! PgBouncer between the gateway and PostgreSQL: one that keeps sessions serves, one that shares them is found out at the start.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sea_orm::sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tempfile::TempDir;
use url::Url;

use super::server;
use crate::support::gateway::program;

/// A PgBouncer of its own, gone with the test.
struct Pooler {
    child: Child,
    address: Url,
    _folder: TempDir,
}

impl Pooler {
    fn start(mode: &str, to: &Url) -> Self {
        let folder = TempDir::new().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (users, file) = (folder.path().join("users.txt"), folder.path().join("pgbouncer.ini"));
        let (user, password) = (to.username(), to.password().unwrap_or_default());
        std::fs::write(&users, format!("\"{user}\" \"{password}\"\n")).unwrap();
        let settings = format!(
            "[databases]\n* = host={} port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = trust\nauth_file = {}\npool_mode = {mode}\nignore_startup_parameters = extra_float_digits\n",
            to.host_str().unwrap(),
            to.port().unwrap_or(5432),
            users.display()
        );
        std::fs::write(&file, settings).unwrap();
        let program = std::env::var("MADOGUCHI_TEST_PGBOUNCER").unwrap_or_else(|_| "/usr/sbin/pgbouncer".to_owned());
        // It does not run as root.
        let is_root = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").unwrap()) == 0;
        let mut command = if is_root {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]).arg(&program);
            command
        } else {
            Command::new(&program)
        };
        let command = command.arg(&file).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().unwrap_or_else(|error| panic!("{program}: {error}; run `cargo xtask test`"));
        let mut address = to.clone();
        address.set_port(Some(port)).unwrap();
        let pooler = Self { child, address, _folder: folder };
        let started = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed() < Duration::from_secs(20), "the pooler does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        pooler
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Brings an empty database up through a pooler: exit code and complaint.
async fn migrate_through(mode: &str) -> (Option<i32>, String) {
    let mut server = server();
    let name = format!("madoguchi_test_pooled_{mode}_{}", std::process::id());
    let mut connection = PgConnection::connect(server.as_str()).await.unwrap();
    connection.execute(AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))).await.unwrap();
    connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
    server.set_path(&name);
    let pooler = Pooler::start(mode, &server);
    let data = TempDir::new().unwrap();
    let mut migrate = program();
    migrate.args(["migrate", "up", "--database", pooler.address.as_str(), "--data"]).arg(data.path());
    let output = tokio::task::spawn_blocking(move || migrate.output().unwrap()).await.unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// Sessions that are kept do; those that are shared by transactions or statements are refused in words.
#[tokio::test(flavor = "multi_thread")]
async fn shared_sessions_are_found_out() {
    let (code, err) = migrate_through("session").await;
    assert_eq!((code, err.as_str()), (Some(0), ""));
    for mode in ["transaction", "statement"] {
        let (code, err) = migrate_through(mode).await;
        assert_eq!(code, Some(1), "{mode}: {err}");
        assert!(err.contains("pool_mode = session") && !err.contains("panicked"), "{mode}: {err}");
    }
}

//! A PostgreSQL server for the length of a test run: on a private socket, in a folder of its own, gone afterwards
//! even when the tests are killed.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use sqlx::{Connection, Executor, PgConnection};
use tokio::sync::OnceCell;

/// Starts the server and waits for the end of its own input, which comes with the end of the tests, however they end.
/// Nothing is worth a clean shutdown then: the folder goes.
const GUARDIAN: &str = r#"
trap '' INT TERM HUP
"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c max_connections=300 -c unix_socket_permissions=0777 \
    >"$2/log" 2>&1 </dev/null &
read -r _
kill -QUIT $!
wait $!
rm -rf "$2"
"#;

/// Long enough for a slow disk.
const START: Duration = Duration::from_secs(60);

static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();

/// The server of this test run.
pub struct Cluster {
    dir: PathBuf,
    databases: AtomicU32,
    /// Holds the pipe that keeps the server alive.
    _guardian: Child,
}

/// Whom the server runs as: it refuses to be root.
struct Person {
    uid: u32,
    gid: u32,
}

pub async fn cluster() -> &'static Cluster {
    CLUSTER.get_or_init(Cluster::start).await
}

impl Cluster {
    /// The URL of a new, empty database.
    pub async fn database(&self) -> String {
        let name = format!("accord_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let mut connection = self.connect("postgres").await.expect("the server answers");
        connection
            .execute(format!("CREATE DATABASE {name}").as_str())
            .await
            .expect("a database can be made");
        self.url(&name)
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://accord@localhost/{database}?host={}", self.dir.display())
    }

    async fn connect(&self, database: &str) -> Result<PgConnection, sqlx::Error> {
        PgConnection::connect(&self.url(database)).await
    }

    async fn start() -> Self {
        let bin = binaries();
        // Short, since the path of a socket has at most 107 bytes.
        let dir = tempfile::Builder::new()
            .prefix("apg")
            .tempdir_in("/tmp")
            .expect("/tmp can be written")
            .keep();
        let person = Person::who_may_run_it();
        if let Some(person) = &person {
            chown(&dir, Some(person.uid), Some(person.gid)).expect("root may give a folder away");
        }
        let initdb = person
            .command(&bin.join("initdb"), &dir)
            .args([
                "--auth=trust",
                "--username=accord",
                "--encoding=UTF8",
                "--no-locale",
                "--no-instructions",
                "-D",
            ])
            .arg(dir.join("data"))
            .output()
            .expect("initdb runs");
        assert!(
            initdb.status.success(),
            "initdb failed: {}",
            String::from_utf8_lossy(&initdb.stderr)
        );
        let guardian = person
            .command(Path::new("/bin/sh"), &dir)
            .args(["-c", GUARDIAN, "guardian"])
            .args([&bin, &dir])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0) // An interrupt from the terminal ends the tests, and they the server.
            .spawn()
            .expect("a shell runs");
        let cluster = Self { dir, databases: AtomicU32::new(0), _guardian: guardian };
        cluster.wait().await;
        cluster
    }

    /// Waits until the server answers, and makes sure that it is ours before anybody writes to it.
    async fn wait(&self) {
        let deadline = Instant::now() + START;
        let mut connection = loop {
            match self.connect("postgres").await {
                Ok(connection) => break connection,
                Err(error) if Instant::now() > deadline => {
                    let log = std::fs::read_to_string(self.dir.join("log")).unwrap_or_default();
                    panic!("PostgreSQL did not start: {error}\n{log}");
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        };
        let data: String = sqlx::query_scalar("SHOW data_directory")
            .fetch_one(&mut connection)
            .await
            .expect("the server answers");
        assert_eq!(Path::new(&data), self.dir.join("data"), "this is somebody else's server");
    }
}

/// Runs something as whoever may run the server; the name reads well at the call.
trait Runs {
    fn command(&self, program: &Path, dir: &Path) -> Command;
}

impl Runs for Option<Person> {
    fn command(&self, program: &Path, dir: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(dir);
        if let Some(person) = self {
            command.uid(person.uid).gid(person.gid);
        }
        command
    }
}

impl Person {
    /// None where we may run it ourselves.
    fn who_may_run_it() -> Option<Self> {
        if id("-u", None) != Some(0) {
            return None;
        }
        let person =
            |name: &str| Some(Self { uid: id("-u", Some(name))?, gid: id("-g", Some(name))? });
        Some(person("postgres").or_else(|| person("nobody")).expect("a system has a user nobody"))
    }
}

fn id(which: &str, name: Option<&str>) -> Option<u32> {
    let output = Command::new("id").arg(which).args(name).stderr(Stdio::null()).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// The folder of the newest server, installed where there is none.
fn binaries() -> PathBuf {
    found().or_else(|| {
        install();
        found()
    })
    .expect("PostgreSQL is needed and could not be installed: install it (apt-get install postgresql), then run the tests again")
}

fn found() -> Option<PathBuf> {
    let packaged = std::fs::read_dir("/usr/lib/postgresql").ok().into_iter().flatten().flatten();
    let mut packaged: Vec<(u32, PathBuf)> = packaged
        .filter_map(|entry| {
            Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin")))
        })
        .collect();
    packaged.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path)
        .filter_map(|dir| dir.join("postgres").canonicalize().ok()?.parent().map(PathBuf::from));
    let newest_first = packaged.into_iter().rev().map(|(_, bin)| bin);
    newest_first
        .chain(on_path)
        .find(|bin| bin.join("initdb").exists() && bin.join("postgres").exists())
}

fn install() {
    eprintln!("PostgreSQL is not installed; installing it");
    let script = "apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y postgresql";
    let mut command = if id("-u", None) == Some(0) {
        Command::new("sh")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.args(["-n", "sh"]);
        sudo
    };
    drop(command.args(["-c", script]).stdout(Stdio::null()).status()); // Whether it helped is seen by looking again.
}

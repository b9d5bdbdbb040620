//! A connection pool as a participant. The new pool is tested before the value becomes visible, and the old pool finishes
//! its running queries.
//!
//! `cargo run --example db_pool` starts two small databases, edits its file, and ends automatically.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, ensure};
use examples::say;
use hot_reload::source::{File, Source, Toml};
use hot_reload::{Outcome, Participant, ReloaderService, async_trait};
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    database: String,
    connections: usize,
}

/// The pool in use. A handler takes it once for each unit of work, like a snapshot of the configuration.
#[derive(Clone, Default)]
struct Database(Arc<Mutex<Option<Arc<Pool>>>>);

impl Database {
    fn pool(&self) -> anyhow::Result<Arc<Pool>> {
        let pool = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pool.clone().context("there is no pool yet")
    }
}

#[async_trait]
impl Participant<Config> for Database {
    type Prepared = Pool;

    /// Opens all connections and sends a query over each. If the pool cannot answer, the configuration is rejected.
    async fn prepare(&self, candidate: &Config) -> Result<Pool, Box<dyn Error + Send + Sync>> {
        Pool::open(&candidate.database, candidate.connections).await
    }

    /// Replaces the pool. The old one is dropped after its last query.
    async fn commit(&self, pool: Pool) {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *current = Some(Arc::new(pool));
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().without_time().init();
    let (red, blue) = (serve("red").await?, serve("blue").await?);
    let file = std::env::temp_dir().join("hot_reload-db_pool.toml");
    write(&file, &red)?;

    let database = Database::default();
    let source = File::new(&file).decode(Toml::<Config>::new());
    let (config, control) = ReloaderService::builder(source)
        .participant("database", database.clone())
        .prepare_deadline(Duration::from_secs(5))
        .hybrid()
        .start()
        .await?;
    let red_pool = database.pool()?;
    say(format!(
        "generation 1: {} answers",
        red_pool.ask("who").await?
    ));

    // Nothing listens on this port, so the pool cannot be opened.
    write(&file, "127.0.0.1:1")?;
    let receipt = control.reload().await;
    let Outcome::Rejected { stage, error } = &receipt.outcome else {
        anyhow::bail!("an unreachable database was accepted: {receipt}");
    };
    say(format!("rejected at stage {stage}: {error}"));
    ensure!(config.load().database == red, "the last good value stays");
    say(format!("still {}", database.pool()?.ask("who").await?));

    // A query runs on the old pool while the new one replaces it.
    let under_way = tokio::spawn({
        let pool = Arc::clone(&red_pool);
        async move { pool.ask("slowly").await }
    });
    write(&file, &blue)?;
    let receipt = control.reload().await;
    ensure!(receipt.is_current(), "{receipt}");
    let now = config.load().database.clone();
    ensure!(
        now == blue,
        "the configuration and the pool change together"
    );
    say(format!(
        "generation 2: {} answers",
        database.pool()?.ask("who").await?
    ));
    say(format!(
        "a query that was under way is answered by {}",
        under_way.await??
    ));
    drop(red_pool);

    control.stop().await;
    fs::remove_file(&file)?;
    Ok(())
}

/// A number of connections to one database.
struct Pool {
    free: Semaphore,
    connections: Mutex<Vec<BufReader<TcpStream>>>,
}

impl Pool {
    async fn open(address: &str, connections: usize) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let mut open = Vec::new();
        for _ in 0..connections {
            let connection = TcpStream::connect(address).await;
            let connection = connection.map_err(|error| format!("{address}: {error}"))?;
            let mut connection = BufReader::new(connection);
            timeout(Duration::from_secs(1), ask(&mut connection, "who"))
                .await
                .map_err(|_| format!("{address} does not answer"))??;
            open.push(connection);
        }
        Ok(Self {
            free: Semaphore::new(open.len()),
            connections: Mutex::new(open),
        })
    }

    async fn ask(&self, question: &str) -> anyhow::Result<String> {
        let _turn = self.free.acquire().await?;
        let connection = self.connections().pop();
        let mut connection = connection.context("the pool has no connection")?;
        let answer = ask(&mut connection, question).await;
        self.connections().push(connection);
        Ok(answer?)
    }

    fn connections(&self) -> std::sync::MutexGuard<'_, Vec<BufReader<TcpStream>>> {
        self.connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

async fn ask(connection: &mut BufReader<TcpStream>, question: &str) -> std::io::Result<String> {
    connection
        .write_all(format!("{question}\n").as_bytes())
        .await?;
    let mut answer = String::new();
    connection.read_line(&mut answer).await?;
    Ok(answer.trim_end().to_owned())
}

/// A database that knows its name and can delay an answer.
async fn serve(name: &'static str) -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(answer(connection, name));
        }
    });
    Ok(address)
}

async fn answer(connection: TcpStream, name: &str) -> std::io::Result<()> {
    let mut connection = BufReader::new(connection);
    let mut question = String::new();
    while connection.read_line(&mut question).await? > 0 {
        if question.trim_end() == "slowly" {
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        connection.write_all(format!("{name}\n").as_bytes()).await?;
        question.clear();
    }
    Ok(())
}

/// Replaces the file atomically, as a deploy script does.
fn write(file: &Path, database: &str) -> anyhow::Result<()> {
    let new = file.with_extension("new");
    fs::write(
        &new,
        format!("database = \"{database}\"\nconnections = 3\n"),
    )?;
    fs::rename(&new, file).with_context(|| format!("{} could not be replaced", file.display()))
}

//! `/live` and `/ready`: whether a process should be restarted, and whether its partitions are in hand.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use kafka::{Accounts, Status, Task};
use serde_json::{Value, json};

/// How long a worker may go without a sign of life. Longer than a broker may take to answer.
const SILENT_MS: u64 = 120_000;

type Workers = Arc<Vec<(Task, Arc<Status>)>>;

/// Answers until the process ends.
pub async fn serve(address: SocketAddr, workers: Vec<(Task, Arc<Status>)>) -> anyhow::Result<()> {
    let app = Router::new()
        .route("/live", get(live))
        .route("/ready", get(ready))
        .with_state(Arc::new(workers));
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .with_context(|| format!("kafka.health: cannot listen on {address}"))?;
    axum::serve(listener, app).await.context("kafka.health")
}

async fn live(State(workers): State<Workers>) -> (StatusCode, Json<Value>) {
    let lives = |status: &Status| !status.failed() && status.silent_for() < SILENT_MS;
    answer(&workers, lives)
}

async fn ready(State(workers): State<Workers>) -> (StatusCode, Json<Value>) {
    answer(&workers, |status: &Status| !status.failed() && status.ready())
}

fn answer(workers: &Workers, good: impl Fn(&Status) -> bool) -> (StatusCode, Json<Value>) {
    let all = workers.iter().all(|(_, status)| good(status));
    let told: Vec<Value> = workers
        .iter()
        .map(|(task, status)| {
            let mut told = json!({
                "task": task.name(),
                "good": good(status),
                "partitions": status.partitions(),
                "turns": status.turns(),
                "silent_ms": status.silent_for(),
            });
            if *task == Task::Account {
                let Accounts { in_memory, rows_on_disk, forgotten, fetched } =
                    status.where_accounts_are();
                told["accounts"] = json!({
                    "in_memory": in_memory,
                    "rows_on_disk": rows_on_disk,
                    "forgotten": forgotten,
                    "fetched": fetched,
                });
            }
            told
        })
        .collect();
    let code = if all { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(json!({ "good": all, "workers": told })))
}

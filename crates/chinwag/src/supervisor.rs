//! Supervises the tasks that must not end while the server runs. When one ends, the server stops and names the task, so
//! that the process's service manager restarts it: a server that only appears to work is worse than none.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};

use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The supervisor; clones share their state.
#[derive(Clone, Default)]
pub struct Supervisor {
    /// Cancelled when the server stops: from then on tasks may end.
    pub stop: CancellationToken,
    failed: CancellationToken,
    why: Arc<OnceLock<String>>,
}

impl Supervisor {
    /// Runs a task until it is cancelled by shutdown.
    pub fn run(&self, on: &TaskTracker, what: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        self.run_out(on, what, async move {
            tokio::select! {
                () = task => {}
                () = stop.cancelled() => {}
            }
        });
    }

    /// Runs a task that ends by itself some time after shutdown has begun.
    pub fn run_out(
        &self,
        on: &TaskTracker,
        what: &'static str,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        let this = self.clone();
        on.spawn(async move {
            let ended = AssertUnwindSafe(task).catch_unwind().await;
            if !this.stop.is_cancelled() {
                let how = if ended.is_ok() { "ended" } else { "panicked" };
                this.fail(format!("{what} {how}; the server cannot go on without it"));
            }
        });
    }

    /// Makes the server stop, for this reason.
    pub fn fail(&self, why: impl Into<String>) {
        // Only the first reason is kept: later ones follow from it.
        let _ = self.why.set(why.into());
        self.failed.cancel();
    }

    /// Waits until the server must stop, and returns the reason.
    pub async fn failed(&self) -> String {
        self.failed.cancelled().await;
        self.why.get().cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[tokio::test]
    async fn a_task_that_ends_or_panics_is_named() {
        for (task, how) in [(async {}.boxed(), "ended"), (async { panic!("on purpose") }.boxed(), "panicked")]
        {
            let (supervisor, tasks) = (Supervisor::default(), TaskTracker::new());
            supervisor.run(&tasks, "another task", pending());
            supervisor.run(&tasks, "the task", task);
            assert!(supervisor.failed().await.starts_with(&format!("the task {how}")));
        }
    }

    #[tokio::test]
    async fn tasks_may_end_when_the_server_stops() {
        let (supervisor, tasks) = (Supervisor::default(), TaskTracker::new());
        supervisor.run(&tasks, "the task", pending());
        supervisor.run_out(&tasks, "the other", supervisor.stop.clone().cancelled_owned());
        supervisor.stop.cancel();
        tasks.close();
        tasks.wait().await;
        assert!(supervisor.why.get().is_none());
    }
}

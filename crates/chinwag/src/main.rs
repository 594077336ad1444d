//! The binary: `chinwag serve` runs the server, the other commands work next to it.

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

use chinwag::cli::Cli;
use chinwag::logging;

/// How long work on other threads, such as an attempt to reach a database, may go on at exit.
const FAREWELL: Duration = Duration::from_millis(200);

fn main() -> ExitCode {
    let cli = Cli::read().unwrap_or_else(|wrong| wrong.exit());
    let filter = match logging::filter(std::env::var_os("CHINWAG_LOG")) {
        Ok(filter) => filter,
        Err(wrong) => {
            eprintln!("chinwag: {wrong}");
            return ExitCode::from(2);
        }
    };
    let terminal = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(terminal).with_writer(std::io::stderr).init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("chinwag: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let done = runtime.block_on(cli.run());
    runtime.shutdown_timeout(FAREWELL);
    match done.map_err(anyhow::Error::downcast::<clap::Error>) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Ok(wrong)) => wrong.exit(),
        Err(Err(error)) => {
            // One line for people, whatever is logged: what failed, then the causes after colons.
            eprintln!("chinwag: {error:#}");
            ExitCode::FAILURE
        }
    }
}

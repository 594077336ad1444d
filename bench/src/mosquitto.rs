//! Mosquitto: started for a run, and which version it is.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Its name and version, as in "Mosquitto 2.0.11".
pub fn name(binary: &Path) -> Result<String> {
    let asked = Command::new(binary).arg("-h").output();
    let output = asked.with_context(|| format!("running {} -h", binary.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let version = text.lines().find_map(|line| line.strip_prefix("mosquitto version "));
    let version = version.with_context(|| format!("{} is not Mosquitto", binary.display()))?;
    Ok(format!("Mosquitto {}", version.trim()))
}

/// Starts it on free ports with access for everybody; returns its addresses for MQTT and for WebSocket.
pub fn start(binary: &Path, folder: &Path) -> Result<(Child, [SocketAddr; 2])> {
    let [mqtt, ws] = free_ports()?;
    // Unlimited queues and a wide window: what it is asked to do here must not make it drop anything.
    let settings = format!(
        "listener {} 127.0.0.1\nlistener {} 127.0.0.1\nprotocol websockets\nallow_anonymous true\n\
         persistence false\nset_tcp_nodelay true\nmax_inflight_messages 1000\nmax_queued_messages 0\n\
         log_dest none\n",
        mqtt.port(),
        ws.port()
    );
    Ok((start_with(binary, &settings, folder, &[mqtt, ws])?, [mqtt, ws]))
}

/// Starts it with these settings and waits until it listens on all of these addresses.
pub fn start_with(binary: &Path, settings: &str, folder: &Path, listens_on: &[SocketAddr]) -> Result<Child> {
    let config = folder.join("mosquitto.conf");
    std::fs::write(&config, settings)?;
    let mut child = Command::new(binary)
        .arg("-c")
        .arg(&config)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("starting {}", binary.display()))?;
    let start = Instant::now();
    while listens_on.iter().any(|address| TcpStream::connect(address).is_err()) {
        if start.elapsed() > Duration::from_secs(5) {
            // It may have ended by itself; then there is nothing to kill.
            let _ = child.kill();
            let _ = child.wait();
            bail!("mosquitto does not listen on {listens_on:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(child)
}

/// Two free ports.
pub fn free_ports() -> Result<[SocketAddr; 2]> {
    // Both at once, or the second could be the first again.
    let (one, two) = (TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?);
    Ok([one.local_addr()?, two.local_addr()?])
}

//! Metrics of this process and its disk, as the operating system reports them; those of the process have the names that
//! Prometheus client libraries use.

use std::path::Path;

use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use rustix::param::{clock_ticks_per_second, page_size};
use rustix::process::{Resource, getrlimit};

/// The current values. Those that a system does not report are left out.
pub struct Process {
    stat: Option<Stat>,
    open_files: Option<u64>,
    most_files: Option<u64>,
    /// Free bytes on the disk of the data folder.
    pub disk_free: Option<u64>,
}

struct Stat {
    cpu_seconds: f64,
    /// Seconds since 1970.
    started: f64,
    resident: u64,
    virtual_memory: u64,
}

impl Process {
    /// Reads the values from the operating system. Blocks, so not for an async thread.
    pub fn look(folder: &Path) -> Self {
        let disk = rustix::fs::statvfs(folder).ok();
        Self {
            stat: stat(),
            open_files: open_files(),
            most_files: getrlimit(Resource::Nofile).current,
            disk_free: disk.map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize)),
        }
    }

    /// Registers the values as metrics.
    pub fn register(&self, registry: &mut Registry) {
        if let Some(Stat { cpu_seconds, started, resident, virtual_memory }) = self.stat {
            let cpu = ConstCounter::new(cpu_seconds);
            registry.register(
                "process_cpu_seconds",
                "CPU time in seconds, in the program and in the kernel",
                cpu,
            );
            let started = ConstGauge::new(started);
            registry.register(
                "process_start_time_seconds",
                "Start time of the process, in seconds since 1970",
                started,
            );
            gauge(registry, "process_resident_memory_bytes", "Resident memory", resident);
            gauge(registry, "process_virtual_memory_bytes", "Virtual memory", virtual_memory);
        }
        if let Some(open) = self.open_files {
            gauge(registry, "process_open_fds", "Open file descriptors", open);
        }
        if let Some(most) = self.most_files {
            gauge(registry, "process_max_fds", "Maximum open file descriptors", most);
        }
    }
}

fn gauge(registry: &mut Registry, name: &str, help: &str, value: u64) {
    registry.register(name, help, ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX)));
}

/// Parses `/proc/self/stat`, on Linux (proc_pid_stat(5)).
fn stat() -> Option<Stat> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The program's name, in parentheses, may contain spaces and parentheses; the third field follows it.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
    let ticks = clock_ticks_per_second() as f64;
    let system = std::fs::read_to_string("/proc/stat").ok()?;
    let booted: u64 = system.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    Some(Stat {
        cpu_seconds: (field(14)? + field(15)?) as f64 / ticks,
        started: booted as f64 + field(22)? as f64 / ticks,
        resident: field(24)?.saturating_mul(page_size() as u64),
        virtual_memory: field(23)?,
    })
}

/// Returns the number of open files. Newer kernels report it as the folder's size, on older ones entries are counted.
fn open_files() -> Option<u64> {
    let folder = Path::new("/proc/self/fd");
    let told = std::fs::metadata(folder).ok()?.len();
    if told > 0 { Some(told) } else { Some(std::fs::read_dir(folder).ok()?.count() as u64) }
}

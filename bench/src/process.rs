//! Figures about a process from the operating system.

use std::time::Duration;

use anyhow::{Context, Result};

/// Returns the CPU time that a process has used so far, user and system.
pub fn cpu(pid: u32) -> Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).context("the process is gone")?;
    // The name in parentheses may contain spaces; utime and stime are the 12th and 13th fields after it.
    let (_, rest) = stat.rsplit_once(')').context("/proc/PID/stat")?;
    let ticks: u64 = rest.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<u64>().ok()).sum();
    Ok(Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64))
}

/// Returns the CPU time of a process and its descendants, including those that have exited and were waited for.
pub fn cpu_of_family(pid: u32) -> Result<Duration> {
    let mut ticks = 0;
    let mut family = vec![pid];
    while let Some(pid) = family.pop() {
        // The time of a child that exits meanwhile is then included in its parent's.
        let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
        let (_, rest) = stat.rsplit_once(')').context("/proc/PID/stat")?;
        // utime, stime, and the same of children that were waited for.
        ticks += rest.split_whitespace().skip(11).take(4).filter_map(|n| n.parse::<u64>().ok()).sum::<u64>();
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
        family.extend(
            children.unwrap_or_default().split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()),
        );
    }
    Ok(Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64))
}

/// Returns the resident memory in bytes.
pub fn resident(pid: u32) -> Result<u64> {
    field(pid, "VmRSS:")
}

/// Returns the peak resident memory in bytes.
pub fn resident_peak(pid: u32) -> Result<u64> {
    field(pid, "VmHWM:")
}

fn field(pid: u32, name: &str) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).context("the process is gone")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).context("no such field")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes * 1024)
}

/// Raises the limit on open files of this process and its children to `files`, or to the hard limit if more is not
/// permitted; returns the resulting limit.
pub fn allow_open_files(files: u64) -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let now = getrlimit(Resource::Nofile);
    let hard = now.maximum.unwrap_or(u64::MAX).max(files);
    if setrlimit(Resource::Nofile, Rlimit { current: Some(files), maximum: Some(hard) }).is_err() {
        let most = now.maximum.map_or(files, |hard| hard.min(files));
        // If this fails too, the old limit stays.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(most), maximum: now.maximum });
    }
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

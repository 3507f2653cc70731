//! What the tools need of the machine: a clock that processes share, cores, CPU time, memory.

use std::fs;

use anyhow::Context as _;
use rustix::process::{Resource, getrlimit, setrlimit};
use rustix::thread::{ClockId, CpuSet, sched_setaffinity};
use rustix::time::{Timespec, clock_gettime};

/// Nanoseconds of the monotonic clock, which all processes of a machine share.
#[must_use]
pub fn now() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Sleeps until the monotonic clock says so; returns at once where it already does.
pub fn sleep_until(nanos: u64) {
    let time = Timespec { tv_sec: (nanos / 1_000_000_000) as i64, tv_nsec: (nanos % 1_000_000_000) as i64 };
    // What else than a signal could end it has no remedy here: then the caller is early and counts as punctual.
    while rustix::thread::clock_nanosleep_absolute(ClockId::Monotonic, &time) == Err(rustix::io::Errno::INTR) {}
}

/// Binds this thread, and those it starts, to one core.
///
/// # Errors
/// Where the machine has no such core, or it is not ours.
pub fn pin(core: usize) -> anyhow::Result<()> {
    let mut cores = CpuSet::new();
    cores.set(core);
    sched_setaffinity(None, &cores).with_context(|| format!("core {core} cannot be used: choose another one"))
}

/// Lets every other thread that wants this one's core go first.
pub fn yield_to_others() {
    // On Linux a thread has a niceness of its own; to be nicer is never refused.
    let _ = rustix::process::nice(19);
}

/// CPU time of this thread, in nanoseconds.
#[must_use]
pub fn thread_cpu() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// How many cores this process may use.
#[must_use]
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// CPU time of all threads of a process, in nanoseconds.
///
/// # Errors
/// Where there is no such process.
pub fn cpu_time(pid: u32) -> anyhow::Result<u64> {
    let threads = format!("/proc/{pid}/task");
    let mut sum = 0;
    for thread in fs::read_dir(&threads).with_context(|| format!("process {pid} is gone"))? {
        // A thread may end while we look.
        let Ok(text) = fs::read_to_string(thread?.path().join("schedstat")) else { continue };
        let nanos = text.split_whitespace().next().and_then(|first| first.parse::<u64>().ok());
        sum += nanos.with_context(|| format!("{threads} holds no CPU time"))?;
    }
    Ok(sum)
}

/// Resident memory of a process, in bytes.
///
/// # Errors
/// Where there is no such process.
pub fn memory(pid: u32) -> anyhow::Result<u64> {
    let text =
        fs::read_to_string(format!("/proc/{pid}/status")).with_context(|| format!("process {pid} is gone"))?;
    let resident = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = resident.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    Ok(kib.context("the status of a process holds no resident size")? * 1_024)
}

/// Allows this process as many open files as the machine lets it.
pub fn raise_file_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Where it is refused, connections fail later with a message that names the limit.
    let _ = setrlimit(Resource::Nofile, limit);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_grows_with_work_and_not_with_sleep() {
        let me = std::process::id();
        let start = cpu_time(me).unwrap();
        let mut x = 1u64;
        while cpu_time(me).unwrap() < start + 20_000_000 {
            for _ in 0..100_000 {
                x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            }
        }
        assert_ne!(x, 1);
        assert!(memory(me).unwrap() > 100_000);
    }
}

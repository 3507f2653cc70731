//! The monotonic clock, and sleeping to a moment of it.

use std::time::Duration;

/// Nanoseconds of the monotonic clock, from an arbitrary beginning.
#[cfg(target_os = "linux")]
pub(crate) fn now() -> u64 {
    nanos(rustix::time::clock_gettime(rustix::time::ClockId::Monotonic))
}

/// Sleeps until `until`, at most `at_most`: a signal or a coarse timer may end it earlier.
#[cfg(target_os = "linux")]
pub(crate) fn sleep_until(until: u64, at_most: Duration) {
    let until = until.min(now() + u64::try_from(at_most.as_nanos()).unwrap_or(u64::MAX));
    let moment = rustix::time::Timespec {
        tv_sec: i64::try_from(until / NANOS).unwrap_or(i64::MAX),
        tv_nsec: (until % NANOS).cast_signed(),
    };
    // An interrupted sleep is a short one: the caller looks at the clock again.
    let _ = rustix::thread::clock_nanosleep_absolute(rustix::thread::ClockId::Monotonic, &moment);
}

/// Asks the kernel not to let this thread sleep longer than it wants to (50 µs by default).
#[cfg(target_os = "linux")]
pub(crate) fn sleep_precisely() {
    // Where it is refused, ticks are a little later.
    let _ = rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1));
}

/// Makes this thread yield to those that make ticks, where both want the same core: a crowd that joins must not make
/// a tick late.
#[cfg(target_os = "linux")]
pub(crate) fn yield_to_ticks() {
    // On Linux a thread has a niceness of its own. Where it is refused, nothing else changes.
    let _ = rustix::process::nice(10);
}

/// Between two pieces of work that may wait: a tick that became due meanwhile begins now, where both want the same
/// core. A niceness alone lets a thread that runs finish its time slice of some milliseconds.
pub(crate) fn let_ticks_go_first() {
    std::thread::yield_now();
}

/// CPU time that this thread has used, in nanoseconds.
#[cfg(target_os = "linux")]
pub(crate) fn thread_cpu() -> u64 {
    nanos(rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime))
}

/// CPU time that this process has used, in nanoseconds.
#[cfg(target_os = "linux")]
pub(crate) fn process_cpu() -> u64 {
    nanos(rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime))
}

#[cfg(target_os = "linux")]
fn nanos(time: rustix::time::Timespec) -> u64 {
    time.tv_sec.cast_unsigned() * NANOS + time.tv_nsec.cast_unsigned()
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn now() -> u64 {
    static BEGINNING: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    let beginning = BEGINNING.get_or_init(std::time::Instant::now);
    u64::try_from(beginning.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn sleep_until(until: u64, at_most: Duration) {
    std::thread::sleep(Duration::from_nanos(until.saturating_sub(now())).min(at_most));
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn sleep_precisely() {}

#[cfg(not(target_os = "linux"))]
pub(crate) fn yield_to_ticks() {}

#[cfg(not(target_os = "linux"))]
pub(crate) fn thread_cpu() -> u64 {
    0
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn process_cpu() -> u64 {
    0
}

/// Nanoseconds in `ms` milliseconds.
pub(crate) const fn millis(ms: u32) -> u64 {
    ms as u64 * 1_000_000
}

#[cfg(target_os = "linux")]
const NANOS: u64 = 1_000_000_000;

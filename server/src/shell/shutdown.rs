//! When to stop.

use std::io;

/// Hears that the process is asked to end: Ctrl-C, or SIGTERM where there is one. From its making on, neither ends
/// the process by itself.
pub(crate) struct Asked {
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 2],
}

impl Asked {
    /// Listens from now on; within the runtime.
    ///
    /// # Errors
    /// Where the system does not let us.
    pub(crate) fn listen() -> io::Result<Asked> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Ok(Asked { signals: [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?] })
        }
        #[cfg(not(unix))]
        Ok(Asked {})
    }

    /// Ends when the process is asked to.
    pub(crate) async fn wait(self) {
        #[cfg(unix)]
        {
            let [mut interrupt, mut terminate] = self.signals;
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        }
        #[cfg(not(unix))]
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::warn!("Ctrl-C cannot be heard ({error}): end the process another way");
            std::future::pending::<()>().await;
        }
    }
}

//! What a server says of itself under `/metrics`.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::Context as _;
use tickwire_client_demo::net::Address;

/// The numbers of one look, by name with labels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metrics(BTreeMap<String, f64>);

impl Metrics {
    /// Asks the server at this address.
    ///
    /// # Errors
    /// Where it does not answer, or says nothing of ticks.
    pub fn of(server: &Address) -> anyhow::Result<Metrics> {
        Metrics::asked(server).with_context(|| format!("/metrics of {} cannot be read", server.host))
    }

    fn asked(server: &Address) -> anyhow::Result<Metrics> {
        let wait = Some(Duration::from_secs(5));
        let stream = TcpStream::connect(server.socket).context("the server takes no connection")?;
        stream.set_read_timeout(wait)?;
        let answer = match &server.trust {
            None => ask(stream, &server.host),
            Some(trust) => ask(trust.over(&server.host, stream)?, &server.host),
        };
        let answer = answer?;
        let first = answer.lines().next().unwrap_or("nothing");
        anyhow::ensure!(first.starts_with("HTTP/1.1 200"), "the answer is {first}");
        let metrics = Metrics(answer.lines().filter_map(line).collect());
        anyhow::ensure!(metrics.0.contains_key("tickwire_tick_seconds_count"), "it says nothing of ticks");
        Ok(metrics)
    }

    /// The number called `name`; 0 where there is none.
    #[must_use]
    pub fn number(&self, name: &str) -> f64 {
        self.0.get(name).copied().unwrap_or(0.0)
    }

    /// How much a counter has grown since `before`.
    #[must_use]
    pub fn since(&self, before: &Metrics, name: &str) -> f64 {
        self.number(name) - before.number(name)
    }

    /// How much the counters called `name` have grown since `before`, by the value of a label; only those that have.
    #[must_use]
    pub fn grown(&self, before: &Metrics, name: &str, label: &str) -> Vec<(String, f64)> {
        let prefix = format!("{name}{{{label}=\"");
        let grown = self.0.iter().filter_map(|(key, now)| {
            let value = key.strip_prefix(&prefix)?.split('"').next()?;
            Some((value.to_owned(), now - before.number(key)))
        });
        grown.filter(|(_, grown)| *grown > 0.0).collect()
    }

    /// A quantile of what a histogram counted since `before`, in its own unit: the upper end of the bucket in which
    /// it lies, interpolated.
    #[must_use]
    pub fn quantile(&self, before: &Metrics, name: &str, quantile: f64) -> f64 {
        let prefix = format!("{name}_bucket{{le=\"");
        let mut buckets: Vec<(f64, f64)> = self
            .0
            .iter()
            .filter_map(|(key, count)| {
                let bound = key.strip_prefix(&prefix)?.split('"').next()?;
                let bound = if bound == "+Inf" { f64::INFINITY } else { bound.parse().ok()? };
                Some((bound, count - before.number(key)))
            })
            .collect();
        buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        let all = buckets.last().map_or(0.0, |(_, count)| *count);
        let (mut low, mut below) = (0.0, 0.0);
        for (bound, count) in buckets {
            if count >= all * quantile && count > below {
                let part = (all * quantile - below) / (count - below);
                return if bound.is_finite() { low + (bound - low) * part } else { low };
            }
            (low, below) = (bound, count);
        }
        0.0
    }
}

fn ask(mut stream: impl Read + Write, host: &str) -> std::io::Result<String> {
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
    stream.flush()?;
    let mut answer = String::new();
    match stream.read_to_string(&mut answer) {
        // Over TLS, an end without a goodbye is one.
        Err(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => Err(error),
        Ok(_) | Err(_) => Ok(answer),
    }
}

fn line(line: &str) -> Option<(String, f64)> {
    let (name, value) = line.rsplit_once(' ')?;
    (!name.starts_with('#')).then_some(())?;
    Some((name.to_owned(), value.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_lies_in_its_bucket() {
        let text =
            "# HELP x\nt_bucket{le=\"0.1\"} 50\nt_bucket{le=\"0.2\"} 100\nt_bucket{le=\"+Inf\"} 100\nt_sum 9\n";
        let metrics = Metrics(text.lines().filter_map(line).collect());
        let nothing = Metrics::default();
        assert_eq!(metrics.quantile(&nothing, "t", 0.5), 0.1);
        assert!((metrics.quantile(&nothing, "t", 0.75) - 0.15).abs() < 1e-9);
        assert_eq!(metrics.number("t_sum"), 9.0);
        assert_eq!(nothing.quantile(&nothing, "t", 0.5), 0.0);
    }
}

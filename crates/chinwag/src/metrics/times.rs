//! Histograms of durations.

use std::borrow::Cow;
use std::time::Duration;

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Upper bounds in seconds: from a commit on a fast disk to what people consider broken.
const BUCKETS: [f64; 15] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// The route label of requests that match no route: files of the web client, and unknown addresses.
const NO_ROUTE: &str = "other";

/// The route's pattern rather than the path, and the class of the status code, so that the number of labels is bounded.
type Labels = [(&'static str, Cow<'static, str>); 2];

/// The histograms.
pub struct Times {
    commit: Histogram,
    delivery: Histogram,
    requests: Family<Labels, Histogram, fn() -> Histogram>,
}

impl Default for Times {
    fn default() -> Self {
        let requests = Family::new_with_constructor(histogram as fn() -> Histogram);
        Self { commit: histogram(), delivery: histogram(), requests }
    }
}

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

impl Times {
    /// Returns a callback to be called with the duration of each committed transaction.
    pub fn of_commits(&self) -> impl Fn(Duration) + Send + Sync + 'static {
        let commit = self.commit.clone();
        move |took| commit.observe(took.as_secs_f64())
    }

    /// Records how long a commit's events took to reach the buffers of all their current subscribers.
    pub fn delivered(&self, took: Duration) {
        self.delivery.observe(took.as_secs_f64());
    }

    /// Records how long a request took.
    pub fn answered(&self, route: Option<&str>, status: u16, took: Duration) {
        let route = route.map_or(Cow::Borrowed(NO_ROUTE), |route| Cow::Owned(route.to_owned()));
        let status = match status / 100 {
            1 => "1xx",
            2 => "2xx",
            3 => "3xx",
            4 => "4xx",
            _ => "5xx",
        };
        let labels = [("route", route), ("status", Cow::Borrowed(status))];
        self.requests.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// Registers the histograms.
    pub fn register(&self, registry: &mut Registry) {
        let mut show = |name, help, metric: Histogram| {
            registry.register_with_unit(name, help, Unit::Seconds, metric);
        };
        show("store_commit", "One transaction of the committer, until it is on disk", self.commit.clone());
        show(
            "delivery",
            "From a commit until its events are in the outgoing buffers of all subscribers that have caught up with \
             the log",
            self.delivery.clone(),
        );
        registry.register_with_unit(
            "http_request",
            "From a request's head until the response begins, by route and class of status",
            Unit::Seconds,
            self.requests.clone(),
        );
    }
}

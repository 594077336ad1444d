//! A session's subscriptions and their stored format.

use std::sync::Arc;

use crate::Qos;
use crate::topic;

/// One subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subscription {
    /// The filter as sent by the client, including `$share/…`.
    pub filter: Arc<str>,
    pub qos: Qos,
    pub no_local: bool,
    pub retain_as_published: bool,
    /// 0 if there is none.
    pub identifier: u32,
}

impl Subscription {
    /// Returns the shared group, if any, and the filter itself.
    pub(crate) fn parts(&self) -> (Option<&str>, &str) {
        match topic::share(&self.filter) {
            Ok(Some((group, filter))) => (Some(group), filter),
            _ => (None, &self.filter),
        }
    }
}

/// A session's overlapping subscriptions to one topic, combined: one copy with the highest QoS and all identifiers
/// [MQTT-3.3.4-2, -3, -4].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Grant {
    pub qos: Qos,
    pub retain_as_published: bool,
    pub identifiers: Vec<u32>,
    /// Whether at least one of them is without No Local.
    pub own: bool,
}

impl Grant {
    pub(crate) fn add(&mut self, qos: Qos, no_local: bool, retain_as_published: bool, identifier: u32) {
        self.qos = self.qos.max(qos);
        self.own |= !no_local;
        self.retain_as_published |= retain_as_published;
        if identifier != 0 {
            self.identifiers.push(identifier);
        }
    }
}

/// Combines the (unshared) subscriptions that cover `topic`; `None` if there are none.
pub(crate) fn grant(subscriptions: &[Subscription], topic: &str) -> Option<Grant> {
    let mut found: Option<Grant> = None;
    for subscription in subscriptions {
        let (group, filter) = subscription.parts();
        if group.is_none() && topic::matches(filter, topic) {
            found.get_or_insert_default().add(
                subscription.qos,
                subscription.no_local,
                subscription.retain_as_published,
                subscription.identifier,
            );
        }
    }
    found
}

const VERSION: u8 = 1;

/// Encodes subscriptions for [`SessionState`](crate::SessionState).
pub(crate) fn to_bytes(subscriptions: &[Subscription]) -> Vec<u8> {
    let mut out = vec![VERSION];
    for subscription in subscriptions {
        let filter = subscription.filter.as_bytes();
        out.extend_from_slice(&(filter.len() as u32).to_be_bytes());
        out.extend_from_slice(filter);
        out.push(
            subscription.qos as u8
                | u8::from(subscription.no_local) << 2
                | u8::from(subscription.retain_as_published) << 3,
        );
        out.extend_from_slice(&subscription.identifier.to_be_bytes());
    }
    out
}

/// Decodes the output of [`to_bytes`]; `None` if the bytes are not valid.
pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Vec<Subscription>> {
    let (&version, mut rest) = bytes.split_first()?;
    if version != VERSION {
        return None;
    }
    let mut subscriptions = Vec::new();
    while !rest.is_empty() {
        let (length, tail) = rest.split_first_chunk::<4>()?;
        let (filter, tail) = tail.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        let (&[options], tail) = tail.split_first_chunk::<1>()?;
        let (identifier, tail) = tail.split_first_chunk::<4>()?;
        subscriptions.push(Subscription {
            filter: std::str::from_utf8(filter).ok()?.into(),
            qos: Qos::from_bits(options & 3)?,
            no_local: options & 4 != 0,
            retain_as_published: options & 8 != 0,
            identifier: u32::from_be_bytes(*identifier),
        });
        rest = tail;
    }
    Some(subscriptions)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subscription(filter: &str, qos: Qos, identifier: u32) -> Subscription {
        Subscription {
            filter: filter.into(),
            qos,
            no_local: qos == Qos::AtMostOnce,
            retain_as_published: identifier == 0,
            identifier,
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let all = vec![
            subscription("a/b", Qos::AtLeastOnce, 7),
            subscription("$share/g/#", Qos::ExactlyOnce, 0),
            subscription("ü/+", Qos::AtMostOnce, 268_435_455),
        ];
        let bytes = to_bytes(&all);
        assert_eq!(from_bytes(&bytes), Some(all));
        for cut in 1..bytes.len() {
            let _ = from_bytes(&bytes[..cut]);
        }
        assert_eq!(from_bytes(&[]), None);
        assert_eq!(from_bytes(&[9]), None);
        assert_eq!(from_bytes(&[1, 0xff, 0xff, 0xff, 0xff]), None);
    }

    /// [MQTT-3.3.4-2] [MQTT-3.3.4-4]
    #[test]
    fn overlapping_subscriptions_make_one_grant() {
        let all = [
            subscription("a/#", Qos::AtMostOnce, 1),
            subscription("a/b", Qos::ExactlyOnce, 2),
            subscription("c", Qos::AtLeastOnce, 3),
            subscription("$share/g/a/b", Qos::AtLeastOnce, 4),
        ];
        let found = grant(&all, "a/b").unwrap();
        assert_eq!((found.qos, found.identifiers), (Qos::ExactlyOnce, vec![1, 2]));
        assert!(grant(&all, "d").is_none());
    }
}

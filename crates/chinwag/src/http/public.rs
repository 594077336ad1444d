//! Where devices and scripts reach the broker, seen from outside.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, header};

/// The broker's addresses.
#[derive(Debug, Default)]
pub struct PublicAddresses {
    /// What the operator says they are.
    pub configured: Vec<String>,
    /// Scheme, address and path of each listener, the best first.
    pub listeners: Vec<(&'static str, SocketAddr, &'static str)>,
}

impl PublicAddresses {
    /// As URLs, for whoever sent a request with these headers: the host is the one that they wrote. A listener on this
    /// machine only is left out for everybody who is elsewhere.
    pub fn for_request(&self, headers: &HeaderMap) -> Vec<String> {
        if !self.configured.is_empty() {
            return self.configured.clone();
        }
        let Some(host) = headers.get(header::HOST).and_then(|host| host.to_str().ok()).map(without_port)
        else {
            return Vec::new();
        };
        let here = is_here(host);
        let reachable = self.listeners.iter().filter(|(_, address, _)| here || !address.ip().is_loopback());
        reachable
            .map(|(scheme, address, path)| format!("{scheme}://{host}:{}{path}", address.port()))
            .collect()
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

fn is_here(host: &str) -> bool {
    let number = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || number.is_ok_and(|number| number.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(configured: &[&str], host: &str) -> Vec<String> {
        let addresses = PublicAddresses {
            configured: configured.iter().map(|&url| url.to_owned()).collect(),
            listeners: vec![
                ("mqtts", "0.0.0.0:8883".parse().unwrap(), ""),
                ("mqtt", "127.0.0.1:1883".parse().unwrap(), ""),
                ("wss", "[::]:8084".parse().unwrap(), "/mqtt"),
            ],
        };
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        addresses.for_request(&headers)
    }

    #[test]
    fn addresses_are_those_that_the_asker_can_reach() {
        let outside = ["mqtts://chat.example:8883", "wss://chat.example:8084/mqtt"];
        assert_eq!(asked(&[], "chat.example"), outside);
        assert_eq!(asked(&[], "chat.example:8443"), outside);
        for host in ["localhost:8080", "127.0.0.1:8080", "[::1]:8080"] {
            let name = host.strip_suffix(":8080").unwrap();
            assert_eq!(asked(&[], host)[1], format!("mqtt://{name}:1883"));
        }
        assert_eq!(asked(&["mqtts://mqtt.example:443"], "chat.example"), ["mqtts://mqtt.example:443"]);
    }
}

//! The client's address for requests through reverse proxies.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::http::HeaderMap;
use ipnet::IpNet;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The proxies whose `X-Forwarded-For` is trusted. From any other peer the header may be forged.
#[derive(Debug, Clone, Default)]
pub struct Proxies(Arc<[IpNet]>);

impl Proxies {
    /// Trusts these networks.
    pub fn new(networks: &[IpNet]) -> Self {
        Self(networks.into())
    }

    /// Whether this is the address of a trusted proxy.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address.to_canonical()))
    }

    /// Returns the client's address: the peer's or, while that is trusted, the next one in `X-Forwarded-For` from the
    /// right. The port is always the connection's own, so that two connections never look the same.
    pub fn client(&self, peer: SocketAddr, headers: &HeaderMap) -> SocketAddr {
        let lines: Vec<&str> =
            headers.get_all(FORWARDED_FOR).iter().filter_map(|v| v.to_str().ok()).collect();
        let hops = lines.iter().rev().flat_map(|line| line.rsplit(','));
        let mut client = peer.ip();
        for hop in hops {
            if !self.trusts(client) {
                break;
            }
            let Ok(before) = hop.trim().parse() else { break };
            client = before;
        }
        SocketAddr::new(client, peer.port())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(trusted: &[&str], peer: &str, forwarded: &[&str]) -> String {
        let networks: Vec<IpNet> = trusted.iter().map(|network| network.parse().unwrap()).collect();
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(FORWARDED_FOR, line.parse().unwrap());
        }
        Proxies::new(&networks).client(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        assert_eq!(client(&[], "10.0.0.1:80", &["1.2.3.4"]), "10.0.0.1:80");
        assert_eq!(client(&["10.0.0.0/8"], "10.0.0.1:80", &["1.2.3.4"]), "1.2.3.4:80");
        assert_eq!(client(&["10.0.0.0/8"], "10.0.0.1:80", &[]), "10.0.0.1:80");
        assert_eq!(client(&["10.0.0.0/8"], "[::ffff:10.0.0.1]:80", &["1.2.3.4"]), "1.2.3.4:80");
    }

    #[test]
    fn what_the_client_itself_wrote_counts_for_nothing() {
        assert_eq!(client(&["10.0.0.0/8"], "10.0.0.1:80", &["9.9.9.9, 1.2.3.4"]), "1.2.3.4:80");
        assert_eq!(client(&["10.0.0.0/8"], "10.0.0.1:80", &["9.9.9.9", "1.2.3.4, 10.0.0.2"]), "1.2.3.4:80");
        assert_eq!(client(&["10.0.0.0/8"], "10.0.0.1:80", &["rubbish"]), "10.0.0.1:80");
    }
}

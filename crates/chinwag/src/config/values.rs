//! Parsers for the values of flags; their errors show what is expected.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

/// Parses an address to listen on.
pub fn address(text: &str) -> Result<SocketAddr, String> {
    let numbers = text.strip_prefix("localhost:").map_or(text.to_owned(), |port| format!("127.0.0.1:{port}"));
    numbers.parse().map_err(|_| {
        "an address must be an IP address and a port: 127.0.0.1:8080 (this machine only), 0.0.0.0:8080 (all IPv4 \
         addresses) or [::]:8080 (IPv6 too)"
            .to_owned()
    })
}

/// Parses a network, or a single address as one.
pub fn network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    let one = text.parse::<IpAddr>().map(IpNet::from);
    one.or_else(|_| text.parse())
        .map_err(|_| "a proxy must be an IP address or a network: 127.0.0.1, 10.0.0.0/8, fd00::/8".to_owned())
}

/// Parses a size in bytes: 500MiB, 20 GiB, 1TiB, or without a unit.
pub fn size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let shift = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => Some(0),
        "kib" => Some(10),
        "mib" => Some(20),
        "gib" => Some(30),
        "tib" => Some(40),
        _ => None,
    };
    let bytes =
        digits.parse::<u64>().ok().zip(shift).and_then(|(count, shift)| count.checked_mul(1 << shift));
    bytes.ok_or_else(|| "a size must be a whole number with KiB, MiB, GiB or TiB: 500MiB, 20GiB".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_networks_are_understood_or_explained() {
        assert_eq!(address("localhost:80").unwrap(), address("127.0.0.1:80").unwrap());
        for wrong in ["8080", ":8080", "example.org:80", "127.0.0.1", ""] {
            assert!(address(wrong).unwrap_err().contains("127.0.0.1:8080"), "{wrong}");
        }
        assert_eq!(network("127.0.0.1").unwrap(), network("127.0.0.1/32").unwrap());
        for wrong in ["127.0.0.1/99", "localhost", ""] {
            assert!(network(wrong).unwrap_err().contains("10.0.0.0/8"), "{wrong}");
        }
    }

    #[test]
    fn sizes_are_understood_or_explained() {
        assert_eq!(size("0").unwrap(), 0);
        assert_eq!(size("1KiB").unwrap(), 1_024);
        assert_eq!(size(" 20 gib ").unwrap(), 20 << 30);
        for wrong in ["", "GiB", "1.5GiB", "-1", "20GB", "20 GiB more", "99999999999TiB"] {
            assert!(size(wrong).unwrap_err().contains("20GiB"), "{wrong}");
        }
    }
}

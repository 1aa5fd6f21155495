//! Whom a webhook may reach: addresses of the public network, unless the configuration says that it may reach others. The
//! address that was judged is the one that is called, so that a name cannot point elsewhere a moment later.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::Url;

/// Why nobody was called.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreachable {
    /// The name has no address now.
    #[error("the name has no address: {0}")]
    Name(String),
    /// It has one that is not of the public network.
    #[error("the name leads to {0}, which is not an address of the public network; `allow_private: true` allows it")]
    Private(IpAddr),
}

/// Returns the addresses of a URL's host; one that may not be reached refuses all of them.
pub(super) async fn addresses(url: &Url, allow_private: bool) -> Result<Vec<SocketAddr>, Unreachable> {
    let port = url.port_or_known_default().unwrap_or(443);
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let found: Vec<SocketAddr> = match bare.parse::<IpAddr>() {
        Ok(address) => vec![SocketAddr::new(address, port)],
        Err(_) => {
            tokio::net::lookup_host((bare, port)).await.map_err(|error| Unreachable::Name(error.to_string()))?.collect()
        }
    };
    if found.is_empty() {
        return Err(Unreachable::Name("no answer".to_owned()));
    }
    match found.iter().find(|address| !allow_private && !is_public(address.ip())) {
        Some(private) => Err(Unreachable::Private(private.ip())),
        None => Ok(found),
    }
}

/// Returns whether an address is one of the public network (IANA special-purpose registries, RFC 6890).
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        // This network; carrier-grade NAT; protocol assignments; 6to4 relays; benchmarks; reserved and broadcast.
        || a == 0
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b))
        || a >= 240;
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let [a, b, ..] = segments;
    let inside = |high: u16, low: u16| {
        let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    // Addresses that carry one of IPv4: NAT64 and 6to4.
    if a == 0x64 && b == 0xff9b {
        return segments[2..6].iter().all(|segment| *segment == 0) && inside(segments[6], segments[7]);
    }
    if a == 0x2002 {
        return inside(b, segments[2]);
    }
    // Global unicast is 2000::/3; of it, 2001::/23 is for protocols, 2001:db8::/32 and 3fff::/20 are for documents.
    let global = a & 0xe000 == 0x2000;
    let special = (a == 0x2001 && (b < 0x200 || b == 0xdb8)) || (a == 0x3fff && b < 0x1000);
    global && !special
}

#[cfg(test)]
mod tests {
    use super::{addresses, is_public};

    #[test]
    fn addresses_inside_a_house_are_not_public() {
        for address in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "100.127.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "198.18.0.1",
            "203.0.113.5",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "ff02::1",
            "2001:db8::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "2002:7f00:1::",
            "2002:c0a8:101::",
            "2001::1",
            "100::1",
            "64:ff9b:1::1",
            "3fff::1",
            "::7f00:1",
            "4000::1",
        ] {
            assert!(!is_public(address.parse().expect("an address")), "{address}");
        }
        for address in
            ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "192.1.1.1", "2606:4700::1111", "64:ff9b::808:808"]
        {
            assert!(is_public(address.parse().expect("an address")), "{address}");
        }
    }

    #[tokio::test]
    async fn a_name_or_number_of_this_machine_is_refused_unless_allowed() {
        for url in
            ["http://localhost:1/", "http://127.0.0.1:1/", "http://[::1]:1/", "http://2130706433/", "http://0x7f.1/"]
        {
            let url = reqwest::Url::parse(url).expect("a URL");
            let refused = addresses(&url, false).await.expect_err("refused").to_string();
            assert!(refused.contains("not an address of the public network"), "{url}: {refused}");
            assert!(addresses(&url, true).await.is_ok(), "{url}");
        }
    }
}

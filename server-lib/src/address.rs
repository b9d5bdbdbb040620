//! Listen addresses: parsing, and comparison across their written forms.

use std::net::{IpAddr, SocketAddr};

/// Whether a listener on `local` satisfies `wanted`. Port 0 accepts any port.
pub(crate) fn is_served_by(wanted: SocketAddr, local: SocketAddr) -> bool {
    let port = wanted.port() == 0 || wanted.port() == local.port();
    port && place(wanted) == place(local)
}

/// The canonical IP address (`::ffff:127.0.0.1` is `127.0.0.1`), and its zone if it is link-local.
fn place(address: SocketAddr) -> (IpAddr, u32) {
    let zone = match address {
        SocketAddr::V6(address) if address.ip().is_unicast_link_local() => address.scope_id(),
        _ => 0,
    };
    (address.ip().to_canonical(), zone)
}

/// Parses an address and a port. Besides the forms that Rust parses, it accepts `localhost` and the name of an interface
/// as a zone, as in `[fe80::1%eth0]:8080`.
pub(crate) fn parse(text: &str) -> Option<SocketAddr> {
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    if let Some((host, port)) = text.rsplit_once(':')
        && host.eq_ignore_ascii_case("localhost")
    {
        return Some(SocketAddr::from(([127, 0, 0, 1], port.parse().ok()?)));
    }
    let (ip, rest) = text.strip_prefix('[')?.split_once('%')?;
    let (name, port) = rest.split_once("]:")?;
    format!("[{ip}%{}]:{port}", index_of_interface(name)?)
        .parse()
        .ok()
}

#[cfg(target_os = "linux")]
fn index_of_interface(name: &str) -> Option<u32> {
    use rustix::net::{AddressFamily, SocketType, netdevice, socket};
    let any = socket(AddressFamily::INET, SocketType::DGRAM, None).ok()?;
    netdevice::name_to_index(any, name).ok()
}

#[cfg(not(target_os = "linux"))]
fn index_of_interface(_: &str) -> Option<u32> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn served(wanted: &str, local: &str) -> bool {
        is_served_by(parse(wanted).unwrap(), parse(local).unwrap())
    }

    #[test]
    fn forms_of_one_address_are_equal() {
        for (wanted, local) in [
            ("127.0.0.1:80", "127.0.0.1:80"),
            ("[::ffff:127.0.0.1]:80", "127.0.0.1:80"),
            ("127.0.0.1:80", "[::ffff:7f00:1]:80"),
            ("localhost:80", "127.0.0.1:80"),
            ("LocalHost:80", "127.0.0.1:80"),
            ("[0:0:0:0:0:0:0:1]:80", "[::1]:80"),
            ("[::1%1]:80", "[::1]:80"),
            ("[fe80::1%2]:80", "[fe80::1%2]:80"),
            ("127.0.0.1:0", "127.0.0.1:40000"),
            ("[::ffff:0.0.0.0]:80", "0.0.0.0:80"),
        ] {
            assert!(served(wanted, local), "{wanted} is {local}");
        }
    }

    #[test]
    fn different_addresses_differ() {
        for (wanted, local) in [
            ("127.0.0.1:80", "127.0.0.1:81"),
            ("127.0.0.1:80", "127.0.0.2:80"),
            ("0.0.0.0:80", "127.0.0.1:80"),
            ("[::]:80", "0.0.0.0:80"),
            ("[::1]:80", "127.0.0.1:80"),
            ("[fe80::1%3]:80", "[fe80::1%2]:80"),
        ] {
            assert!(!served(wanted, local), "{wanted} is not {local}");
        }
    }

    #[test]
    fn invalid_addresses_are_refused() {
        for text in [
            "",
            "8080",
            ":8080",
            "localhost",
            "localhost:x",
            "localhost:70000",
            "[fe80::1%nosuch]:80",
            "[::1%",
            "a:1",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn zone_may_be_the_name_of_an_interface() {
        let address = parse("[fe80::1%lo]:80").unwrap();
        assert!(matches!(address, SocketAddr::V6(address) if address.scope_id() > 0));
    }
}

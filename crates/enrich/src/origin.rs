//! Where somebody came from: addresses, clients and mailboxes cut down to what may link accounts.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// The network of an address as bytes: /24 of IPv4, /48 of IPv6.
///
/// An IPv4 address inside an IPv6 one is IPv4. Addresses that name no network (unspecified,
/// loopback) and text that is no address give nothing.
pub fn network(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    // Some gateways write the port as well.
    let ip = text
        .parse::<IpAddr>()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
        .or_else(|| bracketed(text))?
        .to_canonical();
    if ip.is_unspecified() || ip.is_loopback() {
        return None;
    }
    Some(match ip {
        IpAddr::V4(ip) => [&[4], &ip.octets()[..3]].concat(),
        IpAddr::V6(ip) => [&[6], &ip.octets()[..6]].concat(),
    })
}

fn bracketed(text: &str) -> Option<IpAddr> {
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    inner.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
}

/// The value if it says something: clients write `unknown` where they have nothing.
pub fn telling(value: Option<&str>) -> Option<&str> {
    let value = value?.trim();
    let nothing = ["", "-", "0", "none", "null", "unknown", "undefined", "n/a", "nil", "default"];
    let empty = nothing.iter().any(|word| value.eq_ignore_ascii_case(word))
        || value.bytes().all(|byte| matches!(byte, b'0' | b'-'));
    (!empty).then_some(value)
}

/// The client's shape, JA4 and user agent together.
pub fn client(ja4: Option<&str>, user_agent: Option<&str>) -> Option<String> {
    let (ja4, user_agent) = (telling(ja4), telling(user_agent));
    (ja4.is_some() || user_agent.is_some())
        .then(|| [ja4.unwrap_or_default(), "\u{1f}", user_agent.unwrap_or_default()].concat())
}

/// A mail domain in one spelling.
pub fn mail_domain(domain: &str) -> Option<String> {
    let domain = domain.trim().trim_start_matches('@').trim_matches('.');
    telling(Some(domain)).map(str::to_lowercase)
}

/// Local part and domain of an address.
pub fn mailbox(email: &str) -> Option<(&str, String)> {
    let (local, domain) = email.trim().rsplit_once('@')?;
    if local.is_empty() {
        return None;
    }
    Some((local, mail_domain(domain)?))
}

/// The shape of a local part: runs of letters and digits with their rough length, marks as they
/// are. A farm's names differ in every letter and agree in this.
pub fn mail_shape(local: &str) -> String {
    let mut shape = String::new();
    let mut run: Option<(char, usize)> = None;
    for c in local.chars() {
        let class = match c {
            _ if c.is_numeric() => '0',
            _ if c.is_alphabetic() => 'a',
            other => other,
        };
        match &mut run {
            Some((last, length)) if *last == class => *length += 1,
            _ => {
                close(&mut shape, run.replace((class, 1)));
            }
        }
    }
    close(&mut shape, run);
    shape
}

fn close(shape: &mut String, run: Option<(char, usize)>) {
    let Some((class, length)) = run else { return };
    shape.push(class);
    if matches!(class, 'a' | '0') {
        // 1, 2, 3–4, 5–8, 9–16, more.
        let bucket = length.next_power_of_two().trailing_zeros().min(5);
        shape.push_str(&bucket.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_become_networks() {
        let same = [
            ("203.0.113.7", "203.0.113.250"),
            ("203.0.113.7", "::ffff:203.0.113.9"),
            ("203.0.113.7:443", " 203.0.113.8 "),
            ("2001:db8:1::1", "2001:db8:1:ffff::2"),
            ("[2001:db8:1::1]:443", "[2001:db8:1::9]"),
        ];
        for (left, right) in same {
            assert!(network(left).is_some(), "{left}");
            assert_eq!(network(left), network(right), "{left} {right}");
        }
        for (left, right) in [("203.0.113.7", "203.0.114.7"), ("2001:db8:1::1", "2001:db8:2::1")] {
            assert_ne!(network(left), network(right), "{left} {right}");
        }
        for nothing in ["", "x", "300.1.1.1", "1.2.3", "127.0.0.1", "::1", "0.0.0.0", "::"] {
            assert_eq!(network(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn mailboxes_have_shapes() {
        let table =
            [("quickfox123", "a302"), ("anna.maria", "a2.a3"), ("a", "a0"), ("x_9", "a0_00")];
        for (local, shape) in table {
            assert_eq!(mail_shape(local), shape, "{local}");
        }
        assert_eq!(mail_shape("happybird984"), mail_shape("smallfrog123"));
        assert_eq!(mailbox("Ann@Example.ORG."), Some(("Ann", "example.org".into())));
        for nothing in ["", "@x.org", "ann", "ann@"] {
            assert_eq!(mailbox(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn placeholders_are_nothing() {
        for nothing in ["", "  ", "Unknown", "null", "00000000-0000-0000-0000-000000000000"] {
            assert_eq!(telling(Some(nothing)), None, "{nothing}");
        }
        assert_eq!(telling(Some(" d-1 ")), Some("d-1"));
        assert_eq!(client(None, Some("unknown")), None);
        assert_ne!(client(Some("t13d"), None), client(None, Some("t13d")));
    }
}

//! Ablations: what is left of events when a kind of sign is taken away.

use clap::ValueEnum;
use event::contract::{Body, Event};

/// A kind of sign that can be taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Sign {
    /// What the platform minted and what came back
    Artifacts,
    /// What was said, sketches included
    Templates,
    /// Addresses, networks, countries
    Networks,
    /// Programs, devices, sessions
    Devices,
    /// Payments
    Payments,
    /// Sign-ups
    Signups,
    /// Organisations and keys
    Organizations,
}

/// Takes a kind of sign away; false if nothing is left of the event.
pub fn take_away(sign: Sign, event: &mut Event) -> bool {
    match (sign, &mut event.body) {
        (Sign::Payments, Body::Payment(_)) | (Sign::Signups, Body::Signup(_)) => return false,
        (Sign::Artifacts, Body::Request(request)) => {
            request.minted_artifacts.clear();
            request.referenced_artifacts.clear();
        }
        (Sign::Templates, Body::Request(request)) => {
            request.system = None;
            request.turns.clear();
            request.tools.clear();
            request.response = None;
            request.sketch = None;
            request.content_hashes.clear();
        }
        (Sign::Networks | Sign::Devices, Body::Request(request)) => {
            if let Some(client) = &mut request.client {
                client_without(sign, client);
            }
        }
        (Sign::Networks | Sign::Devices, Body::Signup(signup)) => {
            if let Some(client) = &mut signup.client {
                client_without(sign, client);
            }
        }
        (Sign::Organizations, Body::Request(request)) => {
            request.organization_id = None;
            request.api_key_id = None;
        }
        (Sign::Organizations, Body::Signup(signup)) => signup.organization_id = None,
        _ => {}
    }
    true
}

fn client_without(sign: Sign, client: &mut event::contract::Client) {
    if sign == Sign::Networks {
        client.ip = None;
        client.asn = None;
        client.country = None;
        client.timezone = None;
    } else {
        client.user_agent = None;
        client.ja4 = None;
        client.sdk = None;
        client.device_id = None;
        client.session_id = None;
        client.os = None;
    }
}

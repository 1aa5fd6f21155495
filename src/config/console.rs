//! The section `console`: where the desk is reached in a browser. Without the section there is no console.

use std::net::{IpAddr, SocketAddr};

use crate::{
    config::raw::{BAD_VALUE, Reader},
    console::settings::{PublicUrl, Settings},
    diagnostic::{
        Diagnostic,
        source::Span,
        yaml::{Kind, Node, fields::Fields},
    },
    model::satisfaction::Whom,
    service::satisfaction,
};

/// Where the console listens if the section names no address.
pub(super) const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8026);

/// Whom buyers' cases must be of to be asked about, as written.
const WHOM: [(&str, Option<Whom>); 3] =
    [("off", None), ("complaints", Some(Whom::Complaints)), ("everybody", Some(Whom::Everybody))];

/// Reads the section.
pub(super) fn read(reader: &mut Reader<'_>, fields: &mut Fields<'_>) -> Option<Settings> {
    let node = fields.node("console")?;
    let mut section = reader.open(node)?;
    let written = section.node("listen");
    let listen = written.map_or(Some(DEFAULT_LISTEN), |node| {
        let address = node.as_text().and_then(|text| text.parse::<SocketAddr>().ok());
        if address.is_none() {
            reader.bad(node, "an address and a port such as 127.0.0.1:8026");
        }
        address
    });
    let public_url = section.node("public_url").and_then(|node| {
        let url = node.as_text().and_then(PublicUrl::read);
        if url.is_none() {
            reader.bad(node, "the address that browsers open, such as https://desk.shop.example, without a path");
        }
        url
    });
    let trusted_proxies = section.node("trusted_proxies").map(|node| proxies(reader, node)).unwrap_or_default();
    let require_totp = section.take("require_totp").unwrap_or(false);
    let satisfaction = section.node("satisfaction").and_then(|node| {
        let whom = reader.choose(node, &WHOM).flatten();
        if whom.is_some() && !public_url.as_ref().is_some_and(PublicUrl::is_https) {
            reader.bad(
                node,
                "`off`, or a `public_url` that begins with https://: buyers open the link of the question with their own \
                 browsers",
            );
        }
        whom
    });
    reader.close(section);
    let listen = listen?;
    let settings = Settings { listen, public_url, trusted_proxies, require_totp, satisfaction };
    if !listen.ip().is_loopback() && !settings.is_https() {
        reader.push(in_clear_text(reader.span(written.unwrap_or(node))));
    }
    Some(settings)
}

fn in_clear_text(listen: Span) -> Diagnostic {
    Diagnostic::error(BAD_VALUE, "passwords would cross a network in clear text", listen, "other machines reach this")
        .help(
            "listen on this machine alone (127.0.0.1:8026), or put a proxy that speaks HTTPS in front and write its address \
             as `public_url: https://…` (docs/security.md)",
        )
}

/// Returns which buyers are asked how content they are, and where they answer; none if nobody is.
pub(super) fn asks(console: &Settings) -> Option<satisfaction::Settings> {
    Some(satisfaction::Settings { whom: console.satisfaction?, site: console.public_url.as_ref()?.to_string() })
}

fn proxies(reader: &mut Reader<'_>, node: &Node) -> Vec<IpAddr> {
    let Kind::List(items) = &node.kind else {
        reader.bad(node, "a list of addresses such as [127.0.0.1]");
        return Vec::new();
    };
    let mut proxies = Vec::new();
    for item in items {
        match item.as_text().and_then(|text| text.parse().ok()) {
            Some(address) => proxies.push(address),
            None => reader.bad(item, "the address of a proxy such as 127.0.0.1"),
        }
    }
    proxies
}

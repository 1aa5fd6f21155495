//! The section `webhooks`: which programs are told what happens on tickets.

use reqwest::Url;
use secrecy::SecretString;

use crate::{
    config::raw::{BAD_VALUE, Reader},
    diagnostic::{
        Diagnostic,
        yaml::{Kind, Node, fields::Fields},
    },
    model::webhook::HookKind,
    service::webhooks::{Webhook, sign::HookSecret},
};

/// Reads the section; without it nobody is told anything.
pub(super) fn read(reader: &mut Reader<'_>, fields: &mut Fields<'_>) -> Vec<Webhook> {
    let Some(node) = fields.node("webhooks") else { return Vec::new() };
    let Kind::List(items) = &node.kind else {
        reader.bad(node, "a list of webhooks, each beginning with `- name:`");
        return Vec::new();
    };
    let mut hooks: Vec<Webhook> = Vec::new();
    for item in items {
        let Some(hook) = webhook(reader, item) else { continue };
        if hooks.iter().any(|known| known.name == hook.name) {
            reader.bad(item, "a name that no other webhook has");
            continue;
        }
        hooks.push(hook);
    }
    hooks
}

fn webhook(reader: &mut Reader<'_>, node: &Node) -> Option<Webhook> {
    let mut section = reader.open(node)?;
    let name = section.require::<String>("name", "give the webhook a short name of your own");
    let allow_private = section.take("allow_private").unwrap_or(false);
    let include_text = section.take("include_text").unwrap_or(false);
    let url = section.node("url").and_then(|node| url(reader, node, allow_private));
    if section.node("url").is_none() {
        reader.missing(node, "url", "write the address that is called, such as https://erp.shop.example/nightdesk");
    }
    let events = section.node("events").map_or_else(|| HookKind::ALL.to_vec(), |node| events(reader, node));
    let secret = section.node("secret").and_then(|node| secret(reader, node));
    if section.node("secret").is_none() {
        reader.missing(node, "secret", "write what both sides know: `secret: ${ERP_SECRET}`, 24 characters or more");
    }
    reader.close(section);
    Some(Webhook { name: name?, url: url?, secret: secret?, events, include_text, allow_private })
}

/// Reads an address: https, or http where the webhook may lead inside the house.
fn url(reader: &mut Reader<'_>, node: &Node, allow_private: bool) -> Option<Url> {
    let url = node.as_text().and_then(|text| Url::parse(text).ok());
    let usable = url.filter(|url| {
        let scheme = url.scheme() == "https" || (allow_private && url.scheme() == "http" && is_loopback(url));
        scheme && url.host_str().is_some() && url.username().is_empty() && url.password().is_none()
    });
    if usable.is_none() {
        reader.bad(
            node,
            "an address that begins with https://, without a user in it; http:// only on this machine, with \
             `allow_private: true`",
        );
    }
    usable
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn events(reader: &mut Reader<'_>, node: &Node) -> Vec<HookKind> {
    let Kind::List(items) = &node.kind else {
        reader.bad(node, "a list of events such as [ticket.opened, ticket.alarm]");
        return Vec::new();
    };
    let names: Vec<(&str, HookKind)> = HookKind::ALL.into_iter().map(|kind| (kind.as_str(), kind)).collect();
    items.iter().filter_map(|item| reader.choose(item, &names)).collect()
}

/// Reads the secret; one whose variable is not set was reported already, and any text does until the service runs.
fn secret(reader: &mut Reader<'_>, node: &Node) -> Option<HookSecret> {
    let text = node.as_text().unwrap_or_default();
    let secret = HookSecret::new(SecretString::from(text.to_owned()));
    if secret.is_none() && text.contains("${") {
        return HookSecret::new(SecretString::from("the variable is not set at all".to_owned()));
    }
    if secret.is_none() {
        let span = reader.span(node);
        reader.push(
            Diagnostic::error(BAD_VALUE, "the secret of this webhook could be guessed", span, "too short, or broken")
                .help("use 24 characters or more, or `whsec_` and the base64 of 24 bytes or more"),
        );
    }
    secret
}

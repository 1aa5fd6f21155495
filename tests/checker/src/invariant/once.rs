//! I2: at most one automatic message leaves for each mail, and every attempt of a message is that message.

use std::collections::HashMap;

use super::{Findings, Invariant};
use crate::{
    chain::hash,
    dump::Outbox,
    truth::Event,
    world::{Send, World},
};

/// The invariant.
pub(super) const I2: Invariant =
    Invariant { id: "I2", title: "nothing is answered twice", unit: "messages taken", check };

fn check(world: &World<'_>) -> Findings {
    let looked_at = world.sends.iter().filter(|send| send.transaction.taken).count();
    let mut findings = Findings { looked_at, ..Findings::default() };
    per_mail(world, &mut findings);
    per_row(world, &mut findings);
    unknown(world, &mut findings);
    findings
}

/// Counts what the sink took for each mail, whatever it replied.
fn per_mail(world: &World<'_>, findings: &mut Findings) {
    let mut taken: HashMap<usize, Vec<&Send<'_>>> = HashMap::new();
    for send in world.sends.iter().filter(|send| send.is_automatic && send.transaction.taken) {
        if let Some(mail) = send.mail {
            taken.entry(mail).or_default().push(send);
        }
    }
    for (index, mail) in world.mails.iter().enumerate() {
        if let Some(sends) = taken.get(&index).filter(|sends| sends.len() > 1) {
            let places: Vec<&str> = sends.iter().map(|send| send.place).collect();
            findings
                .breach(mail.nonce, format!("{} automatic messages were taken: {}", sends.len(), places.join(", ")));
        }
    }
}

/// A message is taken once, with the bytes of its row each time, for the mail that its row names.
fn per_row(world: &World<'_>, findings: &mut Findings) {
    for (row, sends) in world.run.dump.outbox.iter().zip(&world.sends_of_row) {
        let dots: Vec<&Send<'_>> =
            sends.iter().map(|send| &world.sends[*send]).filter(|send| send.came_to_dot()).collect();
        let place = || format!("outbox {}", row.id);
        let taken = dots.iter().filter(|send| send.transaction.taken).count();
        if taken > 1 && (row.human || dots.iter().all(|send| send.mail.is_none())) {
            findings.breach(place(), format!("was taken {taken} times"));
        }
        let Some(first) = dots.first() else { continue };
        let stored = payload_hash(row);
        let expected = stored.as_deref().or(first.transaction.sha256.as_deref());
        if let Some(other) = dots.iter().find(|send| send.transaction.sha256.as_deref() != expected) {
            findings.breach(place(), format!("went with other bytes than before or than stored: {}", other.place));
        }
        let answered = row.inbound.and_then(|inbound| world.mail_of(inbound)).map(|mail| mail.nonce);
        let wrong = dots.iter().find(|send| {
            let said = send.mail.map(|mail| world.mails[mail].nonce);
            send.is_automatic && said.is_some() && answered.is_some() && said != answered
        });
        if let Some(send) = wrong {
            findings.breach(place(), format!("answers another mail than its row: {}", send.place));
        }
    }
}

/// What the store does not know, it could send again. What left before a restore it cannot know.
fn unknown(world: &World<'_>, findings: &mut Findings) {
    let restored = world.run.truth.iter().filter_map(|seen| match &seen.event {
        Event::Fault(fault) if fault.what == "restore" => Some(seen.span.end),
        _ => None,
    });
    let restored = restored.max().unwrap_or(0);
    for send in world.sends.iter().filter(|send| send.came_to_dot() && send.row.is_none()) {
        if send.span.start > restored {
            let id = send.transaction.message_id.as_deref().unwrap_or("none");
            findings.breach(send.place, format!("the store knows no message with this Message-ID: {id}"));
        }
    }
}

/// Returns the hash of the bytes that the row would send; none if the dump leaves them out.
fn payload_hash(row: &Outbox) -> Option<String> {
    let text = row.payload.as_ref()?.get("mail")?.get("bytes")?.as_str()?;
    Some(hash(&from_base64(text)?))
}

/// Decodes base64 (RFC 4648 section 4); none if it is not.
fn from_base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut held, mut bits) = (0_u32, 0);
    for sign in text.trim_end_matches('=').bytes() {
        let value = match sign {
            b'A'..=b'Z' => sign - b'A',
            b'a'..=b'z' => sign - b'a' + 26,
            b'0'..=b'9' => sign - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        held = (held << 6) | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((held >> bits) & 0xFF).ok()?);
        }
    }
    Some(bytes)
}

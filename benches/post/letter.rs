//! The mails of buyers, by number.

use crate::shop::{HITS, MISSES};

/// Where buyers write to.
pub(crate) const SHOP: &str = "support@shop.example";

/// Returns mail number `n`: of a buyer who wrote nothing before, in turns one that the starter pack answers and one that
/// it leaves to a person with an ack. Each leads to exactly one mail of ours.
pub(crate) fn letter(n: u32) -> String {
    let texts = if n.is_multiple_of(2) { HITS } else { MISSES };
    let text = texts[n as usize / 2 % texts.len()];
    let date = jiff::Timestamp::now().strftime("%a, %d %b %Y %H:%M:00 +0000");
    format!(
        "Return-Path: <anna.{n}@buyer{n}.example>\r\nReceived: from mx.buyer{n}.example by mx.shop.example; {date}\r\n\
         From: Anna Weber <anna.{n}@buyer{n}.example>\r\nTo: {SHOP}\r\nSubject: Question\r\nDate: {date}\r\n\
         Message-ID: <{n}.question@buyer{n}.example>\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n"
    )
}

//! Subjects: the prefixes mail clients put in front of a reply or a forward, and the ticket tag. Which subjects are new is
//! asked by who decides, which prefixes go is asked by who writes; both ask here.

/// What stands before the colon of an answered subject, lower case, in the clients of our languages.
const REPLY_PREFIXES: &[&str] = &[
    "re",
    "aw",
    "sv",
    "vs",
    "antw",
    "ant",
    "r",
    "rif",
    "ref",
    "res",
    "odp",
    "ynt",
    "yanıt",
    "vá",
    "回复",
    "回覆",
    "答复",
    "答覆",
    "返信",
    "回信",
    "答え",
    "ответ",
    "отв",
    "회신",
    "답장",
    "απ",
    "bls",
    "trả lời",
    "ตอบกลับ",
    "ตอบ",
    "balas",
];

/// The same for forwards.
const FORWARD_PREFIXES: &[&str] = &[
    "fw",
    "fwd",
    "wg",
    "tr",
    "vl",
    "vb",
    "rv",
    "enc",
    "i",
    "pd",
    "doorst",
    "転送",
    "转发",
    "轉發",
    "轉寄",
    "転",
    "переслано",
    "пересл",
    "전달",
    "πρθ",
    "ilt",
    "chuyển tiếp",
    "ส่งต่อ",
    "forward",
    "videresendt",
    "vidarebefordrat",
];

/// Letters looked at before a colon; the longest prefix has 15.
const MAX_PREFIX: usize = 16;

/// Returns the subject without the reply and forward prefixes at its front, however many there are.
pub fn bare(subject: &str) -> &str {
    let mut rest = subject.trim();
    while let Some((_, after)) = prefix(rest) {
        rest = after;
    }
    rest
}

/// Returns whether the first prefix of the subject marks a forward.
pub fn is_forward(subject: &str) -> bool {
    prefix(subject.trim()).is_some_and(|(kind, _)| kind == Kind::Forward)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Reply,
    Forward,
}

/// Splits off one prefix such as `Re:`, `RE[2]:`, `AW：` or `回复(2)：`.
fn prefix(subject: &str) -> Option<(Kind, &str)> {
    let colon = subject.char_indices().take(MAX_PREFIX).find(|(_, c)| matches!(c, ':' | '：'))?;
    let (head, tail) = subject.split_at(colon.0);
    let after = tail[colon.1.len_utf8()..].trim_start();
    let word = head.trim().to_lowercase();
    let word = word.split(['[', '(', '（', '^']).next().unwrap_or("").trim();
    if REPLY_PREFIXES.contains(&word) {
        return Some((Kind::Reply, after));
    }
    FORWARD_PREFIXES.contains(&word).then_some((Kind::Forward, after))
}

/// Returns the subject without tags of ours such as `[#42]`, so that they never pile up.
pub fn without_ticket_tags(subject: &str) -> String {
    let mut out = String::with_capacity(subject.len());
    let mut rest = subject;
    while let Some(start) = rest.find("[#") {
        let inside = &rest[start + 2..];
        let digits = inside.bytes().take_while(u8::is_ascii_digit).count();
        out.push_str(&rest[..start]);
        if digits > 0 && inside[digits..].starts_with(']') {
            rest = &inside[digits + 1..];
        } else {
            out.push_str("[#");
            rest = inside;
        }
    }
    out.push_str(rest);
    out.trim().to_owned()
}

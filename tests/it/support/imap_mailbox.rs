//! An honest mailbox for the scripted server: what a well-behaved server answers to each command we use.

/// A folder of mails that differ by their number only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Mailbox {
    /// UIDVALIDITY.
    pub(crate) validity: u32,
    /// UIDs, rising.
    pub(crate) uids: Vec<u32>,
}

impl Mailbox {
    /// Reads `5 7,8`: UIDVALIDITY and UIDs.
    pub(crate) fn read(text: &str) -> Self {
        let (validity, uids) = text.split_once(' ').unwrap_or((text, ""));
        let numbers = uids.split(',').filter(|word| !word.is_empty());
        let uids = numbers.map(|word| word.parse().expect("a UID")).collect();
        Self { validity: validity.parse().expect("UIDVALIDITY"), uids }
    }

    /// Returns the header of a mail.
    pub(crate) fn header(uid: u32) -> String {
        format!("Subject: mail {uid}\r\n\r\n")
    }

    /// Returns a whole mail.
    pub(crate) fn mail(uid: u32) -> String {
        format!("{}hello {uid}\r\n", Self::header(uid))
    }

    /// Returns the untagged answers to a command, each with its line end; the tagged OK is not among them.
    pub(crate) fn answer(&self, command: &str) -> String {
        let words: Vec<&str> = command.split(' ').collect();
        match words[..] {
            ["CAPABILITY", ..] => "* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN IDLE\r\n".to_owned(),
            ["LIST", ..] => "* LIST () \"/\" INBOX\r\n".to_owned(),
            ["SELECT", ..] => format!(
                "* {} EXISTS\r\n* OK [UIDVALIDITY {}] valid\r\n* OK [UIDNEXT {}] next\r\n",
                self.uids.len(),
                self.validity,
                self.next()
            ),
            ["STATUS", name, ..] => {
                format!("* STATUS {name} (UIDVALIDITY {} UIDNEXT {})\r\n", self.validity, self.next())
            }
            ["UID", "FETCH", set, ..] => {
                self.within(set).into_iter().map(|(number, uid)| fetched(number, uid, command)).collect()
            }
            ["UID", "SEARCH", "UID", set, ..] => found(&self.within(set)),
            ["UID", "SEARCH", ..] => found(&self.within("1:*")),
            ["LOGOUT", ..] => "* BYE bye\r\n".to_owned(),
            _ => String::new(),
        }
    }

    fn next(&self) -> u32 {
        self.uids.last().map_or(1, |last| last + 1)
    }

    /// Returns sequence numbers and UIDs of a set; `n:*` names the last message even if it is below n.
    fn within(&self, set: &str) -> Vec<(usize, u32)> {
        let last = self.uids.last().copied().unwrap_or(0);
        let number = |word: &str| if word == "*" { last } else { word.parse().expect("a UID") };
        let ranges: Vec<(u32, u32)> = set
            .split(',')
            .map(|part| {
                let (low, high) = part.split_once(':').unwrap_or((part, part));
                let (low, high) = (number(low), number(high));
                (low.min(high), low.max(high))
            })
            .collect();
        let holds = |uid: u32| ranges.iter().any(|(low, high)| (*low..=*high).contains(&uid));
        (1..).zip(self.uids.iter().copied()).filter(|(_, uid)| holds(*uid)).collect()
    }
}

fn found(messages: &[(usize, u32)]) -> String {
    let uids: Vec<String> = messages.iter().map(|(_, uid)| uid.to_string()).collect();
    format!("* SEARCH {}\r\n", uids.join(" ")).replace(" \r", "\r")
}

fn fetched(number: usize, uid: u32, command: &str) -> String {
    let part = if command.contains("[HEADER]") { "HEADER" } else { "" };
    let text = if part.is_empty() { Mailbox::mail(uid) } else { Mailbox::header(uid) };
    if command.contains("BODY.PEEK") {
        return format!("* {number} FETCH (UID {uid} BODY[{part}] {{{}}}\r\n{text})\r\n", text.len());
    }
    let date = "20-Nov-2026 10:00:00 +0000";
    format!("* {number} FETCH (UID {uid} RFC822.SIZE {} INTERNALDATE \"{date}\")\r\n", text.len())
}

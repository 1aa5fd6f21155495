//! The phrases of mails back to people who answered a notice.

use jiff::{Timestamp, tz::TimeZone};

use crate::{
    model::{
        agent_command::UNDO_SECONDS,
        ids::AgentName,
        language::Language,
        ticket::{EventKind, TicketEvent},
    },
    service::{
        notices::{
            letter::{bars, hour},
            words::Phrase,
        },
        staff_mail::{ASKED_HOURS, reading::Unclear},
    },
};

pub(super) const EMPTY: Phrase = Phrase(
    "Your answer has no text above the line, so there was nothing to send.",
    "您的回复在分隔线上方没有内容，因此没有发送任何内容。",
);
pub(super) const NOT_ALONE: Phrase = Phrase(
    "`send`, `claim` and `close` count as the only word of a mail. More stands below it, so nothing was done. Answer once \
     more with the word alone, without a signature.",
    "`send`、`claim`、`close` 必须是邮件中唯一的文字。其下方还有其他内容，因此未执行任何操作。请仅回复该词，不要带签名。",
);
pub(super) const NOTHING_ASKED: Phrase = Phrase(
    "You wrote `send`, but this mail asked nothing. Write the answer itself above the line.",
    "您回复了“发送”，但该邮件并未请求确认。请在分隔线上方填写回复内容。",
);
pub(super) const TOO_LONG: Phrase = Phrase(
    "Your answer is longer than what is read of a mail. Open the ticket and answer there.",
    "您的回复过长。请打开工单回复。",
);
pub(super) const NOT_YOURS: Phrase = Phrase(
    "You answered a notice that was sent to somebody else; with it one can answer in that person's name only. Open the \
     ticket and answer there in your own.",
    "该通知是发给其他成员的，只能以其本人名义回复。请打开工单，以您自己的名义回复。",
);
pub(super) const NOT_IN_FORCE: Phrase = Phrase(
    "Answers to that address are not taken any more, or it never took any. Open the ticket and answer there.",
    "该回复地址已失效。请打开工单回复。",
);
pub(super) const BECAUSE: Phrase = Phrase("It was not sent to the buyer, because:", "未发送给买家，原因：");
pub(super) const WOULD: Phrase = Phrase("This, and nothing else, would go out:", "将发送的全部内容如下：");
pub(super) const MOVED_ON: Phrase =
    Phrase("The ticket was not closed, because it moved on:", "工单未关闭，因为之后又有变动：");
pub(super) const CLOSE_AGAIN: Phrase = Phrase(
    "Look at the ticket. If it is to be closed all the same, answer this mail with `close` as the only word.",
    "请先查看工单。如仍要关闭，请仅用 `close` 一词回复此邮件。",
);

/// Tells that a question is too old to be confirmed.
pub(super) fn too_late(language: Language) -> String {
    match language {
        Language::ZH => format!("确认已超过 {ASKED_HOURS} 小时。请重新填写回复。"),
        _ => format!("More than {ASKED_HOURS} hours have passed since you were asked. Write the answer once more."),
    }
}

/// Tells how a question is confirmed.
pub(super) fn confirm(language: Language) -> String {
    match language {
        Language::ZH => {
            format!("如需发送，请在 {ASKED_HOURS} 小时内仅回复 `send` 一词。其他内容将视为新的回复。不回复则不会发送。")
        }
        _ => format!(
            "Answer `send` as the only word within {ASKED_HOURS} hours, and it goes out. Any other text is taken as a new \
             answer. If you do nothing, nothing goes out."
        ),
    }
}

/// Returns what is unclear, for a person to read.
pub(super) fn unclear(what: &Unclear, language: Language) -> String {
    let say = |phrase: Phrase| phrase.of(language).to_owned();
    match what {
        Unclear::MixedNote => say(Phrase(
            "some lines begin with `//` or `note:`, as notes for colleagues do, and others do not",
            "部分行以 `//` 或 `备注：` 开头（内部备注），其他行则不是",
        )),
        Unclear::Quote => say(Phrase(
            "words of the notice may stand in it, because your mail program's quote could not be told from your text",
            "无法区分您的文字与引用内容，其中可能包含通知邮件的内容",
        )),
        Unclear::BelowLine => say(Phrase(
            "you wrote below the line as well, and none of that would go out",
            "您在分隔线下方也有内容，这些内容不会发送",
        )),
        Unclear::Files(names) => {
            format!("{} {}", say(Phrase("files do not go along:", "附件不会一并发送：")), names.join(", "))
        }
        Unclear::Others(addresses) => format!(
            "{} {}",
            say(Phrase(
                "your mail went to others too, so it may have been meant for them:",
                "您的邮件还发给了其他人，可能并非给买家：",
            )),
            addresses.join(", ")
        ),
    }
}

/// Who reads a mail back.
#[derive(Debug, Clone)]
pub(super) struct Reader {
    /// The person.
    pub name: AgentName,
    /// In which language.
    pub language: Language,
    /// The desk's clock.
    pub zone: TimeZone,
}

impl Reader {
    /// Names a moment on the desk's clock.
    pub(super) fn hour(&self, at: Timestamp) -> String {
        hour(at, &self.zone)
    }

    /// Returns who did something, as the console names them.
    fn actor<'a>(&self, by: &'a str) -> &'a str {
        match by {
            BUYER => Phrase("the buyer", "买家").of(self.language),
            MACHINE => "Nightdesk",
            by if by == self.name.as_str() => Phrase("you", "您").of(self.language),
            by => by,
        }
    }

    /// Tells who did what, and when.
    pub(super) fn told(&self, event: &TicketEvent) -> String {
        let (who, did, at) = (self.actor(&event.by), deed(event.what).of(self.language), self.hour(event.at));
        if self.language == Language::ZH { format!("{who} {did}（{at}）") } else { format!("{who} {did} ({at})") }
    }
}

/// Tells what happened on the ticket since the notice.
pub(super) fn happened(event: &TicketEvent, reader: &Reader) -> String {
    let head = format!("{}{}", Phrase("since the notice: ", "通知之后：").of(reader.language), reader.told(event));
    let is_said =
        matches!(event.what, EventKind::Inbound | EventKind::Automatic | EventKind::Reply | EventKind::Scheduled);
    if is_said && !event.text.trim().is_empty() { format!("{head}\n{}", bars(&event.text).trim_end()) } else { head }
}

/// Who wrote the buyer's lines in a ticket's history.
const BUYER: &str = "buyer";

/// Who wrote the machine's.
const MACHINE: &str = "nightdesk";

/// Returns what somebody did.
fn deed(what: EventKind) -> Phrase {
    match what {
        EventKind::Opened => Phrase("asks for a person", "需要人工处理"),
        EventKind::Inbound => Phrase("wrote", "来信"),
        EventKind::Automatic => Phrase("answered by itself", "自动回复"),
        EventKind::Draft => Phrase("prepared a draft", "拟好草稿"),
        EventKind::Claimed => Phrase("took the ticket", "接手了工单"),
        EventKind::Reply => Phrase("answered", "回复了买家"),
        EventKind::Note => Phrase("wrote a note", "写了备注"),
        EventKind::Closed => Phrase("closed the ticket", "关闭了工单"),
        EventKind::Reopened => Phrase("opened the ticket again", "重新打开了工单"),
        EventKind::Delivery => Phrase("reported on the delivery", "报告了投递情况"),
        EventKind::Released => Phrase("gave the ticket back to the queue", "把工单放回队列"),
        EventKind::Assigned => Phrase("gave the ticket to somebody", "转交了工单"),
        EventKind::Scheduled => Phrase("answered, to leave later", "写好回复，定时发送"),
        EventKind::TakenBack => Phrase("took the waiting reply back", "撤回了定时回复"),
        EventKind::Rejected => Phrase("threw the draft away", "弃用了草稿"),
        EventKind::Snoozed => Phrase("put the ticket off", "推迟了工单"),
        EventKind::Woken => Phrase("put the ticket back into the queue", "让工单回到队列"),
        EventKind::Tagged => Phrase("changed the labels", "修改了标签"),
        EventKind::Urgency => Phrase("changed the urgency", "修改了紧急程度"),
        EventKind::Merged => Phrase("joined two tickets", "合并了工单"),
        EventKind::Split => Phrase("began a ticket of its own with a message", "把一条消息拆分成新工单"),
        EventKind::HandedBack => Phrase("let the machine speak again", "交还给机器人"),
        EventKind::BotOff => Phrase("switched the machine off in this conversation", "在此会话中关闭机器人"),
        EventKind::BotOn => Phrase("switched the machine on in this conversation", "在此会话中打开机器人"),
        EventKind::Stopped => Phrase("stopped what the machine was about to say", "拦下了机器人待发的消息"),
        EventKind::Undone => Phrase("took something back", "撤销了操作"),
        EventKind::Alarm => Phrase("noticed that the buyer still waits for an answer", "提醒：买家仍在等待答复"),
        EventKind::Rated => Phrase("said how content they are", "评价了满意度"),
    }
}

/// Tells which phrases a shop should not send.
pub(super) fn doubtful(phrases: &[String], language: Language) -> String {
    format!("{} {}", Phrase("a shop should not promise:", "不应承诺：").of(language), phrases.join(", "))
}

/// Tells that somebody else has the ticket.
pub(super) fn taken(by: &str, language: Language) -> String {
    format!("{} {by}", Phrase("the ticket belongs to", "该工单的负责人是").of(language))
}

/// Tells that an answer waits for its hour already; the new one would take its place.
pub(super) fn waits(language: Language) -> String {
    let words = Phrase(
        "an answer waits for its hour already; this one would take its place",
        "已有一条定时回复在等待发送；此回复将取而代之",
    );
    words.of(language).to_owned()
}

/// Tells how long an answer can still be taken back.
pub(super) fn leaves(language: Language) -> String {
    match language {
        Language::ZH => format!("发送后 {UNDO_SECONDS} 秒内可在工单页面撤回。"),
        _ => format!("It leaves {UNDO_SECONDS} seconds later; until then the ticket's page can take it back."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_did_what_is_told_in_the_words_of_the_console_and_by_the_desks_clock() {
        let at = |text: &str| text.parse::<Timestamp>().expect("a moment");
        let event = |by: &str, what| TicketEvent {
            at: at("2026-11-23T14:12:59Z"),
            by: by.to_owned(),
            what,
            text: "Where is it?".to_owned(),
            version: 3,
        };
        let reader = |language| Reader {
            name: AgentName::new("mei"),
            language,
            zone: TimeZone::get("Asia/Shanghai").expect("it is built in"),
        };
        for (by, what, english, chinese) in [
            (
                "nightdesk",
                EventKind::Opened,
                "Nightdesk asks for a person (2026-11-23 22:12 CST)",
                "Nightdesk 需要人工处理",
            ),
            ("mei", EventKind::Closed, "you closed the ticket (2026-11-23 22:12 CST)", "您 关闭了工单"),
            ("bo", EventKind::Claimed, "bo took the ticket (2026-11-23 22:12 CST)", "bo 接手了工单"),
        ] {
            assert_eq!(happened(&event(by, what), &reader(Language::EN)), format!("since the notice: {english}"));
            let chinese = format!("通知之后：{chinese}（2026-11-23 22:12 CST）");
            assert_eq!(happened(&event(by, what), &reader(Language::ZH)), chinese);
        }
        let wrote = happened(&event("buyer", EventKind::Inbound), &reader(Language::EN));
        assert_eq!(wrote, "since the notice: the buyer wrote (2026-11-23 22:12 CST)\n| Where is it?");
    }
}

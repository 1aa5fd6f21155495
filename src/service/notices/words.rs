//! The phrases of mails to the people of the desk, in the languages of the pages.

use crate::model::{language::Language, notice::NoticeCause};

/// A phrase in English and Chinese.
#[derive(Debug, Clone, Copy)]
pub(in crate::service) struct Phrase(pub &'static str, pub &'static str);

impl Phrase {
    /// Returns it in a person's language; English for languages that the pages do not have.
    pub(in crate::service) fn of(self, language: Language) -> &'static str {
        if language == Language::ZH { self.1 } else { self.0 }
    }
}

/// The line above which answers are written; both begin as `channel::email::parse::NOTICE_MARKER` says.
pub(super) const MARKER: Phrase =
    Phrase("##- Nightdesk: write your answer above this line -##", "##- Nightdesk：请在此行上方填写回复 -##");

pub(super) const NO_ANSWERS: Phrase = Phrase(
    "Answers to this mail are not read. Open the ticket to answer the buyer.",
    "系统不读取对此邮件的回复。请打开工单回复买家。",
);

pub(super) const HOW: Phrase = Phrase(
    "What you answer to this mail goes to the buyer, as you write it and without files. A first line that begins with \
     `note:`, or `//` before every line, keeps it among colleagues. `claim` or `close` as the only word does just that. \
     Do not forward this mail: whoever has it and your mailbox can answer in your name.",
    "您对此邮件的回复将原样发送给买家（不含附件）。首行以 `note:` 开头，或每行以 `//` 开头，则仅同事可见。\
     仅写 `claim` 表示接手，仅写 `close` 表示关闭。请勿转发此邮件。",
);

pub(super) const TICKET: Phrase = Phrase("Ticket", "工单");
pub(super) const BUYER: Phrase = Phrase("Buyer", "买家");
pub(super) const THROUGH: Phrase = Phrase("Through", "渠道");
pub(super) const ANSWER_BY: Phrase = Phrase("Answer by", "回复期限");
pub(super) const WHY: Phrase = Phrase("Why a person is needed", "需要人工的原因");
pub(super) const WROTE: Phrase = Phrase("The buyer wrote:", "买家来信：");
pub(super) const SUGGESTED: Phrase =
    Phrase("Suggested answer. It was not sent; copy it if it is right:", "建议回复（尚未发送，如合适请复制）：");
pub(super) const OPEN: Phrase = Phrase("Open it:", "打开：");
pub(super) const MANY: Phrase = Phrase("tickets wait for a person", "个工单等待人工处理");
pub(super) const MANY_WHY: Phrase = Phrase(
    "You were told of many tickets in this hour, so the rest comes in one mail. Answers to it are not read.",
    "本小时内通知较多，其余合并为一封邮件。系统不读取对此邮件的回复。",
);

/// Returns what happened, in words.
pub(super) fn happened(cause: NoticeCause) -> Phrase {
    match cause {
        NoticeCause::NewTicket => Phrase("A ticket waits for a person.", "有新工单等待处理。"),
        NoticeCause::BuyerReplied => Phrase("The buyer wrote again.", "买家再次来信。"),
        NoticeCause::Deadline => Phrase("The time to answer is about to end, or is over.", "回复期限即将到期或已过。"),
        NoticeCause::Question => Phrase("Nothing was sent yet.", "尚未发送。"),
        NoticeCause::Refusal => Phrase("Nothing was done.", "未执行任何操作。"),
    }
}

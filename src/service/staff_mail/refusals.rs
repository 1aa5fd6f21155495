//! Why something that a person asked for by mail did not happen, in the language of that person.

use crate::{
    desk::transition::Refusal,
    model::language::Language,
    service::{agents::ActError, notices::words::Phrase},
};

/// What can always be done.
const LOOK: Phrase =
    Phrase("Open the ticket to see how it stands, and go on there.", "请打开工单查看当前状态，并在那里继续处理。");

/// Says why an act did not happen.
pub(super) fn act(error: &ActError, language: Language) -> String {
    if language != Language::ZH {
        return error.to_string();
    }
    match error {
        ActError::NoTicket(ticket) => format!("没有工单 #{ticket}"),
        ActError::Refused(refused) => refusal(refused),
        ActError::Conflict { ticket, .. } => format!("工单 #{} 刚刚被修改", ticket.id),
        ActError::NothingToAnswer(_) => "没有可回复的消息".to_owned(),
        ActError::Doubtful { phrases, .. } => format!("店铺不应承诺：{}", phrases.join("、")),
        ActError::Outgoing(error) => format!("无法发送回复：{error}"),
        // Nothing that is done by mail ends so.
        ActError::Colleague(_)
        | ActError::TargetEnded(_)
        | ActError::OtherBuyer { .. }
        | ActError::NotHere(_)
        | ActError::OnlyMessage(_)
        | ActError::NameTaken(_)
        | ActError::Store(_) => error.to_string(),
    }
}

/// Says it as a mail of its own, with what to do.
pub(super) fn mail(error: &ActError, language: Language) -> String {
    let why = act(error, language);
    let mut letters = why.chars();
    let why: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    let stop = if language == Language::ZH { '。' } else { '.' };
    format!("{}{stop}\n\n{}", why.trim_end_matches(['.', '。']), LOOK.of(language))
}

fn refusal(refused: &Refusal) -> String {
    match refused {
        Refusal::TakenBy { owner, .. } => format!("{owner} 正在处理此工单"),
        Refusal::AlreadyYours(_) => "此工单已由您处理".to_owned(),
        Refusal::Closed(_) => "此工单已关闭；买家再次来信时会重新打开".to_owned(),
        Refusal::Merged { into, .. } => format!("此工单已并入工单 #{into}"),
        Refusal::EmptyText => "内容为空".to_owned(),
        Refusal::Scheduled { .. } => "此工单已有一条回复在等待发送".to_owned(),
        Refusal::Unaccounted { .. } => "这是投诉或纠纷，关闭前须填写处理结果、原因和赔付".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::TicketId;

    #[test]
    fn whoever_reads_chinese_is_refused_in_chinese_and_told_what_to_do() {
        let error = ActError::Refused(Refusal::Closed(TicketId(7)));
        assert_eq!(
            mail(&error, Language::ZH),
            "此工单已关闭；买家再次来信时会重新打开。\n\n请打开工单查看当前状态，并在那里继续处理。"
        );
        assert_eq!(
            mail(&error, Language::EN),
            "Ticket 7 is closed; a new message of the buyer opens it again.\n\n\
             Open the ticket to see how it stands, and go on there."
        );
    }
}

//! Why something that a person asked for by mail did not happen, in the language of that person and by the desk's clock.

use crate::{
    channel::{email::compose as mail_compose, telegram::compose as telegram},
    desk::{schedule::BadMoment, transition::Refusal},
    model::{
        language::Language,
        profile::{Forbidden, Objection},
    },
    service::{agents::ActError, notices::words::Phrase, outgoing::OutgoingError, staff_mail::words::Reader},
};

/// What can always be done.
const LOOK: Phrase =
    Phrase("Open the ticket to see how it stands, and go on there.", "请打开工单查看当前状态，并在那里继续处理。");

/// Says why an act did not happen.
pub(super) fn act(error: &ActError, reader: &Reader) -> String {
    let chinese = reader.language == Language::ZH;
    match error {
        ActError::Refused(refused) => refusal(refused, reader),
        ActError::Conflict { ticket, last } => {
            let changed = Phrase("was changed meanwhile", "刚刚被修改").of(reader.language);
            let last = last.as_ref().map(|event| reader.told(event));
            match (chinese, last) {
                (true, Some(last)) => format!("工单 #{} {changed}：{last}", ticket.id),
                (true, None) => format!("工单 #{} {changed}", ticket.id),
                (false, Some(last)) => format!("ticket {} {changed}: {last}", ticket.id),
                (false, None) => format!("ticket {} {changed}", ticket.id),
            }
        }
        ActError::Doubtful { phrases, also } => {
            let phrases = phrases.join(if chinese { "、" } else { ", " });
            let doubt =
                format!("{}{phrases}", Phrase("a shop should not promise: ", "店铺不应承诺：").of(reader.language));
            let and = Phrase("; and ", "；另外，").of(reader.language);
            let also = also.as_ref().map(|also| format!("{and}{}", refusal(also, reader))).unwrap_or_default();
            doubt + &also
        }
        error if !chinese => error.to_string(),
        ActError::NoTicket(ticket) => format!("没有工单 #{ticket}"),
        ActError::NothingToAnswer(_) => "没有可回复的消息".to_owned(),
        ActError::Outgoing(error) => format!("无法发送回复：{}", outgoing(error)),
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
pub(super) fn mail(error: &ActError, reader: &Reader) -> String {
    let why = act(error, reader);
    let mut letters = why.chars();
    let why: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    let stop = if reader.language == Language::ZH { '。' } else { '.' };
    format!("{}{stop}\n\n{}", why.trim_end_matches(['.', '。']), LOOK.of(reader.language))
}

fn refusal(refused: &Refusal, reader: &Reader) -> String {
    match refused {
        Refusal::Several(refusals) => {
            let told: Vec<String> = refusals.iter().map(|refused| refusal(refused, reader)).collect();
            told.join(Phrase("; and ", "；另外，").of(reader.language))
        }
        refused if reader.language == Language::ZH => in_chinese(refused, reader),
        Refusal::TakenBy { ticket, owner, at } => {
            let since = at.map(|at| format!(" since {}", reader.hour(at))).unwrap_or_default();
            format!("ticket {ticket} is claimed by {owner}{since}")
        }
        Refusal::Scheduled { ticket, at } => format!(
            "a reply of ticket {ticket} leaves at {}; take it back first, or confirm that this one replaces it",
            reader.hour(*at)
        ),
        Refusal::PastDeadline { ticket, at, respond_by } => format!(
            "the buyer of ticket {ticket} is to be answered by {}, and this would wait until {}; choose an earlier moment, \
             or confirm it",
            reader.hour(*respond_by),
            reader.hour(*at)
        ),
        Refusal::Moment(BadMoment::Past(at)) => {
            format!("{} is over; name a moment that is still to come", reader.hour(*at))
        }
        Refusal::Moment(BadMoment::TooFar(at)) => {
            format!("{} is too far off; name an earlier moment", reader.hour(*at))
        }
        other => other.to_string(),
    }
}

fn in_chinese(refused: &Refusal, reader: &Reader) -> String {
    match refused {
        Refusal::TakenBy { owner, at: Some(at), .. } => format!("{owner} 自 {} 起正在处理此工单", reader.hour(*at)),
        Refusal::TakenBy { owner, at: None, .. } => format!("{owner} 正在处理此工单"),
        Refusal::AlreadyYours(_) => "此工单已由您处理".to_owned(),
        Refusal::Nobodys(_) => "此工单无人处理".to_owned(),
        Refusal::Closed(_) => "此工单已关闭；买家再次来信时会重新打开".to_owned(),
        Refusal::AlreadyOpen(_) => "此工单已是打开状态".to_owned(),
        Refusal::Merged { into, .. } => format!("此工单已并入工单 #{into}"),
        Refusal::EmptyText => "内容为空".to_owned(),
        Refusal::NoDraft(_) => "草稿已不存在，请自行撰写回复".to_owned(),
        Refusal::NothingScheduled(_) => "没有等待发送的回复".to_owned(),
        Refusal::Scheduled { at, .. } => {
            format!("此工单已有一条回复将于 {} 发出；请先撤回，或确认用本条替换它", reader.hour(*at))
        }
        Refusal::PastDeadline { at, respond_by, .. } => format!(
            "应在 {} 前回复买家，而此操作会等到 {}；请选择更早的时间，或确认",
            reader.hour(*respond_by),
            reader.hour(*at)
        ),
        Refusal::Several(refusals) => {
            refusals.iter().map(|refused| in_chinese(refused, reader)).collect::<Vec<_>>().join("；")
        }
        Refusal::NothingPending(_) => "机器人没有待发消息；已开始发送的无法拦下".to_owned(),
        Refusal::NotSnoozed(_) => "此工单未被推迟".to_owned(),
        Refusal::Moment(BadMoment::Past(_)) => "该时间已过，请选择将来的时间".to_owned(),
        Refusal::Moment(BadMoment::TooFar(_)) => "该时间太远，请选择更早的时间".to_owned(),
        Refusal::Unaccounted { .. } => "这是投诉或纠纷，关闭前须填写处理结果、原因和赔付".to_owned(),
        Refusal::UnknownCause { cause, .. } => format!("没有名为“{cause}”的原因"),
        Refusal::BadTag(tag) => format!("“{tag}”不是有效标签：只能用字母、数字、- 和 _，不含空格"),
        Refusal::HasTag(tag) => format!("标签“{tag}”已存在"),
        Refusal::NoTag(tag) => format!("没有标签“{tag}”"),
        Refusal::TooManyTags => "标签已够多，请先移除一个".to_owned(),
        Refusal::KeepsAccount { tag, .. } => {
            format!("有标签“{tag}”的工单，关闭前须填写处理结果、原因和赔付；请确认它不是此类工单")
        }
        Refusal::IntoItself(_) => "工单不能并入自身".to_owned(),
    }
}

/// Says in Chinese why an answer cannot be put on its way.
fn outgoing(error: &OutgoingError) -> String {
    match error {
        OutgoingError::NoRecipient => "该消息没有可回复的发件人".to_owned(),
        OutgoingError::NoAccount(account) => format!("账户 {account} 已不在配置中"),
        OutgoingError::Mail(mail_compose::ComposeError::NotAnAddress { address }) => {
            format!("“{address}”不是可以发送邮件的地址")
        }
        OutgoingError::Mail(mail_compose::ComposeError::NotAscii { address }) => {
            format!("“{address}”含有非 ASCII 字符，请用支持 SMTPUTF8 的邮箱手动发送")
        }
        OutgoingError::Mail(mail_compose::ComposeError::Builder(why)) => format!("邮件无法生成（{why}）"),
        OutgoingError::Telegram(telegram::ComposeError::Empty { .. }) => "回复没有可见文字，Telegram 不发送".to_owned(),
        OutgoingError::Forbidden { marketplace, objections } => {
            let objections: Vec<String> = objections.iter().map(objection).collect();
            format!("{marketplace} 不接受：{}；请删去，或修改其规则中的禁止项", objections.join("；"))
        }
        OutgoingError::TooLong => "内容超过单条聊天消息的长度，请分条发送".to_owned(),
    }
}

fn objection(objection: &Objection) -> String {
    match objection {
        Objection::Link(link) => format!("不得含有链接“{link}”"),
        Objection::Contact { kind, written } => {
            let what = match kind {
                Forbidden::Links => "链接",
                Forbidden::Emails => "电子邮件地址",
                Forbidden::Phones => "电话号码",
            };
            format!("不得含有{what}“{written}”")
        }
        Objection::Words(words) => format!("不得含有“{words}”"),
        Objection::Length { characters, most } => format!("共 {characters} 个字符，最多 {most} 个"),
    }
}

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, tz::TimeZone};

    use super::*;
    use crate::model::ids::{AgentName, TicketId};

    fn reader(language: Language) -> Reader {
        let zone = TimeZone::get("Asia/Shanghai").expect("it is built in");
        Reader { name: AgentName::new("mei"), language, zone }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a moment")
    }

    #[test]
    fn whoever_reads_chinese_is_refused_in_chinese_and_told_what_to_do() {
        let error = ActError::Refused(Refusal::Closed(TicketId(7)));
        assert_eq!(
            mail(&error, &reader(Language::ZH)),
            "此工单已关闭；买家再次来信时会重新打开。\n\n请打开工单查看当前状态，并在那里继续处理。"
        );
        assert_eq!(
            mail(&error, &reader(Language::EN)),
            "Ticket 7 is closed; a new message of the buyer opens it again.\n\n\
             Open the ticket to see how it stands, and go on there."
        );
    }

    #[test]
    fn moments_are_those_of_the_desks_clock_and_everything_that_stands_in_the_way_is_said() {
        let scheduled = Refusal::Scheduled { ticket: TicketId(7), at: at("2026-11-23T14:00:00Z") };
        let late = Refusal::PastDeadline {
            ticket: TicketId(7),
            at: at("2026-11-23T16:00:00Z"),
            respond_by: at("2026-11-23T15:00:00Z"),
        };
        let error = ActError::Doubtful {
            phrases: vec!["guarantee".to_owned(), "tomorrow".to_owned()],
            also: Some(Refusal::Several(vec![scheduled, late])),
        };
        assert_eq!(
            act(&error, &reader(Language::EN)),
            "a shop should not promise: guarantee, tomorrow; and a reply of ticket 7 leaves at 2026-11-23 22:00 CST; take it \
             back first, or confirm that this one replaces it; and the buyer of ticket 7 is to be answered by 2026-11-23 \
             23:00 CST, and this would wait until 2026-11-24 00:00 CST; choose an earlier moment, or confirm it"
        );
        assert_eq!(
            act(&error, &reader(Language::ZH)),
            "店铺不应承诺：guarantee、tomorrow；另外，此工单已有一条回复将于 2026-11-23 22:00 CST 发出；请先撤回，或确认用本条\
             替换它；另外，应在 2026-11-23 23:00 CST 前回复买家，而此操作会等到 2026-11-24 00:00 CST；请选择更早的时间，或确认"
        );
    }

    #[test]
    fn what_a_marketplace_does_not_take_is_said_in_one_language() {
        let error = ActError::Outgoing(OutgoingError::Forbidden {
            marketplace: "Amazon".to_owned(),
            objections: vec![
                Objection::Contact { kind: Forbidden::Phones, written: "0301234".to_owned() },
                Objection::Length { characters: 4100, most: 4000 },
            ],
        });
        assert_eq!(
            act(&error, &reader(Language::ZH)),
            "无法发送回复：Amazon 不接受：不得含有电话号码“0301234”；共 4100 个字符，最多 4000 个；请删去，或修改其规则中的禁止项"
        );
        assert_eq!(
            act(&error, &reader(Language::EN)),
            "Amazon does not take it: telephone numbers must not stand in it: “0301234”; it has 4100 characters, and 4000 are \
             taken; take that out, or change what its profile forbids (docs/marketplaces.md)"
        );
    }
}

//! Why a person must look or a machine kept quiet, in the reader's language. The store keeps these sentences in English, as
//! the engine and the desk wrote them; here they are read again. What is not known here stays as it is.

use crate::{
    console::words::{Tongue, fill},
    engine::guard::GUARDS,
};

/// What a pause says of itself, with what is paused.
const PAUSED: &str = "{} is paused ({})";

/// What can be paused, as it begins, and what that is in Chinese.
const SCOPES: [(&str, &str); 3] = [("the shop", "店铺"), ("the account ", "账户 "), ("the rule ", "规则 ")];

/// The engine's sentences and what they are in Chinese, with `{}` for what differs; the first that fits is taken.
const SENTENCES: [(&str, &str); 51] = [
    ("Always for a person: {} ({}).", "必须人工处理：{}（{}）。"),
    ("For a person: {} (rule {}).", "需要人工：{}（规则 {}）。"),
    ("The message is in a language without rules: {}.", "消息的语言没有规则：{}。"),
    ("No rule covers this message.", "没有规则涵盖这条消息。"),
    ("No rule that hit stands; the reasons are listed with the verdict.", "命中的规则均不成立，原因见判定详情。"),
    ("Not all of the message was looked at: {}.", "消息未能全部读取：{}。"),
    ("Not covered by a rule: {}", "没有规则涵盖：{}"),
    ("{} topics in one message, more than {}.", "一条消息有 {} 个话题，超过 {} 个。"),
    (
        "Perhaps the answer to our question for the {} ({}), asked more than a day ago{}.",
        "可能是在回答我们一天多以前对 {} 的追问（{}）{}。",
    ),
    ("Perhaps {}: {}.", "可能涉及 {}：{}。"),
    ("{} of {} questions are not covered by a rule: {}", "{1} 个问题中有 {0} 个没有规则涵盖：{2}"),
    ("{}: a draft waits for a person, because {} is {}.", "{0}：草稿等待人工确认，因为{1}为 {2}。"),
    ("It is larger than what is fetched: only its header was read.", "超过可下载的大小：只读取了邮件头。"),
    (
        "It is nested deeper, or has more parts or header fields, than is read.",
        "嵌套过深，或部分、邮件头字段过多，未予读取。",
    ),
    ("Its bytes could not be read as a mail.", "内容无法作为邮件读取。"),
    ("No words, only signs.", "没有文字，只有符号。"),
    ("It resembles an example of {}: “{}”.", "与 {} 的例句相似：“{}”。"),
    ("Asked for the {}, and the answer does not name one{}.", "已追问 {}，但回答中没有{}。"),
    ("Already told about {} on {} at {}.", "{1} {2} 已回答过 {0}。"),
    ("Already told about {} at {}.", "今天 {1} 已回答过 {0}。"),
    ("No ack was sent: {}.", "未发送收讫：{}。"),
    ("The reply could not be written: {}.", "无法生成回复：{}。"),
    (
        "The reply tells what the starter pack made up: {}; put in your own and remove `example: true`.",
        "回复引用了入门包的示例值：{}；请填入您自己的值并删除 `example: true`。",
    ),
    ("{} does not count an automatic answer: a person must write too.", "{} 不认可自动回复：还须人工回复。"),
    ("The buyer was not content: {}.", "买家不满意：{}。"),
    ("{} took it out of ticket {}", "{} 把它从工单 {} 中拆出"),
    ("Guard {}: {}.", "保护规则 {}：{}。"),
    ("began in ticket {}", "出自工单 {}"),
    ("a message began ticket {}", "一条消息成为工单 {}"),
    ("goes on in ticket {}", "并入工单 {}"),
    ("ticket {} goes on here: {}", "工单 {} 并入此处：{}"),
    ("The buyer has waited for {} hours.", "买家已等待 {} 小时。"),
    ("the reply that waited for its hour has left", "定时回复已发出"),
    ("the message in doubt was sent after all: {}", "存疑的消息已证实发出：{}"),
    ("a person took over", "有人接手"),
    ("a person took it back", "已被撤回"),
    ("the person took it back at once", "撰写者已立即撤回"),
    ("the buyer wrote again before it left", "发出前买家再次来信"),
    ("a person answered in the mailbox", "有人已在邮箱中回复"),
    ("a person stopped the answer", "有人拦下了回答"),
    ("a person rejected it", "已被弃用"),
    ("a person answered otherwise", "有人改用其他内容回复"),
    ("the ticket was closed", "工单已关闭"),
    (PAUSED, "{}已暂停（{}）"),
    ("the account {} is not configured any more", "账户 {} 已不在配置中"),
    ("it waited {} hours and was not sent any more", "等待了 {} 小时，不再发送"),
    ("given up after {} attempts: {}", "尝试 {} 次后放弃：{}"),
    ("the attempt failed inside nightdesk", "发送时程序内部出错"),
    (
        "the attempt stopped after the last bytes were written and never ended",
        "内容已全部发出，但发送过程停住，未能结束",
    ),
    (
        "the program ended after the last bytes were written and before the server's answer was read",
        "内容已全部发出，但在读到服务器答复之前程序中断",
    ),
    ("it was on its way when the backup was made, and may have been sent since", "备份时正在发送，此后可能已经发出"),
];

/// What makes each guard speak, in Chinese.
const CONDITIONS: [(&str, &str); 45] = [
    ("A2", "此前已存过 Message-ID 和正文都相同的邮件"),
    ("A3", "Message-ID 是我方的"),
    ("A4", "我方的 X-Loop 字段又回来了"),
    ("A5", "发件人是我方的邮箱或别名"),
    ("A6", "Received 字段超过 25 个（超过 50 个即为循环）"),
    ("A7", "两台机器在互相回复"),
    ("B1", "信封发件人为空"),
    ("B2", "投递、已读或投诉报告"),
    ("B3", "Auto-Submitted 表明由程序自动发出"),
    ("B4", "Precedence 为 bulk、junk、list 或 auto-reply"),
    ("B5", "带有邮件列表字段"),
    ("B6", "X-Auto-Response-Suppress 要求不自动回复"),
    ("B7", "带有只有机器才写的字段"),
    ("B8", "带有 X-Failed-Recipients 字段"),
    ("B9", "发件地址的用户名属于机器"),
    ("B10", "没有唯一有效的发件人"),
    ("B11", "主题像外出通知或退信"),
    ("B12", "带有群发邮件的标记"),
    ("B13", "服务器判为垃圾邮件"),
    ("B14", "日程邀请或其答复"),
    ("B15", "平台自己的通知"),
    ("C1", "我方服务器称 DMARC 失败，或 SPF 与 DKIM 均失败"),
    ("C6", "引用了他人的会话"),
    ("D1", "收件人中没有我方地址"),
    ("D2", "其他收件人超过五个"),
    ("D3", "已关闭对此地址的回复"),
    ("D4", "信封发件人与作者不属同一域名，且无法证明作者身份"),
    ("E1", "加密、残缺、过大或嵌套过深"),
    ("E3", "没有买家自己写的文字"),
    ("E4", "早于上线时间、超过积压时限，或日期在将来"),
    ("E5", "已有人处理此工单，或刚在此会话中写过"),
    ("E6", "此邮件会话已有自动回复"),
    ("E8", "转发的邮件：问题是别人的"),
    ("F1", "一天内已给此发件人同样的回复"),
    ("F2", "给此发件人或域名的自动回复过多"),
    ("F3", "同一发件人十分钟内再次发来同样的文字"),
    ("F4", "全店的自动回复远多于平时"),
    ("F5", "此聊天一小时内自动消息过多"),
    ("M1", "平台自己的通知（按其邮件配置）"),
    ("M2", "平台或表单的地址，但我方服务器不为其担保"),
    ("M3", "平台或表单的邮件，按其配置无法确定地读取"),
    ("P1", "店铺或账户已暂停"),
    ("P2", "要发言的规则已暂停"),
    ("P3", "有人在此会话中关闭了机器人"),
    ("T1", "聊天消息由机器人、频道或我方账号发出"),
];

/// Returns a sentence of the engine in the reader's language.
pub(in crate::console) fn told(tongue: Tongue, sentence: &str) -> String {
    if tongue == Tongue::English {
        return sentence.to_owned();
    }
    let found = SENTENCES.iter().find_map(|(english, chinese)| Some((*english, *chinese, values(english, sentence)?)));
    let Some((english, chinese, values)) = found else { return sentence.to_owned() };
    if english == PAUSED
        && let [scope, why] = values[..]
    {
        return fill(chinese, &[&chinese_scope(scope), why]);
    }
    if let [guard, evidence] = values[..]
        && sentence.starts_with("Guard ")
        && let Some(condition) = chinese_condition(guard)
    {
        return fill("保护规则 {}：{}（{}）。", &[guard, condition, evidence]);
    }
    // A translation may name the values in another order.
    let numbered = values.iter().enumerate();
    let ordered =
        numbered.fold(chinese.to_owned(), |text, (place, value)| text.replace(&format!("{{{place}}}"), value));
    fill(&ordered, &values)
}

/// Returns what makes a guard speak, in the reader's language; none if there is no such guard.
pub(in crate::console) fn condition(tongue: Tongue, guard: &str) -> Option<&'static str> {
    let known = GUARDS.iter().find(|known| known.id == guard)?;
    let chinese = (tongue == Tongue::Chinese).then(|| chinese_condition(guard)).flatten();
    Some(chinese.unwrap_or(known.condition))
}

fn chinese_scope(scope: &str) -> String {
    let named = SCOPES.iter().find_map(|(english, chinese)| Some((scope.strip_prefix(english)?, chinese)));
    named.map_or_else(|| scope.to_owned(), |(name, chinese)| format!("{chinese}{name}"))
}

fn chinese_condition(guard: &str) -> Option<&'static str> {
    CONDITIONS.iter().find(|(id, _)| *id == guard).map(|(_, chinese)| *chinese)
}

/// Returns what stands in the places of a sentence; none if it is another sentence.
fn values<'s>(pattern: &str, sentence: &'s str) -> Option<Vec<&'s str>> {
    let mut parts = pattern.split("{}");
    let mut rest = sentence.strip_prefix(parts.next()?)?;
    let (mut values, mut parts) = (Vec::new(), parts.peekable());
    while let Some(part) = parts.next() {
        // The last part ends the sentence; what a buyer wrote may hold any of the others.
        let at = if parts.peek().is_none() { rest.strip_suffix(part)?.len() } else { rest.find(part)? };
        values.push(&rest[..at]);
        rest = &rest[at + part.len()..];
    }
    rest.is_empty().then_some(values)
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::{CONDITIONS, SENTENCES, condition, told};
    use crate::{console::words::Tongue, engine::guard::GUARDS};

    #[test]
    fn sentences_are_read_again_with_their_values() {
        let chinese = |sentence| told(Tongue::Chinese, sentence);
        assert_eq!(
            chinese("For a person: A damaged item (rule damaged_item)."),
            "需要人工：A damaged item（规则 damaged_item）。"
        );
        assert_eq!(chinese("2 of 3 questions are not covered by a rule: “x”"), "3 个问题中有 2 个没有规则涵盖：“x”");
        assert_eq!(
            chinese("Already told about customs_tax on 2026-11-19 at 02:14."),
            "2026-11-19 02:14 已回答过 customs_tax。"
        );
        assert_eq!(chinese("Guard P1: paused by hand."), "保护规则 P1：店铺或账户已暂停（paused by hand）。");
        assert_eq!(chinese("ticket 3 goes on here: Lamp: broken"), "工单 3 并入此处：Lamp: broken");
        assert_eq!(chinese("the shop is paused (mei: holiday)"), "店铺已暂停（mei: holiday）");
        assert_eq!(chinese("Something new."), "Something new.");
        assert_eq!(told(Tongue::English, "No words, only signs."), "No words, only signs.");
    }

    #[test]
    fn every_guard_says_in_chinese_why_it_speaks() {
        for guard in GUARDS {
            let told = condition(Tongue::Chinese, guard.id).unwrap_or_default();
            assert!(!told.is_empty() && !told.is_ascii(), "{}: {told}", guard.id);
        }
        assert_eq!(CONDITIONS.len(), GUARDS.len(), "no condition of a guard that is gone");
    }

    #[test]
    fn every_sentence_is_one_that_is_written() {
        let sources = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
        for (english, chinese) in SENTENCES {
            let known = |part: &str| part.len() < 5 || sources.contains(part);
            assert!(english.split("{}").all(known), "nothing writes “{english}” any more");
            assert!(!chinese.is_ascii(), "{chinese}");
        }
    }

    /// Returns the text of what writes reasons.
    fn sources(src: &Path) -> String {
        let mut text = String::new();
        for folder in ["desk", "engine", "model", "store", "service"] {
            for file in fs::read_dir(src.join(folder)).expect("it is there") {
                let path = file.expect("readable").path();
                if path.is_file() {
                    text += &fs::read_to_string(path).expect("text");
                }
            }
        }
        text
    }
}

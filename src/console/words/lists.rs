//! The words of lists beside the queue: machine mail, quarantine, search.

words! {
    machine_title: "Machine mail", "机器邮件";
    machine_intro: "Kept, and answered by nobody: newsletters, receipts, out-of-office notes, bounces. If a buyer is among them, open a ticket.", "已保存但不会回复的邮件：通讯、回执、自动答复、退信等。如有买家来信，请打开工单。";
    machine_empty: "No message ended in silence yet.", "还没有不予回复的邮件。";
    received: "Received", "收到";
    sender: "From", "发件人";
    subject: "Subject", "主题";
    why: "Why nothing was said", "未回复的原因";
    account: "Mailbox", "邮箱";
    act: "Act", "操作";
    open_ticket: "Open a ticket", "打开工单";
    raw: "As it came", "原始邮件";
    older: "Older", "更早";
    newest: "To the newest", "回到最新";
    machine_gone: "That message is no machine mail any more: somebody opened a ticket of it, or it was decided again.", "该消息已不在机器邮件中：可能已被打开为工单。";
    quarantine_title: "Quarantine", "隔离区";
    quarantine_intro: "Messages that could not be read or decided. Each has a ticket, and nothing of it is lost. After an upgrade, have them decided again.", "无法读取或判定的消息。每条都有对应的工单，不会丢失。程序升级后可重新判定。";
    quarantine_empty: "No message is in quarantine.", "隔离区中没有消息。";
    quarantine_all: "Also those that were decided after all", "包括后来已判定的";
    quarantine_now: "Only those that are there now", "只看当前的";
    number: "Message", "消息";
    ticket: "Ticket", "工单";
    size: "Size", "大小";
    state: "State", "状态";
    aside: "put aside", "已隔离";
    waits: "is decided next", "等待重新判定";
    decided: "decided after all", "已重新判定";
    rerun: "Decide again", "重新判定";
    reruns: "Decided again so far", "已重新判定次数";
    put_at: "Put aside", "隔离时间";
    begins: "How it begins", "消息开头";
    begins_cut: "That is its beginning; download it to see the rest. A stranger wrote it, and something in it harmed the program: open it with care.", "以上是开头部分；下载可查看全部。内容来自陌生人，且曾造成程序异常，请谨慎打开。";
    rerun_answered: "Something was sent because of this message already; a second decision could answer twice.", "该消息已有回复发出；再次判定可能会重复回复。";
    rerun_gone: "This message is not in quarantine any more.", "该消息已不在隔离区。";
    search_title: "Search", "搜索";
    search_hint: "All words must occur. \"in a row\" keeps their order, -word excludes, ord* goes on, from:anna, tag:refund, in:open, #12.", "所有词都须出现。\"连续词组\" 保持顺序，-词 排除，ord* 前缀，from:anna，tag:refund，in:open，#12。";
    search_empty: "Nothing was found. Try fewer words, or only their beginning with a star: refun*", "没有找到。请减少词语，或用星号只写开头：refun*";
    search_start: "Everything that was ever said can be found: buyers’ messages, answers, notes, names, addresses, order numbers.", "可搜索一切往来：买家来信、回复、备注、姓名、地址、订单号。";
    kind_inbound: "buyer’s message", "买家来信";
    kind_outbox: "our message", "我方消息";
    kind_event: "note", "备注";
    machine_wrote: "Nightdesk", "Nightdesk";
    more: "Older results", "更早的结果";
    no_ticket: "no ticket", "无工单";
}

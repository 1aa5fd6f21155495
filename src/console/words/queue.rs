//! The words of the queue.

words! {
    title: "Queue", "工单队列";
    views: "Lists", "列表";
    mine: "Mine", "我的";
    unclaimed: "Unclaimed", "未认领";
    drafts: "Drafts", "草稿";
    waiting: "Waiting", "等待买家";
    snoozed: "Snoozed", "已推迟";
    scheduled: "Scheduled", "定时发送";
    all: "All open", "全部未关闭";
    closed: "Closed", "已关闭";
    machine: "Machine mail", "机器邮件";
    quarantine: "Quarantine", "隔离区";
    due: "Answer by", "回复期限";
    buyer: "Buyer", "买家";
    about: "About", "内容";
    through: "Through", "渠道";
    owner: "Who", "处理人";
    act: "Act", "操作";
    overdue_by: "overdue by", "已超期";
    opened: "opened", "创建于";
    draft_waits: "draft waits", "有草稿";
    leaves: "reply leaves", "回复将发出";
    back: "back", "回到队列";
    claim: "Claim", "认领";
    yours: "yours", "您的";
    narrow: "Narrow down", "筛选";
    assignee: "Who works on it", "处理人";
    tag: "Label", "标签";
    intent: "Intent", "意图";
    language: "Language", "语言";
    channel: "Channel", "渠道";
    any: "any", "不限";
    apply: "Apply", "应用";
    clear: "Show everything", "清除筛选";
    next: "Next page", "下一页";
    first: "To the beginning", "回到开头";
    empty_title: "Nothing waits here", "这里没有待办";
    empty_mine: "You own no ticket. What nobody works on is in the list “Unclaimed”.", "您没有认领的工单。无人处理的工单在“未认领”列表中。";
    empty_unclaimed: "Nobody waits for a person. What the machine cannot answer appears here by itself.", "没有买家在等待人工。机器人无法回答的消息会自动出现在这里。";
    empty_other: "This list is empty.", "此列表为空。";
    empty_narrowed: "No ticket of this list fits what you asked for.", "此列表中没有符合条件的工单。";
    keys: "Keys", "快捷键";
    caption: "Tickets, what must be worked first on top", "工单，最先要处理的在最上面";
}

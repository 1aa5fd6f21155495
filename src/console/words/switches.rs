//! Words of the page about situations and pauses.

words! {
    title: "Situations and pauses", "情境与暂停";
    situations: "Situations", "情境";
    situations_hint: "Dated switches of replies/_situations.yaml: while one is in force, answers speak of it. Here one is switched by hand until a day; its dates stay in the file.", "来自 replies/_situations.yaml 的时段开关：生效期间回复会提及。此处可手动开关到某一天；日期仍在文件中维护。";
    no_situations: "There is no situation; replies/_situations.yaml lists them.", "没有情境；可在 replies/_situations.yaml 中添加。";
    in_force: "in force", "生效中";
    upcoming: "upcoming", "即将到来";
    over: "over", "已结束";
    switched_on: "switched on", "手动开启";
    switched_off: "switched off", "手动关闭";
    until: "until {}", "至 {}";
    from_to: "{} to {}", "{} 至 {}";
    by_whom: "{} on {}: {}", "{} 于 {}：{}";
    extra_days: "adds {} days to deliveries", "配送延长 {} 天";
    made_up: "example of the starter pack", "入门包示例";
    switch_on: "Switch on", "开启";
    switch_off: "Switch off", "关闭";
    by_dates: "Let the dates decide", "恢复按日期";
    last_day: "Last day", "最后一天";
    reason: "Reason", "原因";
    switch: "Switch by hand", "手动开关";
    pauses: "Pauses", "暂停";
    pauses_hint: "What the machine would answer becomes a ticket. People still write.", "本会自动回复的消息将转为工单；人工回复不受影响。";
    nothing_paused: "Nothing is paused: the machine answers.", "没有暂停：机器人正常回复。";
    the_shop: "The whole shop", "整个店铺";
    the_account: "Account {}", "账户 {}";
    the_rule: "Rule {}", "规则 {}";
    pause: "Pause", "暂停";
    paused: "paused", "已暂停";
    pause_what: "What", "对象";
    resume: "Resume", "恢复";
    resume_shop_title: "Answer automatically again?", "恢复自动回复？";
    resume_shop_text: "The machine answers new messages from now on. Tickets that were opened meanwhile stay with people; paused accounts and rules stay paused.", "机器人将开始自动回复新消息。暂停期间产生的工单仍由人工处理；单独暂停的账户和规则保持暂停。";
    yes_resume: "Yes, answer again", "是的，恢复";
    cancel: "No, stay paused", "不，保持暂停";
    may_pause: "Any agent may pause. To resume, and to switch situations, the role editor is needed.", "任何客服都可暂停；恢复及切换情境需要编辑角色。";
    since: "since {}", "自 {}";
    reason_too_long: "The reason is longer than {} characters.", "原因超过 {} 个字符。";
    bad_day: "Choose a last day, today or within a year.", "请选择今天起一年内的日期。";
    not_yours: "You work for some accounts only; what concerns all of them is for others to switch.", "您只负责部分账户，涉及全部账户的开关请由他人操作。";
    restore: "Restore mode since {}: {}. Nothing that may have been answered before is answered by itself.", "自 {} 起处于恢复模式：{}。可能已回复过的消息不会自动回复。";
}

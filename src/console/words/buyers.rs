//! The words of the buyers' pages.

words! {
    title: "Buyers", "买家";
    intro: "Everybody who ever wrote, the newest first.", "所有来过信的买家，最新的在前。";
    find: "Find a buyer by name or address", "按姓名或地址查找买家";
    nobody: "Nobody’s name or address begins so.", "没有姓名或地址以此开头的买家。";
    everybody: "Show everybody", "显示全部";
    in_everything: "Search in everything that was said", "在全部往来中搜索";
    name: "Name", "姓名";
    address: "Address", "地址";
    language: "Language", "语言";
    by_messages: "as the messages say", "按来信判断";
    country: "Country", "国家";
    grade: "Grade", "等级";
    changed: "Last heard of", "最近动态";
    empty: "Nobody has written yet.", "还没有买家来信。";
    older: "Older", "更早";
    newest: "To the newest", "回到最新";
    no_auto: "no automatic answers", "不自动回复";
    no_auto_why: "Answers to this address are switched off: it bounced, complained or opted out.", "此地址已停用自动回复：曾退信、投诉或退订。";
    first_seen: "First wrote", "首次来信";
    messages: "Messages", "消息数";
    orders: "Orders", "订单";
    no_orders: "No order is known under this address.", "此地址下没有已知订单。";
    tickets: "Tickets", "工单";
    no_tickets: "The machine settled everything alone so far; no ticket was needed.", "目前均由机器人处理，没有工单。";
    talks: "Conversations", "会话";
    no_talks: "No conversation.", "没有会话。";
    talk: "Conversation", "会话";
    last: "Last message", "最近来信";
    settled: "no ticket", "无工单";
    about: "About", "内容";
    state: "State", "状态";
    through: "Through", "渠道";
    opened: "Opened", "创建于";
    notes: "Notes", "备注";
    no_notes: "No notes yet. They are written beside a ticket, or here.", "还没有备注。可在工单旁或此处添加。";
    add_note: "Add a note", "添加备注";
    save: "Save", "保存";
    grade_hint: "vip, A, B … ; empty takes it away", "vip、A、B…；留空则清除";
    country_hint: "two letters, such as DE; empty leaves it to what the buyer says", "两位代码，如 DE；留空则以买家所说为准";
    said: "Everything that was said", "全部往来";
}

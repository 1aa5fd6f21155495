//! Words of the practice chat.

words! {
    title: "Practice", "练习对话";
    lead: "Write as a buyer and see what the machine does, message after message. Nothing is sent, no ticket is opened, and no buyer sees it. The rules in force decide the whole conversation anew each time, so an edited rule shows at once.", "以买家身份输入，查看机器人逐条的反应。不会发送，不会产生工单，买家看不到。每次都按当前规则重新判断整段对话，修改规则后可立即看到效果。";
    begin: "Begin a conversation", "开始对话";
    begin_anew: "Begin anew", "重新开始";
    channel: "Channel", "渠道";
    email: "Mail", "邮件";
    telegram: "Telegram", "Telegram";
    name: "The buyer's name", "买家姓名";
    language: "The buyer's program speaks", "买家客户端语言";
    unknown: "nothing", "未知";
    country: "The buyer's country", "买家国家";
    country_hint: "such as DE", "如 DE";
    order: "An order of this buyer", "该买家的订单";
    no_order: "none", "无";
    order_number: "Order number", "订单号";
    order_is: "{}: {}", "{}：{}";
    message: "Message", "消息";
    subject: "Subject (mail)", "主题（邮件）";
    send: "Send as the buyer", "以买家身份发送";
    wait_hour: "An hour passes", "过一小时";
    wait_day: "A day passes", "过一天";
    takes_over: "A colleague takes the ticket", "同事接手工单";
    buyer: "Buyer", "买家";
    machine: "Machine", "机器人";
    nothing_sent: "The machine says nothing.", "机器人不作回复。";
    why: "Why", "原因";
    passed: "It is {}.", "现在是 {}。";
    claimed: "A colleague takes the ticket: the machine is silent from now on.", "同事接手工单：机器人从此不再发言。";
    not_possible: "Not possible: {}", "无法执行：{}";
    full: "A practice conversation has at most {} messages; begin anew.", "练习对话最多 {} 条消息，请重新开始。";
    too_long: "The message is longer than {} characters.", "消息超过 {} 个字符。";
    bad_country: "`{}` is no country code: write two letters, such as DE.", "`{}` 不是国家代码，请输入两位字母，如 DE。";
    busy: "Your last message is still being decided; try again in a moment.", "上一条消息仍在处理，请稍候再试。";
    empty: "No message yet. Write the first one.", "还没有消息，请输入第一条。";
}

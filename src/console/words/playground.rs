//! Words of the playground.

words! {
    title: "Playground", "试验场";
    lead: "Write as a buyer would; you see what the rules in force make of it. Nothing is sent, nothing is kept.", "像买家一样输入，即可看到当前规则如何处理。不会发送，也不会保存。";
    message: "The buyer's message", "买家消息";
    subject: "Subject (mail)", "主题（邮件）";
    channel: "Channel", "渠道";
    email: "Mail", "邮件";
    telegram: "Telegram", "Telegram";
    language: "The buyer's program speaks", "买家客户端语言";
    unknown: "nothing", "未知";
    country: "The buyer's country", "买家国家";
    country_hint: "such as DE", "如 DE";
    account: "Account", "账户";
    any: "any", "不限";
    decide: "Decide", "试一下";
    result: "Result", "结果";
    too_long: "The message is longer than {} characters; a playground needs less.", "消息超过 {} 个字符，请缩短。";
    busy: "Your last message is still being decided; try again in a moment.", "上一条消息仍在处理，请稍候再试。";
    bad_country: "`{}` is no country code: write two letters, such as DE.", "`{}` 不是国家代码，请输入两位字母，如 DE。";
    took: "Decided in {} ms", "用时 {} 毫秒";
    empty: "The result appears here.", "结果显示在这里。";
}

//! The words of the help page.

words! {
    title: "Help", "帮助";
    keys: "Keys", "快捷键";
    key: "Key", "按键";
    does: "What it does", "作用";
    k_move: "next and previous ticket or result", "下一条、上一条";
    k_open: "open it", "打开";
    k_claim: "claim the ticket", "认领工单";
    k_reply: "write a reply", "撰写回复";
    k_note: "write a note for colleagues", "写内部备注";
    k_snooze: "put it off", "推迟";
    k_close: "close it", "关闭";
    k_undo: "take back what you just did", "撤销刚才的操作";
    k_search: "search", "搜索";
    k_go: "go to: queue, search, buyers, rules, help", "前往：队列、搜索、买家、规则、帮助";
    k_send: "send what you are writing", "发送正在撰写的内容";
    k_leave: "leave the field", "离开输入框";
    k_help: "these keys", "显示快捷键";
    keys_on: "Keys that are pressed alone are on for you.", "您的单键快捷键已开启。";
    keys_off: "Keys that are pressed alone are off for you: only Ctrl+Enter and Esc work.", "您的单键快捷键已关闭：只有 Ctrl+Enter 和 Esc 有效。";
    keys_switch: "Switch them in your account", "在我的账户中设置";
    states: "Where a ticket stands", "工单状态";
    s_open: "Nobody has taken it. The machine may have acknowledged the message and prepared a draft.", "尚无人认领。机器人可能已发送收讫并拟好草稿。";
    s_claimed: "A person works on it. From that moment the machine is silent in the conversation.", "有人正在处理。从此刻起，机器人在该会话中保持沉默。";
    s_waiting: "A person answered; it is the buyer’s turn. The buyer’s next message opens it again.", "已由人工回复，等待买家。买家再次来信会重新打开。";
    s_closed: "Done. A new message of the buyer within thirty days opens it again.", "已完成。三十天内买家再次来信会重新打开。";
    order: "What comes first", "排序";
    order_text: "What must be answered first stands on top: the deadline of the response clock, or a day after the ticket was opened. A step of urgency counts as twelve hours less, a step of the buyer’s grade as six. Only an answer, or the end of the case, stops the clock.", "最先要回复的排在最上面：按回复期限，若无期限则按创建后一天。紧急程度每高一级提前十二小时，买家等级每高一级提前六小时。只有回复或结案才会停止计时。";
    undo: "Ten seconds", "十秒";
    undo_text: "A reply leaves ten seconds after you send it. Until then, and for most other acts too, you can take it back. What the machine was about to say when you took over is not brought back.", "回复会在您点击发送十秒后发出。在此之前可以撤销，大多数其他操作也一样。您接手时被拦下的机器人消息不会恢复。";
    search: "Searching", "搜索语法";
}

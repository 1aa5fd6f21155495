//! The words for acts that did not happen: what stood in the way, and what to do. `{}` stands for what it is about.

words! {
    taken: "{} works on it since {}.", "{} 自 {} 起正在处理。";
    yours: "This ticket is yours already.", "此工单已由您处理。";
    nobodys: "Nobody works on this ticket.", "此工单无人处理。";
    closed: "This ticket is closed; open it again first.", "此工单已关闭，请先重新打开。";
    already_open: "This ticket is open already.", "此工单已是打开状态。";
    merged: "This ticket goes on in ticket #{}.", "此工单已并入工单 #{}。";
    empty: "The text is empty.", "内容为空。";
    no_draft: "There is no draft any more; write the reply yourself.", "草稿已不存在，请自行撰写回复。";
    nothing_scheduled: "No reply waits for its hour.", "没有等待发送的回复。";
    scheduled: "Another reply of this ticket leaves at {}. Confirm that this one replaces it.", "此工单另有一条回复将于 {} 发出。请确认用本条替换它。";
    nothing_pending: "The machine is not about to say anything; what had begun to leave cannot be stopped.", "机器人没有待发消息；已开始发送的无法拦下。";
    not_snoozed: "This ticket is not put off.", "此工单未被推迟。";
    past: "That moment is over; choose one that is still to come.", "该时间已过，请选择将来的时间。";
    too_far: "That moment is too far off; choose an earlier one.", "该时间太远，请选择更早的时间。";
    no_moment: "That is no date and hour.", "日期或时间无效。";
    unaccounted: "This is a complaint or dispute. Say before it is closed: {}.", "这是投诉或纠纷，关闭前请填写：{}。";
    unknown_cause: "The shop has no cause “{}”.", "没有名为“{}”的原因。";
    bad_compensation: "“{}” is no compensation: write none, or an amount and a currency such as 12.50 EUR.", "“{}”不是有效的赔付：请填 none，或金额和币种，如 12.50 EUR。";
    bad_tag: "“{}” is no label: letters, digits, - and _, without blanks.", "“{}”不是有效标签：只能用字母、数字、- 和 _，不含空格。";
    has_tag: "The label “{}” is there already.", "标签“{}”已存在。";
    no_tag: "There is no label “{}”.", "没有标签“{}”。";
    too_many_tags: "There are enough labels; take one away first.", "标签已够多，请先移除一个。";
    itself: "A ticket cannot go on in itself.", "工单不能并入自身。";
    no_ticket: "There is no ticket #{}.", "没有工单 #{}。";
    conflict: "Somebody was faster: {}. Nothing was done, and your text is kept below. Look at it and send it again.", "有人抢先一步：{}。未执行任何操作，您的内容已保留在下方，请核对后再发送。";
    conflict_plain: "the ticket was changed meanwhile", "工单刚刚被修改";
    nothing_to_answer: "There is no message that can be answered.", "没有可回复的消息。";
    target_ended: "Ticket #{} is closed or goes on elsewhere; open it first.", "工单 #{} 已关闭或已并入他处，请先打开它。";
    other_buyer: "The two tickets are of different buyers. Whoever is answered in one must not read of the other.", "两个工单属于不同买家，请避免一方看到另一方的信息。";
    not_here: "That message does not belong to this ticket, or was not written by the buyer.", "该消息不属于此工单，或不是买家所写。";
    only_message: "That is the only message of this ticket.", "这是此工单唯一的消息。";
    outgoing: "The answer cannot be sent: {}.", "无法发送回复：{}。";
    undo_nothing: "There is nothing of yours to take back.", "没有可撤销的操作。";
    undo_late: "Too late: ten seconds are over.", "太晚了：已超过十秒。";
    undo_left: "The reply has left; write to the buyer again if it was wrong.", "回复已发出；如有错误，请再次写信给买家。";
    undo_overtaken: "Something happened on the ticket since, so that it stays as it is.", "工单之后又有变动，因此保持不变。";
    no_colleague: "Nobody here is called “{}”.", "没有名为“{}”的成员。";
    bad_grade: "“{}” is no grade: one to twenty letters and digits.", "“{}”不是有效等级：1 到 20 个字母或数字。";
    no_country: "“{}” is no country: write its code of two letters, such as DE.", "“{}”不是有效国家：请填两位代码，如 DE。";
    unknown_act: "The page asked for something that does not exist; load it again.", "页面请求无效，请重新加载。";
    part_result: "what came of it", "处理结果";
    part_cause: "why it came to it", "原因";
    part_compensation: "what it cost", "赔付";
    confirm: "Do it all the same", "仍要执行";
    not_done: "Not done", "未执行";
}
